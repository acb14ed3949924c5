"""Loads what the installed package registers as entry points: the commands, and the server of the sandbox."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, entry_points, version
from typing import Any

from connector.errors import ConfigurationError

REPAIR = "Install it again with: pip install --force-reinstall returns-connector"


def registered(group: str, name: str | None = None) -> list[Any]:
    """Load the objects that are registered in a group, sorted by name; with `name`, only those of this name.

    Raises `ConfigurationError` if there is none, or if one cannot be loaded, for example because the files of
    the package were replaced without installing it.
    """
    found = entry_points(group=group) if name is None else entry_points(group=group, name=name)
    if not found:
        raise ConfigurationError(f"The installation of returns-connector is incomplete. {REPAIR}")
    loaded = []
    for entry in sorted(found, key=lambda one: one.name):
        try:
            loaded.append(entry.load())
        except (ImportError, AttributeError) as error:
            raise ConfigurationError(
                f"{entry.value} cannot be loaded: {error}. If the installation of returns-connector is"
                f" outdated: {REPAIR[0].lower()}{REPAIR[1:]}"
            ) from error
    return loaded


def installed_version() -> str:
    """Return the version of the installed package; raise `ConfigurationError` if it is not installed."""
    try:
        return version("returns-connector")
    except PackageNotFoundError as error:
        raise ConfigurationError(f"returns-connector is not installed. {REPAIR}") from error
