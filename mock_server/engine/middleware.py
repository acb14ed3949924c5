"""Connexion middleware that handles requests to operations, and passes other requests on.

Connexion calls `add_api` with each specification when it builds the middleware stack at start-up. The engine
is the outermost middleware, so a request to an operation passes through no other middleware.
"""

from __future__ import annotations

from email.utils import formatdate
from typing import TYPE_CHECKING, Any

from mock_server.engine.answer import JSON, Answer, RequestState
from mock_server.engine.body import ClientDisconnected
from mock_server.engine.compiler import Compiler
from mock_server.engine.compression import ENCODED, MIN_SIZE, VARY, accepts_gzip, compress
from mock_server.engine.connexion_parts import Resolver, Specification, SpecMiddleware
from mock_server.engine.events import send_events
from mock_server.engine.pipeline import Api
from mock_server.engine.tasks import in_task

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping, Sequence

    from mock_server.cors import Cors
    from mock_server.engine.body import Receive
    from mock_server.engine.protocols import Gate, Guard, Injector, Journal, Meter, NameCheck, Service
    from mock_server.engine.repeated import Repeated
    from mock_server.engine.routing import Route

    Scope = MutableMapping[str, Any]
    Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
    Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_NO_CONTENT = 204
_ERROR = 400
_MAX_DATES = 64
_SECOND = 1_000_000


def _no_hint(_method: str, _path: str) -> str:
    return ""


class Engine(SpecMiddleware):  # type: ignore[misc]
    """Handles requests to the APIs that were added with `add_api`.

    `max_body` is the size limit of request bodies in bytes, and `base_url` is the scheme, host and port that
    clients use. `passes` lists the paths of an API's documentation pages, such as `/ui`, relative to the
    API's base path. Requests for these pages are passed to the next middleware. `cors` adds CORS headers; if
    it is None, browsers do not let pages from other origins read the responses. `journal` records requests
    that were passed on and failed; requests to an API are recorded by the API's own journal.
    `hint(method, path)` returns a sentence that helps a client whose request matches no operation.
    """

    def __init__(
        self,
        app: Application,
        *,
        max_body: int,
        base_url: str,
        passes: Sequence[str],
        cors: Cors | None = None,
        journal: Journal | None = None,
        hint: Callable[[str, str], str] = _no_hint,
    ) -> None:
        self._app = app
        self._hint = hint
        self._cors = cors
        self._journal = journal
        self._max_body = max_body
        self._base_url = base_url
        self._passes = {path.encode() for path in passes}
        self._apis: list[Api] = []
        self._dates: dict[int, bytes] = {}

    def add_api(
        self,
        specification: Specification,
        *,
        base_path: str,
        resolver: Resolver,
        service: Service,
        gate: Gate,
        meter: Meter | None = None,
        guard: Guard | None = None,
        journal: Journal | None = None,
        injector: Injector | None = None,
        repeated: Repeated | None = None,
        check_names: NameCheck | None = None,
        **_stock: Any,
    ) -> None:
        """Compile one API; raise `BrokenSpecification` if an operation cannot be served.

        Connexion calls this method with the options that were passed to the application's `add_api`.
        """
        routes = Compiler(specification, resolver, max_body=self._max_body).routes()
        self._apis.append(
            Api(
                base=base_path,
                routes=routes,
                service=service,
                gate=gate,
                meter=meter,
                guard=guard,
                journal=journal,
                injector=injector,
                repeated=repeated,
                base_url=self._base_url,
                check_names=check_names,
            )
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request to an API, or pass the request to the next middleware."""
        if scope["type"] == "http":
            # Not `path`, which is decoded: there, an escaped slash in a segment looks like any other slash.
            path: bytes = scope.get("raw_path") or scope["path"].encode()
            for api in self._apis:
                if path.startswith(api.base):
                    match = api.match(path)
                    if match is None and not (api.claims(path) or self._belongs(path, api.base)):
                        continue
                    if self._cors is not None:
                        send = self._cors.sender(scope["headers"], send, control=api.is_control)
                        if self._cors.is_preflight(scope, control=api.is_control):
                            await self._cors.answer_preflight(scope["headers"], send)
                            return
                    if match is None:
                        state = _begin(api)
                        hint = self._hint(scope["method"], path.decode("latin-1"))
                        await self._send(api, api.unknown_path(state, hint), scope, state, send, receive)
                    else:
                        await self._answer(api, *match, scope, receive, send)
                    return
            if self._journal is not None and not _is_for_page(scope):
                send = _recording(self._journal, scope, send)
            await in_task()
        await self._app(scope, receive, send)

    def _belongs(self, path: bytes, base: bytes) -> bool:
        """Return True if an unknown path is below the base path and is not a documentation page.

        The API then responds with a 404 in its own error format.
        """
        rest = path[len(base) :]
        if not base or (rest and not rest.startswith(b"/")):
            return False
        return b"/" + rest[1:].partition(b"/")[0] not in self._passes

    async def _answer(
        self, api: Api, route: Route, segments: Sequence[bytes], scope: Scope, receive: Receive, send: Send
    ) -> None:
        state = _begin(api)
        try:
            answer = await api.answer(route, segments, scope, receive, state)
        except ClientDisconnected:
            return
        if state.events is not None:
            await in_task()
            headers = (*answer.headers, self._date(answer.now))
            await send_events(state.events, headers, scope["method"], receive, send)
            return
        await self._send(api, answer, scope, state, send, receive)

    async def _send(
        self, api: Api, answer: Answer, scope: Scope, state: RequestState, send: Send, receive: Receive
    ) -> None:
        body = answer.body
        headers = [*answer.headers, self._date(answer.now)]
        if len(body) >= MIN_SIZE and answer.content_type == JSON:
            headers.append(VARY)
            if accepts_gzip(scope["headers"]):
                kept = answer.kept
                body = compress(body) if kept is None or kept.body is not body else kept.compressed
                headers.append(ENCODED)
        if answer.status != _NO_CONTENT:
            headers.append((b"content-length", b"%d" % len(body)))
        if body:
            headers.append((b"content-type", answer.content_type))
        # The request is recorded first, so that a client that has its response finds it in the journal.
        if api.journal is not None:
            api.journal.record(scope, state, answer, headers)
        respond = getattr(getattr(send, "__self__", None), "respond", None)
        if respond is not None and answer.sender is None and respond(answer.status, headers, body):
            return
        start = {"type": "http.response.start", "status": answer.status, "headers": headers}
        if answer.sender is not None:
            await in_task()
            await answer.sender(start, body, receive, send)
            return
        await send(start)
        await send({"type": "http.response.body", "body": body})

    def _date(self, now: int) -> tuple[bytes, bytes]:
        """Build the Date header (RFC 9110, section 6.6.1) for a time in microseconds since the Unix epoch."""
        second = now // _SECOND
        date = self._dates.get(second)
        if date is None:
            # Each tenant has its own time, but within a second all its responses have the same header.
            if len(self._dates) >= _MAX_DATES:
                self._dates.clear()
            date = self._dates[second] = formatdate(second, usegmt=True).encode()
        return b"date", date


def _begin(api: Api) -> RequestState:
    state = RequestState()
    state.api = api
    if api.journal is not None:
        state.started = api.journal.ticks()
    return state


def _is_for_page(scope: Scope) -> bool:
    """Return True if the request loads a web page or a part of it, such as a script or an image.

    Browsers name the kind of resource in the `Sec-Fetch-Dest` header. The value is `empty` for API calls from
    scripts, and other clients do not send the header. All requests below `/console` are for a page.
    """
    headers = dict(scope["headers"])
    is_subresource = headers.get(b"sec-fetch-dest", b"empty") != b"empty"
    return bool(is_subresource or scope["path"].startswith("/console"))


def _recording(journal: Journal, scope: Scope, send: Send) -> Send:
    """Wrap `send` so that the journal records the request if the response has an error status.

    The request is recorded before the response's body is sent, so that a client that has received the
    response finds the request in the journal.
    """
    state = RequestState()
    state.started = journal.ticks()

    start: MutableMapping[str, Any] | None = None

    async def record_and_send(message: MutableMapping[str, Any]) -> None:
        nonlocal start
        if message["type"] == "http.response.start" and message["status"] >= _ERROR:
            start = message
        elif start is not None:  # the first part of the body, which says why the request was refused
            status, headers = start["status"], list(start["headers"])
            start = None
            body = message.get("body", b"")
            journal.record(scope, state, Answer(status, body, tuple(headers), 0), headers)
        await send(message)

    return record_and_send
