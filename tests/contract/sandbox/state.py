"""What the store holds for one tenant and vendor, and how two such states differ."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import sqlalchemy as sa

from mock_server.ledger import Event, Ledger
from mock_server.store import Store, tables

_ROW = ("status", "state", "created_at", "updated_at", "order_number", "customer_email", "parent", "shop",
        "summary", "document")  # fmt: skip
_DELIVERY = ("webhook", "event", "url", "body", "at", "test")


@dataclass(frozen=True)
class Changed:
    """One row before and after a request; None if it did not exist."""

    kind: str
    id: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None

    def document(self, when: str) -> Any:
        """Return the document `before` or `after` the request; None if there was none."""
        row = getattr(self, when)
        return None if row is None else orjson.loads(row["document"])


@dataclass(frozen=True)
class Delivery:
    """A queued webhook delivery."""

    webhook: str
    event: str
    url: str
    body: bytes
    at: int
    test: bool


@dataclass(frozen=True)
class Changes:
    """What one request changed: rows, ledger events and queued deliveries."""

    rows: tuple[Changed, ...] = ()
    events: tuple[Event, ...] = ()
    deliveries: tuple[Delivery, ...] = ()

    @property
    def any(self) -> bool:
        """True if anything changed."""
        return bool(self.rows or self.events or self.deliveries)


NOTHING_CHANGED = Changes()


@dataclass(frozen=True)
class State:
    """The rows of a vendor, and the ledger and the deliveries of a tenant."""

    rows: Mapping[tuple[str, str], tuple[Any, ...]]
    counters: Mapping[tuple[str, str], int]
    steps: tuple[tuple[Any, ...], ...]
    last_event: int
    last_delivery: int

    @classmethod
    def read(cls, store: Store, tenant: str, vendor: str) -> "State":
        """Read the state of a tenant at one vendor."""
        partition = store.partition(tenant)

        def select(table: sa.Table, *names: str, order: str) -> list[tuple[Any, ...]]:
            query = sa.select(*(table.c[name] for name in names))
            query = query.where(table.c.tenant == partition, table.c.vendor == vendor)
            return store.select(query.order_by(table.c[order]))

        rows = select(tables.rows, "kind", "id", *_ROW, order="sequence")
        counters = select(tables.counters, "kind", "status", "total", order="kind")
        newest = sa.select(sa.func.max(tables.deliveries.c.id)).where(tables.deliveries.c.tenant == partition)
        return cls(
            rows={(kind, id_): tuple(rest) for kind, id_, *rest in rows},
            counters={(kind, status): total for kind, status, total in counters if total},
            steps=tuple(select(tables.steps, "due", "step", "subject", "body", order="id")),
            last_event=Ledger(store).last(tenant),
            last_delivery=store.select(newest)[0][0] or 0,
        )

    def since(self, before: "State", store: Store, tenant: str) -> Changes:
        """Return what changed since an earlier state of the same tenant."""
        table = tables.deliveries
        added = sa.select(*(table.c[name] for name in _DELIVERY)).where(
            table.c.tenant == store.partition(tenant), table.c.id > before.last_delivery
        )
        changed = [
            Changed(kind, id_, _named(before.rows.get((kind, id_))), _named(self.rows.get((kind, id_))))
            for kind, id_ in dict.fromkeys([*before.rows, *self.rows])
            if before.rows.get((kind, id_)) != self.rows.get((kind, id_))
        ]
        return Changes(
            tuple(changed),
            tuple(Ledger(store).events(tenant, after=before.last_event)),
            tuple(Delivery(*row) for row in store.select(added.order_by(table.c.id))),
        )


def _named(row: tuple[Any, ...] | None) -> Mapping[str, Any] | None:
    return None if row is None else dict(zip(_ROW, row, strict=True))
