"""Sends requests: authenticates, paces, retries, and reads the answers.

A request that is safe (GET) is repeated after connection errors, time-outs and 5xx. A write is repeated
only where it certainly did nothing: the connection failed before anything was sent, or the answer was 429.
A write without a usable answer raises `OutcomeUnknown`; `connector.runtime.actions` knows how to look for
its effect. Every attempt ends, and so does every call: no vendor holds one for longer than it may take.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from connector.errors import (
    AuthenticationError,
    ConfigurationError,
    ConnectorError,
    NotFound,
    OutcomeUnknown,
    PermissionDenied,
    RateLimited,
    UnexpectedResponse,
    ValidationFailed,
    VendorUnavailable,
    concerning,
)
from connector.transport.addresses import address
from connector.transport.answers import REDIRECT, SERVER_ERROR, Answer, OddRows, read
from connector.transport.deadline import Deadline
from connector.transport.limits import Limiter
from connector.transport.paging import Page, PageWalk, as_page
from connector.transport.request import Request, build
from connector.transport.sending import NotSent, Sender
from connector.transport.times import http_date
from connector.transport.tokens import TokenKeeper

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    import httpx

    from connector.clock import Clock, Sleep
    from connector.definition.model import Integration, Operation, Paging
    from connector.transport.paging import Position

    Send = Callable[[Request, Deadline], Awaitable[Answer]]

ATTEMPTS = 4
TOO_MANY, SEE_OTHER, NOT_MODIFIED = 429, 303, 304
BACK_OFF = 0.5
LONGEST_BACK_OFF = 30.0
PATIENCE = 90.0
TIMEOUT = 30.0
"""How many seconds one attempt may take in all."""
DEADLINE = 120.0
"""How many seconds one call may take in all, with its attempts and the waits between them."""


class Client:
    """One login at one base URL; `typed` are the login fields as they were filled in.

    `timeout` and `deadline` are the seconds that one attempt, and one call with all its attempts, may take.
    `profile` is the name of the connection, for errors.
    """

    def __init__(
        self,
        integration: Integration,
        *,
        base_url: str,
        typed: Mapping[str, str],
        transport: httpx.AsyncBaseTransport | None,
        clock: Clock,
        sleep: Sleep,
        timeout: float = TIMEOUT,
        deadline: float = DEADLINE,
        profile: str | None = None,
    ) -> None:
        self.integration = integration
        self.base_url = address(base_url)
        self.clock = clock
        self.sleep = sleep
        self.profile = profile
        self._deadline = deadline
        self._skew = timedelta()
        login = integration.authentication
        self._typed = typed
        self._sends = {name: value for name, field in login.sends.items() if (value := typed.get(field))}
        self._credential = typed.get(login.field, "")
        self.tokens: TokenKeeper | None = None
        if login.tokens and not self._credential:
            self.tokens = TokenKeeper(login.tokens, typed, self._exchange, clock)
        self._limiter = Limiter(integration.limits, clock, sleep, PATIENCE, integration.vendor.id)
        self._sender = Sender(integration, self.base_url, typed, transport, timeout)

    async def close(self) -> None:
        await self._sender.close()

    async def call(self, operation: Operation, values: Mapping[str, Any]) -> Answer:
        """Check, send and read one operation, with retries. Raises any error of the tree."""
        with concerning(self.integration.vendor.id, self.profile):
            login = {name: value for name, value in self._sends.items() if name in operation.takes}
            request = build(operation, {**login, **values})
            deadline = Deadline(self._deadline, self.sleep, self.integration.vendor.id)
            return await self._repeat(request, self._logged_in, deadline, safe=operation.method == "GET")

    async def _repeat(self, request: Request, send: Send, deadline: Deadline, *, safe: bool) -> Answer:
        operation, attempt = request.operation, 0
        while True:
            attempt += 1
            try:
                return await send(request, deadline)
            except (RateLimited, VendorUnavailable, UnexpectedResponse) as problem:
                if problem.operation != operation.id:  # no token was got for it, so it was never sent
                    raise
                delay = self._delay(request, problem, attempt, deadline, safe=safe)
                reason = problem.message.rstrip(".")
            await deadline.sleep(delay, operation.id, f"the last attempt failed ({reason})")

    def _delay(
        self, request: Request, problem: ConnectorError, attempt: int, deadline: Deadline, *, safe: bool
    ) -> float:
        """Return the seconds until the request may be sent again; raises what ends the attempts.

        After an attempt that took all of its time, another with less time has no better prospects.
        """
        if not isinstance(problem, NotSent | RateLimited):
            if not safe and _may_be_done(problem):
                raise unknown(request, problem) from problem
            if isinstance(problem, UnexpectedResponse):
                raise problem
        asked = getattr(problem, "retry_after", None) or 0.0
        delay = max(asked, self._back_off(attempt))
        needs = self._sender.timeout if isinstance(problem.__cause__, TimeoutError) else 0.0
        if attempt < ATTEMPTS and delay <= PATIENCE and delay + needs <= deadline.left:
            return delay
        if isinstance(problem, NotSent):
            raise VendorUnavailable(problem.message, operation=problem.operation) from problem
        raise problem

    async def pages(
        self, operation: Operation, values: Mapping[str, Any], first: Position | None = None
    ) -> AsyncIterator[Page]:
        """Read a list page by page; raises `UnexpectedResponse` for a list that has no end."""
        position, walk = first, PageWalk(operation.id)
        while True:
            page = await self.page(operation, values, position)
            if not walk.turn(page):
                return
            yield page
            if page.next is None:
                return
            position = page.next

    async def page(
        self, operation: Operation, values: Mapping[str, Any], position: Position | None = None
    ) -> Page:
        """Read one page of a list: the first, or the one at a position that a page named as its `next`."""
        with concerning(self.integration.vendor.id, self.profile):
            return await self._page(operation, values, position)

    async def _page(self, operation: Operation, values: Mapping[str, Any], position: Position | None) -> Page:
        paging = self._paging(operation)
        here = paging.first if position is None and paging.next is None else position
        wanted = {paging.size_parameter: paging.size, **values, paging.page_parameter: here}
        try:
            answer = await self.call(operation, wanted)
        except OddRows as odd:
            answer = odd.answer
        except NotFound as missing:
            if not paging.missing_is_empty:
                raise
            if position not in (None, paging.first) and paging.total is not None:
                raise UnexpectedResponse(
                    f"{operation.id}: page {position} is missing, although the one before it told of it.",
                    operation=operation.id,
                    status=missing.status,
                ) from missing
            return Page(rows=(), next=None, total=0)
        return as_page(paging, answer, here, wanted[paging.size_parameter])

    def vendor_time(self, when: datetime) -> datetime:
        """Translate a moment of our clock into the vendor's, as far as its `Date` headers tell."""
        try:
            return when + self._skew
        except OverflowError:
            return datetime.max.replace(tzinfo=UTC) if self._skew > timedelta() else when

    def _paging(self, operation: Operation) -> Paging:
        if operation.paging is None:
            raise ConfigurationError(f"{operation.id} is not read page by page.", operation=operation.id)
        return self.integration.paging[operation.paging]

    async def _logged_in(self, request: Request, deadline: Deadline) -> Answer:
        """Send with the login; a token that is refused is changed for another once."""
        if self.tokens is None:
            return await self._once(request, deadline, self._credential)
        token = await self.tokens.token(deadline)
        try:
            return await self._once(request, deadline, token)
        except AuthenticationError:
            self.tokens.refuse(token)
            return await self._once(request, deadline, await self.tokens.token(deadline))

    async def _exchange(self, body: Mapping[str, Any], deadline: Deadline) -> Any:
        """Send a token request and return the answer's body; any refusal is an `AuthenticationError`."""
        login = self.integration.authentication.tokens
        assert login is not None  # noqa: S101 - there is a keeper
        operation, title = self.integration.operations[login.operation], self.integration.vendor.title
        try:
            request = build(operation, body)
            answer = await self._repeat(request, partial(self._once, credential=""), deadline, safe=True)
        except (ValidationFailed, NotFound, PermissionDenied, AuthenticationError) as refusal:
            said = "" if refusal.status is None else f" {refusal.message}"
            message = f"{title} does not accept this login.{said}"
            raise AuthenticationError(message, operation=operation.id, status=refusal.status) from None
        return answer.body

    async def _once(self, request: Request, deadline: Deadline, credential: str) -> Answer:
        operation = request.operation
        await self._limiter.admit(operation.id, deadline)
        reply = await self._sender.send(request, credential, deadline)
        date = http_date(reply.headers.get("date", ""))
        if date is not None:
            self._skew = date - self.clock()
        self._limiter.learn(reply.headers, refused=reply.status_code == TOO_MANY)
        return read(self.integration, operation, reply, self._secrets(), clock=self.clock())

    def _secrets(self) -> tuple[str, ...]:
        typed = (self._typed.get(key, "") for key in self.integration.authentication.secrets)
        return (*filter(None, typed), *(self.tokens.secrets if self.tokens else ()))

    def _back_off(self, attempt: int) -> float:
        """Full jitter: anything up to half a second, one, two, four … (at most `LONGEST_BACK_OFF`)."""
        return random.uniform(0, min(LONGEST_BACK_OFF, BACK_OFF * 2 ** (attempt - 1)))  # noqa: S311 - not a secret


def unknown(request: Request, problem: ConnectorError) -> OutcomeUnknown:
    """Return the error for a write whose effect is not known."""
    name = request.operation.id
    return OutcomeUnknown(
        f"{name} was sent, but whether it was done is not known: {problem.message} The change may have been "
        "made.",
        sent=request.sent(),
        operation=name,
    )


def _may_be_done(problem: ConnectorError) -> bool:
    """Say whether a write may have changed something: no status says that it was refused."""
    status = problem.status
    return (
        status is None or status < REDIRECT or status >= SERVER_ERROR or status in {SEE_OTHER, NOT_MODIFIED}
    )
