"""Arguments and options that several commands share, and the connection they lead to."""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.output import Format, tell
from connector.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence
    from pathlib import Path
    from typing import Any

    from connector.definition.model import InputField, Integration
    from connector.profiles import Profile, Profiles
    from connector.runtime.connection import Connection

Vendor = Annotated[
    str, typer.Argument(help="Which vendor; `returns catalog` lists them.", show_default=False)
]
ProfileName = Annotated[
    str | None, typer.Option("--profile", help="Which connection; see `returns connect`.", show_default=False)
]
Inputs = Annotated[
    list[str] | None,
    typer.Option("--input", "-i", help="KEY=VALUE; for line items KEY[0].COLUMN=VALUE.", show_default=False),
]
As = Annotated[Format, typer.Option("--format", help="For people or for programs.")]


def collected(
    fields: Sequence[InputField], pairs: list[str] | None, document: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the inputs given as pairs and as a JSON object; what cannot be understood is wrong usage."""
    from connector.cli.inputs import InputError, collect

    try:
        return collect(fields, pairs or (), document)
    except InputError as problem:
        raise typer.BadParameter(str(problem)) from None


def profiles() -> Profiles:
    """Return the profiles of the user who runs the program."""
    from platformdirs import user_config_path

    from connector.profiles import Profiles

    return Profiles(folder(user_config_path) / "profiles.toml", os.environ, report=tell)


def folder(place: Callable[[str], Path]) -> Path:
    """Return where the program keeps something of its user's; raises `ConfigurationError` without a home."""
    try:
        return place("returns-connector")
    except RuntimeError as problem:  # platformdirs knows no home
        raise ConfigurationError("You have no home folder here: set HOME to a folder of yours.") from problem


@asynccontextmanager
async def connected(integration: Integration, name: str | None) -> AsyncIterator[tuple[Connection, Profile]]:
    """Connect with the profile called `name`, or with the one to use when none is named."""
    profile = await profiles().choose(integration, name)
    async with opened(integration, profile) as connection:
        yield connection, profile


def opened(integration: Integration, profile: Profile) -> Connection:
    """Open a connection with a profile, on the real clock; the profile keeps each new refresh token."""
    from functools import partial

    from connector import clock
    from connector.runtime.connection import connect

    made = connect(
        integration,
        base_url=profile.base_url,
        transport=None,
        clock=clock.now,
        sleep=clock.sleep,
        credentials=profile.fields,
        profile=profile.name,
    )
    if made.client.tokens:
        made.client.tokens.save_refresh_token = partial(_renew, integration, profile)
        made.client.tokens.load_newest = partial(profiles().newest, integration, profile)
    return made


def _renew(integration: Integration, profile: Profile, refresh_token: str) -> None:
    """Keep a new refresh token; the connection goes on without, since it has the token itself."""
    try:
        profiles().renew(integration, profile, refresh_token)
    except ConfigurationError as problem:
        tell(
            f"{integration.vendor.id}, profile {profile.name}: the new refresh token is not "
            f"kept. {problem} Run `returns connect {integration.vendor.id}` before the next start."
        )
