"""What webhooks are to be sent: written in the transaction of the change they tell of, kept until delivered.

Neutral: a vendor decides what is sent where, and what it looks like. Times are µs since 1970 on the tenant's
clock, so that moving the clock moves what is tried again.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import httpx
import sqlalchemy as sa

from mock_server.clock import SECOND, Clocks
from mock_server.store import Change, Store, tables

if TYPE_CHECKING:
    from collections.abc import Callable

State = Literal["waiting", "delivered", "given_up"]

DELAYS: Final = (10, 30, 90, 270, 810, 2_430, 7_290)
"""Seconds from one attempt to the next; the one after the last of them is the last (after three hours)."""
KEPT: Final = 1_000
"""Settled deliveries kept per tenant, to be looked at."""
_TABLE: Final = tables.deliveries


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
    def address(self) -> str:
        """The URL without what may be secret in it: its query and its login."""
        url = httpx.URL(self.url)
        return str(url.copy_with(userinfo=b"", query=b"hidden" if url.query else None, fragment=None))


class Outbox:
    """The deliveries of all tenants. `wake` is called whenever there is something new to send."""

    def __init__(self, store: Store, clocks: Clocks) -> None:
        self._store = store
        self._clocks = clocks
        self.wake: Callable[[], None] = lambda: None

    def post(
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
        values = {"tenant": tenant, "vendor": vendor, "webhook": webhook, "event": event, "url": url}
        change.run(
            sa.insert(_TABLE).values(
                **values, body=body, at=at, due=at, attempts=0, outcome="", state="waiting"
            )
        )
        self.wake()

    def withdraw(self, change: Change, tenant: str, vendor: str, webhook: str) -> None:
        """Send nothing more to a webhook: it was deleted."""
        change.run(
            sa.delete(_TABLE).where(
                _TABLE.c.tenant == tenant,
                _TABLE.c.vendor == vendor,
                _TABLE.c.webhook == webhook,
                _TABLE.c.state == "waiting",
            )
        )

    def due(self, most: int) -> list[Delivery]:
        """Return deliveries whose time has come, at most so many of each tenant, the earliest first."""
        found: list[Delivery] = []
        for tenant in self._waiting():
            now = self._clocks.now(tenant)
            found += self._read(
                _TABLE.c.tenant == tenant, _TABLE.c.due <= now, order=_TABLE.c.due, limit=most
            )
        return found

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits to be sent, now or later."""
        return not self._waiting()

    def settle(self, delivery: Delivery, outcome: str, *, delivered: bool) -> None:
        """Note what an attempt came to; one that failed is due again later, unless it was the last."""
        attempts = delivery.attempts + 1
        state: State = "delivered" if delivered else "waiting"
        due = None
        if state == "waiting" and attempts > len(DELAYS):
            state = "given_up"
        elif state == "waiting":
            due = self._clocks.now(delivery.tenant) + DELAYS[attempts - 1] * SECOND
        values = {"attempts": attempts, "outcome": outcome, "state": state, "due": due}
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
        which = (_TABLE.c.tenant == tenant, _TABLE.c.id > after)
        if last is not None:
            return self._read(*which, order=_TABLE.c.id.desc(), limit=last)[::-1]
        return self._read(*which, order=_TABLE.c.id, limit=limit)

    def _waiting(self) -> list[str]:
        found = self._store.select(sa.select(_TABLE.c.tenant).where(_TABLE.c.due.is_not(None)).distinct())
        return [tenant for (tenant,) in found]

    def _forget_old(self, change: Change, tenant: str) -> None:
        settled = sa.and_(_TABLE.c.tenant == tenant, _TABLE.c.due.is_(None))
        oldest = sa.select(_TABLE.c.id).where(settled).order_by(_TABLE.c.id.desc()).limit(1).offset(KEPT)
        change.run(sa.delete(_TABLE).where(settled, _TABLE.c.id <= oldest.scalar_subquery()))

    def _read(
        self, *which: sa.ColumnElement[bool], order: sa.ColumnElement[int], limit: int | None
    ) -> list[Delivery]:
        names = list(Delivery.__dataclass_fields__)
        statement = sa.select(*(_TABLE.c[name] for name in names)).where(*which)
        found = self._store.select(statement.order_by(order, _TABLE.c.id).limit(limit))
        return [Delivery(**dict(zip(names, values, strict=True))) for values in found]


def refuse_address(url: str) -> str:
    """Say what keeps a URL from being a webhook's; "" if nothing does.

    Only http and https are sent to, and redirects are not followed. Any host will do, loopback too: who may
    register webhooks can let the sandbox send requests to whatever it reaches.
    """
    try:
        read = httpx.URL(url)
    except httpx.InvalidURL:
        return "is no URL"
    if read.scheme not in {"http", "https"} or not read.host:
        return "must be an absolute URL with http:// or https://"
    return ""
