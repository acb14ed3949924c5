"""Ways to send a response badly: not at all, cut off, or slowly.

Each is an ASGI sender: it gets the messages of the complete response, and sends what it wants of them. To
close the connection, it raises `ConnectionCut`.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from mock_server.engine.protocols import ConnectionCut

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Message], Awaitable[None]]

_PIECES_PER_SECOND: Final = 10
_NO_CONTENT: Final = 204


async def cut(_start: Message, _body: bytes, _receive: Receive, _send: Send) -> None:
    """Close the connection without a response."""
    raise ConnectionCut


async def cut_in_body(start: Message, body: bytes, _receive: Receive, send: Send) -> None:
    """Send the headers and half of the body, and close the connection.

    A response without a body would be complete with its headers, so nothing of it is sent.
    """
    if body and start["status"] != _NO_CONTENT:
        await send(start)
        await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
    raise ConnectionCut


@dataclass(frozen=True, slots=True)
class Silence:
    """Sends nothing until the client leaves, or `seconds` of real time have passed; then cuts."""

    seconds: float

    async def __call__(self, _start: Message, _body: bytes, receive: Receive, _send: Send) -> None:
        """Wait, and close the connection."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self.seconds):
                await _client_leaves(receive)
        raise ConnectionCut


@dataclass(frozen=True, slots=True)
class Drip:
    """Sends the body in small pieces, at a number of bytes per second; stops if the client leaves."""

    bytes_per_second: int

    async def __call__(self, start: Message, body: bytes, receive: Receive, send: Send) -> None:
        """Send the response."""
        await send(start)
        size = max(1, self.bytes_per_second // _PIECES_PER_SECOND)
        leaving = asyncio.ensure_future(_client_leaves(receive))
        try:
            for sent in range(0, len(body), size):
                piece = body[sent : sent + size]
                await asyncio.wait([leaving], timeout=len(piece) / self.bytes_per_second)
                if leaving.done():
                    raise ConnectionCut
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            leaving.cancel()


async def _client_leaves(receive: Receive) -> None:
    """Wait until the client has closed its connection."""
    while (await receive())["type"] != "http.disconnect":
        pass
