"""Sends server-sent events (WHATWG HTML, section 9.2) until the client disconnects or the events end."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, MutableMapping, Sequence

    from mock_server.engine.body import Receive

    Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_OK: Final = 200
_HEADERS: Final = (
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # nginx would hold events back
)


async def send_events(
    events: AsyncGenerator[bytes],
    headers: Sequence[tuple[bytes, bytes]],
    method: str,
    receive: Receive,
    send: Send,
) -> None:
    """Send the headers, and then each event as soon as it is available. For HEAD, send only the headers.

    The generator is closed when the client disconnects or when this task is cancelled.
    """
    async with aclosing(events):
        await send({"type": "http.response.start", "status": _OK, "headers": [*headers, *_HEADERS]})
        if method != "HEAD":
            sending = asyncio.create_task(_send_each(events, send))
            leaving = asyncio.create_task(_wait_until_gone(receive))
            try:
                await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
            finally:
                sending.cancel()
                leaving.cancel()
                await asyncio.gather(sending, leaving, return_exceptions=True)
    await send({"type": "http.response.body", "body": b""})


async def _send_each(events: AsyncGenerator[bytes], send: Send) -> None:
    async for event in events:
        await send({"type": "http.response.body", "body": event, "more_body": True})


async def _wait_until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
