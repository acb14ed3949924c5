"""What stands before the pages: their headers, and a check under which name they are asked for."""

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
"""Part of the vendors' APIs: their address is the secret, so any name will do."""
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Swagger UI writes style attributes; no page has a script of its own in it."""
_ALWAYS: Final = ((b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer"))
_PAGE: Final = ((b"x-frame-options", b"DENY"), (b"content-security-policy", _POLICY.encode()))


class PageMiddleware:
    """An ASGI application around the pages; `now` is real time in µs."""

    def __init__(self, pages: Application, check_name: Check, now: Callable[[], int]) -> None:
        self._pages = pages
        self._check_name = check_name
        self._now = now

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""

        async def send_dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": self._dressed(message["headers"])}
            await send(message)

        try:
            if not scope["path"].startswith(_LABELS):
                self._check_name(dict(scope["headers"]))
        except Problem as problem:
            await _refuse(problem, send_dressed)
        else:
            await self._pages(scope, receive, send_dressed)

    def _dressed(self, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        given = dict(headers)
        given[b"date"] = formatdate(self._now() // _SECOND, usegmt=True).encode()
        kind = given.get(b"content-type", b"")
        return [*given.items(), *_ALWAYS, *(_PAGE if kind.startswith(b"text/html") else ())]


async def _refuse(problem: Problem, send: Send) -> None:
    body = str(problem).encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": body})
