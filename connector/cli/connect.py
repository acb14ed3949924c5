"""Implements the `returns connect` command: asks for a login, tests it and saves it as a profile."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.completion import complete_environment, complete_profile
from connector.cli.options import Vendor, connect_with, profiles
from connector.cli.output import notify, spinner
from connector.cli.prompts import Prompt
from connector.errors import ConfigurationError

if TYPE_CHECKING:
    import httpx

    from connector.definition.model import AuthField, Integration
    from connector.profiles import Profile, Profiles


def connect(
    vendor: Vendor,
    profile: Annotated[
        str, typer.Option("--profile", help="Name for this connection.", autocompletion=complete_profile)
    ] = "default",
    environment: Annotated[
        str | None,
        typer.Option(
            help="One of the vendor's environments.  [default: the first one]",
            autocompletion=complete_environment,
        ),
    ] = None,
    base_url: Annotated[
        str | None, typer.Option(help="Another address of the same API, for example a proxy.")
    ] = None,
) -> None:
    """Test a login and save it as a connection.

    Asks for the login fields, tests the login with a request to the vendor, and saves it in a file that only
    you can read. A field that is set by an environment variable, RETURNS_<VENDOR>_<FIELD>, is not asked for.
    The address is taken from --base-url or --environment, or else from RETURNS_<VENDOR>_BASE_URL.
    """
    from connector.definition.compiler import integration as compiled
    from connector.profiles import Profile, check_name

    integration = compiled(vendor)
    check_name(profile)
    if environment is not None and base_url is not None:
        raise typer.BadParameter("Use either --environment or --base-url: both set the address.")
    known, login, prompt = profiles(), integration.authentication, Prompt()
    known.check()
    known.report_unknown(integration)
    url = str(_base_url(integration, known, prompt, environment, base_url))
    fields = {
        field.key: value
        for field in login.all_fields
        if (value := known.environment_value(vendor, field.key))
    }
    if login.missing(fields) or not login.tokens:
        fields = {field.key: value for field in login.fields if (value := _ask(known, vendor, field, prompt))}
    unverified = Profile(name=profile, base_url=url, fields=fields)
    known.save(vendor, asyncio.run(_verify(integration, unverified)))
    notify(f"Connected to {integration.vendor.title} at {url}; saved as profile {profile} in {known.path}.")


def _ask(known: Profiles, vendor: str, field: AuthField, prompt: Prompt) -> str:
    """Return a login field's value from its environment variable, or ask the user if the variable is not set.

    Returns "" if the user leaves an optional field empty. Raises `ConfigurationError` if the user leaves a
    required field empty.
    """
    from connector.profiles.variables import variable

    value = known.environment_value(vendor, field.key) or prompt.ask(
        field.label, field.help, secret=field.secret, required=field.required
    )
    if not value and field.required:
        raise ConfigurationError(
            f"No {field.label} was given; type it in, or set {variable(vendor, field.key)}."
        )
    return value


def _base_url(
    integration: Integration, known: Profiles, prompt: Prompt, environment: str | None, base_url: str | None
) -> httpx.URL:
    """Determine the base URL: from an option, an environment variable, a prompt, or the vendor's default.

    The user is prompted only if each of the vendor's accounts has its own base URL.
    """
    from connector.profiles.variables import parse_url, variable

    vendor, host = integration.vendor.id, integration.authentication.host
    if base_url is not None:
        return parse_url(base_url, "--base-url")
    if environment is not None:
        return parse_url(_environment_url(integration, environment), "--environment")
    if value := known.environment_value(vendor, "base_url"):
        return parse_url(value, variable(vendor, "base_url"))
    if host:
        return parse_url(_ask(known, vendor, host, prompt), host.label)
    return parse_url(integration.base_url, vendor)


def _environment_url(integration: Integration, key: str) -> str:
    from connector.definition.spelling import unknown

    title = integration.vendor.title
    if integration.authentication.host:
        raise ConfigurationError(f"{title} has an address for each account; pass yours with --base-url.")
    known = {environment.key: environment.base_url for environment in integration.environments}
    if key not in known:
        raise ConfigurationError(unknown(f"environment of {title}", key, known))
    return known[key]


async def _verify(integration: Integration, profile: Profile) -> Profile:
    """Test the login with a request to the vendor, and return the profile to save.

    If the user entered a value that can be used only once, such as an authorization code, the returned
    profile contains the vendor's refresh token instead.
    """
    async with connect_with(integration, profile) as connection:
        with spinner("Testing the login …"):
            await connection.check()
        tokens = connection.client.tokens
        return (
            profile.renewed(integration, tokens.refresh_token) if tokens and tokens.refresh_token else profile
        )
