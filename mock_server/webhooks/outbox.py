"""What webhooks are to be sent: written in the transaction of the change they tell of, kept until delivered.

Neutral: a vendor decides what is sent where, and what it looks like. Times are µs since 1970 on the tenant's
clock, so that moving the clock moves what is tried again.
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
"""Seconds from one attempt to the next; the one after the last of them is the last (after three hours)."""
KEPT: Final = 1_000
"""Settled deliveries kept per tenant, to be looked at."""
_TABLE: Final = tables.deliveries
_COLUMNS: Final = tuple(column.name for column in _TABLE.c if column.name != "tenant")


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way to one webhook; `outcome` is what the last attempt came to, "" before it."""

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
        """The webhook that it is for."""
        return WebhookKey(self.tenant, self.vendor, self.webhook)

    @property
    def address(self) -> str:
        """The URL without what may be secret in it: its query and its login."""
        url = httpx.URL(self.url)
        return str(url.copy_with(userinfo=b"", query=b"hidden" if url.query else None, fragment=None))


class Outcome(NamedTuple):
    """What an attempt came to; after a `final` one there is no other."""

    words: str
    delivered: bool = False
    final: bool = False


class WebhookKey(NamedTuple):
    """One webhook; its deliveries do not wait for those of another."""

    tenant: str
    vendor: str
    webhook: str


class Outbox:
    """The deliveries of all tenants. `wake` is called whenever there is something new to send."""

    def __init__(self, store: Store, clocks: Clocks) -> None:
        self._store = store
        self._clocks = clocks
        self.wake: Callable[[], None] = lambda: None
        self.send_due: Callable[[str], Awaitable[None]] | None = None
        """Sends what is due to a tenant's webhooks and waits for the outcomes; None if no sender runs."""

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
        """Let `body` be sent to `url`, registered as `webhook`, once the change is on disk."""
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
        """Send nothing more to a webhook: it was deleted."""
        change.run(
            sa.delete(_TABLE).where(
                _TABLE.c.tenant == self._store.partition(tenant),
                _TABLE.c.vendor == vendor,
                _TABLE.c.webhook == webhook,
                _TABLE.c.state == "waiting",
            )
        )

    def due(self, most: int, tenant: str | None = None) -> list[Delivery]:
        """Return deliveries whose time has come, at most so many of each webhook, the earliest first.

        Those of one tenant, or of all.
        """
        return [one for lane in self.due_webhooks(tenant) for one in self.due_to(lane, most)]

    def due_webhooks(self, tenant: str | None = None) -> list[WebhookKey]:
        """Return the webhooks, of one tenant or of all, that something is to be sent to now."""
        return [lane for lane, first in self._waiting(tenant) if first <= self._clocks.now(lane.tenant)]

    def due_to(self, lane: WebhookKey, most: int) -> list[Delivery]:
        """Return what is to be sent to a webhook now, at most so many, the earliest first."""
        key = (self._store.partition(lane.tenant), lane.vendor, lane.webhook)
        found = self._store.due_deliveries(key, self._clocks.now(lane.tenant), most)
        return [Delivery(**dict(zip(_COLUMNS, values, strict=True)), tenant=lane.tenant) for values in found]

    def next_due(self, tenant: str) -> int | None:
        """Return when the tenant's next delivery is to be sent; None if nothing waits."""
        return min((first for _, first in self._waiting(tenant)), default=None)

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits to be sent, now or later."""
        return next(self._waiting(None), None) is None

    def record_outcome(self, delivery: Delivery, outcome: Outcome) -> None:
        """Note what an attempt came to; one that failed is due again later, unless it was the last.

        A delivery that was withdrawn meanwhile, or whose tenant was reset or deleted, is not noted.
        """
        waits = self._store.select(sa.select(_TABLE.c.tenant).where(_TABLE.c.id == delivery.id))
        if waits != [(self._store.partition(delivery.tenant),)] or not self._clocks.known(delivery.tenant):
            return
        attempts = delivery.attempts + 1
        state: State = "delivered" if outcome.delivered else "waiting"
        due = None
        if state == "waiting" and (outcome.final or attempts > len(DELAYS)):
            state = "given_up"
        elif state == "waiting":
            due = self._clocks.now(delivery.tenant) + DELAYS[attempts - 1] * SECOND
        values = {"attempts": attempts, "outcome": outcome.words, "state": state, "due": due}
        with self._store.change() as change:
            change.run(sa.update(_TABLE).where(_TABLE.c.id == delivery.id).values(values))
            if due is None:
                self._forget_old(change, delivery.tenant)

    def deliveries(
        self, tenant: str, *, after: int = 0, limit: int | None = None, last: int | None = None
    ) -> list[Delivery]:
        """Return what was sent or is to be sent, behind id `after`, oldest first.

        The first `limit` of it or, where `last` is given, the newest so many.
        """
        which = (_TABLE.c.tenant == self._store.partition(tenant), _TABLE.c.id > after)
        if last is not None:
            return self._read(tenant, *which, order=_TABLE.c.id.desc(), limit=last)[::-1]
        return self._read(tenant, *which, order=_TABLE.c.id, limit=limit)

    def _waiting(self, tenant: str | None) -> "Iterator[tuple[WebhookKey, int]]":
        """Yield the webhooks that something waits for, each with when the first of it is due.

        It goes from one to the next by an index, however much waits for each.
        """
        start = "" if tenant is None else self._store.partition(tenant)
        names = {start: tenant} if tenant is not None else None
        last = (start, "", "")
        while found := self._store.next_webhook(last):
            *lane, first = found
            last = (lane[0], lane[1], lane[2])
            if tenant is not None and lane[0] != start:
                return
            names = names or self._store.tenants_by_partition()
            name = names.get(lane[0])
            if name is not None:  # else it is being emptied
                yield WebhookKey(name, lane[1], lane[2]), first

    def _forget_old(self, change: Change, tenant: str) -> None:
        settled = sa.and_(_TABLE.c.tenant == self._store.partition(tenant), _TABLE.c.due.is_(None))
        oldest = sa.select(_TABLE.c.id).where(settled).order_by(_TABLE.c.id.desc()).limit(1).offset(KEPT)
        change.run(sa.delete(_TABLE).where(settled, _TABLE.c.id <= oldest.scalar_subquery()))

    def _read(
        self, tenant: str, *which: sa.ColumnElement[bool], order: sa.ColumnElement[int], limit: int | None
    ) -> list[Delivery]:
        statement = sa.select(*(_TABLE.c[name] for name in _COLUMNS)).where(*which)
        found = self._store.select(statement.order_by(order, _TABLE.c.id).limit(limit))
        return [Delivery(tenant=tenant, **dict(zip(_COLUMNS, values, strict=True))) for values in found]
