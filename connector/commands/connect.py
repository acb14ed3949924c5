"""`returns connect`: ask for a login, try it, keep it."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from connector.commands.options import Vendor, opened, profiles
from connector.errors import ConfigurationError
from connector.output import tell, waiting

if TYPE_CHECKING:
    from connector.model import AuthField, Integration
    from connector.profiles import Profile, Profiles


def connect(
    vendor: Vendor,
    profile: Annotated[str, typer.Option("--profile", help="A name for this connection.")] = "default",
    environment: Annotated[
        str | None, typer.Option(help="Which of the vendor's environments.  [default: the first]")
    ] = None,
    base_url: Annotated[str | None, typer.Option(help="Another address that serves the same API.")] = None,
) -> None:
    """Set up a connection: asks for the login, tries it, and keeps it in a file that only you can read.

    Login fields that are in the environment (RETURNS_<VENDOR>_<FIELD>) are not asked for.
    """
    from connector.addresses import address
    from connector.compile import integration as compiled
    from connector.profiles import Profile, check_name

    integration = compiled(vendor)
    check_name(profile)
    known, login = profiles(), integration.authentication
    host = login.host and not base_url and _answer(known, vendor, login.host)
    place = str(address(base_url or host or _base_url(integration, environment)))
    fields = {one.key: said for one in login.typed if (said := known.given(vendor, one.key))}
    if login.missing(fields) or not login.tokens:
        fields = {one.key: said for one in login.fields if (said := _answer(known, vendor, one))}
    made = Profile(name=profile, base_url=place, fields=fields)
    known.keep(vendor, asyncio.run(_tried(integration, made)))
    tell(f"Connected to {integration.vendor.title}; kept as profile {profile} in {known.path}.")


def _answer(known: Profiles, vendor: str, field: AuthField) -> str:
    """Return what the environment or a person says; `ConfigurationError` for nothing where that is needed."""
    said = known.given(vendor, field.key) or _ask(field.label, field.help, field.secret, field.required)
    if not said and field.required:
        name = f"RETURNS_{vendor}_{field.key}".upper()
        raise ConfigurationError(f"No {field.label} was given; type it in, or put it into {name}.")
    return said


def _ask(label: str, explanation: str, secret: bool, required: bool) -> str:  # noqa: FBT001 - a field's facts
    if explanation:
        tell(explanation)
    if not sys.stdin.isatty():  # a script's answers, one a line
        return sys.stdin.readline().strip()
    prompt = label if required else f"{label} (may stay empty)"
    default = None if required else ""
    answer: str = typer.prompt(prompt, hide_input=secret, default=default, show_default=False, err=True)
    return answer.strip()


def _base_url(integration: Integration, key: str | None) -> str:
    from connector.words import did_you_mean, listed

    if key is None:
        return integration.base_url
    known = {one.key: one.base_url for one in integration.environments}
    if key not in known:
        guess = did_you_mean(key, known) or f"; there is {listed(known)}."
        raise ConfigurationError(f"{integration.vendor.title} has no environment {key!r}{guess}")
    return known[key]


async def _tried(integration: Integration, profile: Profile) -> Profile:
    """Return the profile as it is good another time, after the vendor accepted it."""
    async with opened(integration, profile) as connection:
        with waiting("Trying the login …"):
            await connection.check()
        tokens = connection.client.tokens
        return (
            profile.renewed(integration, tokens.refresh_token) if tokens and tokens.refresh_token else profile
        )
