"""Sends requests with retries, back-off and deadlines; handles 429, `Retry-After`, 5xx and timeouts.

A safe request (GET, RFC 9110 section 9.2.1) is repeated after connection errors, timeouts and 5xx responses.
A write is repeated only if it certainly had no effect: the connection failed before any data was sent, or the
response was 429. A write without a usable response raises `OutcomeUnknown`; `connector.runtime.actions` then
searches for the record that the write may have created. Every attempt has a timeout and every call has a
deadline, so that a call ends even if the vendor never responds.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from connector.clock import elapsed
from connector.errors import (
    AuthenticationError,
    ConfigurationError,
    ConnectorError,
    NotFound,
    PermissionDenied,
    RateLimited,
    UnexpectedResponse,
    ValidationFailed,
    VendorUnavailable,
    attributed_to,
)
from connector.transport.addresses import parse_base_url
from connector.transport.answers import Answer, MalformedRows, read_answer
from connector.transport.deadline import Deadline
from connector.transport.paging import Page, PageWalk, as_page
from connector.transport.rate_limits import Limiter
from connector.transport.reporting import (
    report_failure,
    report_login,
    report_response,
    reports_requests,
)
from connector.transport.request import Request, build
from connector.transport.retries import PATIENCE, next_delay
from connector.transport.sending import Sender
from connector.transport.times import http_date
from connector.transport.tokens import TokenKeeper

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    import httpx

    from connector.clock import Clock, Sleep
    from connector.definition.model import Integration, Operation, Paging
    from connector.transport.bodies import Reply
    from connector.transport.paging import Position
    from connector.transport.sharing import SharedTransports

    Send = Callable[[Request, Deadline, int], Awaitable[Answer]]

TOO_MANY = 429
TIMEOUT = 30.0
"""The maximum duration of one attempt in seconds, from connecting to the last byte of the response."""
DEADLINE = 120.0
"""The maximum duration of one call in seconds, including all attempts and the waits between them."""


class Observer(Protocol):
    """Receives each request that a client sends and each response, including token requests and retries."""

    def sending(self, request: Request) -> None:
        """Called before a request is sent; an exception raised here ends the call."""

    def received(self, request: Request, reply: Reply) -> None:
        """Called with each response before it is converted to an `Answer` or an error."""


class Pace(Protocol):
    """Decides when a request may be sent; `Client.pace` is a `Limiter`, unless the caller replaces it."""

    async def admit(self, operation: str, deadline: Deadline | None = None) -> None:
        """Wait until the next request is allowed; raise `RateLimited` if that takes too long."""

    def learn(self, headers: httpx.Headers, *, refused: bool = False) -> None:
        """Called with the headers of each response; `refused` is true for a 429 response."""


class Client:
    """Calls one vendor's API operations at one base URL with one set of credentials.

    `credentials` maps the names of the credential fields to their values. `timeout` is the maximum duration
    of one attempt in seconds, and `deadline` is the maximum duration of one call with all its attempts.
    `profile` is the connection's name in error messages.
    """

    def __init__(
        self,
        integration: Integration,
        *,
        base_url: str,
        credentials: Mapping[str, str],
        transport: httpx.AsyncBaseTransport | SharedTransports | None,
        clock: Clock,
        sleep: Sleep,
        timeout: float = TIMEOUT,
        deadline: float = DEADLINE,
        profile: str | None = None,
    ) -> None:
        self.integration = integration
        self.base_url = parse_base_url(base_url)
        self.clock = clock
        self.sleep = sleep
        self.profile = profile
        self.observer: Observer | None = None
        self._deadline = deadline
        self._skew = timedelta()
        login = integration.authentication
        self._credentials = credentials
        self._sends = {
            name: value for name, field in login.sends.items() if (value := credentials.get(field))
        }
        self._credential = credentials.get(login.field, "")
        self._token_operation = login.tokens.operation if login.tokens else ""
        self.tokens: TokenKeeper | None = None
        if login.tokens and not self._credential:
            self.tokens = TokenKeeper(login.tokens, credentials, self._exchange, clock)
        self.pace: Pace = Limiter(integration.limits, clock, sleep, PATIENCE, integration.vendor.id)
        self._sender = Sender(integration, self.base_url, credentials, transport, timeout)

    def choose_shop(self, shop: Mapping[str, str]) -> None:
        """Send these login fields from now on; `copy` of a client shares its tokens, limits and connections.

        `shop` contains the login fields that choose a shop of the account. Error messages name it as the
        profile.
        """
        login = self.integration.authentication
        self.profile = " ".join(shop.values())
        self._credentials = {**self._credentials, **shop}
        self._sends = {name: shop[key] for name, key in login.sends.items() if key in shop}
        self._sender = self._sender.for_login(self._credentials)

    async def close(self) -> None:
        """Close the open network connections; the client cannot be used afterwards."""
        await self._sender.close()

    async def call(self, operation: Operation, values: Mapping[str, Any]) -> Answer:
        """Validate the values, send the request with retries, and return the response as an `Answer`.

        `values` maps the names of parameters and body fields to their values. Raises `ValidationFailed`
        before anything is sent if a value is invalid, and another `ConnectorError` if the request fails.
        """
        with attributed_to(self.integration.vendor.id, self.profile):
            login = {
                name: value
                for name, value in self._sends.items()
                if values.get(name) is None and name in operation.input_names
            }
            request = build(operation, {**values, **login})
            deadline = Deadline(self._deadline, self.sleep, self.integration.vendor.id)
            send = self._logged_in if operation.id != self._token_operation else self._without_login
            return await self._repeat(request, send, deadline, safe=operation.method == "GET")

    async def _repeat(self, request: Request, send: Send, deadline: Deadline, *, safe: bool) -> Answer:
        operation, attempt = request.operation, 0
        while True:
            attempt += 1
            try:
                return await send(request, deadline, attempt)
            except (RateLimited, VendorUnavailable, UnexpectedResponse) as problem:
                if problem.operation != operation.id:  # the token request failed, so `request` was never sent
                    raise
                timeout = self._sender.timeout
                delay = next_delay(request, problem, attempt, deadline, timeout=timeout, safe=safe)
                reason = problem.message.rstrip(".")
            await deadline.sleep(delay, operation.id, f"the last attempt failed ({reason})")

    async def pages(
        self, operation: Operation, values: Mapping[str, Any], first: Position | None = None
    ) -> AsyncIterator[Page]:
        """Yield the pages of a list up to the last page.

        `first` is the position of the page to start with, or None to start with the first page. Raises
        `UnexpectedResponse` if the list does not end, and the same errors as `call` if a request fails.
        """
        position, walk = first, PageWalk(operation.id)
        while True:
            page = await self.page(operation, values, position)
            if not walk.visit(page):
                return
            yield page
            if page.next is None:
                return
            position = page.next

    async def page(
        self, operation: Operation, values: Mapping[str, Any], position: Position | None = None
    ) -> Page:
        """Read one page of a list: the page at `position`, or the first page if `position` is None.

        `position` is the `next` attribute of an earlier page. Raises the same errors as `call`.
        """
        with attributed_to(self.integration.vendor.id, self.profile):
            return await self._page(operation, values, position)

    async def _page(self, operation: Operation, values: Mapping[str, Any], position: Position | None) -> Page:
        paging = self._paging(operation)
        here = paging.first if position is None and paging.next is None else position
        parameters = {paging.size_parameter: paging.size, **values, paging.page_parameter: here}
        try:
            answer = await self.call(operation, parameters)
        except MalformedRows as malformed:
            answer = malformed.answer
        except NotFound as missing:
            # Some vendors return 404 for an empty list. But 404 for a page that must exist according to the
            # total is an error.
            if not paging.missing_is_empty:
                raise
            if position not in (None, paging.first) and paging.total is not None:
                raise UnexpectedResponse(
                    f"{operation.id}: page {position} is missing, although the reported total includes it.",
                    operation=operation.id,
                    status=missing.status,
                ) from missing
            return Page(rows=(), next=None, total=0)
        return as_page(paging, answer, here, parameters[paging.size_parameter])

    def vendor_time(self, when: datetime) -> datetime:
        """Convert a time on the local clock to the time on the vendor's clock.

        The difference between the clocks is computed from the last response that had a `Date` header.
        """
        try:
            return when + self._skew
        except OverflowError:
            return datetime.max.replace(tzinfo=UTC) if self._skew > timedelta() else when

    def _paging(self, operation: Operation) -> Paging:
        if operation.paging is None:
            raise ConfigurationError(f"{operation.id} has no pages.", operation=operation.id)
        return self.integration.paging[operation.paging]

    async def _logged_in(self, request: Request, deadline: Deadline, attempt: int) -> Answer:
        """Send the request with credentials; `attempt` counts from 1.

        If the vendor rejects the access token, get a new token and send the request once more.
        """
        if self.tokens is None:
            return await self._once(request, deadline, attempt, self._credential)
        token = await self.tokens.token(deadline)
        try:
            return await self._once(request, deadline, attempt, token)
        except AuthenticationError:
            self.tokens.refuse(token)
            return await self._once(request, deadline, attempt, await self.tokens.token(deadline))

    async def _exchange(self, body: Mapping[str, Any], deadline: Deadline) -> Any:
        """Send a token request and return the body of the response.

        A token request does not change any records, so it is retried like a GET request. Raises
        `AuthenticationError` if the vendor rejects the credentials.
        """
        login = self.integration.authentication.tokens
        assert login is not None  # noqa: S101 - only a `TokenKeeper` calls it
        operation, title = self.integration.operations[login.operation], self.integration.vendor.title
        try:
            request = build(operation, body)
            answer = await self._repeat(request, self._without_login, deadline, safe=True)
        except (ValidationFailed, NotFound, PermissionDenied, AuthenticationError) as refusal:
            reason = "" if refusal.status is None else f" {refusal.message}"
            message = f"{title} does not accept this login.{reason}"
            raise AuthenticationError(message, operation=operation.id, status=refusal.status) from None
        report_login(self.integration.vendor.id)
        return answer.body

    async def _without_login(self, request: Request, deadline: Deadline, attempt: int) -> Answer:
        """Send a token request without a credential header, because its body contains the credentials."""
        return await self._once(request, deadline, attempt, "")

    async def _once(self, request: Request, deadline: Deadline, attempt: int, credential: str) -> Answer:
        operation = request.operation
        await self.pace.admit(operation.id, deadline)
        if self.observer:
            self.observer.sending(request)
        sent = (
            self._reported(request, deadline, attempt, credential)
            if reports_requests()
            else self._sender.send(request, credential, deadline)
        )
        reply = await sent
        if self.observer:
            self.observer.received(request, reply)
        # A vendor's clock can be minutes off, and waits and the search for a lost write depend on that clock.
        date = http_date(reply.headers.get("date", ""))
        if date is not None:
            self._skew = date - self.clock()
        self.pace.learn(reply.headers, refused=reply.status_code == TOO_MANY)
        return read_answer(self.integration, operation, reply, self.secrets(), clock=self.clock())

    async def _reported(self, request: Request, deadline: Deadline, attempt: int, credential: str) -> Reply:
        """Send the request once, and log it with its duration and its status or error."""
        vendor, began = self.integration.vendor.id, elapsed()
        try:
            reply = await self._sender.send(request, credential, deadline)
        except ConnectorError as problem:
            report_failure(vendor, request, attempt, elapsed() - began, problem)
            raise
        report_response(vendor, request, attempt, elapsed() - began, reply.status_code)
        return reply

    def secrets(self) -> tuple[str, ...]:
        """Return the secret login fields' values and the current tokens, which no output may contain."""
        secrets = (self._credentials.get(key, "") for key in self.integration.authentication.secrets)
        return (*filter(None, secrets), *(self.tokens.secrets if self.tokens else ()))
