"""The console's client of the control plane; it calls the API's operations in the same process.

Every value on the console's pages comes from an API response, and every form sends an API request. The
console therefore cannot do more than a client of the API can, and each page can list its API requests.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode

import orjson

from mock_server.wording import explained

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence

    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    Application = Callable[[Message, Receive, Send], Awaitable[None]]

_PATIENCE: Final = 90.0
"""Maximum time to wait for a response, in seconds.

A request that advances a clock can take long, because it waits for webhook receivers.
"""


class ApiError(Exception):
    """Raised if the control plane responds with an error.

    `status` is the HTTP status, and the message is a sentence from the response.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class ApiCall:
    """A request to the control plane; `target` is the path and query, and `body` is a JSON value or None."""

    method: str
    target: str
    body: Any = None


@dataclass(frozen=True, slots=True)
class Response:
    """A response of the control plane; `body` is the parsed JSON, or None if the response has no body."""

    status: int
    body: Any


class ControlPlane:
    """Calls the control plane's operations in the same process.

    `base` is the base path of the control plane. `token` is the control token, or "" if none is set.
    """

    def __init__(self, base: str, token: str) -> None:
        self.base = base
        self._token = token
        self._application: Application | None = None

    def bind(self, application: Application) -> None:
        """Set the sandbox's ASGI application, which contains the console and is created after it."""
        self._application = application

    async def call(self, call: ApiCall, *, token: str | None = None, caller: str = "") -> Response:
        """Send a request and return the response.

        If `token` is given, it is sent instead of the control token. `caller` is the client's address; the
        control plane counts wrong tokens per address.
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
    """Send one request to an ASGI application and return the response."""
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
    """A synchronous client of the control plane for one request to the console; runs in a worker thread.

    `calls` lists the distinct GET requests that were sent, in order. `sent` lists all other requests.
    """

    plane: ControlPlane
    loop: asyncio.AbstractEventLoop
    calls: list[ApiCall] = field(default_factory=list)
    sent: list[ApiCall] = field(default_factory=list)

    def get(self, *segments: str, **query: Any) -> Any:
        """Send a GET request and return the body; `segments` are the parts of the path after the base path.

        Query parameters that are None or "" are omitted. Raises `ApiError` if the response is an error.
        """
        given = {name: value for name, value in query.items() if value not in {None, ""}}
        call = ApiCall("GET", self._target(segments, given))
        if call not in self.calls:
            self.calls.append(call)
        return self._result(call)

    def send(self, method: str, *segments: str, body: Any = None) -> Any:
        """Send a request that changes data and return the body; raise `ApiError` for an error response."""
        call = ApiCall(method, self._target(segments, {}), body)
        self.sent.append(call)
        return self._result(call)

    def accepts(self, token: str, caller: str) -> None:
        """Raise `ApiError` unless the control plane accepts `token`; `caller` is the client's address."""
        call = ApiCall("GET", self._target(("health",), {}))
        self._wait(self.plane.call(call, token=token, caller=caller))

    def _target(self, segments: Sequence[str], query: Mapping[str, Any]) -> str:
        path = "/".join((self.plane.base, *(quote(segment, safe="") for segment in segments)))
        return f"{path}?{urlencode(query)}" if query else path

    def _result(self, call: ApiCall) -> Any:
        return self._wait(self.plane.call(call))

    def _wait(self, response: Any) -> Any:
        """Run a call on the event loop and return the response's body; raise `ApiError` for an error."""
        found: Response = asyncio.run_coroutine_threadsafe(response, self.loop).result(_PATIENCE)
        if found.status >= HTTPStatus.BAD_REQUEST:
            raise ApiError(found.status, _message(found.body))
        return found.body


def _message(body: Any) -> str:
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict) or "message" not in error:
        return "The request failed."
    return explained(error)
