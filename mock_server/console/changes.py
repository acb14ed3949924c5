"""Notifies open pages of changes to their tenant by server-sent events (HTML standard, section 9.2).

The page then reloads its content from the server, so the events contain no data.
"""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from mock_server.clock import sleep
from mock_server.console.api import ApiCall

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, MutableMapping

    from mock_server.console.api import ControlPlane
    from mock_server.journal.entry import Entry
    from mock_server.journal.journal import Journal
    from mock_server.store import Store

    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]

PAUSE: Final = 0.4
"""Minimum time between two events, in seconds, so that pages of a busy sandbox do not reload constantly."""
_QUIET: Final = 15.0
"""If no change occurs for this many seconds, a comment is sent, so that proxies keep the connection open."""
_WATCHED: Final = (
    "requests?limit=1&without_tenant=true",
    "ledger?last=1",
    "deliveries?last=50",
    "faults",
    "clock",
)
"""The resources that are compared to detect a change: API paths relative to the tenant's path."""
_HEADERS: Final = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
)
_CHANGED: Final = b"data: changed\n\n"
_COMMENT: Final = b":\n\n"


class Changes:
    """Sends an event to each open page when its tenant changes, until the sandbox stops."""

    def __init__(self, plane: ControlPlane, store: Store, journal: Journal) -> None:
        self._plane = plane
        self._store = store
        self._journal = journal

    async def stream(self, tenant: str, receive: Receive, send: Send) -> None:
        """Send an event after each change of a tenant, until the client disconnects or the sandbox stops."""
        woken = asyncio.Event()
        left = asyncio.ensure_future(_disconnection(receive))
        left.add_done_callback(lambda _: woken.set())
        with self._waking(woken):
            try:
                # Before the response starts: a page that is fetched after that has all earlier changes.
                known = await self._fingerprint(tenant)
                start = {"type": "http.response.start", "status": HTTPStatus.OK, "headers": list(_HEADERS)}
                await send(start)
                await self._send_events(tenant, known, woken, left, send)
                await send({"type": "http.response.body", "body": b""})
            finally:
                left.cancel()

    @contextmanager
    def _waking(self, woken: asyncio.Event) -> Iterator[None]:
        """Set the event `woken` after each commit, after each request, and when the sandbox stops."""

        def notice(_entry: Entry) -> None:
            woken.set()

        self._store.on_commit.append(woken.set)
        self._journal.listeners.append(notice)
        self._journal.closing.append(woken.set)
        try:
            yield
        finally:
            self._store.on_commit.remove(woken.set)
            self._journal.listeners.remove(notice)
            self._journal.closing.remove(woken.set)

    async def _send_events(
        self, tenant: str, known: list[Any], woken: asyncio.Event, left: asyncio.Future[None], send: Send
    ) -> None:
        message = b"retry: 1000\n\n"
        while not (self._journal.closed or left.done()):
            await send({"type": "http.response.body", "body": message, "more_body": True})
            while not await _is_set(woken):
                await send({"type": "http.response.body", "body": _COMMENT, "more_body": True})
                woken.set()  # to find what became due without a request
            woken.clear()
            found = await self._fingerprint(tenant)
            message = b"" if found == known else _CHANGED
            known = found
            if not self._journal.closed:
                await sleep(PAUSE)

    async def _fingerprint(self, tenant: str) -> list[Any]:
        """Return the current responses of the watched resources.

        The result differs after each change of the tenant. The passage of time alone does not change it.
        """
        base = f"{self._plane.base}/tenants/{quote(tenant, safe='')}"
        found = [(await self._plane.call(ApiCall("GET", f"{base}/{one}"))).body for one in _WATCHED]
        clock = found[-1]
        # These fields change as time passes: `now` of a running clock, `ahead_seconds` of a frozen one.
        clock.pop("ahead_seconds" if clock.get("frozen") else "now", None)
        return found


async def _is_set(event: asyncio.Event) -> bool:
    """Wait up to `_QUIET` seconds for an event, and return False if it has not been set by then."""
    try:
        await asyncio.wait_for(event.wait(), _QUIET)
    except TimeoutError:
        return False
    return True


async def _disconnection(receive: Receive) -> None:
    """Wait until the client disconnects."""
    while (await receive())["type"] != "http.disconnect":
        pass
