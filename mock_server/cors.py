"""Lets web pages from other origins call the APIs, as the Fetch standard describes (CORS).

`*` allows pages from every origin to call the vendors' APIs, but not the control plane, which can read and
delete everything. Only origins that the settings name may call the control plane.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Mapping, MutableMapping

    Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
    Headers = list[tuple[bytes, bytes]]

ANY: Final = "*"
_METHODS: Final = b"GET, HEAD, POST, PUT, PATCH, DELETE"
_MAX_AGE: Final = b"600"
"""The number of seconds for which a browser may cache the response to a preflight request."""
_NO_CONTENT: Final = 204
_VARY: Final = (b"vary", b"origin")
_PORTS: Final = {"http": 80, "https": 443}


def read_origin(text: str) -> str:
    """Return an origin as browsers send it (RFC 6454, section 6.2): lower case, and no default port.

    `*` is returned unchanged. Raises `ValueError` if the text is not an origin.
    """
    if text == ANY:
        return text
    try:
        url = urlsplit(text.lower())
        port = url.port
    except ValueError:
        url, port = urlsplit(""), None
    origin = f"{url.scheme}://{url.netloc}"
    is_origin = url.scheme in _PORTS and url.hostname and "@" not in url.netloc
    if not is_origin or text.lower().removesuffix("/") != origin:
        raise ValueError(f"{text!r} is no origin; write it like http://localhost:3000, or * for all origins")
    return origin.removesuffix(f":{port}") if port == _PORTS[url.scheme] else origin


class Cors:
    """Adds the headers that let pages of other origins read the responses, and answers preflight requests.

    `origins` contains origins such as `http://localhost:3000`, and `*` for every origin.
    """

    def __init__(self, origins: Collection[str]) -> None:
        self._any = ANY in origins
        self._named = {origin.encode() for origin in origins if origin != ANY}

    def sender(self, headers: Headers, send: Send, *, control: bool) -> Send:
        """Wrap `send` so that it adds the CORS headers to a response; `headers` are the request's headers.

        `control` is True for requests to the control plane.
        """
        extra = self._response(_value(headers, b"origin"), control=control)

        async def send_with_headers(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *extra]}
            await send(message)

        return send_with_headers

    def is_preflight(self, scope: Mapping[str, Any], *, control: bool) -> bool:
        """Return True if a request is a CORS preflight request and its origin is allowed."""
        headers = scope["headers"]
        return (
            scope["method"] == "OPTIONS"
            and _value(headers, b"access-control-request-method") != b""
            and self._admits(_value(headers, b"origin"), control=control)
        )

    async def answer_preflight(self, headers: Headers, send: Send) -> None:
        """Respond to a preflight request; all methods and all requested headers are allowed."""
        asked = _value(headers, b"access-control-request-headers")
        answer = [
            (b"access-control-allow-methods", _METHODS),
            (b"access-control-max-age", _MAX_AGE),
            # Not `*`, which does not include Authorization.
            *([(b"access-control-allow-headers", asked)] if asked else []),
            (b"vary", b"access-control-request-headers"),
        ]
        await send({"type": "http.response.start", "status": _NO_CONTENT, "headers": answer})
        await send({"type": "http.response.body", "body": b""})

    def _admits(self, origin: bytes, *, control: bool) -> bool:
        return origin != b"" and (origin in self._named or (self._any and not control))

    def _response(self, origin: bytes, *, control: bool) -> Headers:
        exposed = (b"access-control-expose-headers", b"*")
        if self._any and not control:
            return [(b"access-control-allow-origin", b"*"), exposed]
        if not self._named:
            return []
        if not self._admits(origin, control=control):
            return [_VARY]
        return [(b"access-control-allow-origin", origin), exposed, _VARY]


def _value(headers: Headers, name: bytes) -> bytes:
    return next((value for one, value in headers if one == name), b"")
