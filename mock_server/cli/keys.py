"""Implements `returns credentials` and the commands for API keys, their scopes, plans and rate limits."""

import sys
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

import typer

from mock_server.cli.completion import complete_vendor
from mock_server.cli.options import AtTenant, OfVendor, ShownAtTenant, Vendor
from mock_server.cli.output import print_json, print_line, print_table
from mock_server.cli.request import MISUSED, fail, member, not_none


class CredentialsFormat(StrEnum):
    """The output format of `returns credentials`."""

    table = "table"
    json = "json"
    curl = "curl"


def credentials(
    at: AtTenant,
    vendor: Annotated[
        str | None,
        typer.Argument(
            help="Vendor whose credentials to show.  [default: all vendors]", autocompletion=complete_vendor
        ),
    ] = None,
    *,
    output: Annotated[
        CredentialsFormat,
        typer.Option("--format", help="Output for people (table), for programs (json), or as curl commands."),
    ] = CredentialsFormat.table,
) -> None:
    """Show the credentials for each API of a running sandbox."""
    answer = at.call("GET", at.path("credentials"), query=not_none(vendor=vendor))
    vendors = member(answer, "vendors")
    if output is CredentialsFormat.json:
        print_json(answer)
    elif output is CredentialsFormat.curl:
        for name, login in vendors.items():
            print_line(_curl(name, login))
    else:
        rows = [
            (name, login["base_url"], field, value)
            for name, login in vendors.items()
            for field, value in login["fields"].items()
        ]
        print_table(("vendor", "base URL", "field", "value"), rows, wrap=False)


def keys(at: ShownAtTenant, *, vendor: OfVendor = None) -> None:
    """List API keys with their scopes and rate limits.

    The keys themselves are secret and are not shown.
    """
    at.show(at.call("GET", at.path("keys"), query=not_none(vendor=vendor)), "keys")


def create_key(
    at: ShownAtTenant,
    vendor: Vendor,
    name: Annotated[str, typer.Argument(help="Name of the new key: lower-case letters, digits and hyphens.")],
    *,
    scope: Annotated[
        list[str] | None, typer.Option(help="A scope of the key; repeatable.  [default: all scopes]")
    ] = None,
    plan: Annotated[
        str | None, typer.Option(help="One of the vendor's plans.  [default: the lowest plan]")
    ] = None,
) -> None:
    """Create an API key with the given scopes and plan.

    The key itself is shown only once.
    """
    if sys.__stdout__ is None:
        fail("Standard output is closed, and the key is shown only once; no key was created.", MISUSED)
    body = not_none(vendor=vendor, name=name, scopes=scope or None, plan=plan)
    answer = at.call("POST", at.path("keys"), body)
    login = member(answer, "credentials")
    if at.wants_json:
        print_json(answer)
        return
    key = {name: value for name, value in answer.json().items() if name != "credentials"}
    rows = [*key.items(), ("base URL", login["base_url"]), *login["fields"].items()]
    print_table(("", ""), rows, wrap=False)


def plan(
    at: ShownAtTenant,
    vendor: Vendor,
    name: Annotated[str | None, typer.Argument(help="One of the vendor's plans.")] = None,
    *,
    second: Annotated[int | None, typer.Option(help="Requests per second.")] = None,
    minute: Annotated[int | None, typer.Option(help="Requests per minute.")] = None,
    hour: Annotated[int | None, typer.Option(help="Requests per hour.")] = None,
    day: Annotated[int | None, typer.Option(help="Requests per day.")] = None,
    key: Annotated[str, typer.Option(help="Name of the key.")] = "default",
) -> None:
    """Change the rate limits of an API key.

    Pass either the name of a plan, or individual limits.
    """
    windows = not_none(second=second, minute=minute, hour=hour, day=day)
    if bool(name) == bool(windows):
        fail("Name either a plan, or limits with --second, --minute, --hour or --day.", MISUSED)
    body = {"plan": name} if name else {"windows": windows}
    at.show(at.call("PATCH", at.path("keys", vendor, key), body))


def _curl(vendor: str, login: Mapping[str, Any]) -> str:
    import openapi
    from mock_server.pages import curl

    return curl.command(openapi.read(vendor), login["base_url"], login["headers"], login["query"])
