"""The TOML file of profiles, `[<vendor>.<name>]`: read, and changed without losing what else it holds."""

from __future__ import annotations

import re
import tomllib
from contextlib import contextmanager
from datetime import date, time
from typing import TYPE_CHECKING, Any

from connector.errors import ConfigurationError
from connector.profiles import text_files

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

KINDS = {
    str: "a text",
    date: "a date",
    time: "a time",
    bool: "yes or no",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "a section",
}


class ProfileFile:
    """One file of one user. What cannot be read or written is a `ConfigurationError` with the cause."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> dict[str, Any]:
        """Return everything that the file holds; a file that is missing holds nothing."""
        text = self._text()
        try:
            return tomllib.loads(text)
        except ValueError as problem:
            raise ConfigurationError(self._unreadable(problem)) from problem

    def section(self, vendor: str) -> dict[str, dict[str, str]]:
        """Return the profiles of a vendor by their names."""
        found = self.read().get(vendor, {})
        if not isinstance(found, dict):
            raise ConfigurationError(
                f"{vendor} in {self.path} is {_kind(found)}; write a profile as a section [{vendor}.default]."
            )
        for name, values in found.items():
            if not isinstance(values, dict):
                raise ConfigurationError(
                    f"{name} stands right below [{vendor}] in {self.path}; put it into a profile, as in "
                    f"[{vendor}.default]."
                )
            for key, value in values.items():
                if not isinstance(value, str):
                    raise ConfigurationError(
                        f"{key} of [{vendor}.{name}] in {self.path} is {_kind(value)} and must be a text; "
                        "put it in quotes."
                    )
        return found

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Keep other processes from changing the file; needed around `put`, and around what it depends on."""
        try:
            with text_files.locked(self.path):
                yield
        except OSError as problem:
            raise ConfigurationError(
                f"The file of profiles {self.path} cannot be written: {text_files.reason(problem)}."
            ) from problem

    def put(self, vendor: str, name: str, values: Mapping[str, str]) -> None:
        """Write one profile; comments, other profiles and other tables stay as they are."""
        for key, value in values.items():
            if not _storable(value):
                raise ConfigurationError(
                    f"{key} holds characters that cannot be stored as text; nothing was kept."
                )
        text = self._text()
        wanted = tomllib.loads(text, parse_float=str)
        wanted.setdefault(vendor, {})[name] = dict(values)
        tries = (_edited(text, vendor, name, values, inline=inline) for inline in (False, True))
        made = next((one for one in tries if _holds(one, wanted)), None)
        if made is None:
            raise ConfigurationError(
                f"The profile cannot be written into {self.path} without changing what else it holds; write "
                f"the profiles of {vendor} as sections [{vendor}.NAME]."
            )
        text_files.replace(self.path, re.sub(r"(?<!\r)\n", "\r\n", made) if "\r\n" in text else made)

    def _text(self) -> str:
        try:
            raw = self.path.read_bytes()
            text_files.narrow(self.path)
            return text_files.decoded(raw)
        except FileNotFoundError:
            return ""
        except (OSError, ValueError) as problem:
            raise ConfigurationError(self._unreadable(problem)) from problem

    def _unreadable(self, problem: OSError | ValueError) -> str:
        return f"The file of profiles {self.path} cannot be read: {text_files.reason(problem)}."


def _kind(value: object) -> str:
    return next(word for kind, word in KINDS.items() if isinstance(value, kind))


def _storable(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, or bytes of an environment that are not text
        return False
    return True


def _edited(text: str, vendor: str, name: str, values: Mapping[str, str], *, inline: bool) -> str:
    """Write the profile into the text: as a section or, like its neighbours, in one line; "" if neither."""
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    document: Any = tomlkit.parse(text)
    try:
        if vendor not in document:
            document[vendor] = tomlkit.table(is_super_table=True)
        if name not in document[vendor]:
            document[vendor][name] = tomlkit.inline_table() if inline else tomlkit.table()
        entries = document[vendor][name]
        for key in [one for one in entries if one not in values]:
            del entries[key]
        for key, value in values.items():
            if entries.get(key) != value:
                entries[key] = value
        return tomlkit.dumps(document)
    except (TOMLKitError, ValueError):  # a section below a table that is written in one line
        return ""


def _holds(text: str, wanted: Mapping[str, Any]) -> bool:
    """Say whether a text can be read again and holds what it is to hold; fractions as text, for nan."""
    try:
        return tomllib.loads(text, parse_float=str) == wanted
    except ValueError:
        return False
