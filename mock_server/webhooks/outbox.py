"""The webhook outbox: stores deliveries, schedules their retries, and records their outcomes.

A delivery is stored in the same transaction as the change that it reports, so neither is saved without the
other. The vendor's code provides the URL and the body. Times are on the tenant's clock, in microseconds since
the Unix epoch, so advancing the clock makes retries due.
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
"""Seconds between attempts. After eight failed attempts, about three hours, the sender gives up."""
KEPT: Final = 1_000
"""How many finished deliveries are kept per tenant for inspection."""
_TABLE: Final = tables.deliveries
_COLUMNS: Final = tuple(column.name for column in _TABLE.c if column.name != "tenant")


@dataclass(frozen=True, slots=True)
class Delivery:
    """The delivery of one event to one webhook.

    `at` is when the event happened. `due` is when the next attempt will be made, or None if the delivery is
    finished. `outcome` describes the last attempt; it is "" before the first attempt.
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
        """The key of the webhook to which this delivery is sent."""
        return WebhookKey(self.tenant, self.vendor, self.webhook)

    @property
    def address(self) -> str:
        """The URL without parts that may be secret: credentials, query (shown as `hidden`) and fragment."""
        url = httpx.URL(self.url)
        return str(url.copy_with(userinfo=b"", query=b"hidden" if url.query else None, fragment=None))


class Outcome(NamedTuple):
    """The result of an attempt to send a delivery.

    `message` is the HTTP status code, or an error such as "no answer in time". A failed delivery is retried
    unless `final` is True.
    """

    message: str
    delivered: bool = False
    final: bool = False


class WebhookKey(NamedTuple):
    """Identifies a webhook by tenant, vendor and ID; each webhook has its own queue of deliveries."""

    tenant: str
    vendor: str
    webhook: str


class Outbox:
    """Stores the webhook deliveries of all tenants; calls `wake` whenever a delivery is added."""

    def __init__(self, store: Store, clocks: Clocks) -> None:
        self._store = store
        self._clocks = clocks
        self.wake: Callable[[], None] = lambda: None
        self.send_due: Callable[[str], Awaitable[None]] | None = None
        """Sends a tenant's due deliveries and awaits their outcomes; None if no sender is running."""

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
        """Store a delivery; once the change is on disk, the sender posts `body` to `url`."""
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
        """Delete the pending deliveries of a webhook; call this when the webhook is deleted."""
        change.run(
            sa.delete(_TABLE).where(
                _TABLE.c.tenant == self._store.partition(tenant),
                _TABLE.c.vendor == vendor,
                _TABLE.c.webhook == webhook,
                _TABLE.c.state == "waiting",
            )
        )

    def due(self, limit: int, tenant: str | None = None) -> list[Delivery]:
        """List up to `limit` due deliveries per webhook, for one tenant or, if `tenant` is None, for all.

        Deliveries to the same webhook are sorted by due time, earliest first.
        """
        return [delivery for key in self.due_webhooks(tenant) for delivery in self.due_to(key, limit)]

    def due_webhooks(self, tenant: str | None = None) -> list[WebhookKey]:
        """List the webhooks that have a due delivery, for one tenant or, if `tenant` is None, for all."""
        return [key for key, due in self._waiting(tenant) if due <= self._clocks.now(key.tenant)]

    def due_to(self, key: WebhookKey, limit: int) -> list[Delivery]:
        """List up to `limit` due deliveries to a webhook, sorted by due time, earliest first."""
        webhook = (self._store.partition(key.tenant), key.vendor, key.webhook)
        rows = self._store.due_deliveries(webhook, self._clocks.now(key.tenant), limit)
        return [Delivery(**dict(zip(_COLUMNS, row, strict=True)), tenant=key.tenant) for row in rows]

    def next_due(self, tenant: str) -> int | None:
        """Return when the tenant's next delivery is due, or None if no delivery is pending."""
        return min((due for _, due in self._waiting(tenant)), default=None)

    @property
    def is_empty(self) -> bool:
        """True if no tenant has a pending delivery, whether due now or later."""
        return next(self._waiting(None), None) is None

    def record_outcome(self, delivery: Delivery, outcome: Outcome) -> None:
        """Record the outcome of an attempt; after a failure, schedule a retry or give up on the delivery.

        The outcome is ignored if, during the attempt, the delivery was cancelled or its tenant was deleted or
        reset. A reset moves the tenant to another partition; comparing the partitions prevents the outcome of
        an old delivery from changing the tenant's new data.
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
        """List a tenant's pending and finished deliveries whose IDs are greater than `after`, sorted by ID.

        If `last` is given, only the newest `last` deliveries are listed; otherwise, the oldest `limit`
        deliveries.
        """
        conditions = (_TABLE.c.tenant == self._store.partition(tenant), _TABLE.c.id > after)
        if last is not None:
            return self._read(tenant, *conditions, order=_TABLE.c.id.desc(), limit=last)[::-1]
        return self._read(tenant, *conditions, order=_TABLE.c.id, limit=limit)

    def waiting(self, tenant: str, limit: int) -> list[Delivery]:
        """List a tenant's pending deliveries, the one with the earliest attempt first, up to `limit`."""
        pending = (_TABLE.c.tenant == self._store.partition(tenant), _TABLE.c.due.is_not(None))
        return self._read(tenant, *pending, order=_TABLE.c.due, limit=limit)

    def _waiting(self, tenant: str | None) -> "Iterator[tuple[WebhookKey, int]]":
        """Yield each webhook that has pending deliveries, with the due time of the earliest one.

        Finding each webhook takes one index look-up, no matter how many deliveries are in its queue.
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
        """Delete all of a tenant's finished deliveries except the newest `KEPT`."""
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
