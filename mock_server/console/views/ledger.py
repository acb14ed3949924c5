"""The ledger: lists the events of a tenant's records, newest first."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, request

from mock_server.console.shell import api, apis, control, page
from mock_server.console.words import segment, words

ledger: Final = Blueprint("ledger", __name__)
_PAGE: Final = 50
_MOST: Final = 1_000
"""How many of the newest events a filtered list searches: the control plane's maximum per response."""


@ledger.get("/console/<tenant>/ledger")
def show(tenant: str) -> Any:
    chosen = {name: value for name in ("vendor", "kind") if (value := request.args.get(name))}
    before = request.args.get("before", type=int)
    events = _events(tenant, chosen, before)
    first = events[-1]["sequence"] if events else 1
    path = f"/console/{segment(tenant)}/ledger"
    older = f"{path}?{urlencode({**chosen, 'before': first})}" if _has_older(events, chosen, first) else ""
    newer = f"{path}?{urlencode(chosen)}" if before else ""
    kinds = control().document["components"]["schemas"]["EventKind"]["enum"]
    return page(
        "ledger.html",
        tenant,
        here="ledger",
        events=events[:_PAGE],
        chosen=chosen,
        kinds=[(kind, words(kind)) for kind in kinds],
        vendors=[(name, entry.title) for name, entry in apis().items()],
        older=older,
        newer=newer,
    )


def _events(tenant: str, chosen: dict[str, str], before: int | None) -> list[dict[str, Any]]:
    """Return the events of one page, newest first; if `before` is given, only events with lower numbers.

    Without filters, the page is fetched by number, because the numbers have no gaps. With filters, the newest
    `_MOST` events are searched, and the result has one additional event if there is an older page.
    """
    if chosen:
        found = api().get("tenants", tenant, "ledger", last=_MOST, **chosen)["events"]
        return [one for one in reversed(found) if before is None or one["sequence"] < before][: _PAGE + 1]
    if before is None:
        return list(reversed(api().get("tenants", tenant, "ledger", last=_PAGE)["events"]))
    after = max(0, before - 1 - _PAGE)
    found = api().get("tenants", tenant, "ledger", after=after, limit=max(1, before - 1 - after))["events"]
    return [one for one in reversed(found) if one["sequence"] < before]


def _has_older(events: list[dict[str, Any]], chosen: dict[str, str], first: int) -> bool:
    return len(events) > _PAGE if chosen else bool(events) and first > 1
