"""The ledger: what happened to a tenant, in the order in which it happened, never changed.

Events are written by `Change.record`, in the transaction of the row they tell of. Each tenant has
its own sequence: 1, 2, 3 … without gaps; a reset starts again at 1. Kinds are neutral; vendor words
stand inside the body.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import orjson

from mock_server.store import Store, statements

RETURN_CREATED: Final = "return.created"
"""A return came to be. Body: `status` (vendor word), `state` (neutral), and what the vendor adds."""
RETURN_STATE_CHANGED: Final = "return.state_changed"
"""A return moved. Body: `from` and `to` (vendor words), `state` (the new neutral one)."""
RETURN_NOTE_ADDED: Final = "return.note_added"
"""A note was added. Body: `note` (its id), `internal`."""
RETURN_QUALITY_CHECKED: Final = "return.quality_checked"
"""What came back was looked at. Body: `from` and `to` (vendor words for the whole return), what was found."""
RETURN_ITEMS_RECEIVED: Final = "return.items_received"
"""Some of what was to come back arrived. Body: `receipt` (its id), `quantity`, `received` (all so far)."""
SHIPMENT_CREATED: Final = "shipment.created"
"""A shipment came to be. Body: `return` (id), `status`, `tracking_number`."""
SHIPMENT_STATE_CHANGED: Final = "shipment.state_changed"
"""A shipment moved. Body: `return` (id), `from`, `to`."""
REFUND_ISSUED: Final = "refund.issued"
"""Money was given back. Body: `amount` (decimal as text), `currency`, `method`."""
ORDER_CREATED: Final = "order.created"
"""An order was taken in. Body: `number`, as the customer knows it, and `status` (vendor word)."""
TRANSACTION_CREATED: Final = "transaction.created"
"""Money was asked for or moved. Body: `return` (id), `status`, `type`, `amount`, `currency`."""
TRANSACTION_STATE_CHANGED: Final = "transaction.state_changed"
"""A transaction moved. Body: `return` (id), `from`, `to`."""
SWITCH_TURNED: Final = "switch.turned"
"""A switch of the account was turned. Body: `on`, and `shop` where it is one shop's."""

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
"""Events that are looked through before others are let at the event loop."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to `subject` (an id) at `at` (µs UTC, on the tenant's clock)."""

    sequence: int
    vendor: str
    kind: str
    subject: str
    at: int
    body: dict[str, Any]


class Ledger:
    """Reads the events of a store."""

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
        """Return the events after sequence number `after`, up to `until`, oldest first.

        The first `limit` of them or, where `last` is given, the newest so many.
        """
        given = {"until": until, "kind": kind, "vendor": vendor}
        conditions = tuple(name for name, value in given.items() if value is not None)
        query = statements.events(conditions, newest_first=last is not None)
        count = last if last is not None else limit if limit is not None else -1  # SQLite: -1 is no limit
        values = (given[name] for name in conditions)
        found = self._store.fetch(query, (self._store.partition(tenant), after, *values, count, 0))
        if last is not None:
            found.reverse()
        return [Event(s, v, k, subject, at, orjson.loads(b)) for s, v, k, subject, at, b in found]

    async def search(
        self, tenant: str, *, after: int, limit: int, last: int | None, kind: str | None, vendor: str | None
    ) -> list[Event]:
        """Return what `events` does, and let others at the event loop while a long ledger is read."""
        found: list[Event] = []
        newest = self.last(tenant)
        read = partial(self.events, tenant, kind=kind, vendor=vendor)
        if last is None:
            for start in range(after, newest, _AT_ONCE):
                found += read(after=start, until=start + _AT_ONCE, limit=limit - len(found))
                if len(found) >= limit:
                    break
                await self._store.yield_after_commit()
        else:
            for end in range(newest, after, -_AT_ONCE):
                found[:0] = read(after=max(after, end - _AT_ONCE), until=end, last=last - len(found))
                if len(found) >= last:
                    break
                await self._store.yield_after_commit()
        return found

    def last(self, tenant: str) -> int:
        """Return the newest sequence number; 0 when nothing has happened."""
        found = self._store.fetch(statements.LAST_EVENT, (self._store.partition(tenant),))
        return found[0][0] or 0


def rebuild(events: Iterable[Event]) -> dict[tuple[str, str], str]:
    """Replay a whole ledger: the status of each return by (vendor, id).

    Raises `ValueError` when the events contradict each other: so a ledger proves itself.
    """
    standing: dict[tuple[str, str], str] = {}
    for event in events:
        subject = (event.vendor, event.subject)
        if event.kind == RETURN_CREATED:
            if subject in standing:
                raise ValueError(f"Event {event.sequence} creates {event.subject} a second time.")
            standing[subject] = event.body["status"]
        elif event.kind == RETURN_STATE_CHANGED:
            if standing.get(subject) != event.body["from"]:
                raise ValueError(
                    f"Event {event.sequence} moves {event.subject} from {event.body['from']!r}, "
                    f"but it stood at {standing.get(subject)!r}."
                )
            standing[subject] = event.body["to"]
    return standing
