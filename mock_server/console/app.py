"""Serves the console: checks origin and session, streams changes, and runs the Flask application in threads.

To render a page, the console sends requests to the control plane, whose handlers run on the event loop. The
Flask application therefore runs in worker threads and sends these requests through `Api`. Rendering does not
block other requests, and only the event loop's thread uses the store. The Flask application does not stream
changes, because each stream would occupy a worker thread.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, quote

from mock_server.console.api import Api, ControlPlane
from mock_server.console.changes import Changes
from mock_server.console.sessions import Sessions
from mock_server.engine.problem import Problem
from mock_server.pages.wsgi import WsgiResponse, environ, respond

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence

    from mock_server.pages.documents import Entry
    from mock_server.pages.wsgi import WSGI
    from mock_server.world import World

    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    Application = Callable[[Message, Receive, Send], Awaitable[None]]
    CheckOrigin = Callable[[str, Mapping[bytes, bytes]], None]

ROOT: Final = "/console"
LOGIN: Final = f"{ROOT}/login"
CHANGES: Final = f"{ROOT}/changes"
_STATIC: Final = f"{ROOT}/static/"
_THREADS: Final = 8
"""Number of worker threads; a request that advances a clock occupies one while it waits for receivers."""
_MAX_BODY: Final = 262_144
_ALREADY_SAFE: Final = {"GET", "HEAD"}


@dataclass(slots=True)
class Console:
    """The ASGI application of the console; passes requests for other paths to `others`.

    `create` builds the Flask application when the first page is requested. `check_origin` takes the method
    and the headers of a request, and raises `Problem` if a page of another site sent the request.
    """

    others: Application
    create: Callable[[], WSGI]
    plane: ControlPlane
    sessions: Sessions
    changes: Changes
    check_origin: CheckOrigin
    _lock: Lock = field(default_factory=Lock)
    _flask: WSGI | None = None
    _threads: ThreadPoolExecutor = field(
        default_factory=partial(ThreadPoolExecutor, _THREADS, thread_name_prefix="console")
    )

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Respond to a request for a page of the console, or call `others`."""
        path = scope["path"]
        if scope["type"] != "http" or not (path in {"/", ROOT} or path.startswith(f"{ROOT}/")):
            await self.others(scope, receive, send)
            return
        headers = dict(scope["headers"])
        self.check_origin(scope["method"], headers)
        known = self.sessions.is_valid(headers.get(b"cookie", b"").decode("latin-1"))
        if not (known or path == LOGIN or path.startswith(_STATIC)):
            await _send(_to_login(scope), send)
        elif path == CHANGES and scope["method"] == "GET":
            tenant = parse_qs(scope["query_string"].decode("latin-1")).get("tenant", [""])[0]
            await self.changes.stream(tenant, receive, send)
        else:
            await self._show_page(scope, receive, send)

    def close(self) -> None:
        """Stop the worker threads without waiting for them."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _show_page(self, scope: Message, receive: Receive, send: Send) -> None:
        body = await _read(receive) if scope["method"] not in _ALREADY_SAFE else b""
        loop = asyncio.get_running_loop()
        environment = environ(scope, body)
        environment["REMOTE_ADDR"] = (scope.get("client") or ("",))[0]
        environment["console.api"] = Api(self.plane, loop)
        response = await loop.run_in_executor(self._threads, self._respond, environment)
        await _send(response, send, head=scope["method"] == "HEAD")

    def _respond(self, environment: dict[str, Any]) -> WsgiResponse:
        with self._lock:
            if self._flask is None:
                self._flask = self.create()
        return respond(self._flask, environment)


def create_console(
    world: World, entries: Sequence[Entry], control: Entry, others: Application, check_origin: CheckOrigin
) -> Console:
    """Create the console of a sandbox.

    `entries` describe the vendors' APIs, and `control` describes the control plane. Before the first request,
    the caller must pass the sandbox's application to `Console.plane.bind`.
    """
    token = world.settings.control_token
    secret = token.get_secret_value() if token else ""
    sessions = Sessions(secret, world.settings.base_url, world.clocks.real)

    def create() -> WSGI:
        from mock_server.console.site import create_site  # importing it would delay the start

        return create_site(entries, control, sessions)

    plane = ControlPlane(control.path, secret)
    changes = Changes(plane, world.store, world.journal)
    return Console(others, create, plane, sessions, changes, check_origin)


def _to_login(scope: Message) -> WsgiResponse:
    """Build the response to a request without a valid session: a redirect to the login page, or status 401.

    Status 401 is for forms and for the stream of changes, which cannot show a login page.
    """
    if scope["method"] not in _ALREADY_SAFE or scope["path"] == CHANGES:
        return WsgiResponse(401, [(b"content-type", b"text/plain")], b"Log in to the console first.")
    query = scope["query_string"].decode("latin-1")
    wanted = quote(f"{scope['path']}?{query}" if query else scope["path"], safe="/")
    location = LOGIN if wanted == "/" else f"{LOGIN}?next={wanted}"
    return WsgiResponse(303, [(b"location", location.encode("latin-1"))], b"")


async def _read(receive: Receive) -> bytes:
    """Read a request's body; raise `Problem` if it is larger than `_MAX_BODY` bytes."""
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > _MAX_BODY:
            raise Problem("too_large", f"The form is larger than {_MAX_BODY} bytes.")
        if not message.get("more_body"):
            return bytes(body)


async def _send(response: WsgiResponse, send: Send, *, head: bool = False) -> None:
    headers = response.headers
    if not any(name == b"content-length" for name, _ in headers):
        headers = [*headers, (b"content-length", b"%d" % len(response.body))]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if head else response.body})
