"""Handles requests to one API: authentication, rate limits, validation, handlers and error responses."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from mock_server.engine.answer import JSON, Answer, Pairs, RequestState
from mock_server.engine.body import ClientDisconnected
from mock_server.engine.call import Call
from mock_server.engine.checks import check_limits, check_open, check_scope, wrong_method
from mock_server.engine.names_first import first_problem, unchecked_call
from mock_server.engine.parameters import Headers
from mock_server.engine.problem import Problem
from mock_server.engine.protocols import Injected, NotReady
from mock_server.engine.repeated import Kept, Place, Repeated, may_be_kept
from mock_server.engine.reply import EventStream, File, Reply
from mock_server.engine.responses import BrokenReplyError, encode_unchecked
from mock_server.engine.tasks import in_task

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mock_server.access.grants import Grant
    from mock_server.access.ratelimit import Verdict
    from mock_server.engine.body import Receive
    from mock_server.engine.operation import Operation
    from mock_server.engine.protocols import (
        Gate,
        Guard,
        Injection,
        Injector,
        Journal,
        Meter,
        NameCheck,
        Service,
    )
    from mock_server.engine.routing import Route, Routes

_logger = logging.getLogger(__name__)
_HINT = b"x-sandbox-hint"
_SERVER_ERROR = Problem("server_error", "The sandbox failed to answer this request; its log says why.")
_NOT_JSON = (File, EventStream)
_NOSNIFF: Pairs = ((b"x-content-type-options", b"nosniff"),)
"""Headers of the control plane's responses, so that pages of other sites cannot run its JSON as a script."""


class Api:
    """The operations of one specification, and the service that handles them.

    `gate` authenticates clients. Without a `meter`, which the sandbox's own API does not have, there are no
    rate limits, and responses have the header `X-Content-Type-Options: nosniff`. A `guard` runs before all
    other checks, and can refuse a request, for example because of its Host header. An
    `injector` applies faults to requests, and lets clients choose a documented response (see `preferred`).
    `repeated` keeps the responses to repeated requests. A `journal` records each request and its response.
    `check_names` can replace the error of an invalid request with a more important one (see
    `protocols.NameCheck`).
    """

    def __init__(
        self,
        *,
        base: str,
        routes: Routes,
        service: Service,
        gate: Gate,
        meter: Meter | None,
        guard: Guard | None,
        journal: Journal | None,
        injector: Injector | None,
        repeated: Repeated | None,
        base_url: str,
        check_names: NameCheck | None = None,
    ) -> None:
        self.name = service.name
        self.base = base.encode()
        self.journal = journal
        self.is_control = guard is not None
        """True for the control plane, which is the API that has a guard."""
        self._routes = routes
        self._service = service
        self._gate = gate
        self._meter = meter
        self._guard = guard
        self._injector = injector
        self._base_url = base_url
        self._check_names = check_names
        self._repeated = Repeated() if repeated is None else repeated
        self._last_limits: tuple[Verdict | None, Pairs] = None, ()

    def match(self, path: bytes) -> tuple[Route, Sequence[bytes]] | None:
        """Return the route and the raw path parameters for a request's path, or None if no route matches."""
        return self._routes.match(path[len(self.base) :])

    def claims(self, path: bytes) -> bool:
        """Return True if the API should respond to a request for `path` that matches no operation.

        This is the case if the API is served at the root, and one of its paths has the same first segment as
        `path`.
        """
        return not self.base and self._routes.begins(path)

    def unknown_path(self, state: RequestState, hint: str) -> Answer:
        """Build the 404 response for a path that has no operation; `hint` is a sentence for the developer.

        The control plane's message contains the hint. A vendor's error stays as the vendor documents it, so
        there the hint is in a header.
        """
        sentence = "There is nothing at this path."
        if self.is_control:
            return self._refuse(Problem("not_found", f"{sentence} {hint}".rstrip()), None, state)
        answer = self._refuse(Problem("not_found", sentence), None, state)
        return answer._replace(headers=(*answer.headers, (_HINT, hint.encode()))) if hint else answer

    async def answer(
        self,
        route: Route,
        segments: Sequence[bytes],
        scope: Mapping[str, Any],
        receive: Receive,
        state: RequestState,
    ) -> Answer:
        """Handle a request to a known path, and return the response.

        Raises `ClientDisconnected` if the client disconnects before its request body is complete. All other
        errors are logged and result in a 500 response.
        """
        operation = state.operation = route.operations.get(scope["method"])
        if operation is None:
            return self._refuse(wrong_method(scope["method"], route), None, state)
        try:
            return await self._run_and_wait(operation, segments, scope, receive, state)
        except BrokenReplyError as broken:
            _logger.error("%s %s violates its specification: %s", self._service.name, operation.id, broken)  # noqa: TRY400
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
        """Run the operation, and wait until its changes are committed."""
        try:
            try:
                answer = await self._check_and_run(operation, segments, scope, receive, state)
            except NotReady as not_ready:
                await in_task()
                await not_ready.wait()
                answer = await self._check_and_run(operation, segments, scope, receive, state)
        except Problem as problem:
            if self._check_names is not None:
                call = unchecked_call(operation, segments, scope, state.body, self._base_url)
                problem = first_problem(problem, call, self._check_names)
            answer = self._refuse(problem, operation, state)
        except Injected as injected:
            state.fault = injected.injection.id
            answer = await self._inject(injected.injection, operation, segments, scope, receive, state)
        # Changes are committed once per turn of the event loop (`store/batch.py`). Requests that only read
        # wait too: they may have read a change that a failed COMMIT would still undo.
        pending = self._gate.pending()
        if pending is not None:
            await pending
        return answer

    async def _inject(
        self,
        injection: Injection,
        operation: Operation,
        segments: Sequence[bytes],
        scope: Mapping[str, Any],
        receive: Receive,
        state: RequestState,
    ) -> Answer:
        """Apply faults to a request: return an error response, or run the operation and change its result."""
        await in_task()
        await injection.wait()
        if injection.problem is not None:
            if injection.after_commit:
                await self._run_and_wait(operation, segments, scope, receive, state)
            answer = self._refuse(injection.problem, operation, state, validated=False)
        elif injection.answer is not None:
            answer = injection.answer(self._gate.now(state.grant))
        else:
            changed = injection.operation(operation)
            answer = await self._run_and_wait(changed, segments, scope, receive, state)
        return injection.change(answer)

    async def _check_and_run(
        self,
        operation: Operation,
        segments: Sequence[bytes],
        scope: Mapping[str, Any],
        receive: Receive,
        state: RequestState,
    ) -> Answer:
        """Check a request, run its handler and return the response.

        The order of the checks is: guard, credentials, rate limits, outages, faults, scope, parameters, body.
        A client that may not call an operation therefore learns nothing about the operation's input.
        """
        raw = dict(scope["headers"])
        if self._guard is not None:
            self._guard(scope, raw)
        query = scope["query_string"]
        grant = self._admit(operation, raw, query, state)
        sent = Headers(raw)
        if operation.body is None and (kept := self._recall(operation, segments, scope, sent, state)):
            return kept
        path, values = operation.parameters.read(segments, query, sent)
        body = None
        if operation.body is not None:
            if grant is not None or not state.fault:  # without a grant, faults come after the body
                state.body = await operation.body.receive(raw, receive)
            if kept := self._recall(operation, segments, scope, sent, state):
                return kept
            body = operation.body.parse(raw, state.body)
            state.place = None  # of writes, only refusals are kept
        if (grant is None or b"prefer" in raw) and (answer := self._preferred(raw, body, operation, state)):
            return answer
        call = Call(operation.id, grant, path, values, sent, body, self._base_url)
        reply, payload = self._run(operation, call)
        if payload is None:
            await in_task()
            reply = await reply
            payload = operation.responses.encode(reply)
        if state.place is not None:
            self._keep(Kept(reply, payload), state)
        kind = _media_type(reply.body, state) if isinstance(reply.body, _NOT_JSON) else JSON
        return Answer(reply.status, payload, self._limits(state) + reply.headers, self._gate.now(grant), kind)

    def _run(self, operation: Operation, call: Call) -> tuple[Any, bytes | None]:
        """Call the handler, and return its reply and the encoded body.

        If the handler is asynchronous, return an awaitable of its reply instead, with None as the body. A
        request that results in a 500 response must not change anything: if the handler raises an unexpected
        error, or if its reply violates the specification, the handler's writes are undone. If the handler
        raises `Problem`, they are kept. The writes of an asynchronous handler are always kept, because other
        requests run while the handler awaits.
        """
        # No other task runs between `hold` and `release`, so only writes of this handler are undone.
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

    def _admit(
        self, operation: Operation, raw: Mapping[bytes, bytes], query: bytes, state: RequestState
    ) -> Grant | None:
        """Check the credentials, rate limits, outages, faults and scope; return the grant of the key."""
        security = operation.security
        grant = state.grant = None if security.public else self._gate.admit(security.credentials(raw, query))
        if grant is not None:
            if self._meter is not None and not state.fault:  # after a fault, the request is counted already
                state.verdict = self._meter.take(grant)
                check_limits(state.verdict)
                check_open(self._meter.closed(grant))
                injector = self._injector
                if injector is not None and grant.tenant in injector.tenants:
                    injector.inject(grant.tenant, operation.id)
            check_scope(grant, operation)
        return grant

    def _recall(
        self,
        operation: Operation,
        segments: Sequence[bytes],
        scope: Mapping[str, Any],
        sent: Headers,
        state: RequestState,
    ) -> Answer | None:
        """Return the kept response to a request, with the present limits and time; None if none is kept.

        If the response to the request may be kept, `state.place` says where.
        """
        grant = state.grant
        if grant is None or state.fault or not may_be_kept(operation, scope, sent, state.body):
            return None
        key = (grant.tenant, operation.id, segments, scope["query_string"], state.body)
        place = state.place = Place(key, self._gate.marks(), grant, sent)
        kept = self._repeated.find(place)
        if kept is None:
            return None
        state.place, state.problem = None, kept.problem
        headers = self._limits(state) + kept.headers
        if kept.problem is not None and kept.headers:
            headers = tuple(dict(headers).items())
        return Answer(kept.status, kept.body, headers, self._gate.now(grant), kept=kept)

    def _keep(self, kept: Kept, state: RequestState) -> None:
        """Keep a response, unless its handler or its error has changed the store or depends on the time."""
        place, state.place = state.place, None
        if place is not None and place.marks == self._gate.marks():
            self._repeated.keep(place, kept)

    def _preferred(
        self, raw: Mapping[bytes, bytes], body: Any, operation: Operation, state: RequestState
    ) -> Answer | None:
        """Build the response that the client chose with `Prefer`; return None if it chose no response.

        Also applies faults to requests without credentials, whose tenant is determined from the body: raises
        `Injected` if a fault affects the request.
        """
        injector = self._injector
        if injector is None:
            return None
        if state.grant is None and len(injector.tenants) and not state.fault:
            injector.inject(injector.owner(body), operation.id)
        if b"prefer" not in raw:
            return None
        from mock_server.engine.preferred import chosen  # imported here because few clients choose

        response = chosen(raw[b"prefer"], operation, self._service)
        if response is None:
            return None
        status, payload, headers, kind = response
        return Answer(status, payload, self._limits(state) + headers, self._gate.now(state.grant), kind)

    def _refuse(
        self, problem: Problem, operation: Operation | None, state: RequestState, *, validated: bool = True
    ) -> Answer:
        """Build the error response for a problem.

        The response is validated if `validated` is True and the request has an operation.
        """
        # The journal keeps the problem; its traceback would keep the frames of the request.
        state.problem = problem.with_traceback(None)
        reply = self._service.problem(problem)
        try:
            if operation is None or not validated:
                payload = encode_unchecked(reply.body)
            else:
                payload = operation.responses.encode(reply)
        except BrokenReplyError as broken:
            # The second call has no operation, so its reply is not validated and cannot fail again.
            _logger.error(  # noqa: TRY400
                "%s %s answers an error that its specification does not allow: %s",
                self._service.name,
                operation.id if operation else "",
                broken,
            )
            return self._refuse(_SERVER_ERROR, None, state)
        if operation is not None and validated and state.place is not None:
            self._keep(Kept(reply, payload, problem), state)
        challenge = operation.security.challenge if operation and problem.kind == "unauthenticated" else ()
        headers = dict((*self._limits(state), *challenge, *reply.headers))
        return Answer(reply.status, payload, tuple(headers.items()), self._gate.now(state.grant))

    def _limits(self, state: RequestState) -> Pairs:
        if self._meter is None:
            return _NOSNIFF
        verdict = state.verdict or self._meter.anonymous()
        if verdict is not self._last_limits[0]:
            self._last_limits = verdict, self._service.limit_headers(verdict)
        return self._last_limits[1]


def _media_type(body: File | EventStream, state: RequestState) -> bytes:
    """Return the media type of a reply that is a file or an event stream.

    The events of a stream are stored in `state`, from where they are sent later.
    """
    if isinstance(body, EventStream):
        state.events = body.events
    return body.media_type.encode()
