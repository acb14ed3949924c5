"""Sends one request once, and reads what comes back: within a time, up to a size, to one place."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import httpx

from connector.errors import FieldError, UnexpectedResponse, ValidationFailed, VendorUnavailable
from connector.transport.addresses import network, origin, through
from connector.transport.answers import REDIRECT
from connector.transport.bodies import ACCEPTED, Reply, Unreadable, read_body
from connector.transport.causes import cause
from connector.transport.waits import spelled

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from connector.definition.model import Authentication, Integration
    from connector.transport.deadline import Deadline
    from connector.transport.request import Request

USER_AGENT = "returns-connector/0.1"
LONGEST_CONNECT = 10.0
LOCATION = "returns.location"
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


class NotSent(VendorUnavailable):
    """Nothing was sent, so the request can be sent again; `Client` turns it into another error."""


class Sender:
    """The way to one vendor; `timeout` is how many seconds one attempt may take in all."""

    def __init__(
        self,
        integration: Integration,
        base_url: httpx.URL,
        typed: Mapping[str, str],
        transport: httpx.AsyncBaseTransport | None,
        timeout: float,
    ) -> None:
        self._integration = integration
        self._base_url = base_url
        self._typed = typed
        self._through = "" if transport else through(base_url)
        self.timeout = timeout
        self.http = httpx.AsyncClient(
            transport=transport or network(base_url),
            timeout=httpx.Timeout(timeout, connect=min(LONGEST_CONNECT, timeout)),
            headers={"User-Agent": USER_AGENT, "Accept": "application/json", "Accept-Encoding": ACCEPTED},
            follow_redirects=False,
            event_hooks={"response": [_set_location_aside]},
        )

    async def close(self) -> None:
        await self.http.aclose()

    async def send(self, request: Request, credential: str, deadline: Deadline) -> Reply:
        """Send once and return the reply, whatever its status.

        httpx's own time-outs begin again with each byte; the one here is for all of it. Raises `NotSent`,
        `VendorUnavailable` without an answer, and `UnexpectedResponse` for a success that cannot be read.
        """
        operation = request.operation
        seconds = min(self.timeout, deadline.left)
        if not seconds:
            raise NotSent(f"It was not sent within {spelled(deadline.seconds)}.", operation=operation.id)
        prepared = self.prepared(request)
        try:
            async with asyncio.timeout(seconds):
                reply = await self._replied(prepared, credential)
        except NEVER_SENT as problem:
            raise NotSent(self._unreachable(problem), operation=operation.id) from problem
        except (TimeoutError, httpx.TimeoutException) as problem:
            late = f"{self._title} did not answer within {spelled(seconds)} ({self._place})."
            raise VendorUnavailable(late, operation=operation.id) from problem
        except (httpx.TransportError, UnicodeError) as problem:
            raise VendorUnavailable(self._unreachable(problem), operation=operation.id) from problem
        if reply.unread and reply.status_code < REDIRECT:
            raise UnexpectedResponse(
                f"{self._title}'s answer to {operation.id} {reply.unread} ({self._place}).",
                operation=operation.id,
                status=reply.status_code,
            )
        return reply

    async def _replied(self, prepared: httpx.Request, credential: str) -> Reply:
        login = _VendorOnly(self._integration.authentication, self._base_url, credential, self._typed)
        response = await self.http.send(prepared, auth=login, stream=True)
        self.http.cookies.clear()  # no API asks for one back, and a vendor could send more with each answer
        content, unread = b"", ""
        try:
            content = await read_body(response)
        except Unreadable as problem:
            unread = str(problem)
        except httpx.TransportError:
            if response.status_code < REDIRECT:
                raise
            unread = "is cut off"  # the status says enough
        finally:
            await response.aclose()
        location = str(response.extensions.get(LOCATION, ""))
        return Reply(prepared.url, response.status_code, response.headers, content, location, unread)

    def prepared(self, request: Request) -> httpx.Request:
        """Build the request as httpx sends it, without the login."""
        query = f"?{urlencode(request.query)}" if request.query else ""
        target = f"{request.path}{query}".encode()
        headers, content = {}, None
        try:
            url = self._base_url.copy_with(raw_path=self._base_url.raw_path.rstrip(b"/") + target)
        except httpx.InvalidURL as problem:
            longest = max(request.query, key=lambda one: len(one[1]), default=("path", ""))[0]
            raise ValidationFailed(
                f"{request.operation.id} was not sent: its address would be {len(target):,} characters long.",
                fields=[FieldError(longest, "is too long")],
                operation=request.operation.id,
            ) from problem
        if request.body is not None:
            content = json.dumps(request.body, default=float).encode()
            headers["Content-Type"] = "application/json"
        return self.http.build_request(request.operation.method, url, content=content, headers=headers)

    @property
    def _title(self) -> str:
        return self._integration.vendor.title

    @property
    def _place(self) -> str:
        return self._base_url.netloc.decode("ascii")

    def _unreachable(self, problem: Exception) -> str:
        if isinstance(problem, httpx.ProxyError):
            return f"The proxy on the way to {self._place} refuses the connection."
        why = cause(problem, "of the proxy" if self._through else self._base_url.host)
        return f"{self._title} cannot be reached at {self._place}{self._through} ({why})."


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


async def _set_location_aside(response: httpx.Response) -> None:
    """Keep `Location` from httpx: it reads the header even if it follows nothing, and fails on a bad one."""
    if "location" in response.headers:
        response.extensions = {**response.extensions, LOCATION: response.headers.pop("location")}
