"""Implements `returns sandbox ledger`, which lists a tenant's events; also defines the paging of lists."""

from typing import Annotated, Any

import typer

from mock_server.cli.completion import complete_vendor
from mock_server.cli.output import Format, print_answer
from mock_server.cli.request import (
    DEFAULT_URL,
    MISUSED,
    As,
    Tenant,
    Token,
    Url,
    call,
    fail,
    not_none,
    tenant_path,
)

After = Annotated[int, typer.Option(help="Show only entries after this sequence number.")]
Limit = Annotated[int | None, typer.Option(help="Maximum number of entries.  [default: 100]")]
Last = Annotated[int | None, typer.Option(help="Show only this many of the newest entries.")]


def register(commands: typer.Typer) -> None:
    """Add `ledger` to `returns sandbox`."""
    commands.command()(ledger)


def ledger(
    *,
    tenant: Tenant = "demo",
    after: After = 0,
    limit: Limit = None,
    last: Last = None,
    kind: Annotated[
        str | None, typer.Option(help="Show only events of this kind, for example return.created.")
    ] = None,
    vendor: Annotated[
        str | None, typer.Option(help="Show only events of this vendor.", autocompletion=complete_vendor)
    ] = None,
    output: As = Format.table,
    url: Url = DEFAULT_URL,
    token: Token = "",
) -> None:
    """List a tenant's events, oldest first."""
    query = {**page(after, limit, last), **not_none(kind=kind, vendor=vendor)}
    print_answer(call(url, token, "GET", tenant_path(tenant, "ledger"), query=query), output, "events")


def page(after: int, limit: int | None, last: int | None) -> dict[str, Any]:
    """Build the query parameters for one page of a list; exit if both `limit` and `last` are set."""
    if limit is not None and last is not None:
        fail("Use either --limit for the oldest entries, or --last for the newest.", MISUSED)
    return {"after": after, **not_none(limit=limit, last=last)}
