"""Sends requests to the targets of subscriptions, but only to allowed addresses (SSRF).

A user who can create subscriptions chooses the targets. Without a check, a target such as
`http://169.254.169.254/` would let this user read services inside the hub's network. The address is checked
after the host name is resolved and before the connection is opened, so a name whose address changes later
cannot bypass the check (DNS rebinding).
"""

from __future__ import annotations

import asyncio
import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Any

import httpcore
import httpx

from connector.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address
MAX_URL = 2_000
MAX_PORT = 65_535
NAT64 = ip_network("64:ff9b::/96")
"""Addresses whose last 32 bits are the IPv4 address to which a gateway translates them (RFC 6052)."""
NOT_PUBLIC = tuple(map(ip_network, ("::/96", "64:ff9b:1::/48", "3fff::/20", "5f00::/16", "fec0::/10")))
"""Networks that are not public, although `is_global` of Python 3.11 says so.

They contain IPv4-compatible addresses, NAT64 within a network, examples, segment routing and site-local
addresses.
"""


class TargetRefusedError(Exception):
    """Raised if a target's address is not allowed; the message is a sentence for the user."""


class Allowed:
    """Decides which addresses may be reached: public addresses, and the networks and hosts in `allow`.

    An entry of `allow` is a network (`10.0.0.0/8`), an address or a host name (`n8n.internal`). Raises
    `ConfigurationError` for any other entry.
    """

    def __init__(self, allow: Iterable[str] = ()) -> None:
        self._networks: list[Network] = []
        self._hosts: set[str] = set()
        for entry in allow:
            try:
                self._networks.append(ip_network(entry, strict=False))
            except ValueError:
                if "/" in entry or not entry.strip():
                    raise ConfigurationError(
                        f'"{entry}" is not a network or host. Examples are 10.0.0.0/8 and n8n.internal.'
                    ) from None
                self._hosts.add(entry.lower())

    def host(self, name: str) -> bool:
        """Return True if `allow` lists the host name, so that all its addresses are allowed."""
        return name.lower() in self._hosts

    def address(self, address: Address) -> bool:
        """Return True if an address is public, or in one of the networks in `allow`."""
        reached = _reached(address)
        if any(_within(one, self._networks) for one in (address, reached)):
            return True
        return reached.is_global and not reached.is_multicast and not _within(reached, NOT_PUBLIC)

    def check_target(self, url: str) -> None:
        """Raise `ConfigurationError` if a target's URL is invalid, or names an address that is not allowed.

        A host name is not resolved here: its addresses are checked whenever a connection is opened.
        """
        check_url(url)
        host = host_of(httpx.URL(url)).rstrip(".").lower()
        named = _named(host)
        if named and not self.host(host) and not any(map(self.address, named)):
            raise ConfigurationError(not_public(host))


def _reached(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 address leads to (mapped, 6to4, NAT64), or else the address."""
    if isinstance(address, IPv4Address):
        return address
    if address in NAT64:
        return IPv4Address(address.packed[-4:])
    return address.ipv4_mapped or address.sixtofour or address


def _within(address: Address, networks: Iterable[Network]) -> bool:
    return any(address.version == one.version and address in one for one in networks)


def _named(host: str) -> Sequence[Address]:
    """Return the addresses that a host names without DNS: its own, or those of `localhost` (RFC 6761)."""
    if host == "localhost" or host.endswith(".localhost"):
        return [IPv4Address("127.0.0.1"), IPv6Address("::1")]
    try:
        return [ip_address(host)]
    except ValueError:
        return []


def not_public(host: str) -> str:
    """Return the sentence that says that a target's host has no address that may be reached."""
    return f"The target {host} is not a public address. Start the hub with --webhook-allow to allow it."


def check_url(url: str) -> None:
    """Raise `ConfigurationError` if a target's URL is not an http or https URL with a host."""
    try:
        parsed = httpx.URL(url)
        host = host_of(parsed)
        host.encode("idna")  # fails for a name that cannot be resolved, such as "a..b"
    except (httpx.InvalidURL, UnicodeError):
        parsed, host = httpx.URL(""), ""
    usable = host and "%" not in host and (parsed.port is None or 0 < parsed.port <= MAX_PORT)
    if parsed.scheme not in ("http", "https") or not usable or len(url) > MAX_URL:
        raise ConfigurationError(
            "The target must be an http or https URL with a host, such as https://hooks.example.com/returns."
        )
    if parsed.userinfo:
        raise ConfigurationError("The target must not contain a user name or password.")


def host_of(url: httpx.URL) -> str:
    """Return the host of a URL as it is resolved.

    `URL.host` is not used, because it raises an error for names that IDNA 2008 does not allow, such as
    `xn--a`.
    """
    return url.raw_host.decode("ascii")


def client(
    allowed: Allowed, timeout: float, transport: httpx.AsyncBaseTransport | None = None
) -> httpx.AsyncClient:
    """Create an HTTP client that reaches only allowed addresses and does not follow redirects.

    `timeout` is in seconds. `transport` replaces the network in tests.
    """
    if transport is None:
        transport = network = httpx.AsyncHTTPTransport()
        network._pool = httpcore.AsyncConnectionPool(  # noqa: SLF001 - httpx has no option for the backend
            ssl_context=httpx.create_ssl_context(),
            network_backend=_CheckedBackend(allowed),
            max_keepalive_connections=20,
        )
    return httpx.AsyncClient(
        transport=transport,
        timeout=timeout,
        follow_redirects=False,
        headers={"User-Agent": "returns-hub/0.1"},
    )


class _CheckedBackend(httpcore.AsyncNetworkBackend):
    """Opens network connections, each to the first allowed address of a host that accepts it."""

    def __init__(self, allowed: Allowed) -> None:
        self._allowed = allowed
        self._backend = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's interface
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        problem: Exception | None = None
        for address in await self._allowed_addresses(host, port):
            try:
                return await self._backend.connect_tcp(
                    str(address), port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as failed:
                problem = failed
        raise problem or httpcore.ConnectError(f"{host} has no address.")

    async def sleep(self, seconds: float) -> None:
        await self._backend.sleep(seconds)

    async def _allowed_addresses(self, host: str, port: int) -> Sequence[Address]:
        try:
            loop = asyncio.get_running_loop()
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as unknown:  # UnicodeError: a name that IDNA does not allow
            raise httpcore.ConnectError(f"{host} cannot be resolved.") from unknown
        addresses = [ip_address(entry[4][0]) for entry in found]
        if self._allowed.host(host):
            return addresses
        usable = [address for address in addresses if self._allowed.address(address)]
        if addresses and not usable:
            raise TargetRefusedError(not_public(host))
        return usable
