"""The ledger: an append-only log of each tenant's events, in order.

`Change.record` writes an event in the same transaction as the rows that the event describes. Each tenant's
events are numbered 1, 2, 3 … without gaps; after a reset, the numbers start at 1 again. The kinds of events
are the same for all vendors, but the statuses in the bodies are the vendor's own.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import orjson

from mock_server.store import Store, statements

RETURN_CREATED: Final = "return.created"
"""A return was created. Body: `status` (the vendor's), `state` (neutral), and vendor-specific fields."""
RETURN_STATE_CHANGED: Final = "return.state_changed"
"""A return's status changed. Body: `from` and `to` (vendor's statuses), `state` (the new neutral state)."""
RETURN_NOTE_ADDED: Final = "return.note_added"
"""A note was added to a return. Body: `note` (the note's ID), `internal` (whether only merchants see it)."""
RETURN_QUALITY_CHECKED: Final = "return.quality_checked"
"""Returned items were inspected. Body: the old and new result (`from`, `to`), and vendor-specific fields."""
RETURN_ITEMS_RECEIVED: Final = "return.items_received"
"""Returned items arrived. Body: `receipt` (the receipt's ID), `quantity`, `received` (the total so far)."""
SHIPMENT_CREATED: Final = "shipment.created"
"""A shipment was created. Body: `return` (the return's ID), `status`, `tracking_number`."""
SHIPMENT_STATE_CHANGED: Final = "shipment.state_changed"
"""A shipment's status changed. Body: `return` (the return's ID), `from`, `to`."""
REFUND_ISSUED: Final = "refund.issued"
"""A refund was issued. Body: `amount` (decimal string), `currency`, `method`."""
ORDER_CREATED: Final = "order.created"
"""An order was created. Body: `number` (the customer's order number) and `status` (the vendor's)."""
TRANSACTION_CREATED: Final = "transaction.created"
"""A payment was requested or made. Body: `return` (its ID), `status`, `type`, `amount`, `currency`."""
TRANSACTION_STATE_CHANGED: Final = "transaction.state_changed"
"""A transaction's status changed. Body: `return` (the return's ID), `from`, `to`."""
SWITCH_TURNED: Final = "switch.turned"
"""A switch (see `switches`) was turned on or off. Body: `on`, and `shop` if it belongs to one shop."""

KINDS: Final = (
    RETURN_CREATED,
    RETURN_STATE_CHANGED,
    RETURN_NOTE_ADDED,
    RETURN_QUALITY_CHECKED,
    RETURN_ITEMS_RECEIVED,
    SHIPMENT_CREATED,
    SHIPMENT_STATE_CHANGED,
    REFUND_ISSUED,
    ORDER_CREATED,
    TRANSACTION_CREATED,
    TRANSACTION_STATE_CHANGED,
    SWITCH_TURNED,
)


_AT_ONCE: Final = 20_000
"""The number of events that `search` reads before it lets other requests run."""


@dataclass(frozen=True, slots=True)
class Event:
    """A ledger entry about the record whose ID is `subject`.

    `sequence` is the event's number, from 1, and `kind` is one of `KINDS`. `at` is the tenant's time in
    microseconds since the Unix epoch.
    """

    sequence: int
    vendor: str
    kind: str
    subject: str
    at: int
    body: dict[str, Any]


class Ledger:
    """Reads events from the ledgers of all tenants."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def events(
        self,
        tenant: str,
        *,
        after: int = 0,
        until: int | None = None,
        limit: int | None = None,
        last: int | None = None,
        kind: str | None = None,
        vendor: str | None = None,
    ) -> list[Event]:
        """Return a tenant's events with numbers greater than `after` and at most `until`, oldest first.

        If `last` is given, returns only the newest `last` of these events; otherwise, if `limit` is given,
        only the first `limit`. If `kind` or `vendor` is given, returns only events of that kind or vendor.
        """
        filters = {"until": until, "kind": kind, "vendor": vendor}
        conditions = tuple(name for name, value in filters.items() if value is not None)
        query = statements.events(conditions, newest_first=last is not None)
        count = last if last is not None else limit if limit is not None else -1  # -1: no limit in SQLite
        values = (filters[name] for name in conditions)
        rows = self._store.fetch(query, (self._store.partition(tenant), after, *values, count, 0))
        if last is not None:
            rows.reverse()
        return [Event(s, v, k, subject, at, orjson.loads(b)) for s, v, k, subject, at, b in rows]

    async def search(
        self, tenant: str, *, after: int, limit: int, last: int | None, kind: str | None, vendor: str | None
    ) -> list[Event]:
        """Return the same events as `events`, but let other requests run while a long ledger is read."""
        events: list[Event] = []
        newest = self.last(tenant)
        read = partial(self.events, tenant, kind=kind, vendor=vendor)
        if last is None:
            for start in range(after, newest, _AT_ONCE):
                events += read(after=start, until=start + _AT_ONCE, limit=limit - len(events))
                if len(events) >= limit:
                    break
                await self._store.yield_after_commit()
        else:
            for end in range(newest, after, -_AT_ONCE):
                events[:0] = read(after=max(after, end - _AT_ONCE), until=end, last=last - len(events))
                if len(events) >= last:
                    break
                await self._store.yield_after_commit()
        return events

    def last(self, tenant: str) -> int:
        """Return the number of the tenant's newest event; 0 if the ledger is empty."""
        rows = self._store.fetch(statements.LAST_EVENT, (self._store.partition(tenant),))
        return rows[0][0] or 0


def rebuild(events: Iterable[Event]) -> dict[tuple[str, str], str]:
    """Replay a whole ledger, and return the final status of each return, keyed by (vendor, ID).

    Raises `ValueError` if two events contradict each other, which means that the ledger is incomplete or
    wrong.
    """
    statuses: dict[tuple[str, str], str] = {}
    for event in events:
        subject = (event.vendor, event.subject)
        if event.kind == RETURN_CREATED:
            if subject in statuses:
                raise ValueError(f"Event {event.sequence} creates {event.subject} a second time.")
            statuses[subject] = event.body["status"]
        elif event.kind == RETURN_STATE_CHANGED:
            if statuses.get(subject) != event.body["from"]:
                raise ValueError(
                    f"Event {event.sequence} moves {event.subject} from {event.body['from']!r}, "
                    f"but its status was {statuses.get(subject)!r}."
                )
            statuses[subject] = event.body["to"]
    return statuses
