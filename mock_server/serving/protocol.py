"""HTTP connections: size limits, timeouts and error responses, on top of uvicorn's httptools protocol.

uvicorn limits neither the size nor the duration of a request
(https://www.uvicorn.org/settings/#resource-limits). Here, sizes are checked as data arrives. Once a second,
`sweeper.Sweeper` checks the timeouts (RFC 9112, section 9.5) of all connections, so that requests need no
timers of their own.
"""

from __future__ import annotations

import asyncio
import sys
from email.utils import formatdate
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import unquote

from httptools import HttpRequestParser, parse_url
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from mock_server.clock import SECOND, wall
from mock_server.engine.protocols import ConnectionCut
from mock_server.serving.cycle import Cycle

if TYPE_CHECKING:
    from collections.abc import Callable

    Refused = Callable[[str, bytes, int, str], None]
    """A function that accepts a refused request's method ("?" if unknown), target, status and reason."""

MAX_HEAD: Final = 65_536
"""The maximum size in bytes of a request's first line and headers together."""
HEAD_SECONDS: Final = 20.0
BODY_SECONDS: Final = 60.0
LINGER_SECONDS: Final = 2.0
"""How many seconds to discard a client's input after a refusal, so that the client can read the refusal.

See RFC 9112, section 9.6.
"""
_BODY_OVERHEAD: Final = 8
"""The maximum number of received bytes per byte of a body.

Chunked coding can need six bytes for each byte of the body (RFC 9112, section 7.1).
"""


class Refusal(NamedTuple):
    """A plain-text error response to a request that is malformed, incomplete or too large.

    The connection itself sends the response, because it may be unclear which API the request is for.
    """

    status: int
    sentence: str


BROKEN: Final = Refusal(HTTPStatus.BAD_REQUEST, "This is not a valid HTTP/1.1 message (RFC 9112).")
NO_HOST: Final = Refusal(
    HTTPStatus.BAD_REQUEST, "An HTTP/1.1 request needs exactly one Host header (RFC 9112, section 3.2)."
)
LONG_HEAD: Final = Refusal(
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"The request's headers are larger than {MAX_HEAD} bytes."
)
LONG_TARGET: Final = Refusal(
    HTTPStatus.REQUEST_URI_TOO_LONG, f"The request's URL is longer than {MAX_HEAD} bytes."
)
LONG_BODY: Final = Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The request body is too large.")
SLOW_HEAD: Final = Refusal(
    HTTPStatus.REQUEST_TIMEOUT, f"The request's headers did not arrive within {HEAD_SECONDS:.0f} seconds."
)
SLOW_BODY: Final = Refusal(
    HTTPStatus.REQUEST_TIMEOUT, f"The request body did not arrive within {BODY_SECONDS:.0f} seconds."
)


class _Discarded:
    """A placeholder for uvicorn's request cycle while a request is parsed again.

    uvicorn treats it as a completed request.
    """

    response_complete = True
    more_body = False
    scope = None


_DISCARDED: Final = _Discarded()
_UPGRADE_HEADERS: Final = {b"upgrade", b"http2-settings"}


class Protocol(HttpToolsProtocol):
    """An HTTP connection; `max_body` is the size limit of request bodies in bytes.

    The API that receives a request rejects bodies over `max_body` in its own error format. The connection
    only rejects bodies that exceed a higher limit. `refused` is called for each request that the connection
    itself rejects.
    """

    scope: Any  # None before the first request, although uvicorn does not declare it
    cycle: Any
    flow: Any

    def __init__(self, *, max_body: int, refused: Refused | None = None, **options: Any) -> None:
        super().__init__(**options)
        self._refused = refused
        self._max_received = MAX_HEAD + _BODY_OVERHEAD * max_body
        self._refusal = BROKEN
        self._chunk = b""
        self._counted: object = None
        self._received = 0
        self._previous: Any = None
        self._starting: Cycle | None = None
        self._application = self.app
        self.app = self._run

    async def _run(self, scope: Any, receive: Any, send: Any) -> None:
        """Run the application, and close the connection if it raises `ConnectionCut`.

        Also closes the connections of requests that the server cancels during shutdown.
        """
        try:
            await self._application(scope, receive, send)
        except (ConnectionCut, asyncio.CancelledError):
            # `send` belongs to uvicorn's cycle of this request, which otherwise responds with status 500.
            send.__self__.disconnected = True
            self.transport.close()

    @property
    def reading_head(self) -> bool:
        """True while the headers of the newest request are incomplete."""
        return self.scope is not None and "method" not in self.scope

    @property
    def reading_body(self) -> bool:
        """True while the body of the newest request is incomplete."""
        return self.cycle is not None and self.cycle.scope is self.scope and self.cycle.more_body

    @property
    def is_idle(self) -> bool:
        """True if the newest request has its response, and no data of another request has arrived."""
        cycle = self.cycle
        return cycle is not None and cycle.scope is self.scope and cycle.response_complete

    def data_received(self, data: bytes) -> None:
        """Parse received data, reject a request whose headers or body are too large, and run a new one.

        A complete request runs at once, and its response is written before this method returns, unless the
        request waits for something.
        """
        self._chunk = data
        super().data_received(data)
        scope, cycle = self.scope, self.cycle
        if scope is not None and ("method" not in scope or (cycle is not None and cycle.more_body)):
            self._check_size(data)
        starting = self._starting
        if starting is None:
            return
        self._starting = None
        if starting.more_body:
            super()._start_asgi_task(starting, self.app)
            return
        task = starting.start(self.app, self.loop.create_task)
        if task is not None:
            task.add_done_callback(self.tasks.discard)
            self.tasks.add(task)

    def _check_size(self, data: bytes) -> None:
        """Count the bytes of an incomplete request, and reject the request if it is too large."""
        scope = self.scope
        # Bytes are counted per request, not as the parser reports them: the parser reports a header only once
        # the header is complete, so a header that never ends would fill the memory unnoticed.
        if scope is self._counted:
            self._received += len(data)
        else:  # a pipelined request: how much of this chunk belongs to earlier requests is unknown
            self._counted, self._received = scope, 0
        if "method" not in scope:
            if self._received > MAX_HEAD:
                self.refuse(LONG_TARGET if len(self.url) > MAX_HEAD else LONG_HEAD)
        elif self._received > self._max_received:
            self.refuse(LONG_BODY)

    def on_headers_complete(self) -> None:
        """Check the headers' size and the `Host` header before the application receives the request."""
        if len(self._chunk) > MAX_HEAD or self.scope is self._counted:
            self._measure_head()
        if [name for name, _ in self.headers].count(b"host") != 1:
            hosts = sum(name == b"host" for name, _ in self.headers)
            if hosts or self.parser.get_http_version() == "1.1":
                self._fail(NO_HOST)
        self._previous = self.cycle
        if self.parser.should_upgrade() and b"upgrade" in dict(self.headers):
            self.cycle = _DISCARDED
            return
        self._begin()
        # uvicorn appends trailers (RFC 9112, section 7.1.2) to this list. A trailer must not be mistaken for
        # a header, such as a second Authorization, so trailers are appended to a list that nothing reads.
        self.headers = []

    def _begin(self) -> None:
        """Complete the request's scope, and create its cycle, as uvicorn does.

        If the response to an earlier, pipelined request is not complete, the request waits for it.
        """
        version, scope, url = self.parser.get_http_version(), self.scope, parse_url(self.url)
        scope["method"] = self.parser.get_method().decode("ascii")
        if version != "1.1":
            scope["http_version"] = version
        path = url.path.decode("ascii")
        scope["path"] = unquote(path) if "%" in path else path
        scope["raw_path"] = url.path
        scope["query_string"] = url.query or b""
        previous = self.cycle
        cycle = self.cycle = Cycle(
            scope=scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=self.expect_100_continue,
            keep_alive=version != "1.0" and self.parser.should_keep_alive(),
            on_response=self.on_response_complete,
        )
        if previous is None or previous.response_complete:
            self._starting = cycle
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((cycle, self.app))

    def on_response_complete(self) -> None:
        """Continue with the next pipelined request, if any; `Sweeper` closes idle connections."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            self._start_asgi_task(cycle, app)

    def _unsupported_upgrade_warning(self) -> None:
        """Ignore a request's `Upgrade` header, and serve the request over HTTP/1.1 (RFC 9110, section 7.8).

        After an `Upgrade` header, the parser assumes that all data after the headers, including the body, is
        in another protocol. Java's HTTP client, for example, offers HTTP/2 with every first request. The
        request is therefore parsed again without its upgrade headers.
        """
        paused = sys.exc_info()[1]
        if self.cycle is not _DISCARDED or paused is None:
            return
        self._chunk = self._without_upgrade() + self._chunk[paused.args[0] :]
        self.cycle = self._previous
        self.parser = HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn does
        super().data_received(self._chunk)

    def _without_upgrade(self) -> bytes:
        """Rebuild the request line and headers that were just parsed, leaving out the upgrade headers."""
        version = self.parser.get_http_version().encode()
        lines = [self.parser.get_method() + b" " + self.url + b" HTTP/" + version]
        for name, value in self.headers:
            if name == b"connection":
                tokens = [
                    token for token in value.split(b",") if token.strip().lower() not in _UPGRADE_HEADERS
                ]
                lines += [name + b": " + b",".join(tokens)] if tokens else []
            elif name not in _UPGRADE_HEADERS:
                lines.append(name + b": " + value)
        return b"\r\n".join((*lines, b"", b""))

    def _measure_head(self) -> None:
        if len(self.url) > MAX_HEAD:
            self._fail(LONG_TARGET)
        if len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > MAX_HEAD:
            self._fail(LONG_HEAD)

    def _fail(self, refusal: Refusal) -> None:
        """Stop the parser by raising `ValueError`, after which uvicorn calls `send_400_response`."""
        self._refusal = refusal
        raise ValueError(refusal.sentence)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's signature and message
        """Send the refusal for a request that could not be parsed."""
        self.refuse(self._refusal)

    def refuse(self, refusal: Refusal) -> None:
        """Send a refusal for the incomplete request, and close the connection.

        Responses must be sent in the order of the requests (RFC 9112, section 9.3.2). If the response to an
        earlier, pipelined request is not complete yet, the refusal is sent after that response.
        """
        if self.transport.is_closing():
            return
        previous = self.cycle
        if previous is not None and previous.scope is self.scope:  # the application already has this request
            if previous.response_started:
                self._close(previous)
                return
            if self.pipeline and self.pipeline[0][0] is previous:
                self.pipeline.popleft()
            previous, refused = self._previous, previous
            refused.disconnected = True
            refused.message_event.set()
        if previous is None or previous.response_complete:
            self._write(refusal)
        else:
            self.transport.pause_reading()
            previous.on_response = lambda: self._write(refusal)

    def _close(self, cycle: Any) -> None:
        """Close the connection without an error response, because a response has already been started.

        `cycle` is uvicorn's cycle of the incomplete request. If its response is complete, input is discarded
        for a while before the connection is closed (see `_Lingering`).
        """
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
            if self._refused is not None:
                method = (self.scope or {}).get("method") or "?"
                self._refused(method, bytes(self.url), refusal.status, refusal.sentence)
            self._linger()

    def _linger(self) -> None:
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.transport.set_protocol(_Lingering(self, self.transport, self.loop))
        self.transport.resume_reading()


class _Lingering(asyncio.Protocol):
    """Discards the data that a client sends in the `LINGER_SECONDS` after the last response.

    Closing a socket that has unread input sends a TCP reset, which can destroy the response before the client
    has read it. RFC 9112, section 9.6, therefore asks servers to close connections in two steps.
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
