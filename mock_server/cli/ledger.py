"""What happened, and what was told to webhooks."""

from typing import Annotated, Any

import typer

from mock_server.cli.output import Format, show
from mock_server.cli.request import (
    DEFAULT_URL,
    MISUSED,
    As,
    Tenant,
    Token,
    Url,
    ask,
    given,
    of_tenant,
    stop,
)

After = Annotated[int, typer.Option(help="Its number in the list: show what comes after it.")]
Limit = Annotated[int | None, typer.Option(help="How many to show at most.  [default: 100]")]
Last = Annotated[int | None, typer.Option(help="Show the newest so many.")]


def register(commands: typer.Typer) -> None:
    """Add these commands."""
    commands.command()(ledger)
    commands.command()(deliveries)


def ledger(
    *,
    tenant: Tenant = "demo",
    after: After = 0,
    limit: Limit = None,
    last: Last = None,
    kind: Annotated[str | None, typer.Option(help="Only events of this kind: return.created …")] = None,
    vendor: Annotated[str | None, typer.Option(help="Only what happened at this vendor.")] = None,
    output: As = Format.table,
    url: Url = DEFAULT_URL,
    token: Token = "",
) -> None:
    """Show what happened, oldest first."""
    query = {**_span(after, limit, last), **given(kind=kind, vendor=vendor)}
    show(ask(url, token, "GET", of_tenant(tenant, "ledger"), query=query), output, "events")


def deliveries(
    *,
    tenant: Tenant = "demo",
    after: After = 0,
    limit: Limit = None,
    last: Last = None,
    output: As = Format.table,
    url: Url = DEFAULT_URL,
    token: Token = "",
) -> None:
    """Show what was posted to webhooks and what waits, oldest first, and what each attempt came to."""
    query = _span(after, limit, last)
    show(ask(url, token, "GET", of_tenant(tenant, "deliveries"), query=query), output, "deliveries")


def _span(after: int, limit: int | None, last: int | None) -> dict[str, Any]:
    if limit is not None and last is not None:
        stop("Give either --limit, from the oldest on, or --last, for the newest.", MISUSED)
    return {"after": after, **given(limit=limit, last=last)}
