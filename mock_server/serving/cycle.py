"""`Cycle`: one request and its response, which can be sent in one write.

uvicorn runs each request in a task, and writes the headers and the body of its response separately. Most
requests to the vendors' APIs wait for nothing, so `Cycle.start` runs them at once, and creates a task only
for a request that waits.
"""

from __future__ import annotations

from contextvars import copy_context
from typing import TYPE_CHECKING, Any, Final

from uvicorn.protocols.http.httptools_impl import (
    HEADER_RE,
    HEADER_VALUE_RE,
    STATUS_LINE,
    RequestResponseCycle,
)

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Coroutine, Generator, Sequence

_WITHOUT_LENGTH: Final = frozenset({204, 304})
_FRAMING: Final = frozenset({b"connection", b"transfer-encoding"})
_CLOSE: Final = b"connection: close\r\n\r\n"
_END: Final = b"\r\n"


class Cycle(RequestResponseCycle):
    """uvicorn's cycle of a request, with `respond` and `start`."""

    def respond(self, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> bool:
        """Send a complete response, and return True; `headers` must include the Content-Length.

        Returns False and sends nothing if the response must be sent with `send`: if the client does not read
        or is gone, if the response has been started, or if its headers are unusual or not valid.
        """
        if self.response_started or self.disconnected or self.flow.write_paused or self.default_headers:
            return False
        names, values = zip(*headers, strict=True)
        joined = b"".join(names)
        if HEADER_RE.search(joined) or HEADER_VALUE_RE.search(b"".join(values)) or not joined.islower():
            return False
        if status in _WITHOUT_LENGTH or not _FRAMING.isdisjoint(names) or b"content-length" not in names:
            return False
        lines = [STATUS_LINE[status], *[b"%b: %b\r\n" % header for header in headers]]
        lines.append(_END if self.keep_alive else _CLOSE)
        if self.scope["method"] != "HEAD":
            lines.append(body)
        self.response_started = self.response_complete = True
        self.waiting_for_100_continue = False
        self.transport.write(b"".join(lines))
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()
        return True

    def start(self, app: Any, start_task: Callable[..., asyncio.Task[None]]) -> asyncio.Task[None] | None:
        """Run the application until it has responded or waits; in this case, return a task with the rest.

        While the application runs in this call, there is no current task (`asyncio.current_task`).
        """
        running = self.run_asgi(app)
        context = copy_context()
        try:
            waiting = context.run(running.send, None)
        except StopIteration:
            return None
        return start_task(_rest(running, waiting), context=context)


async def _rest(running: Coroutine[Any, Any, None], waiting: Any) -> None:
    """Run the rest of a coroutine that has yielded `waiting`: a future, or None to let other tasks run."""
    await _Rest(running, waiting)


class _Rest:
    """Awaits the rest of a coroutine (see `_rest`), and passes cancellations on to it."""

    def __init__(self, running: Coroutine[Any, Any, None], waiting: Any) -> None:
        self._running = running
        self._waiting = waiting

    def __await__(self) -> Generator[Any, None, None]:
        waiting = self._waiting
        while True:
            try:
                try:
                    yield waiting
                except BaseException as error:  # noqa: BLE001 - for example `CancelledError`
                    waiting = self._running.throw(error)
                else:
                    waiting = self._running.send(None)
            except StopIteration:
                return
