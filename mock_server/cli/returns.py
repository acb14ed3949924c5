"""What a vendor's merchant does outside the API: returns are moved, and the vendor's own acts are done."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mock_server.cli.inputs import InputError, read, told
from mock_server.cli.output import Format, line, show, table, tell
from mock_server.cli.request import (
    DEFAULT_URL,
    MISUSED,
    As,
    Tenant,
    Token,
    Url,
    ask,
    member,
    of_tenant,
    stop,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

Inputs = Annotated[
    list[str] | None,
    typer.Option("--input", "-i", help="KEY=VALUE; inside lists KEY[0].FIELD=VALUE.", show_default=False),
]


def register(commands: typer.Typer) -> None:
    """Add these commands."""
    for command in (move, acts, act):
        commands.command()(command)


def move(
    vendor: str,
    return_id: str,
    status: Annotated[str, typer.Argument(help="Where to, in the vendor's words.")],
    tenant: Tenant = "demo",
    output: As = Format.table,
    url: Url = DEFAULT_URL,
    token: Token = "",
) -> None:
    """Move a return, as the merchant would in the vendor's own pages."""
    body = {"vendor": vendor, "status": status}
    show(ask(url, token, "POST", of_tenant(tenant, "returns", return_id, "move"), body), output, "document")


def acts(
    vendor: Annotated[str | None, typer.Argument(help="Whose; every vendor's if not given.")] = None,
    tenant: Tenant = "demo",
    output: As = Format.table,
    url: Url = DEFAULT_URL,
    token: Token = "",
) -> None:
    """List what a merchant can do here that no API offers, and what has to be told for it."""
    names = [vendor] if vendor else member(ask(url, token, "GET", "/health"), "vendors")
    found = [{"vendor": name, **one} for name in names for one in _acts(url, token, tenant, name)]
    if output is Format.json:
        line(json.dumps({"acts": found}))
    elif found:
        rows = [row for one in found for row in _rows(one)]
        table(("vendor", "act", "what it does", "input", "type"), rows)
    else:
        tell(f"{vendor} has no acts." if vendor else "No vendor of this sandbox has acts.")


def act(
    vendor: str,
    name: Annotated[str, typer.Argument(help="Which; `returns sandbox acts` lists them.")],
    inputs: Inputs = None,
    tenant: Tenant = "demo",
    output: As = Format.table,
    url: Url = DEFAULT_URL,
    token: Token = "",
) -> None:
    """Do what the merchant of a vendor can do, and show what came of it."""
    known = {one["name"]: one["schema"] for one in _acts(url, token, tenant, vendor)}
    try:
        requested = read(known.get(name, {}), inputs or ())
    except InputError as problem:
        stop(str(problem), MISUSED)
    path = of_tenant(tenant, "vendors", vendor, "acts", name)
    show(ask(url, token, "POST", path, requested), output, "document")


def _acts(url: str, token: str, tenant: str, vendor: str) -> list[dict[str, Any]]:
    answer = ask(url, token, "GET", of_tenant(tenant, "vendors", vendor, "acts"))
    found: list[dict[str, Any]] = member(answer, "acts")
    return found


def _rows(one: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """A line for each input; the act itself stands on the first."""
    head = (one["vendor"], one["name"], one["description"])
    for key, said in told(one["schema"]) or [("", "")]:
        yield (*head, key, said)
        head = ("", "", "")
