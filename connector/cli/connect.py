"""`returns connect`: ask for a login, try it, keep it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.options import Vendor, opened, profiles
from connector.cli.output import tell, waiting
from connector.cli.prompts import Answers
from connector.errors import ConfigurationError

if TYPE_CHECKING:
    import httpx

    from connector.definition.model import AuthField, Integration
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

    Login fields that are in the environment (RETURNS_<VENDOR>_<FIELD>) are not asked for, and neither is the
    address (RETURNS_<VENDOR>_BASE_URL); --base-url and --environment come before it.
    """
    from connector.definition.compiler import integration as compiled
    from connector.profiles import Profile, check_name

    integration = compiled(vendor)
    check_name(profile)
    if environment is not None and base_url is not None:
        raise typer.BadParameter("--environment and --base-url both name an address; give one of them.")
    known, login, answers = profiles(), integration.authentication, Answers()
    known.check()
    known.report(integration)
    place = str(_place(integration, known, answers, environment, base_url))
    fields = {one.key: said for one in login.all_fields if (said := known.given(vendor, one.key))}
    if login.missing(fields) or not login.tokens:
        fields = {one.key: said for one in login.fields if (said := _answer(known, vendor, one, answers))}
    made = Profile(name=profile, base_url=place, fields=fields)
    known.keep(vendor, asyncio.run(_tried(integration, made)))
    tell(f"Connected to {integration.vendor.title} at {place}; kept as profile {profile} in {known.path}.")


def _answer(known: Profiles, vendor: str, field: AuthField, answers: Answers) -> str:
    """Return what the environment or a person says; `ConfigurationError` for nothing where that is needed."""
    from connector.profiles.variables import variable

    said = known.given(vendor, field.key) or answers.ask(
        field.label, field.help, secret=field.secret, required=field.required
    )
    if not said and field.required:
        raise ConfigurationError(
            f"No {field.label} was given; type it in, or put it into {variable(vendor, field.key)}."
        )
    return said


def _place(
    integration: Integration, known: Profiles, answers: Answers, environment: str | None, base_url: str | None
) -> httpx.URL:
    """Return the address: of an option, else of the environment, else an answer, or the vendor's own."""
    from connector.profiles.variables import placed, variable

    vendor, host = integration.vendor.id, integration.authentication.host
    if base_url is not None:
        return placed(base_url, "--base-url")
    if environment is not None:
        return placed(_of_environment(integration, environment), "--environment")
    if given := known.given(vendor, "base_url"):
        return placed(given, variable(vendor, "base_url"))
    if host:
        return placed(_answer(known, vendor, host, answers), host.label)
    return placed(integration.base_url, vendor)


def _of_environment(integration: Integration, key: str) -> str:
    from connector.definition.naming import did_you_mean, listed

    title = integration.vendor.title
    if integration.authentication.host:
        raise ConfigurationError(f"{title} has an address for each account; give yours with --base-url.")
    known = {one.key: one.base_url for one in integration.environments}
    if key not in known:
        guess = did_you_mean(key, known) or f"; there is {listed(known)}."
        raise ConfigurationError(f"{title} has no environment {key!r}{guess}")
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
