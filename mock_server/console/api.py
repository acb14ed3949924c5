"""The console's client of the control plane, which calls the API's operations inside the process.

Every value on the console's pages comes from an API response, and every form sends an API request. So the
console can do nothing that a client of the API cannot do, and each page lists the requests that it needs.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode

import orjson

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence

    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    Application = Callable[[Message, Receive, Send], Awaitable[None]]

_PATIENCE: Final = 90.0
"""Seconds to wait for a response; advancing a clock can wait 20 seconds for webhook receivers."""


class ApiError(Exception):
    """Raised if the control plane responds with an error; the message is the API's, a complete sentence."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class ApiCall:
    """A request to the control plane; `target` is the path and query, and `body` is None or a JSON value."""

    method: str
    target: str
    body: Any = None


@dataclass(frozen=True, slots=True)
class Response:
    """A response of the control plane; `body` is the parsed JSON, or None if there is none."""

    status: int
    body: Any


class ControlPlane:
    """Calls the control plane's operations in the process, with the control token if there is one.

    `base` is the path of the control plane, and `token` is the control token or "".
    """

    def __init__(self, base: str, token: str) -> None:
        self.base = base
        self._token = token
        self._application: Application | None = None

    def bind(self, application: Application) -> None:
        """Set the sandbox's ASGI application, which is built after the console, because it contains it."""
        self._application = application

    async def call(self, call: ApiCall, *, token: str | None = None, caller: str = "") -> Response:
        """Send a request and return the response.

        `token` replaces the control token, and `caller` is the address of the client that presented it, by
        which the control plane counts wrong tokens.
        """
        path, _, query = call.target.partition("?")
        headers = [(b"accept", b"application/json")]
        presented = self._token if token is None else token
        if presented:
            headers.append((b"authorization", b"Bearer " + presented.encode("latin-1", "replace")))
        body = b"" if call.body is None else orjson.dumps(call.body)
        if call.body is not None:
            headers += [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        scope: Message = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": call.method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": headers,
            "client": (caller, 0),
            "server": None,
        }
        assert self._application is not None  # noqa: S101 - bound before the first request
        return await _exchange(self._application, scope, body)


async def _exchange(application: Application, scope: Message, body: bytes) -> Response:
    """Run an ASGI application for one request, and return its response."""
    status, parts, sent = 500, [], False

    async def receive() -> Message:
        nonlocal sent
        if sent:
            await asyncio.Event().wait()  # the client does not disconnect before the response
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
        else:
            parts.append(message.get("body", b""))

    await application(scope, receive, send)
    payload = b"".join(parts)
    return Response(status, orjson.loads(payload) if payload else None)


@dataclass(slots=True)
class Api:
    """The control plane as a page's code sees it: synchronous, for use in a worker thread.

    `calls` lists the GET requests that were sent to show the page, in order, and `sent` the others.
    """

    plane: ControlPlane
    loop: asyncio.AbstractEventLoop
    calls: list[ApiCall] = field(default_factory=list)
    sent: list[ApiCall] = field(default_factory=list)

    def get(self, *segments: str, **query: Any) -> Any:
        """Send a GET request and return the body; `segments` form the path below the control plane's.

        Query parameters that are None or "" are left out. Raises `ApiError` if the response is an error.
        """
        given = {name: value for name, value in query.items() if value not in {None, ""}}
        call = ApiCall("GET", self._target(segments, given))
        if call not in self.calls:
            self.calls.append(call)
        return self._result(call)

    def send(self, method: str, *segments: str, body: Any = None) -> Any:
        """Send a request that changes something and return the body; raises `ApiError` for an error."""
        call = ApiCall(method, self._target(segments, {}), body)
        self.sent.append(call)
        return self._result(call)

    def accepts(self, token: str, caller: str) -> None:
        """Raise `ApiError` unless the control plane accepts the token from this client address."""
        call = ApiCall("GET", self._target(("health",), {}))
        self._wait(self.plane.call(call, token=token, caller=caller))

    def _target(self, segments: Sequence[str], query: Mapping[str, Any]) -> str:
        path = "/".join((self.plane.base, *(quote(segment, safe="") for segment in segments)))
        return f"{path}?{urlencode(query)}" if query else path

    def _result(self, call: ApiCall) -> Any:
        return self._wait(self.plane.call(call))

    def _wait(self, response: Any) -> Any:
        """Run a call on the event loop, and wait for the response's body."""
        found: Response = asyncio.run_coroutine_threadsafe(response, self.loop).result(_PATIENCE)
        if found.status >= HTTPStatus.BAD_REQUEST:
            raise ApiError(found.status, _message(found.body))
        return found.body


def _message(body: Any) -> str:
    error = body.get("error") if isinstance(body, dict) else None
    return str(error["message"]) if isinstance(error, dict) and "message" in error else "The request failed."
