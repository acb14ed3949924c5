"""ASGI senders that disturb a response: they send nothing, send a part, or send it slowly.

A sender gets the complete response. To close the connection, it raises `ConnectionCut`.
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
    """Close the connection without sending a response."""
    raise ConnectionCut


async def cut_after_headers(start: Message, body: bytes, _receive: Receive, send: Send) -> None:
    """Send the headers, and close the connection before the body.

    If the response has no body, send nothing, because the headers alone would be a complete response.
    """
    if body and start["status"] != _NO_CONTENT:
        await send(start)
        # An empty part makes the server send the headers now.
        await send({"type": "http.response.body", "body": b"", "more_body": True})
    raise ConnectionCut


async def cut_in_body(start: Message, body: bytes, _receive: Receive, send: Send) -> None:
    """Send the headers and half of the body, and close the connection.

    If the response has no body, send nothing, because the headers alone would be a complete response.
    """
    if body and start["status"] != _NO_CONTENT:
        await send(start)
        await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
    raise ConnectionCut


@dataclass(frozen=True, slots=True)
class Silence:
    """Sends nothing; closes the connection after `seconds` of real time, or when the client disconnects."""

    seconds: float

    async def __call__(self, _start: Message, _body: bytes, receive: Receive, _send: Send) -> None:
        """Wait until the time has passed or the client disconnects; then close the connection."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self.seconds):
                await _client_leaves(receive)
        raise ConnectionCut


@dataclass(frozen=True, slots=True)
class Drip:
    """Sends the body slowly, in small pieces, at `bytes_per_second`."""

    bytes_per_second: int

    async def __call__(self, start: Message, body: bytes, receive: Receive, send: Send) -> None:
        """Send the response in pieces; raise `ConnectionCut` if the client disconnects."""
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
    """Wait until the client disconnects."""
    while (await receive())["type"] != "http.disconnect":
        pass
