"""Shares HTTP transports among connections, so that a thousand of them need little memory.

A transport of httpx has a pool of network connections and a TLS context with all trusted certificates, which
take 0.8 MiB. It stores nothing about a login: headers and cookies belong to the client of each connection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from connector.transport.addresses import proxy_for, transport_for

if TYPE_CHECKING:
    import ssl

LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=20, keepalive_expiry=5)
"""The limits of a shared pool. If one account's host does not answer, requests of other accounts must not
wait for a place in the pool, so the number of network connections is not limited."""


class SharedTransport(httpx.AsyncBaseTransport):
    """Sends requests through a transport that other clients use too; closing a client does not close it."""

    def __init__(self, network: httpx.AsyncBaseTransport) -> None:
        self.network = network

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self.network.handle_async_request(request)

    async def aclose(self) -> None:
        """Do nothing: `SharedTransports.close` closes the transport."""


class SharedTransports:
    """Opens one transport for each vendor and proxy, with one TLS context for all of them."""

    def __init__(self) -> None:
        self._context: ssl.SSLContext | None = None
        self._open: dict[tuple[str, tuple[str, str] | None], SharedTransport] = {}

    def transport(self, vendor: str, url: httpx.URL) -> SharedTransport:
        """Return the transport for requests to a vendor's API at `url`; open it if necessary.

        Raises `ConfigurationError` if the proxy for `url` cannot be used.
        """
        use = (vendor, proxy_for(url))
        found = self._open.get(use)
        if found is None:
            self._context = self._context or httpx.create_ssl_context()
            found = self._open[use] = SharedTransport(transport_for(url, self._context, LIMITS))
        return found

    async def close(self) -> None:
        """Close all transports; connections that use them cannot send requests afterwards."""
        while self._open:
            _, transport = self._open.popitem()
            await transport.network.aclose()
