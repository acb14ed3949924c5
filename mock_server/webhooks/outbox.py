"""The outbox: stores webhook deliveries, schedules their retries, and keeps their outcomes.

A delivery is written in the transaction of the change that it reports, so neither exists without the other.
Vendors decide the URL and the body. Times are µs since 1970 on the tenant's clock: advancing the clock makes
retries due.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import httpx
import sqlalchemy as sa

from mock_server.clock import SECOND, Clocks
from mock_server.store import Change, Store, tables

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

State = Literal["waiting", "delivered", "given_up"]

DELAYS: Final = (10, 30, 90, 270, 810, 2_430, 7_290)
"""Back-off: seconds between attempts. After eight attempts, about three hours, a delivery is given up."""
KEPT: Final = 1_000
"""Finished deliveries kept per tenant, for inspection."""
_TABLE: Final = tables.deliveries
_COLUMNS: Final = tuple(column.name for column in _TABLE.c if column.name != "tenant")


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event for one webhook. `outcome` describes the last attempt, "" before the first.

    `at` is when the event happened, `due` when the next attempt is made (None if it is finished).
    """

    id: int
    tenant: str
    vendor: str
    webhook: str
    event: str
    url: str
    body: bytes
    at: int
    due: int | None
    attempts: int
    outcome: str
    state: State

    @property
    def webhook_key(self) -> "WebhookKey":
        """The webhook that this delivery is for."""
        return WebhookKey(self.tenant, self.vendor, self.webhook)

    @property
    def address(self) -> str:
        """The URL without the parts that may be secret: its query, login and fragment."""
        url = httpx.URL(self.url)
        return str(url.copy_with(userinfo=b"", query=b"hidden" if url.query else None, fragment=None))


class Outcome(NamedTuple):
    """The result of an attempt: a status, or a text such as "no answer in time"; `final` means no retry."""

    message: str
    delivered: bool = False
    final: bool = False


class WebhookKey(NamedTuple):
    """Identifies one webhook; each webhook has its own queue of deliveries."""

    tenant: str
    vendor: str
    webhook: str


class Outbox:
    """The deliveries of all tenants. `wake` is called whenever a delivery was added."""

    def __init__(self, store: Store, clocks: Clocks) -> None:
        self._store = store
        self._clocks = clocks
        self.wake: Callable[[], None] = lambda: None
        self.send_due: Callable[[str], Awaitable[None]] | None = None
        """Sends a tenant's due deliveries and waits for their outcomes; None while no sender is running."""

    def enqueue(
        self,
        change: Change,
        tenant: str,
        vendor: str,
        *,
        webhook: str,
        event: str,
        url: str,
        body: bytes,
        at: int,
    ) -> None:
        """Add a delivery of `body` to `url`, which is sent once the change is on disk."""
        values = {"vendor": vendor, "webhook": webhook, "event": event, "url": url}
        change.run(
            sa.insert(_TABLE).values(
                **values,
                tenant=self._store.partition(tenant),
                body=body,
                at=at,
                due=at,
                attempts=0,
                outcome="",
                state="waiting",
            )
        )
        self.wake()

    def cancel(self, change: Change, tenant: str, vendor: str, webhook: str) -> None:
        """Delete the waiting deliveries of a webhook, because it was deleted."""
        change.run(
            sa.delete(_TABLE).where(
                _TABLE.c.tenant == self._store.partition(tenant),
                _TABLE.c.vendor == vendor,
                _TABLE.c.webhook == webhook,
                _TABLE.c.state == "waiting",
            )
        )

    def due(self, limit: int, tenant: str | None = None) -> list[Delivery]:
        """Return up to `limit` due deliveries per webhook, of one tenant or of all; the earliest first."""
        return [delivery for key in self.due_webhooks(tenant) for delivery in self.due_to(key, limit)]

    def due_webhooks(self, tenant: str | None = None) -> list[WebhookKey]:
        """Return the webhooks of one tenant, or of all, that have a delivery due."""
        return [key for key, due in self._waiting(tenant) if due <= self._clocks.now(key.tenant)]

    def due_to(self, key: WebhookKey, limit: int) -> list[Delivery]:
        """Return up to `limit` due deliveries of a webhook, the earliest first."""
        webhook = (self._store.partition(key.tenant), key.vendor, key.webhook)
        rows = self._store.due_deliveries(webhook, self._clocks.now(key.tenant), limit)
        return [Delivery(**dict(zip(_COLUMNS, row, strict=True)), tenant=key.tenant) for row in rows]

    def next_due(self, tenant: str) -> int | None:
        """Return when the tenant's next delivery is due; None if none waits."""
        return min((due for _, due in self._waiting(tenant)), default=None)

    @property
    def is_empty(self) -> bool:
        """True if no delivery is waiting, now or for a later retry."""
        return next(self._waiting(None), None) is None

    def record_outcome(self, delivery: Delivery, outcome: Outcome) -> None:
        """Store the outcome of an attempt; after a failure, schedule the retry or give the delivery up.

        The outcome is dropped if the delivery was cancelled during the attempt, or its tenant deleted or
        reset. A reset moves the tenant to another partition, so comparing the partition acts as a fencing
        token: the late outcome of an old delivery cannot change the tenant's new data.
        """
        partitions = self._store.select(sa.select(_TABLE.c.tenant).where(_TABLE.c.id == delivery.id))
        present = [(self._store.partition(delivery.tenant),)]
        if partitions != present or not self._clocks.known(delivery.tenant):
            return
        attempts = delivery.attempts + 1
        state: State = "delivered" if outcome.delivered else "waiting"
        due = None
        if state == "waiting" and (outcome.final or attempts > len(DELAYS)):
            state = "given_up"
        elif state == "waiting":
            due = self._clocks.now(delivery.tenant) + DELAYS[attempts - 1] * SECOND
        values = {"attempts": attempts, "outcome": outcome.message, "state": state, "due": due}
        with self._store.change() as change:
            change.run(sa.update(_TABLE).where(_TABLE.c.id == delivery.id).values(values))
            if due is None:
                self._delete_old(change, delivery.tenant)

    def deliveries(
        self, tenant: str, *, after: int = 0, limit: int | None = None, last: int | None = None
    ) -> list[Delivery]:
        """Return the deliveries of a tenant, waiting or finished, with ids above `after`, oldest first.

        Of these, return the first `limit` or, if `last` is given, the newest `last`.
        """
        conditions = (_TABLE.c.tenant == self._store.partition(tenant), _TABLE.c.id > after)
        if last is not None:
            return self._read(tenant, *conditions, order=_TABLE.c.id.desc(), limit=last)[::-1]
        return self._read(tenant, *conditions, order=_TABLE.c.id, limit=limit)

    def _waiting(self, tenant: str | None) -> "Iterator[tuple[WebhookKey, int]]":
        """Yield the webhooks that have waiting deliveries, each with when its first one is due.

        One index look-up per webhook finds the next one, so the cost does not depend on the length of the
        queues.
        """
        start = "" if tenant is None else self._store.partition(tenant)
        names = {start: tenant} if tenant is not None else None
        last = (start, "", "")
        while row := self._store.next_webhook(last):
            partition, vendor, webhook, due = row
            last = (partition, vendor, webhook)
            if tenant is not None and partition != start:
                return
            names = names or self._store.tenants_by_partition()
            name = names.get(partition)
            if name is not None:  # otherwise the partition is being emptied
                yield WebhookKey(name, vendor, webhook), due

    def _delete_old(self, change: Change, tenant: str) -> None:
        """Delete all but the newest `KEPT` finished deliveries of a tenant."""
        finished = sa.and_(_TABLE.c.tenant == self._store.partition(tenant), _TABLE.c.due.is_(None))
        oldest = sa.select(_TABLE.c.id).where(finished).order_by(_TABLE.c.id.desc()).limit(1).offset(KEPT)
        change.run(sa.delete(_TABLE).where(finished, _TABLE.c.id <= oldest.scalar_subquery()))

    def _read(
        self,
        tenant: str,
        *conditions: sa.ColumnElement[bool],
        order: sa.ColumnElement[int],
        limit: int | None,
    ) -> list[Delivery]:
        statement = sa.select(*(_TABLE.c[name] for name in _COLUMNS)).where(*conditions)
        rows = self._store.select(statement.order_by(order, _TABLE.c.id).limit(limit))
        return [Delivery(tenant=tenant, **dict(zip(_COLUMNS, row, strict=True))) for row in rows]
