"""The background task that sends webhooks and retries failed deliveries (at-least-once delivery).

A delivery is sent once the change that it reports is on disk. It counts as delivered if the receiver responds
with a 2xx status. If the process stops before the outcome is stored, the delivery is sent again after a
restart.

Fairness: the number of concurrent deliveries is limited per webhook, per tenant and in total, and webhooks
with due deliveries take turns. A receiver that hangs therefore delays only its own deliveries. After a
timeout, a webhook is limited to one delivery at a time until an attempt finishes in time.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from typing import Final, cast

import httpx

from mock_server.clock import sleep, ticks
from mock_server.store import Store
from mock_server.store.batch import Turn
from mock_server.webhooks.attempts import MAX_BODY
from mock_server.webhooks.disturbance import UNDISTURBED, Disturbance, Prepare
from mock_server.webhooks.format import Message
from mock_server.webhooks.outbox import Delivery, Outbox, Outcome, WebhookKey
from mock_server.webhooks.targets import RefusedError
from mock_server.webhooks.transport import UnknownHostError, request_to

MAX_AT_ONCE: Final = 256
MAX_PER_TENANT: Final = 32
MAX_PER_WEBHOOK: Final = 4
"""Limits on concurrent deliveries: in total, per tenant and per webhook.

A webhook whose last attempt timed out is limited to one delivery at a time.
"""
_ATTEMPT_SECONDS: Final = 15.0
"""Time limit for a whole attempt, in seconds; `_TIMEOUT` limits each network operation separately."""
_TIMEOUT: Final = httpx.Timeout(10.0, connect=5.0)
_ANSWER_SECONDS: Final = 1.0
"""Time limit for reading the body of an answer, in seconds; only the status decides the outcome."""
_POLL_SECONDS: Final = 0.25
"""Seconds between checks for due deliveries while any delivery is pending.

The checks are needed because advancing a clock can make a delivery due at any time.
"""
_FIRST_PAUSE, _MAX_PAUSE = 1.0, 60.0
"""Seconds to wait before a failed access to the store is retried.

The first pause is `_FIRST_PAUSE`; each further pause is twice as long, up to `_MAX_PAUSE`.
"""
_NOT_IN_TIME: Final = "no answer in time"
_MAX_SLOW: Final = 4_096
_MAX_TURNS: Final = 100
"""The maximum number of times that `_send_due` yields to the event loop to let `run` start deliveries.

After that, `_send_due` sleeps for `_POLL_SECONDS` instead of yielding.
"""
_log = logging.getLogger(__name__)

Sleep = Callable[[float], Awaitable[None]]
Disturb = Callable[[Delivery], Disturbance]
"""A function that returns how the tenant's faults change an attempt to send a delivery."""


class UnsendableError(Exception):
    """Raised if a delivery can never be sent; the message is a complete sentence."""


def unsigned(delivery: Delivery) -> Message:
    """Build a delivery's request without a signature or vendor headers; `Sender` does this by default."""
    return Message({}, delivery.body)


def undisturbed(_delivery: Delivery) -> Disturbance:
    """Return `UNDISTURBED`, so that no faults are applied; `Sender` does this by default."""
    return UNDISTURBED


class Sender:
    """Sends the webhook deliveries of one sandbox; the caller must close `transport`."""

    def __init__(
        self,
        outbox: Outbox,
        store: Store,
        transport: httpx.AsyncBaseTransport,
        sleep: Sleep = sleep,
        prepare: Prepare = unsigned,
        disturb: Disturb = undisturbed,
    ) -> None:
        self._outbox = outbox
        self._store = store
        self._transport = transport
        self._prepare = prepare
        self._disturb = disturb
        self._sleep = sleep
        self._wake_up = asyncio.Event()
        self._under_way: dict[int, asyncio.Task[None]] = {}
        self._of_webhooks: Counter[WebhookKey] = Counter()
        self._of_tenants: Counter[str] = Counter()
        self._slow: set[WebhookKey] = set()
        self._last = WebhookKey("", "", "")

    async def run(self) -> None:
        """Send deliveries until the task is cancelled; sleep while no delivery is pending.

        After a cancellation, `run` can be called again.
        """
        self._outbox.wake = self._wake_up.set
        self._outbox.send_due = self._send_due
        pause = _FIRST_PAUSE
        try:
            while True:
                self._wake_up.clear()
                try:
                    await self._start()
                    await self._wait_for_work()
                    pause = _FIRST_PAUSE
                except Exception:  # noqa: BLE001 - the disk may have failed for a moment only
                    _log.exception("Webhooks could not be read from the outbox; trying again in %d s.", pause)
                    await self._sleep(pause)
                    pause = min(2 * pause, _MAX_PAUSE)
        finally:
            self._outbox.send_due = None
            for task in self._under_way.values():
                task.cancel()
            await asyncio.gather(*self._under_way.values(), return_exceptions=True)

    async def _start(self) -> None:
        """Start as many due deliveries as the limits allow."""
        due = self._due()
        pending = self._store.pending
        if pending is not None:
            # A delivery that was just read may belong to a change that is not on disk yet. If its COMMIT
            # fails, the event never happened. So wait, and send only the deliveries that are still stored.
            await pending
            ids = {delivery.id for delivery in due}
            due = [delivery for delivery in self._due() if delivery.id in ids]
        for delivery in _round_robin(delivery for delivery in due if delivery.id not in self._under_way):
            if self._has_room(delivery.webhook_key):
                self._last = delivery.webhook_key
                self._of_webhooks[delivery.webhook_key] += 1
                self._of_tenants[delivery.tenant] += 1
                self._under_way[delivery.id] = asyncio.create_task(self._send(delivery))

    def _due(self) -> list[Delivery]:
        """List due deliveries to webhooks that are below their limits.

        Webhooks take turns: the list starts after the webhook that was served last.
        """
        keys = [key for key in self._outbox.due_webhooks() if self._has_room(key)]
        keys.sort(key=lambda key: (key <= self._last, key))
        return [one for key in keys[:MAX_AT_ONCE] for one in self._outbox.due_to(key, MAX_PER_WEBHOOK)]

    def _has_room(self, key: WebhookKey) -> bool:
        """Return True if the limits allow another delivery to a webhook."""
        limit = 1 if key in self._slow else MAX_PER_WEBHOOK
        return (
            self._of_webhooks[key] < limit
            and self._of_tenants[key.tenant] < MAX_PER_TENANT
            and len(self._under_way) < MAX_AT_ONCE
        )

    async def _send(self, delivery: Delivery) -> None:
        key = delivery.webhook_key
        try:
            outcome = await self._attempt(delivery)
            if len(self._slow) >= _MAX_SLOW:  # limits memory: deleted webhooks remain in the set
                self._slow.clear()
            (self._slow.add if outcome.message == _NOT_IN_TIME else self._slow.discard)(key)
            await self._record_outcome(delivery, outcome)
        finally:
            del self._under_way[delivery.id]
            self._of_webhooks[key] -= 1
            self._of_tenants[key.tenant] -= 1
            self._of_webhooks, self._of_tenants = +self._of_webhooks, +self._of_tenants  # removes zero counts
            self._wake_up.set()

    async def _record_outcome(self, delivery: Delivery, outcome: Outcome) -> None:
        """Store the outcome of an attempt, and retry until this succeeds.

        Meanwhile, the delivery counts as in progress, so that it is not sent repeatedly while the disk is
        full.
        """
        pause = _FIRST_PAUSE
        while True:
            try:
                self._outbox.record_outcome(delivery, outcome)
                pending = self._store.pending
                if pending is not None:
                    await pending
            except Exception as error:  # noqa: BLE001 - a full disk may have space again later
                _log.warning(
                    "The outcome of webhook delivery %d (%s) cannot be stored: %s. Trying again in %d s.",
                    delivery.id, outcome.message, error, pause,
                )  # fmt: skip
                await self._sleep(pause)
                pause = min(2 * pause, _MAX_PAUSE)
            else:
                return

    async def _attempt(self, delivery: Delivery) -> Outcome:
        """Make one attempt to send a delivery, and measure its duration."""
        start, disturbance = ticks(), UNDISTURBED
        try:
            disturbance = self._disturb(delivery)
            outcome = await self._post(delivery, disturbance)
        except (httpx.TimeoutException, TimeoutError):
            outcome = Outcome(_NOT_IN_TIME)
        except (RefusedError, UnsendableError) as refused:
            outcome = Outcome(str(refused), final=True)
        except UnknownHostError as unknown:
            outcome = Outcome(str(unknown))
        except Exception as problem:  # noqa: BLE001 - a URL can be wrong in too many ways to list
            outcome = Outcome(f"not reached ({type(problem).__name__})")
        return outcome._replace(took=ticks() - start, releases=disturbance.releases)

    async def _post(self, delivery: Delivery, disturbance: Disturbance) -> Outcome:
        """Sign a delivery and post it, unless a fault prevents this."""
        if disturbance.dropped or disturbance.wait:
            return Outcome(disturbance.reason, disturbance.dropped, postponed=disturbance.wait)
        message = (disturbance.prepare or self._prepare)(delivery)
        for _ in range(disturbance.copies - 1):
            await self._post_message(delivery, message)
        return await self._post_message(delivery, message)

    async def _post_message(self, delivery: Delivery, message: Message) -> Outcome:
        """Post a signed delivery. Only the answer's status matters; its body is for the log."""
        async with asyncio.timeout(_ATTEMPT_SECONDS):
            request = request_to(delivery.url, message.body, message.headers, timeout=_TIMEOUT)
            response = await self._transport.handle_async_request(request)
        status = response.status_code
        try:
            answer = await _beginning(response)
        finally:
            await response.aclose()
        return Outcome(str(status), delivered=response.is_success, status=status, answer=answer)

    async def _send_due(self, tenant: str) -> None:
        """Send a tenant's due deliveries, and wait until all their outcomes are stored."""
        turns = 0
        while self._of_tenants[tenant] or self._outbox.due(1, tenant):
            self._wake_up.set()
            tasks = list(self._under_way.values())
            if tasks:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED, timeout=_POLL_SECONDS)
            elif turns < _MAX_TURNS:  # the task of `run` has not started them yet
                turns += 1
                await Turn()
            else:
                await self._sleep(_POLL_SECONDS)

    async def _wait_for_work(self) -> None:
        """Wait until a delivery is added or finished; if any are pending, wait at most `_POLL_SECONDS`."""
        timeout = None if self._outbox.is_empty else _POLL_SECONDS
        # Not `wait_for`: before Python 3.12, it can swallow a cancellation that comes at the same time.
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._wake_up.wait()


async def _beginning(response: httpx.Response) -> bytes:
    """Read an answer's body, up to `MAX_BODY` bytes and for at most `_ANSWER_SECONDS` seconds."""
    body = bytearray()
    with suppress(httpx.HTTPError, TimeoutError):
        async with asyncio.timeout(_ANSWER_SECONDS):
            # The stream has the bytes as sent: a compressed answer is not decompressed, so it stays small.
            async for chunk in cast("httpx.AsyncByteStream", response.stream):
                body += chunk
                if len(body) >= MAX_BODY:
                    break
    return bytes(body[:MAX_BODY])


def _round_robin(due: Iterator[Delivery]) -> Iterator[Delivery]:
    """Yield the first delivery to each webhook, then the second delivery to each, and so on."""
    queues: dict[WebhookKey, list[Delivery]] = {}
    for delivery in due:
        queues.setdefault(delivery.webhook_key, []).append(delivery)
    for position in range(MAX_PER_WEBHOOK):
        yield from (queue[position] for queue in queues.values() if position < len(queue))
