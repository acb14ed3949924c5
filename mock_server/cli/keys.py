"""What opens the vendors' APIs: credentials, keys and their plans."""

import sys
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

import typer

from mock_server.cli.output import Format, document, line, show, table
from mock_server.cli.request import (
    DEFAULT_URL,
    MISUSED,
    As,
    Tenant,
    Token,
    Url,
    ask,
    given,
    member,
    of_tenant,
    stop,
)


class CredentialsFormat(StrEnum):
    """How credentials are printed."""

    table = "table"
    json = "json"
    curl = "curl"


def register(commands: typer.Typer) -> None:
    """Add these commands."""
    commands.command()(keys)
    commands.command("create-key")(create_key)
    commands.command()(plan)


def credentials(
    tenant: Tenant = "demo",
    output: Annotated[CredentialsFormat, typer.Option("--format")] = CredentialsFormat.table,
    url: Url = DEFAULT_URL,
    token: Token = "",
) -> None:
    """Show how to log in to each API of a running sandbox."""
    answer = ask(url, token, "GET", of_tenant(tenant, "credentials"))
    vendors = member(answer, "vendors")
    if output is CredentialsFormat.json:
        document(answer)
    elif output is CredentialsFormat.curl:
        for name, found in vendors.items():
            line(_curl(name, found))
    else:
        rows = [
            (name, found["base_url"], field, value)
            for name, found in vendors.items()
            for field, value in found["fields"].items()
        ]
        table(("vendor", "base URL", "field", "value"), rows, broken=False)


def keys(
    tenant: Tenant = "demo", output: As = Format.table, url: Url = DEFAULT_URL, token: Token = ""
) -> None:
    """List the keys: what each opens and how many requests it has, not the keys themselves."""
    show(ask(url, token, "GET", of_tenant(tenant, "keys")), output, "keys")


def create_key(
    vendor: str,
    name: Annotated[str, typer.Argument(help="Lower-case letters, digits and hyphens.")],
    *,
    scope: Annotated[
        list[str] | None, typer.Option(help="What it opens, once for each; all if not given.")
    ] = None,
    plan: Annotated[str | None, typer.Option(help="A plan of the vendor's; its lowest if not given.")] = None,
    tenant: Tenant = "demo",
    output: As = Format.table,
    url: Url = DEFAULT_URL,
    token: Token = "",
) -> None:
    """Make a key with chosen scopes and plan; how to log in with it is shown only now."""
    if sys.__stdout__ is None:
        stop("Standard output is closed, and the key is shown only once; no key was made.", MISUSED)
    requested = given(vendor=vendor, name=name, scopes=scope or None, plan=plan)
    answer = ask(url, token, "POST", of_tenant(tenant, "keys"), requested)
    login = member(answer, "credentials")
    if output is Format.json:
        document(answer)
        return
    made = {name: value for name, value in answer.json().items() if name != "credentials"}
    rows = [*made.items(), ("base URL", login["base_url"]), *login["fields"].items()]
    table(("", ""), rows, broken=False)


def plan(
    vendor: str,
    name: Annotated[str | None, typer.Argument(help="A plan of the vendor's.")] = None,
    *,
    second: Annotated[int | None, typer.Option(help="Requests a second.")] = None,
    minute: Annotated[int | None, typer.Option(help="Requests a minute.")] = None,
    day: Annotated[int | None, typer.Option(help="Requests a day.")] = None,
    key: Annotated[str, typer.Option(help="Which key.")] = "default",
    tenant: Tenant = "demo",
    output: As = Format.table,
    url: Url = DEFAULT_URL,
    token: Token = "",
) -> None:
    """Give a key another plan, or limits of its own."""
    windows = given(second=second, minute=minute, day=day)
    if bool(name) == bool(windows):
        stop("Name either a plan, or limits with --second, --minute or --day.", MISUSED)
    body = {"plan": name} if name else {"windows": windows}
    show(ask(url, token, "PATCH", of_tenant(tenant, "keys", vendor, key), body), output)


def _curl(vendor: str, found: Mapping[str, Any]) -> str:
    import openapi
    from mock_server.pages import curl

    return curl.command(openapi.read(vendor), found["base_url"], found["headers"], found["query"])
