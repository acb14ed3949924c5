"""HTTP on the wire: uvicorn's protocol with caps, time-outs, and refusals that say what was wrong.

uvicorn bounds none of this itself (https://www.uvicorn.org/settings/#resource-limits). Caps are checked as
bytes come in. Time-outs are checked by one `Sweeper` for all connections: a request pays for no timer.
"""

from __future__ import annotations

import asyncio
import sys
from email.utils import formatdate
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from httptools import HttpRequestParser
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from mock_server.clock import SECOND, sleep, steady, wall

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MOST_HEAD: Final = 65_536
"""Bytes of a request line with its headers."""
HEAD_SECONDS: Final = 20.0
BODY_SECONDS: Final = 60.0
READ_SECONDS: Final = 120.0
"""How long a client may leave an answer unread."""
LINGER_SECONDS: Final = 2.0
"""How long input is thrown away after a refusal, so that the client sees it (RFC 9112, section 9.6)."""
_PATIENCE: Final = {"head": HEAD_SECONDS, "body": BODY_SECONDS, "unread": READ_SECONDS}
_BODY_OVERHEAD: Final = 8
"""Bytes on the wire for each byte of a body, at most: a chunk of one byte takes six."""


class Refusal(NamedTuple):
    """An answer below the APIs: nobody knows yet, or any more, which API the request is for."""

    status: int
    sentence: str


BROKEN: Final = Refusal(HTTPStatus.BAD_REQUEST, "This is not HTTP as RFC 9112 writes it.")
NO_HOST: Final = Refusal(
    HTTPStatus.BAD_REQUEST, "An HTTP/1.1 request needs exactly one Host header (RFC 9112, section 3.2)."
)
LONG_HEAD: Final = Refusal(
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"The request's headers are larger than {MOST_HEAD} bytes."
)
LONG_TARGET: Final = Refusal(
    HTTPStatus.REQUEST_URI_TOO_LONG, f"The request's URL is longer than {MOST_HEAD} bytes."
)
LONG_BODY: Final = Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The request body is too large.")
SLOW_HEAD: Final = Refusal(
    HTTPStatus.REQUEST_TIMEOUT, f"The request's headers did not arrive within {HEAD_SECONDS:.0f} seconds."
)
SLOW_BODY: Final = Refusal(
    HTTPStatus.REQUEST_TIMEOUT, f"The request body did not arrive within {BODY_SECONDS:.0f} seconds."
)


class _SetAside:
    """Stands for a request that is parsed again; uvicorn takes what comes for it as answered."""

    response_complete = True
    more_body = False
    scope = None


_SET_ASIDE: Final = _SetAside()
_OF_UPGRADES: Final = {b"upgrade", b"http2-settings"}


class Protocol(HttpToolsProtocol):
    """One connection. `most_body` is what the APIs take of a body; the wire has some room above it."""

    scope: Any  # None before the first request, whatever uvicorn declares
    cycle: Any
    flow: Any

    def __init__(self, *, most_body: int, **options: Any) -> None:
        super().__init__(**options)
        self._most_wire = MOST_HEAD + _BODY_OVERHEAD * most_body
        self._refusal = BROKEN
        self._chunk = b""
        self._counted: object = None
        self._received = 0
        self._previous: Any = None

    @property
    def reading_head(self) -> bool:
        """Whether a request has begun and its headers are incomplete."""
        return self.scope is not None and "method" not in self.scope

    @property
    def reading_body(self) -> bool:
        """Whether the newest request's body is incomplete."""
        return self.cycle is not None and self.cycle.scope is self.scope and self.cycle.more_body

    def data_received(self, data: bytes) -> None:
        """Parse what came in, and count it while a request is incomplete."""
        self._chunk = data
        super().data_received(data)
        scope, cycle = self.scope, self.cycle
        if scope is None or ("method" in scope and (cycle is None or not cycle.more_body)):
            return
        if scope is self._counted:
            self._received += len(data)
        else:  # how much of this chunk belongs to the requests before is not known
            self._counted, self._received = scope, 0
        if "method" not in scope:
            if self._received > MOST_HEAD:
                self.refuse(LONG_TARGET if len(self.url) > MOST_HEAD else LONG_HEAD)
        elif self._received > self._most_wire:
            self.refuse(LONG_BODY)

    def on_headers_complete(self) -> None:
        """Refuse a head that HTTP does not allow, before anything is done with it."""
        if len(self._chunk) > MOST_HEAD or self.scope is self._counted:
            self._measure_head()
        if [name for name, _ in self.headers].count(b"host") != 1:
            hosts = sum(name == b"host" for name, _ in self.headers)
            if hosts or self.parser.get_http_version() == "1.1":
                self._fail(NO_HOST)
        self._previous = self.cycle
        if self.parser.should_upgrade() and b"upgrade" in dict(self.headers):
            self.cycle = _SET_ASIDE
            return
        super().on_headers_complete()
        self.headers = []  # takes trailers, which no API reads and which must not pass for headers

    def _unsupported_upgrade_warning(self) -> None:
        """Serve a request without the upgrade that it offers, as RFC 9110 (section 7.8) lets a server do.

        The parser takes whatever follows such a head for the other protocol, the body too. Java's client
        offers HTTP/2 with every first request. So the request is parsed again, without the offer.
        """
        paused = sys.exc_info()[1]
        if self.cycle is not _SET_ASIDE or paused is None:
            return
        self._chunk = self._without_upgrade() + self._chunk[paused.args[0] :]
        self.cycle = self._previous
        self.parser = HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn does
        super().data_received(self._chunk)

    def _without_upgrade(self) -> bytes:
        """Write the head that was read once more, without the offer to upgrade."""
        version = self.parser.get_http_version().encode()
        lines = [self.parser.get_method() + b" " + self.url + b" HTTP/" + version]
        for name, value in self.headers:
            if name == b"connection":
                tokens = [token for token in value.split(b",") if token.strip().lower() not in _OF_UPGRADES]
                lines += [name + b": " + b",".join(tokens)] if tokens else []
            elif name not in _OF_UPGRADES:
                lines.append(name + b": " + value)
        return b"\r\n".join((*lines, b"", b""))

    def _measure_head(self) -> None:
        if len(self.url) > MOST_HEAD:
            self._fail(LONG_TARGET)
        if len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > MOST_HEAD:
            self._fail(LONG_HEAD)

    def _fail(self, refusal: Refusal) -> None:
        """Stop the parser: what a callback raises ends in `send_400_response`."""
        self._refusal = refusal
        raise ValueError(refusal.sentence)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's name, and its own words
        """Refuse what could not be parsed."""
        self.refuse(self._refusal)

    def refuse(self, refusal: Refusal) -> None:
        """Answer the incomplete request and close; requests before it get their own answers first."""
        if self.transport.is_closing():
            return
        before = self.cycle
        if before is not None and before.scope is self.scope:  # it is this request's own
            if before.response_started:
                self._close(before)
                return
            if self.pipeline and self.pipeline[0][0] is before:
                self.pipeline.popleft()
            before, mine = self._previous, before
            mine.disconnected = True
            mine.message_event.set()
        if before is None or before.response_complete:
            self._write(refusal)
        else:
            self.transport.pause_reading()
            before.on_response = lambda: self._write(refusal)

    def _close(self, cycle: Any) -> None:
        """Close in the middle of a request that has its answer, or a part of it, already."""
        complete = cycle.response_complete
        cycle.disconnected = True
        cycle.message_event.set()
        if complete:
            self._linger()
        else:
            self.transport.close()

    def _write(self, refusal: Refusal) -> None:
        status, body = HTTPStatus(refusal.status), refusal.sentence.encode()
        lines = (
            f"HTTP/1.1 {status.value} {status.phrase}",
            f"date: {formatdate(wall() // SECOND, usegmt=True)}",
            "content-type: text/plain; charset=utf-8",
            f"content-length: {len(body)}",
            "x-content-type-options: nosniff",
            "connection: close",
        )
        if not self.transport.is_closing():
            self.transport.write("\r\n".join((*lines, "", "")).encode() + body)
            self._linger()

    def _linger(self) -> None:
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.transport.set_protocol(_Leaving(self, self.transport, self.loop))
        self.transport.resume_reading()


class _Leaving(asyncio.Protocol):
    """Throws away what a client still sends to a connection that is over.

    Closing a socket with unread input resets it, and the reset takes the answer away from the client.
    """

    def __init__(
        self, connection: Protocol, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._connection = connection
        self._end = loop.call_later(LINGER_SECONDS, transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end.cancel()
        self._connection.connection_lost(exc)

    def pause_writing(self) -> None:
        self._connection.pause_writing()

    def resume_writing(self) -> None:
        self._connection.resume_writing()


class Sweeper:
    """Ends what takes too long, on all connections. `now` is a clock that never goes back."""

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
        """Sweep every second until cancelled."""
        while True:
            await sleep(1)
            self.sweep()

    def sweep(self) -> None:
        """Look at every connection once."""
        now = self._now()
        seen: dict[Protocol, tuple[str, object, float]] = {}
        for connection in list(self._connections()):
            stage = _stage(connection)
            if stage is None:
                continue
            before, request, since = self._since.get(connection, ("", None, now))
            if before != stage or request is not connection.scope:
                since = now
            seen[connection] = (stage, connection.scope, since)
            if now - since >= self._patience(stage):
                _end(connection, stage)
        self._since = seen

    def _patience(self, stage: str) -> float:
        return _PATIENCE.get(stage, self._keep_alive)


def _stage(connection: Protocol) -> str | None:
    """Return what the connection waits for: the client, in one of four ways; None: it waits for us."""
    if connection.flow is not None and connection.flow.write_paused:
        return "unread"
    if connection.reading_head:
        return "head"
    if connection.reading_body:
        return "body"
    return "silent" if connection.scope is None else None


def _end(connection: Protocol, stage: str) -> None:
    if stage == "head":
        connection.refuse(SLOW_HEAD)
    elif stage == "body":
        connection.refuse(SLOW_BODY)
    elif stage == "unread":
        connection.transport.abort()
    else:
        connection.transport.close()
