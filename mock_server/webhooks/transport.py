"""The HTTP transport for webhooks: connects to allowed addresses only, directly or through a proxy."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping
from ipaddress import ip_address
from typing import Final

import httpx

from mock_server.proxies import HIGHEST_PORT, bypasses, reaches_itself, webhook_proxy
from mock_server.webhooks.targets import NAME, Address, RefusedError, Targets

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""A function that resolves a host name and port to IP addresses, the preferred address first.

It raises `OSError` if the name cannot be resolved.
"""

_LOOK_UP_SECONDS: Final = 2.0
"""Time limit for resolving a host name when a webhook is registered, in seconds."""


def url_problem(url: str) -> str:
    """Return what is wrong with a webhook URL, such as "is not a URL", or "" if the URL is valid.

    This function does not check whether webhooks may be sent to the URL's host; `WebhookTransport.problem`
    does, and each delivery is checked again.
    """
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        return "is not a URL"
    if parsed.scheme not in {"http", "https"} or not parsed.raw_host:
        return "must be an absolute URL with http:// or https://"
    if _literal(host_of(parsed)) is None and not NAME.fullmatch(host_of(parsed)):
        return "must have a host name or an address"
    if parsed.port is not None and not 0 < parsed.port <= HIGHEST_PORT:
        return "must have a port between 1 and 65535"
    return ""


def host_of(url: httpx.URL) -> str:
    """Return a URL's host in lower case, in the encoding that HTTP requests use.

    `URL.host` is not used, because it raises an error for names that IDNA 2008 does not allow.
    """
    return url.raw_host.decode("ascii", "replace").lower()


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def request_to(
    url: str, body: bytes, more: Mapping[str, str] | None = None, *, timeout: httpx.Timeout
) -> httpx.Request:
    """Build the request that posts a JSON body to a webhook; `more` contains the vendor's own headers."""
    headers = {
        **(more or {}),
        "Host": httpx.URL(url).netloc.decode("ascii"),  # httpx by itself would use the decoded host name
        "Content-Type": "application/json",
        "User-Agent": "returns-sandbox",
    }
    return httpx.Request(
        "POST", url, content=body, headers=headers, extensions={"timeout": timeout.as_dict()}
    )


class UnknownHostError(httpx.ConnectError):
    """Raised if a host name has no address; the message is a complete sentence."""


class WebhookTransport(httpx.AsyncBaseTransport):
    """Sends webhooks to allowed targets only.

    Webhooks to other machines are sent through the proxy that is set in the environment, if any.
    """

    def __init__(
        self,
        targets: Targets,
        proxies: Mapping[str, str],
        resolve: Resolve | None = None,
        direct: httpx.AsyncBaseTransport | None = None,
        own_port: int | None = None,
    ) -> None:
        """Create the transport; `proxies` is the result of `urllib.request.getproxies`.

        `own_port` is the port that the sandbox listens on. Webhooks are never sent to it: on loopback, the
        control plane requires no token, so a webhook could reset a tenant. Raises `ProxyUnusable` if a proxy
        in `proxies` cannot be used for webhooks.
        """
        self._targets = targets
        self._own_port = own_port
        self._resolve = resolve or _resolved
        self._direct = direct
        self._settings = proxies
        allows_other_machines = bool(targets.names or targets.networks)
        self._proxies = {
            scheme: webhook_proxy(scheme, proxies) if allows_other_machines else None
            for scheme in ("http", "https")
        }
        self._proxied: dict[str, httpx.AsyncBaseTransport] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request to an allowed address of its host, or through a proxy.

        Raises `RefusedError` if no address is allowed, `UnknownHostError` if the host has no address, or
        another `httpx` exception if the request fails. Without a proxy, the host is resolved only once, and
        the connection is made to an address that was checked: a second look-up could return a different
        address (DNS rebinding).
        """
        host = host_of(request.url)
        proxy = self._proxy_for(request.url)
        if proxy is not None:
            self._check_proxied(host)
            if proxy not in self._proxied:
                self._proxied[proxy] = _transport(proxy)
            return await self._proxied[proxy].handle_async_request(request)
        admitted = await self._admitted(request.url)
        direct = self._direct = self._direct or _transport()
        for number, address in enumerate(admitted, start=1):
            try:
                return await direct.handle_async_request(_pinned(request, host, address))
            except (httpx.ConnectError, httpx.ConnectTimeout):
                if number == len(admitted):
                    raise
        raise AssertionError("unreachable")

    async def problem(self, url: str) -> str:
        """Return why deliveries to a URL would be refused, as a sentence, or "" if they would be sent.

        The same rules apply to each delivery. A host name that currently has no IP address is accepted if a
        later address of this host could be allowed.
        """
        parsed = httpx.URL(url)
        host = host_of(parsed)
        try:
            if self._proxy_for(parsed) is not None:
                self._check_proxied(host)
            else:
                async with asyncio.timeout(_LOOK_UP_SECONDS):
                    await self._admitted(parsed)
        except RefusedError as error:
            return str(error)
        except (UnknownHostError, TimeoutError):
            return "" if self._targets.networks or self._targets.names_host(host) else _refusal(host)
        return ""

    def _proxy_for(self, url: httpx.URL) -> str | None:
        """Return the proxy through which webhooks to a URL are sent, or None if they are sent directly."""
        host, proxy = host_of(url), self._proxies.get(url.scheme)
        return None if reaches_itself(host) or bypasses(host, self._settings) else proxy

    async def _admitted(self, url: httpx.URL) -> list[Address]:
        """Resolve a URL's host, and return its allowed addresses.

        Raises `RefusedError` if there are none, and `UnknownHostError` if the host has no address at all.
        """
        host, port = host_of(url), url.port or (443 if url.scheme == "https" else 80)
        try:
            addresses = [ip_address(text.partition("%")[0]) for text in await self._resolve(host, port)]
        except (OSError, ValueError) as error:
            raise UnknownHostError(f"The name {host} is not found.") from error
        if port == self._own_port and any(reaches_itself(str(address)) for address in addresses):
            raise RefusedError("Webhooks are not sent to the sandbox itself.")
        admitted = [address for address in addresses if self._targets.admit(host, address)]
        if not admitted:
            raise RefusedError(_refusal(host))
        return admitted

    def _check_proxied(self, host: str) -> None:
        """Raise `RefusedError` if webhooks may not be sent to a host through a proxy.

        If the host is a name, the name itself must be allowed: its addresses cannot be checked here, because
        the proxy resolves the name.
        """
        literal = _literal(host)
        if literal is None and not self._targets.names_host(host):
            raise RefusedError(f"{_refusal(host)} A proxy resolves names itself, so allow it by its name.")
        if literal is not None and not self._targets.admit(host, literal):
            raise RefusedError(_refusal(host))

    async def aclose(self) -> None:
        """Close all connections."""
        for transport in (self._direct, *self._proxied.values()):
            if transport is not None:
                await transport.aclose()


def _transport(proxy: str | None = None) -> httpx.AsyncBaseTransport:
    """Create an HTTP transport. Call this only when needed, because it loads all CA certificates."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=16)
    return httpx.AsyncHTTPTransport(limits=limits, trust_env=False, proxy=proxy)


def _refusal(host: str) -> str:
    return f"Webhooks may not be sent to {host}; start the sandbox with --webhook-allow {host}."


def _pinned(request: httpx.Request, host: str, address: Address) -> httpx.Request:
    """Copy a request with `address` as the URL's host; the `Host` header and TLS still use the host name."""
    # TLS sends and verifies `sni_hostname` in place of the address (RFC 6066, section 3).
    extensions = (
        {**request.extensions, "sni_hostname": host} if _literal(host) is None else request.extensions
    )
    return httpx.Request(
        request.method,
        request.url.copy_with(host=str(address)),
        headers=request.headers,
        stream=request.stream,
        extensions=extensions,
    )


async def _resolved(host: str, port: int) -> list[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))
