"""Middleware for the console: checks each request's host name, and adds security headers to responses."""

from __future__ import annotations

from email.utils import formatdate
from typing import TYPE_CHECKING, Any, Final

from mock_server.engine.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, MutableMapping

    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    Application = Callable[[Message, Receive, Send], Awaitable[None]]
    Check = Callable[[Mapping[bytes, bytes]], None]

_SECOND: Final = 1_000_000
_LABELS: Final = "/labels/"
"""The path of label URLs, which are accepted with any host name.

They are part of the vendors' APIs, not of the console, and cannot be guessed.
"""
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The content security policy of the console's pages.

`unsafe-inline` is needed for the style attributes that Swagger UI writes. Inline scripts are forbidden.
"""
_ALWAYS: Final = ((b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer"))
_PAGE: Final = ((b"x-frame-options", b"DENY"), (b"content-security-policy", _POLICY.encode()))


class PageMiddleware:
    """ASGI middleware that checks the host name of requests, and adds headers to the responses.

    `check_host` raises `Problem` if a request's host name is not allowed. `now` returns the real time for the
    `Date` header, in microseconds since the Unix epoch.
    """

    def __init__(self, pages: Application, check_host: Check, now: Callable[[], int]) -> None:
        self._pages = pages
        self._check_host = check_host
        self._now = now

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass a request to the pages, or respond with status 403 if it is not allowed.

        The pages may raise `Problem` before they respond.
        """

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": self._headers(message["headers"])}
            await send(message)

        try:
            if not scope["path"].startswith(_LABELS):
                self._check_host(dict(scope["headers"]))
            await self._pages(scope, receive, send_with_headers)
        except Problem as problem:
            await _refuse(problem, send_with_headers)

    def _headers(self, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        """Add the `Date` header and the security headers to a response's headers.

        A page that sets a security header itself keeps its own value.
        """
        own = dict(headers)
        added = (*_ALWAYS, *(_PAGE if own.get(b"content-type", b"").startswith(b"text/html") else ()))
        date = formatdate(self._now() // _SECOND, usegmt=True).encode()
        rest = [(name, value) for name, value in headers if name != b"date"]
        return [*rest, (b"date", date), *(pair for pair in added if pair[0] not in own)]


async def _refuse(problem: Problem, send: Send) -> None:
    body = str(problem).encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(body))]
    status = 413 if problem.kind == "too_large" else 403
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
