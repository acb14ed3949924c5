"""Sends what the outbox holds, in the background: at least once, and again after failures.

A delivery is sent when the change it tells of is on disk, and counts as delivered when the receiver answers
with a status of 2xx. What was sent when the process died is sent again by the next one. Each webhook has a
share of its own, so that a receiver that hangs delays what is sent to it and nothing else.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from typing import Final

import httpx

from mock_server.clock import sleep
from mock_server.store import Store
from mock_server.store.batch import Turn
from mock_server.webhooks.outbox import Delivery, Outbox, Outcome, WebhookKey
from mock_server.webhooks.targets import RefusedError
from mock_server.webhooks.transport import request_to

MOST_AT_ONCE: Final = 256
MOST_OF_A_TENANT: Final = 32
MOST_OF_A_WEBHOOK: Final = 4
"""Deliveries under way at the same time; one to a webhook that did not answer in time the last time."""
_SECONDS: Final = 15.0
"""How long an attempt may take altogether, however slowly the receiver answers."""
_TIMEOUT: Final = httpx.Timeout(10.0, connect=5.0)
_LOOK_AGAIN: Final = 0.25
"""Seconds between looks at the clock while something waits for its time: clocks can be moved."""
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0
"""Seconds until the outcome of a delivery is stored again after it could not be."""
_NOT_IN_TIME: Final = Outcome("no answer in time")
_MOST_SLOW: Final = 4_096
_MOST_TURNS: Final = 100
_log = logging.getLogger(__name__)

Sleep = Callable[[float], Awaitable[None]]


class Sender:
    """The background task of one sandbox. `transport` is the way to the receivers; it is not closed here."""

    def __init__(
        self, outbox: Outbox, store: Store, transport: httpx.AsyncBaseTransport, sleep: Sleep = sleep
    ) -> None:
        self._outbox = outbox
        self._store = store
        self._transport = transport
        self._sleep = sleep
        self._news = asyncio.Event()
        self._under_way: dict[int, asyncio.Task[None]] = {}
        self._of_webhooks: Counter[WebhookKey] = Counter()
        self._of_tenants: Counter[str] = Counter()
        self._slow: set[WebhookKey] = set()
        self._last = WebhookKey("", "", "")

    async def run(self) -> None:
        """Send until cancelled; costs nothing while nothing is registered. It can be run again."""
        self._outbox.wake = self._news.set
        self._outbox.send_due = self._send_due
        pause = _FIRST_PAUSE
        try:
            while True:
                self._news.clear()
                try:
                    await self._start()
                    await self._wait_for_work()
                    pause = _FIRST_PAUSE
                except Exception:  # noqa: BLE001 - whatever the disk says, a later look may find it well
                    _log.exception("Webhooks could not be read from the outbox; trying again in %d s.", pause)
                    await self._sleep(pause)
                    pause = min(2 * pause, _LONGEST_PAUSE)
        finally:
            self._outbox.send_due = None
            for task in self._under_way.values():
                task.cancel()
            await asyncio.gather(*self._under_way.values(), return_exceptions=True)

    async def _start(self) -> None:
        """Begin to send what is due, as far as there is room."""
        found = self._due()
        pending = self._store.pending
        if pending is not None:  # what was just read may not be on disk yet, or be withdrawn meanwhile
            await pending
            known = {one.id for one in found}
            found = [one for one in self._due() if one.id in known]
        for delivery in _round_robin(one for one in found if one.id not in self._under_way):
            if self._has_room(delivery.webhook_key):
                self._last = delivery.webhook_key
                self._of_webhooks[delivery.webhook_key] += 1
                self._of_tenants[delivery.tenant] += 1
                self._under_way[delivery.id] = asyncio.create_task(self._send(delivery))

    def _due(self) -> list[Delivery]:
        """Return what is due to webhooks that have room, beginning after the webhook served last."""
        lanes = [lane for lane in self._outbox.due_webhooks() if self._has_room(lane)]
        lanes.sort(key=lambda lane: (lane <= self._last, lane))
        return [one for lane in lanes[:MOST_AT_ONCE] for one in self._outbox.due_to(lane, MOST_OF_A_WEBHOOK)]

    def _has_room(self, lane: WebhookKey) -> bool:
        most = 1 if lane in self._slow else MOST_OF_A_WEBHOOK
        return (
            self._of_webhooks[lane] < most
            and self._of_tenants[lane.tenant] < MOST_OF_A_TENANT
            and len(self._under_way) < MOST_AT_ONCE
        )

    async def _send(self, delivery: Delivery) -> None:
        lane = delivery.webhook_key
        try:
            outcome = await self._attempt(delivery)
            if len(self._slow) >= _MOST_SLOW:
                self._slow.clear()
            (self._slow.add if outcome is _NOT_IN_TIME else self._slow.discard)(lane)
            await self._record_outcome(delivery, outcome)
        finally:
            del self._under_way[delivery.id]
            self._of_webhooks[lane] -= 1
            self._of_tenants[lane.tenant] -= 1
            self._of_webhooks, self._of_tenants = +self._of_webhooks, +self._of_tenants  # without zeros
            self._news.set()

    async def _record_outcome(self, delivery: Delivery, outcome: Outcome) -> None:
        """Store what an attempt came to. Until that is possible, nothing else takes its place.

        So a full disk does not have what was delivered sent again and again.
        """
        pause = _FIRST_PAUSE
        while True:
            try:
                self._outbox.record_outcome(delivery, outcome)
                pending = self._store.pending
                if pending is not None:
                    await pending
            except Exception as error:  # noqa: BLE001 - the disk may be full; it may have room again later
                _log.warning(
                    "The outcome of webhook delivery %d (%s) cannot be stored: %s. Trying again in %d s.",
                    delivery.id, outcome.words, error, pause,
                )  # fmt: skip
                await self._sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
            else:
                return

    async def _attempt(self, delivery: Delivery) -> Outcome:
        """Send once; the receiver's words are not read, its status says it all."""
        try:
            async with asyncio.timeout(_SECONDS):
                request = request_to(delivery.url, delivery.body, timeout=_TIMEOUT)
                response = await self._transport.handle_async_request(request)
                await response.aclose()
                return Outcome(str(response.status_code), delivered=response.is_success)
        except (httpx.TimeoutException, TimeoutError):
            return _NOT_IN_TIME
        except RefusedError as refused:
            return Outcome(str(refused), final=True)
        except Exception as problem:  # noqa: BLE001 - an address may be wrong in more ways than one can list
            return Outcome(f"not reached ({type(problem).__name__})")

    async def _send_due(self, tenant: str) -> None:
        """Send what is due to a tenant's webhooks, and wait until every outcome is stored."""
        turns = 0
        while self._of_tenants[tenant] or self._outbox.due(1, tenant):
            self._news.set()
            tasks = list(self._under_way.values())
            if tasks:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED, timeout=_LOOK_AGAIN)
            elif turns < _MOST_TURNS:  # until the task of `run` has taken them up
                turns += 1
                await Turn()
            else:
                await self._sleep(_LOOK_AGAIN)

    async def _wait_for_work(self) -> None:
        timeout = None if self._outbox.is_empty else _LOOK_AGAIN
        # Not `wait_for`: before Python 3.12 it can swallow a cancellation that comes together with the news.
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._news.wait()


def _round_robin(found: Iterator[Delivery]) -> Iterator[Delivery]:
    """Yield the first of each webhook, then the second of each, and so on."""
    lanes: dict[WebhookKey, list[Delivery]] = {}
    for delivery in found:
        lanes.setdefault(delivery.webhook_key, []).append(delivery)
    for place in range(MOST_OF_A_WEBHOOK):
        yield from (waiting[place] for waiting in lanes.values() if place < len(waiting))
