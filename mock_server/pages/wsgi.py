"""Adapts a WSGI application to ASGI: the OpenAPI documents with Swagger UI, and the console.

The `Host` header is hidden from the application, so that a client cannot make the application's links and
redirects point to another host. `WsgiApp` runs the application in the event loop's thread, because only that
thread may read the store; other requests wait for a few milliseconds. It ignores request bodies. Responses
are compressed with gzip for clients that accept it. The console does not use `WsgiApp`: it calls `respond`
in a worker thread, and reads the store through the control plane.
"""

import sys
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from io import BytesIO
from typing import Any, NamedTuple

from mock_server.engine.compression import ENCODED, MIN_SIZE, VARY, accepts_gzip, compress

_OMITTED = {b"content-length", b"content-type", b"host", b"transfer-encoding"}
_TEXTS = (b"text/", b"application/json", b"application/yaml", b"application/javascript", b"image/svg+xml")
_OK = 200
_MAX_KEPT = 32
Message = MutableMapping[str, Any]
Headers = list[tuple[bytes, bytes]]
WSGI = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class WsgiResponse(NamedTuple):
    """A complete response of a WSGI application; the names of headers are in lower case."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


class WsgiApp:
    """An ASGI application that calls a WSGI application."""

    def __init__(self, application: WSGI) -> None:
        self._application = application
        self._kept: dict[bytes, bytes] = {}
        """Compressed static files, keyed by ETag, because compressing Swagger UI's script takes 15 ms."""

    async def __call__(
        self,
        scope: Message,
        receive: Callable[[], Awaitable[Message]],  # noqa: ARG002 - part of the protocol
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        """Call the WSGI application with a request, and send the response.

        HEAD is handled like GET without the body, so that both have the same headers.
        """
        status, headers, body = respond(self._application, environ(scope))
        if status == _OK and len(body) >= MIN_SIZE:
            headers, body = self._encode(scope["headers"], headers, body)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    def _encode(self, request: Headers, headers: Headers, body: bytes) -> tuple[Headers, bytes]:
        """Return a response's headers and body, compressed if it is text and the request asks for it."""
        found = dict(headers)
        if not found.get(b"content-type", b"").startswith(_TEXTS) or b"content-encoding" in found:
            return headers, body
        if not accepts_gzip(request):
            return [*headers, VARY], body
        tag = found.get(b"etag", b"")
        packed = self._compressed(tag, body)
        replaced = {b"content-length": b"%d" % len(packed)}
        if tag and not tag.startswith(b"W/"):
            replaced[b"etag"] = b"W/" + tag  # a strong tag promises the same bytes (RFC 9110, section 8.8.1)
        return [*((name, replaced.get(name, value)) for name, value in headers), VARY, ENCODED], packed

    def _compressed(self, tag: bytes, body: bytes) -> bytes:
        packed = self._kept.get(tag) or compress(body)
        if tag and len(self._kept) < _MAX_KEPT:
            self._kept[tag] = packed
        return packed


def respond(application: WSGI, environment: dict[str, Any]) -> WsgiResponse:
    """Call a WSGI application with an environment, and return the response."""
    start: dict[str, Any] = {}

    def start_response(status: str, headers: list[tuple[str, str]], _exc_info: Any = None) -> None:
        start["status"] = int(status.split(" ", 1)[0])
        start["headers"] = [
            (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers
        ]

    parts = application(environment, start_response)
    try:
        body = b"".join(parts)
    finally:
        if hasattr(parts, "close"):
            parts.close()
    return WsgiResponse(**start, body=body)


def environ(scope: Message, body: bytes = b"") -> dict[str, Any]:
    """Convert an ASGI scope and a request body to a WSGI environment (PEP 3333)."""
    host, port = scope.get("server") or ("localhost", 80)
    environment = {
        "REQUEST_METHOD": "GET" if scope["method"] == "HEAD" else scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode("utf-8", "replace").decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": host,
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in scope["headers"]:
        if name not in _OMITTED:
            environment["HTTP_" + name.decode("latin-1").upper().replace("-", "_")] = value.decode("latin-1")
        elif name == b"content-type" and body:
            environment |= {"CONTENT_TYPE": value.decode("latin-1"), "CONTENT_LENGTH": str(len(body))}
    return environment
