"""Defines arguments and options that several commands share, and functions that connect to a vendor."""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.completion import complete_input, complete_profile, complete_vendor
from connector.cli.output import Format, notify
from connector.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence
    from typing import Any

    from connector.definition.facts import Facts
    from connector.definition.model import InputField, Integration
    from connector.profiles import Profile, Profiles
    from connector.runtime.connection import Connection

Vendor = Annotated[
    str,
    typer.Argument(
        help="ID of a vendor; see `returns catalog`.", show_default=False, autocompletion=complete_vendor
    ),
]
ProfileName = Annotated[
    str | None,
    typer.Option(
        "--profile",
        help="Name of the connection to use; see `returns connect`.",
        show_default=False,
        autocompletion=complete_profile,
    ),
]
Inputs = Annotated[
    list[str] | None,
    typer.Option(
        "--input",
        "-i",
        help="An input as KEY=VALUE, or KEY[0].COLUMN=VALUE for line items; repeatable.",
        show_default=False,
        autocompletion=complete_input,
    ),
]
FactFiles = Annotated[
    list[Path] | None,
    typer.Option(
        "--facts",
        help="File written by `returns verify --facts`; confirmed parts count as observed. Repeatable.",
        show_default=False,
    ),
]
As = Annotated[Format, typer.Option("--format", help="Output for people (table) or for programs (json).")]


def collect_inputs(
    fields: Sequence[InputField], pairs: list[str] | None, document: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Combine the inputs from `--input` and `--json`; raise `typer.BadParameter` if an input is invalid."""
    from connector.cli.inputs import InputError, collect

    try:
        return collect(fields, pairs or (), document)
    except InputError as error:
        raise typer.BadParameter(str(error)) from None


def facts_by_vendor(files: Sequence[Path] | None) -> dict[str, Facts]:
    """Read the files written by `returns verify --facts`; return their facts, keyed by vendor ID.

    If several files are about the same vendor, the last one is used.
    Prints a notice for facts about another version of the vendor's specification. Raises `ConfigurationError`
    if a file cannot be read, or its vendor is unknown.
    """
    from connector.definition import facts
    from connector.definition.compiler import vendors

    known: dict[str, Facts] = {}
    for file in files or ():
        found = facts.read(file)
        if found.vendor not in vendors():
            raise ConfigurationError(f"The facts in {file} are about {found.vendor!r}, which is no vendor.")
        if not found.is_current:
            notify(
                f"{file}: the API description has changed since {found.verified_on}; names that it no longer "
                f"has are ignored. Run `returns verify {found.vendor} --facts {file}` again."
            )
        known[found.vendor] = found
    return known


def profiles() -> Profiles:
    """Create the `Profiles` from the user's profiles file and environment variables."""
    from platformdirs import user_config_path

    from connector.profiles import Profiles

    return Profiles(user_folder(user_config_path) / "profiles.toml", os.environ, report=notify)


def user_folder(locate: Callable[[str], Path]) -> Path:
    """Return one of this program's folders, for example its configuration folder.

    `locate` is the platformdirs function for that folder, such as `user_config_path`. Raises
    `ConfigurationError` if the user has no home folder.
    """
    try:
        return locate("returns-connector")
    except RuntimeError as error:  # platformdirs finds no home folder
        raise ConfigurationError("No home folder was found: set HOME to a folder of yours.") from error


@asynccontextmanager
async def connect_by_name(
    integration: Integration, profile_name: str | None
) -> AsyncIterator[tuple[Connection, Profile]]:
    """Connect to a vendor with the named profile, or with the default profile if the name is None.

    Raises `ConfigurationError` if the profile does not exist or is incomplete.
    """
    profile = await profiles().choose(integration, profile_name)
    async with connect_with(integration, profile) as connection:
        yield connection, profile


def connect_with(integration: Integration, profile: Profile) -> Connection:
    """Create a connection that uses a profile's login and saves new refresh tokens in the profile."""
    from functools import partial

    from connector import clock
    from connector.runtime.connection import connect

    connection = connect(
        integration,
        base_url=profile.base_url,
        transport=None,
        clock=clock.now,
        sleep=clock.sleep,
        credentials=profile.fields,
        profile=profile.name,
    )
    if connection.client.tokens:
        connection.client.tokens.save_refresh_token = partial(_save_refresh_token, integration, profile)
        connection.client.tokens.load_newest = partial(profiles().newest_refresh_token, integration, profile)
    return connection


def _save_refresh_token(integration: Integration, profile: Profile, refresh_token: str) -> None:
    """Save a refresh token in the profile, and print a notice if this fails.

    No error is raised, because the command that is running can continue with the token in memory.
    """
    try:
        profiles().renew(integration, profile, refresh_token)
    except ConfigurationError as error:
        notify(
            f"{integration.vendor.id}, profile {profile.name}: the new refresh token could not be saved. "
            f"{error} Run `returns connect {integration.vendor.id}` before the next start."
        )
