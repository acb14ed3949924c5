"""Delivers events to the targets of subscriptions: signs each request, and retries failed deliveries.

The deliveries of one record to one subscription are sent in order. A delivery that fails therefore holds back
later deliveries of the same record, but no others. After a day it is given up, and the deliveries that waited
for it contain `gap: true`. Headers and signature follow Standard Webhooks (https://www.standardwebhooks.com).
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import sqlalchemy as sa
from standardwebhooks import Webhook

from connector.hub import circuits, exact_json
from connector.hub import subscriptions as subscribed
from connector.hub.answers import MAX_ANSWER, beginning
from connector.hub.bodies import of_delivery
from connector.hub.leases import all_of, new_lease
from connector.hub.moments import micros, moment
from connector.hub.tables import circuits as breakers
from connector.hub.tables import connections, deliveries, events, subscriptions
from connector.hub.targets import TargetRefusedError, host_of
from connector.transport.retry_after import requested_wait

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connector.clock import Clock
    from connector.definition.model import Integration
    from connector.hub.encryption import Encryption
    from connector.hub.store import Store

log = logging.getLogger("returns_connector.hub")

WAITING, DELIVERED, GIVEN_UP = "waiting", "delivered", "given up"
LEASED_BY_ANOTHER = "leased by another"
AT_ONCE = 50
PLACES, PLACES_OF_A_SUBSCRIPTION = 90, 25
"""The most deliveries that are attempted at once, in all and for one subscription.

A target that does not answer takes up the places of its subscription, and the others are served meanwhile."""
TIMEOUT = 10.0
"""The longest time of one attempt in seconds."""
LEASE = timedelta(minutes=1)
PAUSES = (5, 30, 120, 600, 1_800, 3_600)
"""The pauses after the first failed attempts in seconds; the last one repeats."""
PATIENCE = timedelta(days=1)
"""A delivery is given up if it is not accepted within this time."""
OK, GONE = 200, 410
ONLY_OK = frozenset({"hooks.zapier.com"})
"""The hosts that accept a delivery only with the status 200; other hosts accept it with any 2xx status."""


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery that must be attempted now: the request to send, and the data that `settle` needs.

    `attempts` is the number of earlier attempts, and `tried_at` the time of the first one, or None. `lease`
    is the ID of the lease, which ends at `leased_until`.
    """

    number: int
    subscription: str
    target: str
    secret: str
    webhook_id: str
    body: bytes
    attempts: int
    tried_at: datetime | None
    record: str
    lease: str
    leased_until: datetime


@dataclass(frozen=True, slots=True)
class Attempt:
    """The result of an attempt to deliver an event.

    `status` is the HTTP status of the target's response, or None if there was no response. `answer` is the
    beginning of the response's body, or the reason why there was no response. `pause` is the number of
    seconds that the target asked the hub to wait, or 0. If `only_ok` is true, only the status 200 counts as
    accepted.
    """

    status: int | None
    answer: str
    pause: float = 0
    only_ok: bool = False

    @property
    def sentence(self) -> str:
        """A sentence about the result; it does not contain the response's body, which could be any text."""
        return self.answer if self.status is None else f"It answered {self.status}."

    @property
    def result(self) -> str:
        """The result in a word: accepted, refused or unreachable."""
        return "accepted" if self.accepted else "unreachable" if self.status is None else "refused"

    @property
    def accepted(self) -> bool:
        if self.status is None or self.only_ok:
            return self.status == OK
        return OK <= self.status < 300  # noqa: PLR2004 - the 2xx class


def lease_due(connection: sa.Connection, lease: str, now: datetime) -> int:
    """Lease up to `AT_ONCE` due deliveries for a minute, and return their number.

    While a delivery of a record is waiting, later deliveries of the same record to the same subscription are
    not due. A target that rests gets one delivery at a time. Subscriptions without free places are left out.
    """
    at = micros(now)
    places = _taken_places(connection, at)
    most = min(AT_ONCE, PLACES - places.total())
    if most <= 0:
        return 0
    full = [one for one, taken in places.items() if taken >= PLACES_OF_A_SUBSCRIPTION]
    older = deliveries.alias("older")
    held = (
        sa.select(older.c.number)
        .where(
            older.c.subscription == deliveries.c.subscription,
            older.c.record == deliveries.c.record,
            older.c.number < deliveries.c.number,
            older.c.state == WAITING,
        )
        .exists()
    )
    found = connection.execute(
        sa.select(deliveries.c.number, deliveries.c.subscription)
        .join(subscriptions, subscriptions.c.id == deliveries.c.subscription)
        .where(
            deliveries.c.state == WAITING,
            deliveries.c.due_at <= at,
            deliveries.c.leased_until <= at,
            subscriptions.c.state == subscribed.ACTIVE,
            subscriptions.c.id.not_in(full),
            ~held,
            ~circuits.rests(deliveries.c.subscription, at),
        )
        .order_by(deliveries.c.due_at, deliveries.c.number)
        .limit(most)
        .with_for_update(skip_locked=True, of=deliveries)
    )
    free = []
    for row in found.all():
        places[row.subscription] += 1
        if places[row.subscription] <= PLACES_OF_A_SUBSCRIPTION:
            free.append(row)
    numbers = [row.number for row in circuits.probes(connection, free, now, LEASE)]
    chosen = sa.update(deliveries).where(deliveries.c.number.in_(numbers))
    connection.execute(chosen.values(lease=lease, leased_until=micros(now + LEASE)))
    return len(numbers)


def _taken_places(connection: sa.Connection, at: int) -> Counter[str]:
    """Count the deliveries of each subscription that are leased at a time, in all processes."""
    held = sa.select(deliveries.c.subscription).where(deliveries.c.lease > "", deliveries.c.leased_until > at)
    return Counter(connection.execute(held).scalars())


def leased(
    connection: sa.Connection,
    encryption: Encryption,
    integrations: Mapping[str, Integration],
    lease: str,
    now: datetime,
) -> list[Due]:
    """Renew a lease, and return its deliveries that are not attempted yet."""
    held = deliveries.c.lease == lease
    connection.execute(sa.update(deliveries).where(held).values(leased_until=micros(now + LEASE)))
    rows = connection.execute(
        sa.select(
            deliveries,
            subscriptions.c.target,
            subscriptions.c.secret,
            subscriptions.c.format,
            events.c.id.label("event_id"),
            events.c.connection,
            events.c.trigger,
            events.c.occurred_at,
            events.c.observed_at,
            events.c.data,
            connections.c.name.label("connection_name"),
            connections.c.vendor,
        )
        .join(subscriptions, subscriptions.c.id == deliveries.c.subscription)
        .join(events, events.c.number == deliveries.c.event)
        .join(connections, connections.c.id == events.c.connection)
        .where(held, deliveries.c.state == WAITING)
        .order_by(deliveries.c.number)
    ).all()
    return [_due(row, encryption, integrations) for row in rows]


def _due(row: Any, encryption: Encryption, integrations: Mapping[str, Integration]) -> Due:
    body = of_delivery(row, integrations[row.vendor])
    return Due(
        row.number,
        row.subscription,
        row.target,
        encryption.decrypt(row.secret),
        row.webhook_id,
        exact_json.dumps(body).encode(),
        row.attempts,
        None if row.tried_at is None else moment(row.tried_at),
        row.record,
        row.lease,
        moment(row.leased_until),
    )


def settle(connection: sa.Connection, due: Due, attempt: Attempt, now: datetime) -> str:
    """Store the result of an attempt, and return the delivery's new state.

    Nothing is stored if the lease has passed to another process, which attempts the delivery as well.
    If the delivery is given up, the later deliveries of its record get the mark `gap`. If the target responds
    with 410 (Gone), the subscription ends.
    """
    since = due.tried_at or now
    mine = (deliveries.c.state == WAITING, deliveries.c.lease == due.lease)
    values: dict[str, Any] = {
        "attempts": due.attempts + 1,
        "status": attempt.status,
        "answer": attempt.answer[:MAX_ANSWER],
        "leased_until": 0,
        "lease": None,
        "tried_at": micros(since),
    }
    if attempt.accepted:
        state = DELIVERED
        values |= {"state": state, "ended_at": micros(now)}
    elif attempt.status != GONE and now - since < PATIENCE:
        state = WAITING
        pause = max(PAUSES[min(due.attempts, len(PAUSES) - 1)], attempt.pause)
        values |= {"due_at": micros(min(now + timedelta(seconds=pause), since + PATIENCE))}
    else:
        state = GIVEN_UP
        values |= {"state": state, "ended_at": micros(now)}
    here = sa.update(deliveries).where(deliveries.c.number == due.number, *mine)
    if not connection.execute(here.values(**values)).rowcount:
        return LEASED_BY_ANOTHER
    if attempt.status == GONE:
        subscribed.end(connection, due.subscription, "The target answered 410 Gone.", now)
    elif state == GIVEN_UP:
        later = (deliveries.c.subscription == due.subscription, deliveries.c.record == due.record)
        waits = sa.update(deliveries).where(*later, deliveries.c.state == WAITING)
        connection.execute(waits.values(gap=True))
    circuits.settle(connection, due.subscription, "" if attempt.accepted else attempt.sentence, now)
    return state


def next_due(connection: sa.Connection) -> datetime | None:
    """Return the time at which the next delivery is due, or None if no delivery is waiting."""
    rest = sa.func.coalesce(breakers.c.open_until, 0)
    own = sa.case(
        (deliveries.c.leased_until > deliveries.c.due_at, deliveries.c.leased_until),
        else_=deliveries.c.due_at,
    )
    at = sa.case((rest > own, rest), else_=own)
    waiting = (
        sa.select(sa.func.min(at))
        .join(subscriptions, subscriptions.c.id == deliveries.c.subscription)
        .outerjoin(breakers, breakers.c.subscription == deliveries.c.subscription)
        .where(deliveries.c.state == WAITING, subscriptions.c.state == subscribed.ACTIVE)
    )
    found = connection.execute(waiting).scalar_one()
    return None if found is None else moment(found)


class Deliverer:
    """Sends the due deliveries of all subscriptions; `deliver_due` is a job for the engine."""

    def __init__(
        self,
        store: Store,
        encryption: Encryption,
        integrations: Mapping[str, Integration],
        http: httpx.AsyncClient,
        clock: Clock,
    ) -> None:
        self._store = store
        self._encryption = encryption
        self._integrations = integrations
        self._http = http
        self._clock = clock
        self.attempts: Counter[str] = Counter()

    async def deliver_due(self) -> int:
        """Send the deliveries that are due, store the results, and return the number of deliveries."""
        lease = new_lease()
        found = await self._store.run(lease_due, lease, self._clock())
        if found:
            await self.deliver_leased(lease)
        return found

    async def deliver_leased(self, lease: str) -> None:
        """Send the deliveries that are leased under `lease`, and store the results."""
        due = await self._store.run(leased, self._encryption, self._integrations, lease, self._clock())
        await all_of(self._deliver(one) for one in due)

    async def _deliver(self, due: Due) -> None:
        if self._clock() >= due.leased_until:
            return  # this process was paused, and another one attempts the delivery
        attempt = await self._attempt(due)
        self.attempts[attempt.result] += 1
        state = await self._store.run(settle, due, attempt, self._clock())
        if state == GIVEN_UP or (state == WAITING and not due.attempts):
            then = "It is given up" if state == GIVEN_UP else "It is tried again"
            log.warning(
                "The target of %s did not accept it: %s %s.", due.webhook_id, attempt.sentence, then,
                extra={
                    "webhook_id": due.webhook_id, "subscription": due.subscription, "status": attempt.status,
                    "attempts": due.attempts + 1,
                },
            )  # fmt: skip

    async def _attempt(self, due: Due) -> Attempt:
        """Send a delivery once; a response other than 2xx, or none within `TIMEOUT` seconds, is a failure.

        A target on one of the hosts `ONLY_OK` must answer 200.
        """
        now = self._clock()
        headers = {
            "content-type": "application/json",
            "webhook-id": due.webhook_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(due.secret).sign(due.webhook_id, now, due.body.decode()),
        }
        try:
            async with asyncio.timeout(TIMEOUT):
                request = self._http.build_request("POST", due.target, content=due.body, headers=headers)
                answer = await self._http.send(request, stream=True)
            text = await beginning(answer)
        except TargetRefusedError as refused:
            return Attempt(None, str(refused))
        except TimeoutError:
            return Attempt(None, f"The target did not answer within {TIMEOUT:.0f} seconds.")
        except httpx.HTTPError as problem:
            return Attempt(None, f"The target cannot be reached ({type(problem).__name__}).")
        pause = requested_wait(answer.headers, None, now).seconds or 0.0
        return Attempt(answer.status_code, text, pause, host_of(request.url) in ONLY_OK)
