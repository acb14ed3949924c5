"""The webhook outbox: stores deliveries, records their outcomes, and schedules retries.

A delivery is stored in the same transaction as the change that it reports, so neither is saved without the
other. The vendor's code provides the URL and the body. `retry_schedule` contains the delays between attempts.
Times are on the tenant's clock, in microseconds since the Unix epoch, so advancing the clock makes retries
due.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import httpx
import sqlalchemy as sa

from mock_server.clock import SECOND, Clocks
from mock_server.store import Change, Store, tables
from mock_server.webhooks.attempts import MAX_BODY, Attempt, extended
from mock_server.webhooks.retry_schedule import DELAYS, next_delay

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Iterator

State = Literal["waiting", "delivered", "given_up"]

KEPT: Final = 1_000
"""The number of finished deliveries to keep per tenant, so that users can inspect them."""
_TABLE: Final = tables.deliveries
_COLUMNS: Final = tuple(column.name for column in _TABLE.c if column.name != "tenant")


@dataclass(frozen=True, slots=True)
class Delivery:
    """The delivery of one event to one webhook.

    `at` is when the event happened. `due` is when the next attempt will be made, or None if the delivery is
    finished. `outcome` describes the last attempt; it is "" before the first attempt. `body` is the payload,
    which is signed at each attempt. `test` is True for a test event. `attempts_before` is the number of
    attempts before the last call of `Outbox.send_again`; they do not count towards the limit of retries.
    `log` contains the most recent attempts as JSON (see the module `attempts`). `return_id` is the
    ID of the return that the event is about, or "" for a test event.
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
    test: bool = False
    attempts_before: int = 0
    log: bytes = b"[]"
    return_id: str = ""

    @property
    def webhook_key(self) -> "WebhookKey":
        """The key of the webhook to which this delivery is sent."""
        return WebhookKey(self.tenant, self.vendor, self.webhook)

    @property
    def address(self) -> str:
        """The URL without parts that may be secret."""
        return shown_url(self.url)


class Outcome(NamedTuple):
    """The result of an attempt to send a delivery.

    `message` is the HTTP status code, or an error such as "no answer in time". A failed delivery is retried
    unless `final` is True. `status` is the receiver's status code, or None if there was no answer; `answer`
    is the beginning of its body. `took` is the duration of the attempt in microseconds. If `postponed` is not
    0, nothing was sent, and the attempt is made after that many seconds. `releases` lists the IDs of
    postponed deliveries that are due now.
    """

    message: str
    delivered: bool = False
    final: bool = False
    status: int | None = None
    answer: bytes = b""
    took: int = 0
    postponed: int = 0
    releases: tuple[int, ...] = ()


class WebhookKey(NamedTuple):
    """Identifies a webhook by tenant, vendor and ID."""

    tenant: str
    vendor: str
    webhook: str


@dataclass(frozen=True, slots=True)
class Selection:
    """Selects deliveries of a tenant; a field that is None or () does not restrict the selection.

    `after` and `until` are IDs; `after` is exclusive, and `until` is inclusive.
    """

    after: int = 0
    until: int | None = None
    vendor: str | None = None
    webhook: str | None = None
    event: str | None = None
    return_id: str | None = None
    states: "Collection[State]" = field(default=())

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """Build the SQL conditions for the selected deliveries, except for the condition on the tenant."""
        named = {name: getattr(self, name) for name in ("vendor", "webhook", "event", "return_id")}
        conditions = [_TABLE.c.id > self.after]
        conditions += [_TABLE.c[name] == value for name, value in named.items() if value is not None]
        if self.until is not None:
            conditions.append(_TABLE.c.id <= self.until)
        if self.states:
            conditions.append(_TABLE.c.state.in_(self.states))
        return conditions


EVERYTHING: Final = Selection()


class Outbox:
    """Stores the webhook deliveries of all tenants; calls `wake` whenever a delivery is added."""

    def __init__(self, store: Store, clocks: Clocks) -> None:
        self._store = store
        self._clocks = clocks
        self.wake: Callable[[], None] = lambda: None
        self.send_due: Callable[[str], Awaitable[None]] | None = None
        """Sends a tenant's due deliveries, and awaits their outcomes; None if no sender is running."""
        self.delays: dict[str, tuple[int, ...]] = {}
        """Seconds from each failed attempt to the next one, keyed by vendor; other vendors use `DELAYS`."""

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
        return_id: str = "",
        test: bool = False,
    ) -> int:
        """Store a delivery to `url`, and return its ID; the delivery is sent once the change is on disk.

        `return_id` is the ID of the return that the event is about, or "" for a test event.
        """
        values = {"vendor": vendor, "webhook": webhook, "event": event, "url": url, "test": test}
        id_ = change.insert(
            sa.insert(_TABLE).values(
                **values,
                tenant=self._store.partition(tenant),
                body=body,
                at=at,
                due=at,
                attempts=0,
                outcome="",
                state="waiting",
                attempts_before=0,
                log=b"[]",
                return_id=return_id,
            )
        )
        self.wake()
        return id_

    def send_again(self, change: Change, tenant: str, id_: int) -> None:
        """Make a delivery due now, even if it was delivered already; its retries start from the beginning.

        The ID and the payload stay the same, so that receivers can recognize the event.
        """
        due = self._clocks.now(tenant)
        values = {"due": due, "state": "waiting", "attempts_before": _TABLE.c.attempts}
        change.run(sa.update(_TABLE).where(*self._one(tenant, id_)).values(values))
        self.wake()

    def give_up(self, change: Change, tenant: str, vendor: str, webhook: str, reason: str) -> None:
        """Give up on the pending deliveries of a webhook; `reason` becomes their outcome."""
        pending = self._pending(tenant, vendor, webhook)
        values = {"due": None, "state": "given_up", "outcome": reason}
        change.run(sa.update(_TABLE).where(*pending).values(values))

    def cancel(self, change: Change, tenant: str, vendor: str, webhook: str) -> None:
        """Delete the pending deliveries of a webhook; call this when the webhook is deleted."""
        change.run(sa.delete(_TABLE).where(*self._pending(tenant, vendor, webhook)))

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
        """Return when the tenant's next delivery is due (µs), or None if no delivery is pending."""
        return min((due for _, due in self._waiting(tenant)), default=None)

    @property
    def is_empty(self) -> bool:
        """True if no tenant has a pending delivery, whether due now or later."""
        return next(self._waiting(None), None) is None

    def record_outcome(self, delivery: Delivery, outcome: Outcome) -> None:
        """Record the outcome of an attempt; after a failure, schedule a retry or give up on the delivery.

        The outcome is ignored if, during the attempt, the delivery was cancelled or its tenant was deleted or
        reset. A reset moves the tenant to another partition; comparing the partitions prevents the outcome of
        an old delivery from changing the tenant's new data. If `send_again` was called during the attempt,
        another attempt follows.
        """
        columns = [_TABLE.c[name] for name in ("tenant", "due", "attempts_before")]
        found = self._store.select(sa.select(*columns).where(_TABLE.c.id == delivery.id))
        partition = self._store.partition(delivery.tenant)
        if not found or found[0][0] != partition or not self._clocks.known(delivery.tenant):
            return
        _, due_now, attempts_before = found[0]
        now = self._clocks.now(delivery.tenant)
        unchanged = (due_now, attempts_before) == (delivery.due, delivery.attempts_before)
        if outcome.postponed:
            values: dict[str, Any] = {"outcome": outcome.message}
            if unchanged:
                values["due"] = now + outcome.postponed * SECOND
            self._update(delivery, values, outcome.releases)
            return
        attempts = delivery.attempts + 1
        log = extended(delivery.log, _attempt(attempts, now, outcome))
        values = {"attempts": attempts, "outcome": outcome.message, "log": log}
        if unchanged:
            values["state"], values["due"] = self._next(delivery, outcome, attempts, now)
        elif due_now is None:  # its webhook was paused during the attempt
            values["state"] = "delivered" if outcome.delivered else "given_up"
        else:  # `send_again` was called during the attempt
            values["attempts_before"] = attempts
        self._update(delivery, values, outcome.releases)

    def _update(self, delivery: Delivery, values: dict[str, Any], releases: tuple[int, ...]) -> None:
        """Store the state of a delivery after an attempt, and make the deliveries in `releases` due now."""
        now = self._clocks.now(delivery.tenant)
        with self._store.change() as change:
            change.run(sa.update(_TABLE).where(_TABLE.c.id == delivery.id).values(values))
            for id_ in releases:
                waiting = (*self._one(delivery.tenant, id_), _TABLE.c.state == "waiting")
                change.run(sa.update(_TABLE).where(*waiting).values(due=now))
            if values.get("state", "waiting") != "waiting":
                self._delete_old(change, delivery.tenant)

    def _next(
        self, delivery: Delivery, outcome: Outcome, attempts: int, now: int
    ) -> tuple[State, int | None]:
        """Return a delivery's state after an attempt, and when the next attempt is due (None if finished)."""
        if outcome.delivered:
            return "delivered", None
        delays = self.delays.get(delivery.vendor, DELAYS)
        delay = next_delay(delays, attempts - delivery.attempts_before)
        if outcome.final or delay is None:
            return "given_up", None
        return "waiting", now + delay * SECOND

    def delivery(self, tenant: str, id_: int) -> Delivery:
        """Look up a tenant's delivery by its ID; raise `LookupError` if there is no such delivery."""
        found = self._read(tenant, *self._one(tenant, id_), order=_TABLE.c.id, limit=1)
        if not found:
            raise LookupError(f"No delivery has the id {id_}. Finished deliveries are kept for a while only.")
        return found[0]

    def deliveries(
        self,
        tenant: str,
        selection: Selection = EVERYTHING,
        *,
        limit: int | None = None,
        last: int | None = None,
    ) -> list[Delivery]:
        """List a tenant's pending and finished deliveries, sorted by ID.

        If `last` is given, the list contains only the newest `last` deliveries. Otherwise, it contains the
        oldest `limit` deliveries, or all deliveries if `limit` is None.
        """
        conditions = (_TABLE.c.tenant == self._store.partition(tenant), *selection.conditions())
        if last is not None:
            return self._read(tenant, *conditions, order=_TABLE.c.id.desc(), limit=last)[::-1]
        return self._read(tenant, *conditions, order=_TABLE.c.id, limit=limit)

    def _one(self, tenant: str, id_: int) -> tuple[sa.ColumnElement[bool], ...]:
        return _TABLE.c.tenant == self._store.partition(tenant), _TABLE.c.id == id_

    def _pending(self, tenant: str, vendor: str, webhook: str) -> tuple[sa.ColumnElement[bool], ...]:
        return (
            _TABLE.c.tenant == self._store.partition(tenant),
            _TABLE.c.vendor == vendor,
            _TABLE.c.webhook == webhook,
            _TABLE.c.state == "waiting",
        )

    def waiting(self, tenant: str, limit: int) -> list[Delivery]:
        """List up to `limit` pending deliveries of a tenant, sorted by due time, earliest first."""
        pending = (_TABLE.c.tenant == self._store.partition(tenant), _TABLE.c.due.is_not(None))
        return self._read(tenant, *pending, order=_TABLE.c.due, limit=limit)

    def _waiting(self, tenant: str | None) -> "Iterator[tuple[WebhookKey, int]]":
        """Yield each webhook that has pending deliveries, with the earliest due time of these deliveries.

        Each webhook requires one index look-up, regardless of the length of its queue.
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


def shown_url(text: str) -> str:
    """Remove the parts of a URL that may be secret: credentials, query (shown as `hidden`) and fragment."""
    url = httpx.URL(text)
    return str(url.copy_with(userinfo=b"", query=b"hidden" if url.query else None, fragment=None))


def _attempt(number: int, at: int, outcome: Outcome) -> Attempt:
    return Attempt(
        number=number,
        at=at,
        status=outcome.status,
        error="" if outcome.status is not None else outcome.message,
        answer=outcome.answer[:MAX_BODY].decode("utf-8", "replace"),
        milliseconds=round(outcome.took / 1_000, 1),
    )
