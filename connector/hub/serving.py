"""Limits how large the headers of the requests to the hub may be, and how long a request may take."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    import asyncio

MAX_HEAD: Final = 65_536
"""The most bytes of a request's first line and headers together."""
HEAD_SECONDS: Final = 20.0
"""The longest time in seconds in which the headers of a request must arrive."""
BODY_SECONDS: Final = 30.0
"""The longest time in seconds in which a body must arrive."""
LINGER_SECONDS: Final = 2.0
"""How long a client's input is discarded after a refusal, so that the client can read the refusal.

Closing a connection that has unread input could destroy the response (RFC 9112 section 9.6).
"""
KEEP_ALIVE: Final = 75
"""How many seconds an idle connection stays open. Clients close theirs earlier: httpx after 5."""


class Refusal(NamedTuple):
    """A response to a request that is incomplete or malformed: its status, its code and a sentence."""

    status: HTTPStatus
    code: str
    message: str


MALFORMED: Final = Refusal(HTTPStatus.BAD_REQUEST, "invalid", "This is not an HTTP/1.1 request (RFC 9112).")
LONG_HEAD: Final = Refusal(
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    "too_large",
    f"The request's headers are larger than {MAX_HEAD:,} bytes.",
)
SLOW_HEAD: Final = Refusal(
    HTTPStatus.REQUEST_TIMEOUT, "too_slow", f"The headers did not arrive within {HEAD_SECONDS:.0f} seconds."
)
SLOW_BODY: Final = Refusal(
    HTTPStatus.REQUEST_TIMEOUT, "too_slow", f"The body did not arrive within {BODY_SECONDS:.0f} seconds."
)


def configured(app: Any, grace: int | None = None) -> uvicorn.Config:
    """Configure uvicorn for an ASGI application; requests may take `grace` seconds to end at the shutdown."""
    return uvicorn.Config(
        app,
        http=Protocol,
        ws="none",
        timeout_keep_alive=KEEP_ALIVE,
        log_level="warning",
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=grace,
    )


class Protocol(HttpToolsProtocol):
    """An HTTP connection that refuses requests whose headers are too large, or that do not end.

    uvicorn by itself reads headers of any size, and waits for the rest of a request without a time limit.
    """

    scope: Any  # None before the first request, although uvicorn does not declare it
    cycle: Any
    _timer: asyncio.TimerHandle | None = None
    _awaited: tuple[Refusal | None, Any] = (None, None)
    _head = 0
    _refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first request."""
        super().connection_made(transport)
        self._await_rest(SLOW_HEAD)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        super().connection_lost(exc)
        self._await_rest(None)

    def data_received(self, data: bytes) -> None:
        """Parse received data, and refuse a request whose headers are too large."""
        if self._refused:
            return
        super().data_received(data)
        if self.transport.is_closing() or self._refused:
            return
        late = self._late_part()
        # Bytes are counted here because the parser reports a header only once the header is complete.
        self._head = self._head + len(data) if late is SLOW_HEAD else 0
        if self._head > MAX_HEAD:
            self._refuse(LONG_HEAD)
        elif (late, self.scope) != self._awaited:
            self._await_rest(late)

    def on_headers_complete(self) -> None:
        """Refuse a request without exactly one `Host` header (RFC 9112 section 3.2)."""
        hosts = sum(name == b"host" for name, _value in self.headers)
        if hosts > 1 or (hosts == 0 and self.parser.get_http_version() == "1.1"):
            raise ValueError(MALFORMED.message)  # uvicorn calls `send_400_response`
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's signature and message
        """Answer a request that cannot be parsed."""
        self._refuse(MALFORMED)

    def _late_part(self) -> Refusal | None:
        """Return the refusal for the case that the rest of the request does not arrive; None if it has."""
        if self.scope is None or "method" not in self.scope:
            return SLOW_HEAD
        cycle = self.cycle
        waits = cycle is not None and cycle.scope is self.scope and cycle.more_body
        return SLOW_BODY if waits and not cycle.response_complete else None

    def _await_rest(self, refusal: Refusal | None) -> None:
        """Start the time limit for the rest of the present request, or end it with None."""
        if self._timer is not None:
            self._timer.cancel()
        self._awaited = (refusal, self.scope)
        seconds = HEAD_SECONDS if refusal is SLOW_HEAD else BODY_SECONDS
        self._timer = self.loop.call_later(seconds, self._end_late) if refusal else None

    def _end_late(self) -> None:
        refusal, scope = self._awaited
        if refusal is not None and scope is self.scope and self._late_part() is refusal:
            self._refuse(refusal)

    def _refuse(self, refusal: Refusal) -> None:
        """Answer the incomplete request, and close the connection after `LINGER_SECONDS`.

        If the response to an earlier request, or to this one, is not complete, close it without an answer.
        """
        if self._refused or self.transport.is_closing():
            return
        self._refused, cycle = True, self.cycle
        mine = cycle is not None and cycle.scope is self.scope
        if cycle is None or cycle.response_complete or (mine and not cycle.response_started):
            body = json.dumps({"error": {"code": refusal.code, "message": refusal.message}})
            lines = (
                f"HTTP/1.1 {refusal.status.value} {refusal.status.phrase}",
                "content-type: application/json",
                f"content-length: {len(body)}",
                "connection: close",
            )
            self.transport.write("\r\n".join((*lines, "", body)).encode())
            self._await_rest(None)
            self._timer = self.loop.call_later(LINGER_SECONDS, self.transport.close)
            self.flow.resume_reading()
            self.transport.write_eof()
        else:
            self.transport.close()
        if mine:
            cycle.disconnected = True
            cycle.message_event.set()
