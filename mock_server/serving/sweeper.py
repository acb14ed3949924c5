"""`Sweeper`: enforces the timeouts of all connections (RFC 9112, section 9.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mock_server.clock import sleep, steady
from mock_server.serving.protocol import BODY_SECONDS, HEAD_SECONDS, SLOW_BODY, SLOW_HEAD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mock_server.serving.protocol import Protocol

READ_SECONDS: Final = 120.0
"""The maximum time in seconds that a client may take to read a response."""
_TIMEOUTS: Final = {"head": HEAD_SECONDS, "body": BODY_SECONDS, "unread": READ_SECONDS}


class Sweeper:
    """Enforces the timeouts of all connections.

    `keep_alive` is the number of seconds for which an idle connection stays open. `now` returns seconds on a
    monotonic clock.
    """

    def __init__(
        self,
        connections: Callable[[], Iterable[Any]],
        keep_alive: float,
        now: Callable[[], float] = steady,
    ) -> None:
        self._connections = connections
        self._keep_alive = keep_alive
        self._now = now
        self._since: dict[Protocol, tuple[str, object, float]] = {}

    async def run(self) -> None:
        """Check all connections every second, until cancelled."""
        while True:
            await sleep(1)
            self.sweep()

    def sweep(self) -> None:
        """Check every connection once, and close connections whose clients have exceeded a timeout."""
        now = self._now()
        waiting: dict[Protocol, tuple[str, object, float]] = {}
        for connection in list(self._connections()):
            stage = _stage(connection)
            if stage is None:
                continue
            before, request, since = self._since.get(connection, ("", None, now))
            if before != stage or request is not connection.scope:
                since = now
            waiting[connection] = (stage, connection.scope, since)
            if now - since >= self._timeout(stage):
                _end(connection, stage)
        self._since = waiting

    def _timeout(self, stage: str) -> float:
        return _TIMEOUTS.get(stage, self._keep_alive)


def _stage(connection: Protocol) -> str | None:
    """Return the stage of a connection that is waiting for its client, or None if it is not waiting.

    In the stage "unread", the client must read the response; in "head" and "body", it must send the rest of
    the request's headers or body; in "silent", it must send a request.
    """
    if connection.flow is not None and connection.flow.write_paused:
        return "unread"
    if connection.reading_head:
        return "head"
    if connection.reading_body:
        return "body"
    return "silent" if connection.scope is None or connection.is_idle else None


def _end(connection: Protocol, stage: str) -> None:
    if stage == "head":
        connection.refuse(SLOW_HEAD)
    elif stage == "body":
        connection.refuse(SLOW_BODY)
    elif stage == "unread":
        connection.transport.abort()
    else:
        connection.transport.close()
