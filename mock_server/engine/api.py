"""One API at work: from a matched route to the bytes of the answer, in one coroutine."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, NamedTuple

from mock_server.engine.body import ClientDisconnected
from mock_server.engine.call import Call
from mock_server.engine.parameters import Headers
from mock_server.engine.problem import Problem
from mock_server.engine.protocols import NotReady
from mock_server.engine.reply import File, Reply
from mock_server.engine.responses import BrokenReplyError, encode_unchecked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mock_server.access.grants import Grant
    from mock_server.access.ratelimit import Verdict
    from mock_server.engine.body import Receive
    from mock_server.engine.operation import Operation
    from mock_server.engine.protocols import Gate, Guard, Meter, Service
    from mock_server.engine.routing import Route, Routes

_logger = logging.getLogger(__name__)
_JSON = b"application/json"
_SERVER_ERROR = Problem("server_error", "The sandbox failed to answer this request; its log says why.")

Pairs = tuple[tuple[bytes, bytes], ...]
_NOSNIFF: Pairs = ((b"x-content-type-options", b"nosniff"),)
"""On an API of our own: what a browser reads of it is JSON, whatever a page of another site takes it for."""


class Answer(NamedTuple):
    """What goes out: `headers` without Content-Type, Content-Length and Date; `now` is for Date (µs)."""

    status: int
    body: bytes
    headers: Pairs
    now: int
    content_type: bytes = _JSON


class RequestState:
    """One request on its way: what is known so far of who is calling."""

    __slots__ = ("grant", "verdict")

    def __init__(self) -> None:
        self.grant: Grant | None = None
        self.verdict: Verdict | None = None


class Api:
    """The operations of one specification, with the service that runs them and the gate before it."""

    def __init__(
        self,
        *,
        base: str,
        routes: Routes,
        service: Service,
        gate: Gate,
        meter: Meter | None,
        guard: Guard | None,
        base_url: str,
    ) -> None:
        self.base = base.encode()
        self._routes = routes
        self._service = service
        self._gate = gate
        self._meter = meter
        self._guard = guard
        self._base_url = base_url

    def match(self, path: bytes) -> tuple[Route, Sequence[bytes]] | None:
        """Find the route of a raw path that begins with this API's base."""
        return self._routes.match(path[len(self.base) :])

    def claims(self, path: bytes) -> bool:
        """Say whether an API without a base of its own has paths that begin like this one."""
        return not self.base and self._routes.begins(path)

    def unknown_path(self) -> Answer:
        """Answer a path that no operation has."""
        return self._refuse(Problem("not_found", "There is nothing at this path."), None, RequestState())

    async def answer(
        self, route: Route, segments: Sequence[bytes], scope: Mapping[str, Any], receive: Receive
    ) -> Answer:
        """Answer one request to a known path; raises `ClientDisconnected` when nobody waits for it."""
        operation = route.operations.get(scope["method"])
        state = RequestState()
        if operation is None:
            return self._refuse(_wrong_method(scope["method"], route), None, state)
        try:
            return await self._run_and_wait(operation, segments, scope, receive, state)
        except BrokenReplyError as broken:
            _logger.error("%s %s broke its specification: %s", self._service.name, operation.id, broken)  # noqa: TRY400
        except ClientDisconnected:
            raise
        except Exception:
            _logger.exception("%s %s failed", self._service.name, operation.id)
        return self._refuse(_SERVER_ERROR, None, state)

    async def _run_and_wait(
        self,
        operation: Operation,
        segments: Sequence[bytes],
        scope: Mapping[str, Any],
        receive: Receive,
        state: RequestState,
    ) -> Answer:
        try:
            try:
                answer = await self._check_and_run(operation, segments, scope, receive, state)
            except NotReady as behind:
                await behind.wait()
                answer = await self._check_and_run(operation, segments, scope, receive, state)
        except Problem as problem:
            answer = self._refuse(problem, operation, state)
        pending = self._gate.pending()
        if pending is not None:
            await pending
        return answer

    async def _check_and_run(
        self,
        operation: Operation,
        segments: Sequence[bytes],
        scope: Mapping[str, Any],
        receive: Receive,
        state: RequestState,
    ) -> Answer:
        raw = dict(scope["headers"])
        if self._guard is not None:
            self._guard(scope, raw)
        query = scope["query_string"]
        security = operation.security
        grant = None if security.public else self._gate.admit(security.credentials(raw, query))
        state.grant = grant
        if grant is not None:
            if self._meter is not None:
                state.verdict = self._meter.take(grant)
                _check_limits(state.verdict)
                _check_open(self._meter.closed(grant))
            _check_scope(grant, operation)
        headers = Headers(raw)
        path, values = operation.parameters.read(segments, query, headers)
        body = None if operation.body is None else await operation.body.read(raw, receive)
        call = Call(operation.id, grant, path, values, headers, body, self._base_url)
        reply, payload = self._run(operation, call)
        if payload is None:
            reply = await reply
            payload = operation.responses.encode(reply)
        kind = reply.body.media_type.encode() if isinstance(reply.body, File) else _JSON
        return Answer(reply.status, payload, self._limits(state) + reply.headers, self._gate.now(grant), kind)

    def _run(self, operation: Operation, call: Call) -> tuple[Any, bytes | None]:
        """Call the handler; return its reply with the bytes to send, or what to await with None.

        A caller who is told of a failure must find nothing changed: what the handler wrote is undone if its
        reply breaks the specification, or if it fails after writing. A `Problem` is an answer like any other.
        """
        gate = self._gate
        gate.hold()
        try:
            reply = operation.handler(call)
            return reply, operation.responses.encode(reply) if isinstance(reply, Reply) else None
        except Problem:
            raise
        except Exception:
            gate.undo_held()
            raise
        finally:
            gate.release()

    def _refuse(self, problem: Problem, operation: Operation | None, state: RequestState) -> Answer:
        """Render a problem; where it answers an operation, the specification must know the answer."""
        reply = self._service.problem(problem)
        try:
            payload = operation.responses.encode(reply) if operation else encode_unchecked(reply.body)
        except BrokenReplyError as broken:
            _logger.error(  # noqa: TRY400
                "%s %s refused outside its specification: %s",
                self._service.name,
                operation.id if operation else "",
                broken,
            )
            return self._refuse(_SERVER_ERROR, None, state)
        challenge = operation.security.challenge if operation and problem.kind == "unauthenticated" else ()
        headers = dict((*self._limits(state), *challenge, *reply.headers))
        return Answer(reply.status, payload, tuple(headers.items()), self._gate.now(state.grant))

    def _limits(self, state: RequestState) -> Pairs:
        if self._meter is None:
            return _NOSNIFF
        return self._service.limit_headers(state.verdict or self._meter.anonymous())


def _check_limits(verdict: Verdict) -> None:
    if not verdict.allowed:
        raise Problem(
            "rate_limited",
            f"The limit of {verdict.limit} requests per {verdict.window} is used up;"
            f" try again in {verdict.retry_after} seconds.",
            details={"retry_after": verdict.retry_after},
            headers=((b"retry-after", b"%d" % verdict.retry_after),),
        )


def _check_open(closed: str) -> None:
    if closed:
        raise Problem("unavailable", closed)


def _check_scope(grant: Grant, operation: Operation) -> None:
    if operation.scope is not None and operation.scope not in grant.scopes:
        raise Problem(
            "forbidden",
            f"This key lacks the scope {operation.scope}.",
            details={"required_scope": operation.scope},
        )


def _wrong_method(method: str, route: Route) -> Problem:
    allowed = route.allow.decode()
    return Problem(
        "method_not_allowed",
        f"{method} is not possible here; {allowed} {'are' if ',' in allowed else 'is'}.",
        details={"allowed": allowed.split(", ")},
        headers=((b"allow", route.allow),),
    )
