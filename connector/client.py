"""Sends requests: authenticates, paces, retries, and reads the answers.

A request that is safe (GET) is repeated after connection errors, time-outs and 5xx. A write is repeated
only where it certainly did nothing: the connection failed before anything was sent, or the answer was
429. A write without a usable answer raises `OutcomeUnknown`; `connector.actions` knows how to look for
its effect.
"""

from __future__ import annotations

import json
import random
from datetime import timedelta
from functools import partial
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import httpx

from connector.answers import REDIRECT, SERVER_ERROR, Answer, OddRows, http_date, read
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
)
from connector.limits import Limiter
from connector.login import TokenKeeper
from connector.paging import Page, Walk, as_page
from connector.request import Request, build

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Mapping
    from datetime import datetime

    from connector.clock import Clock, Sleep
    from connector.model import Authentication, Integration, Operation, Paging
    from connector.paging import Position

USER_AGENT = "returns-connector/0.1"
TIMEOUT = httpx.Timeout(30.0, connect=10.0)
ATTEMPTS = 4
TOO_MANY = 429
BACK_OFF = 0.5
LONGEST_BACK_OFF = 30.0
PATIENCE = 90.0
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class Client:
    """One login at one base URL; `typed` are the login fields as they were filled in."""

    def __init__(
        self,
        integration: Integration,
        *,
        base_url: str,
        typed: Mapping[str, str],
        transport: httpx.AsyncBaseTransport | None,
        clock: Clock,
        sleep: Sleep,
    ) -> None:
        self.integration = integration
        self.base_url = address(base_url, own=integration.authentication.host is not None)
        self.clock = clock
        self.sleep = sleep
        self._skew = timedelta()
        login = integration.authentication
        self._typed = typed
        self._sends = {name: value for name, field in login.sends.items() if (value := typed.get(field))}
        self._credential = typed.get(login.field, "")
        self.tokens: TokenKeeper | None = None
        if login.tokens and not self._credential:
            self.tokens = TokenKeeper(login.tokens, typed, self._exchange, clock)
        self._limiter = Limiter(integration.limits, clock, sleep, PATIENCE)
        self._http = httpx.AsyncClient(
            transport=transport,
            timeout=TIMEOUT,
            headers={"User-Agent": USER_AGENT, "Accept": "application/json"},
            follow_redirects=False,
        )

    async def close(self) -> None:
        await self._http.aclose()

    async def call(self, operation: Operation, values: Mapping[str, Any]) -> Answer:
        """Check, send and read one operation, with retries. Raises any error of the tree."""
        login = {name: value for name, value in self._sends.items() if name in operation.takes}
        request = build(operation, {**login, **values})
        return await self._repeat(request, self._logged_in, safe=operation.method == "GET")

    async def _repeat(
        self, request: Request, send: Callable[[Request], Awaitable[Answer]], *, safe: bool
    ) -> Answer:
        operation, attempt = request.operation, 0
        while True:
            attempt += 1
            try:
                return await send(request)
            except (RateLimited, VendorUnavailable, UnexpectedResponse) as problem:
                if problem.operation != operation.id:  # no token was got for it, so it was never sent
                    raise
                delay = self._delay(request, problem, attempt, safe=safe)
            await self.sleep(delay)

    def _delay(self, request: Request, problem: ConnectorError, attempt: int, *, safe: bool) -> float:
        """Return the seconds until the request may be sent again; raises what ends the attempts."""
        if isinstance(problem, NotSent):
            if attempt == ATTEMPTS:
                raise VendorUnavailable(problem.message, operation=problem.operation) from problem
        elif isinstance(problem, RateLimited):
            delay = self._back_off(attempt) if problem.retry_after is None else problem.retry_after
            if attempt == ATTEMPTS or delay > PATIENCE:
                raise problem
            return delay
        elif not safe and (problem.status is None or problem.status >= SERVER_ERROR or _done(problem)):
            raise unknown(request, problem) from problem
        elif attempt == ATTEMPTS or isinstance(problem, UnexpectedResponse):
            raise problem
        return self._back_off(attempt)

    async def pages(
        self, operation: Operation, values: Mapping[str, Any], first: Position | None = None
    ) -> AsyncIterator[Page]:
        """Read a list page by page; raises `UnexpectedResponse` for a list that has no end."""
        position, walk = first, Walk(operation.id)
        while True:
            page = await self.page(operation, values, position)
            yield page
            walk.turn(page)
            if page.next is None:
                return
            position = page.next

    async def page(
        self, operation: Operation, values: Mapping[str, Any], position: Position | None = None
    ) -> Page:
        """Read one page of a list: the first, or the one at a position that a page named as its `next`."""
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
        return when + self._skew

    def _paging(self, operation: Operation) -> Paging:
        if operation.paging is None:
            raise ConfigurationError(f"{operation.id} is not read page by page.", operation=operation.id)
        return self.integration.paging[operation.paging]

    async def _logged_in(self, request: Request) -> Answer:
        """Send with the login; a token that is refused is changed for another once."""
        if self.tokens is None:
            return await self._once(request, self._credential)
        token = await self.tokens.token()
        try:
            return await self._once(request, token)
        except AuthenticationError:
            self.tokens.refuse(token)
            return await self._once(request, await self.tokens.token())

    async def _exchange(self, body: Mapping[str, Any]) -> Any:
        """Send a token request and return the answer's body; any refusal is an `AuthenticationError`."""
        login = self.integration.authentication.tokens
        assert login is not None  # noqa: S101 - there is a keeper
        operation, title = self.integration.operations[login.operation], self.integration.vendor.title
        try:
            request = build(operation, body)
            answer = await self._repeat(request, partial(self._once, credential=""), safe=True)
        except (ValidationFailed, NotFound, PermissionDenied, AuthenticationError) as refusal:
            said = "" if refusal.status is None else f" {refusal.message}"
            message = f"{title} does not accept this login.{said}"
            raise AuthenticationError(message, operation=operation.id, status=refusal.status) from None
        return answer.body

    async def _once(self, request: Request, credential: str) -> Answer:
        operation = request.operation
        await self._limiter.admit(operation.id)
        login = _VendorOnly(self.integration.authentication, self.base_url, credential, self._typed)
        try:
            response = await self._http.send(self._prepared(request), auth=login)
        except NEVER_SENT as problem:
            raise NotSent(self._failed(problem), operation=operation.id) from problem
        except httpx.DecodingError as problem:
            raise UnexpectedResponse(self._failed(problem), operation=operation.id) from problem
        except httpx.TransportError as problem:
            raise VendorUnavailable(self._failed(problem), operation=operation.id) from problem
        date = http_date(response.headers.get("date", ""))
        if date is not None:
            self._skew = date - self.clock()
        self._limiter.learn(response.headers, refused=response.status_code == TOO_MANY)
        return read(self.integration, operation, response, self._secrets())

    def _secrets(self) -> tuple[str, ...]:
        typed = (self._typed.get(key, "") for key in self.integration.authentication.secrets)
        return (*filter(None, typed), *(self.tokens.secrets if self.tokens else ()))

    def _prepared(self, request: Request) -> httpx.Request:
        query = f"?{urlencode(request.query)}" if request.query else ""
        target = f"{request.path}{query}".encode()
        url = self.base_url.copy_with(raw_path=self.base_url.raw_path.rstrip(b"/") + target)
        content = None
        headers = {}
        if request.body is not None:
            content = json.dumps(request.body, default=float).encode()
            headers["Content-Type"] = "application/json"
        return self._http.build_request(request.operation.method, url, content=content, headers=headers)

    def _failed(self, problem: Exception) -> str:
        title = self.integration.vendor.title
        if isinstance(problem, httpx.TimeoutException):
            return f"{title} did not answer in time ({self.base_url.host})."
        if isinstance(problem, httpx.DecodingError):
            return f"{title}'s answer cannot be decoded ({self.base_url.host})."
        place = self.base_url.netloc.decode("ascii")
        return f"{title} cannot be reached at {place} ({type(problem).__name__})."

    def _back_off(self, attempt: int) -> float:
        """Full jitter: anything up to half a second, one, two, four … (at most `LONGEST_BACK_OFF`)."""
        return random.uniform(0, min(LONGEST_BACK_OFF, BACK_OFF * 2 ** (attempt - 1)))  # noqa: S311 - not a secret


class NotSent(VendorUnavailable):
    """The connection failed before anything was sent; stays inside this module."""


class _VendorOnly(httpx.Auth):
    """Adds the login to requests for the vendor's own scheme, host and port, and to no other."""

    def __init__(
        self, login: Authentication, base_url: httpx.URL, credential: str, typed: Mapping[str, str]
    ) -> None:
        self._origin = origin(base_url)
        self._headers = {name: typed[field] for name, field in login.headers.items() if typed.get(field)}
        if credential:
            self._headers[login.header] = f"{login.prefix}{credential}"

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        if origin(request.url) == self._origin:
            request.headers.update(self._headers)
        yield request


def address(base_url: str, *, own: bool = False) -> httpx.URL:
    """Return a base URL without its trailing slash; `ConfigurationError` when it is none.

    `own`: an account's own address, which a person types. Secrets go there by https alone, unless it is this
    machine.
    """
    try:
        url = httpx.URL(base_url.strip().rstrip("/"))
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme not in {"http", "https"} or not url.host:
        raise ConfigurationError(
            f"{base_url!r} is no base URL; write it like https://api.example.com/v1, with http:// or https://."
        )
    if own and url.scheme != "https" and not _is_loopback(url.host):
        raise ConfigurationError(
            f"{base_url!r} would carry the login unencrypted; write it with https:// (http:// is for this "
            "machine alone)."
        )
    return url


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def origin(url: httpx.URL) -> tuple[str, str, int | None]:
    """Return scheme, host and port."""
    return (url.scheme, url.host, url.port)


def unknown(request: Request, problem: ConnectorError) -> OutcomeUnknown:
    """Return the error for a write whose effect nobody saw."""
    name = request.operation.id
    return OutcomeUnknown(
        f"{name} was sent, but whether it was done is not known: {problem.message}",
        sent=request.sent(),
        operation=name,
    )


def _done(problem: ConnectorError) -> bool:
    """Say whether the status tells that the write was accepted, although the answer cannot be read."""
    return problem.status is not None and problem.status < REDIRECT
