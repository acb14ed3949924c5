"""Sends what the outbox holds, in the background: at least once, and again after failures.

A delivery is sent when the change it tells of is on disk, and counts as delivered when the receiver answers
with a status of 2xx. What was sent when the process died is sent again by the next one.
"""

import asyncio
import logging
from contextlib import suppress
from typing import Final

import httpx

from mock_server.outbox import Delivery, Outbox
from mock_server.store import Store

MOST_AT_ONCE: Final = 16
_TIMEOUT: Final = httpx.Timeout(10.0, connect=5.0)
_LOOK_AGAIN: Final = 0.25
"""Seconds between looks at the clock while something waits for its time: clocks can be moved."""
_HEADERS: Final = {"Content-Type": "application/json", "User-Agent": "returns-sandbox"}
_log = logging.getLogger(__name__)


class Sender:
    """The background task of one sandbox. `transport` is the way to the receivers (None: the network)."""

    def __init__(
        self, outbox: Outbox, store: Store, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._outbox = outbox
        self._store = store
        self._transport = transport
        self._news = asyncio.Event()
        self._under_way: dict[int, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Send until cancelled; costs nothing while nothing is registered."""
        self._outbox.wake = self._news.set
        client = httpx.AsyncClient(transport=self._transport, timeout=_TIMEOUT, follow_redirects=False)
        async with client:
            try:
                while True:
                    self._news.clear()
                    try:
                        await self._start(client)
                    except Exception:  # noqa: BLE001 - whatever the disk says, the next look may find it well
                        _log.exception("Webhooks could not be read from the outbox.")
                    await self._rest()
            finally:
                for task in self._under_way.values():
                    task.cancel()
                await asyncio.gather(*self._under_way.values(), return_exceptions=True)

    async def _start(self, client: httpx.AsyncClient) -> None:
        """Begin to send what is due, as far as there is room."""
        room = MOST_AT_ONCE - len(self._under_way)
        found = self._outbox.due(MOST_AT_ONCE)
        pending = self._store.pending
        if pending is not None:  # what was just read may not be on disk yet, or be withdrawn meanwhile
            await pending
            known = {one.id for one in found}
            found = [one for one in self._outbox.due(MOST_AT_ONCE) if one.id in known]
        for delivery in [one for one in found if one.id not in self._under_way][:room]:
            self._under_way[delivery.id] = asyncio.create_task(self._send(client, delivery))

    async def _send(self, client: httpx.AsyncClient, delivery: Delivery) -> None:
        try:
            outcome, delivered = await _attempt(client, delivery)
            self._outbox.settle(delivery, outcome, delivered=delivered)
        finally:
            self._under_way.pop(delivery.id, None)
            self._news.set()

    async def _rest(self) -> None:
        timeout = None if self._outbox.is_empty else _LOOK_AGAIN
        # Not `wait_for`: before Python 3.12 it can swallow a cancellation that comes together with the news.
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._news.wait()


async def _attempt(client: httpx.AsyncClient, delivery: Delivery) -> tuple[str, bool]:
    """Send once; the receiver's words are not read, its status says it all."""
    try:
        async with client.stream("POST", delivery.url, content=delivery.body, headers=_HEADERS) as response:
            return str(response.status_code), response.is_success
    except httpx.TimeoutException:
        return "no answer in time", False
    except (httpx.HTTPError, httpx.InvalidURL) as problem:
        return f"not reached ({type(problem).__name__})", False
