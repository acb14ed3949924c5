"""Sends one HTTP request without retries, with credentials, a timeout and a size limit for the response."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import httpx

from connector.errors import FieldError, UnexpectedResponse, ValidationFailed, VendorUnavailable
from connector.transport.addresses import origin, proxy_phrase, transport_for
from connector.transport.answers import REDIRECT
from connector.transport.bodies import ACCEPTED, Reply, Unreadable, read_body
from connector.transport.causes import cause
from connector.transport.retry_after import duration
from connector.transport.sharing import SharedTransports

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connector.definition.model import Integration
    from connector.transport.deadline import Deadline
    from connector.transport.request import Request

USER_AGENT = "returns-connector/0.1"
MAX_CONNECT = 10.0
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


class NotSent(VendorUnavailable):
    """Raised if the request was not sent to the vendor, so that even a write can be repeated safely.

    `Client` retries the request, and raises `VendorUnavailable` after the last attempt.
    """


class Sender:
    """Sends requests to one vendor's API; `timeout` is the maximum duration of one attempt in seconds.

    `transport` sends the requests in tests, or is shared with other senders; None means one of its own.
    `shared` is a sender whose network connections are used, and which then closes them, or None for
    connections of its own. httpx's client builds requests, but they are passed directly to its transport:
    this leaves out cookies and redirects, which must not be handled, and saves a third of a call's time.
    """

    def __init__(
        self,
        integration: Integration,
        base_url: httpx.URL,
        credentials: Mapping[str, str],
        transport: httpx.AsyncBaseTransport | SharedTransports | None,
        timeout: float,
        shared: Sender | None = None,
    ) -> None:
        self._integration = integration
        self._base_url = base_url
        self._credentials = credentials
        replaced = isinstance(transport, httpx.AsyncBaseTransport)
        self._proxy_phrase = "" if replaced else proxy_phrase(base_url)
        self.timeout = timeout
        self._owned = shared is None
        self.transport: httpx.AsyncBaseTransport = (
            shared.transport if shared else _network(integration, base_url, transport)
        )
        self.http: httpx.AsyncClient = shared.http if shared else _client(self.transport, timeout)
        self._origin = origin(base_url)
        login = integration.authentication
        self._login = {
            name: value for name, field in login.headers.items() if (value := credentials.get(field))
        }

    async def close(self) -> None:
        """Close the open network connections; the sender cannot be used afterwards."""
        if self._owned:
            await self.http.aclose()

    def for_login(self, credentials: Mapping[str, str]) -> Sender:
        """Create a sender with other credentials that uses the same network connections."""
        return Sender(self._integration, self._base_url, credentials, None, self.timeout, self)

    async def send(self, request: Request, credential: str, deadline: Deadline) -> Reply:
        """Send the request once and return the response, even if its status reports an error.

        `credential` is the access token or API key. Raises `NotSent` if nothing was sent, `VendorUnavailable`
        if no response arrived, and `UnexpectedResponse` if the response has a success status but its body
        cannot be read.
        """
        operation = request.operation
        seconds = min(self.timeout, deadline.left)
        if not seconds:
            raise NotSent(f"It was not sent within {duration(deadline.seconds)}.", operation=operation.id)
        prepared = self.prepared(request)
        try:
            # httpx's timeouts restart with each byte, so a slow vendor could take forever. This timeout
            # limits the whole attempt.
            async with asyncio.timeout(seconds):
                reply = await self._replied(prepared, credential)
        except NEVER_SENT as problem:
            raise NotSent(self._unreachable(problem, credential), operation=operation.id) from problem
        except (TimeoutError, httpx.TimeoutException) as problem:
            late = f"{self._title} did not answer within {duration(seconds)} ({self._place})."
            raise VendorUnavailable(late, operation=operation.id) from problem
        except (httpx.TransportError, UnicodeError) as problem:
            unreachable = self._unreachable(problem, credential)
            raise VendorUnavailable(unreachable, operation=operation.id) from problem
        if reply.unread and reply.status_code < REDIRECT:
            raise UnexpectedResponse(
                f"{self._title}'s answer to {operation.id} {reply.unread} ({self._place}).",
                operation=operation.id,
                status=reply.status_code,
            )
        return reply

    async def _replied(self, prepared: httpx.Request, credential: str) -> Reply:
        if self.http.is_closed:
            raise RuntimeError("The connection is closed; open another one.")
        self._add_login(prepared, credential)
        response = await self.transport.handle_async_request(prepared)
        content, unread = b"", ""
        try:
            content = await read_body(response)
        except Unreadable as problem:
            unread = str(problem)
        except httpx.TransportError:
            if response.status_code < REDIRECT:
                raise
            unread = "is cut off"  # an error response is understood by its status, without the body
        finally:
            await response.aclose()
        location = response.headers.get("location", "")
        return Reply(prepared.url, response.status_code, response.headers, content, location, unread)

    def prepared(self, request: Request) -> httpx.Request:
        """Build the httpx request, without credentials; raise `ValidationFailed` if the URL is too long."""
        query = f"?{urlencode(request.query)}" if request.query else ""
        target = f"{request.path}{query}".encode()
        headers, content = {}, None
        try:
            url = self._base_url.copy_with(raw_path=self._base_url.raw_path.rstrip(b"/") + target)
        except httpx.InvalidURL as problem:
            longest = max(request.query, key=lambda pair: len(pair[1]), default=("path", ""))[0]
            raise ValidationFailed(
                f"{request.operation.id} was not sent: its address would be {len(target):,} characters long.",
                fields=[FieldError(longest, "is too long")],
                operation=request.operation.id,
            ) from problem
        if request.body is not None:
            content = json.dumps(request.body, default=float).encode()
            headers["Content-Type"] = "application/json"
        return self.http.build_request(request.operation.method, url, content=content, headers=headers)

    def _add_login(self, prepared: httpx.Request, credential: str) -> None:
        """Add the credentials to a request if its scheme, host and port are those of the base URL."""
        if origin(prepared.url) != self._origin:
            return
        prepared.headers.update(self._login)
        if credential:
            login = self._integration.authentication
            prepared.headers[login.header] = f"{login.prefix}{credential}"

    @property
    def _title(self) -> str:
        return self._integration.vendor.title

    @property
    def _place(self) -> str:
        return self._base_url.netloc.decode("ascii")

    def _unreachable(self, problem: Exception, credential: str) -> str:
        if isinstance(problem, httpx.ProxyError):
            return f"The proxy for {self._place} refuses the connection."
        why = cause(problem, "of the proxy" if self._proxy_phrase else self._base_url.host)
        # The message of an unknown exception from the transport may contain a request header.
        fields = self._integration.authentication.secrets
        for secret in filter(None, (credential, *(self._credentials.get(field) for field in fields))):
            why = why.replace(secret, "***")
        return f"{self._title} cannot be reached at {self._place}{self._proxy_phrase} ({why})."


def _client(transport: httpx.AsyncBaseTransport, timeout: float) -> httpx.AsyncClient:
    """Create the client that builds requests with their headers and time limits, and closes the transport."""
    return httpx.AsyncClient(
        transport=transport,
        timeout=httpx.Timeout(timeout, connect=min(MAX_CONNECT, timeout)),
        headers={"User-Agent": USER_AGENT, "Accept": "application/json", "Accept-Encoding": ACCEPTED},
    )


def _network(
    integration: Integration,
    base_url: httpx.URL,
    transport: httpx.AsyncBaseTransport | SharedTransports | None,
) -> httpx.AsyncBaseTransport:
    if isinstance(transport, SharedTransports):
        return transport.transport(integration.vendor.id, base_url)
    return transport or transport_for(base_url)
