"""Answers that no specification lists and that real services give: overload, proxies, broken connections."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

HTML = b"<html><body><h1>502 Bad Gateway</h1></body></html>"
LATER = "Thu, 26 Nov 2026 03:00:30 GMT"
"""30 seconds after the time that the virtual clock starts at."""
ELSEWHERE = {"location": "https://elsewhere.example.com/login"}
REDIRECTS = (301, 302, 303, 307, 308)
PAGES = (200, 400, 404)
REFUSALS = (402, 405, 406, 408, 409, 410, 415, 418, 422)
DRIP = 5.0
"""Seconds between two bytes of a slow answer: less than the time limit of one read."""


@dataclass(frozen=True)
class Wire:
    """What the vendor does with a request; `failure` breaks the connection before or within the answer."""

    kind: str
    status: int = 200
    content: bytes = b""
    headers: Mapping[str, str] | None = None
    failure: Exception | None = None
    drips: bool = False

    def response(self) -> httpx.Response:
        """Build the response, or raise the failure if nothing arrives."""
        headers = {"content-type": "application/json", **(self.headers or {})}
        if self.failure and not self.content:
            raise self.failure
        stream = Body(self.content, self.failure, drips=self.drips)
        return httpx.Response(self.status, headers=headers, stream=stream)


class Body(httpx.AsyncByteStream):
    """A body as a network delivers it; it may break off, or arrive byte by byte without an end."""

    def __init__(self, content: bytes, failure: Exception | None, *, drips: bool) -> None:
        self._content = content
        self._failure = failure
        self._drips = drips

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self._failure:
            yield self._content[: len(self._content) // 2]
            raise self._failure
        while self._drips:
            await asyncio.sleep(DRIP)
            yield b" "
        yield self._content


def undocumented(body: Any) -> list[Wire]:
    """Return the answers, built from a valid body of the operation's success."""
    valid = json.dumps(body).encode()
    error = json.dumps({"message": "Please slow down.", "error": "busy"}).encode()
    limits = {
        "without a time": {},
        "in seconds": {"retry-after": "30"},
        "in fractions of a second": {"retry-after": "0.5"},
        "as a date": {"retry-after": LATER, "date": "Thu, 26 Nov 2026 03:00:00 GMT"},
        "in milliseconds": {"retry-after-ms": "1500", "retry-after": "1500"},
        "not readable": {"retry-after": "soon"},
        "tomorrow": {"retry-after": "86000"},
    }
    return [
        *(Wire(f"429 {words}", 429, error, headers) for words, headers in limits.items()),
        Wire("500 without a body", 500),
        Wire("502 in HTML", 502, HTML, {"content-type": "text/html"}),
        Wire("503 with Retry-After", 503, error, {"retry-after": "30"}),
        Wire("504 in HTML", 504, HTML, {"content-type": "text/html"}),
        *(Wire(f"{status} to another host", status, headers=ELSEWHERE) for status in REDIRECTS),
        Wire("302 with a record", 302, valid, ELSEWHERE),
        Wire("304 without a body", 304),
        *(Wire(f"{status} in HTML", status, HTML, {"content-type": "text/html"}) for status in PAGES),
        *(Wire(f"{status} undocumented", status, error) for status in REFUSALS),
        Wire("truncated JSON", 200, valid[: len(valid) // 2]),
        Wire("JSON as text/html", 200, valid, {"content-type": "text/html"}),
        Wire("empty body", 200),
        Wire("204 without a body", 204),
        *(Wire(f"body {content[:12]!r}", 200, content) for content in BODIES),
        Wire("reset before the answer", failure=httpx.ReadError("Connection reset by peer")),
        Wire("closed before the answer", failure=httpx.RemoteProtocolError("Server disconnected")),
        Wire("no connection", failure=httpx.ConnectError("All connection attempts failed")),
        Wire("reset within the body", 200, valid, failure=httpx.ReadError("Connection reset by peer")),
        Wire("slow drip", 200, valid, drips=True),
        Wire("gzip that is not gzip", 200, valid, {"content-encoding": "gzip"}),
    ]  # fmt: skip


BODIES: tuple[bytes, ...] = (
    b"null", b"[]", b"{}", b"7", b'"text"', b"[null]", b"\xff", b"\xef\xbb\xbf{}", b"{", b"[" * 2_000,
    b"[" * 2_000 + b"]" * 2_000, b"NaN", b"1" * 5_000, b'{"a":1,"a":2}', b'"\\ud800"',
    b'{"error":{"code":[]}}', b'{"data":"\\ud83d"}', b"1e308",
)  # fmt: skip
