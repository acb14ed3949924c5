"""Implements `returns sandbox ledger`, which lists a tenant's events."""

from typing import Annotated

import typer

from mock_server.cli.options import After, Last, Limit, OfVendor, ShownAtTenant, page
from mock_server.cli.request import not_none


def ledger(
    at: ShownAtTenant,
    *,
    after: After = None,
    limit: Limit = None,
    last: Last = None,
    kind: Annotated[
        str | None, typer.Option(help="Show only events of this kind, for example return.created.")
    ] = None,
    vendor: OfVendor = None,
) -> None:
    """List a tenant's events, oldest first."""
    query = {**page(after, limit, last), **not_none(kind=kind, vendor=vendor)}
    at.show(at.call("GET", at.path("ledger"), query=query), "events")
