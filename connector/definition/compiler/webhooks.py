"""Checks that the `webhooks` section names the events and tables that exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connector.definition.catalog import Catalog
    from connector.definition.paths import At, Resolver


def check(catalog: Catalog, resolver: Resolver) -> None:
    """Report tables that neither `webhooks.returns` nor `unified.returns` contains."""
    if catalog.webhooks is None:
        return
    own = catalog.webhooks.returns
    tables = {**(catalog.unified.returns if catalog.unified else {}), **own}
    for name, event in catalog.webhooks.events.items():
        at: At = ("webhooks", "events", name)
        if event.table is not None:
            resolver.known(event.table, tables, at, f"the event {name} names table {event.table}")
