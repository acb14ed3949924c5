"""The way from the sandbox to the receivers of its webhooks: to allowed addresses only."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Mapping
from ipaddress import ip_address
from typing import Final

import httpx

from mock_server.webhooks.targets import NAME, Address, RefusedError, Targets

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""Returns the addresses of a name and a port, the best first; raises `OSError`."""

_PROXIES: Final = {"http", "https"}
_MOST_PORTS: Final = 65_535


class ProxyError(Exception):
    """A proxy of the environment that cannot be used; the message is a sentence."""


def url_problem(url: str) -> str:
    """Say what keeps a URL from being a webhook's; "" if nothing does.

    Any host will do here: whether it may be sent to is known when it is resolved, at each delivery.
    """
    try:
        read = httpx.URL(url)
    except httpx.InvalidURL:
        return "is no URL"
    if read.scheme not in {"http", "https"} or not read.raw_host:
        return "must be an absolute URL with http:// or https://"
    if _literal(host_of(read)) is None and not NAME.fullmatch(host_of(read)):
        return "must have a host name or an address"
    if read.port is not None and not 0 < read.port <= _MOST_PORTS:
        return "must have a port between 1 and 65535"
    return ""


def host_of(url: httpx.URL) -> str:
    """Return the host as it is sent: `URL.host` fails for names that IDNA 2008 does not have."""
    return url.raw_host.decode("ascii", "replace").lower()


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _is_loopback(address: Address) -> bool:
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def request_to(url: str, body: bytes, *, timeout: httpx.Timeout) -> httpx.Request:
    """Return the request that posts JSON to a webhook."""
    headers = {
        "Host": httpx.URL(url).netloc.decode("ascii"),  # given, as httpx decodes the host's name for it
        "Content-Type": "application/json",
        "User-Agent": "returns-sandbox",
    }
    return httpx.Request(
        "POST", url, content=body, headers=headers, extensions={"timeout": timeout.as_dict()}
    )


class WebhookTransport(httpx.AsyncBaseTransport):
    """A transport to allowed targets only. Beyond this machine it goes through the environment's proxy."""

    def __init__(
        self,
        targets: Targets,
        proxies: Mapping[str, str],
        resolve: Resolve | None = None,
        direct: httpx.AsyncBaseTransport | None = None,
        own_port: int | None = None,
    ) -> None:
        """Take `proxies` as `urllib.request.getproxies` returns them; raises `ProxyError`.

        `own_port` is the sandbox's: on loopback its control plane asks nobody for a token, and a webhook must
        not reset a tenant.
        """
        self._targets = targets
        self._own_port = own_port
        self._resolve = resolve or _resolved
        self._direct = direct
        self._direct_hosts = proxies.get("no", "").lower().replace(",", " ").split()
        beyond = bool(targets.names or targets.networks)
        self._proxies = {
            scheme: _proxy(proxy)
            for scheme in ("http", "https")
            if beyond and (proxy := proxies.get(scheme) or proxies.get("all"))
        }
        self._proxied: dict[str, httpx.AsyncBaseTransport] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request to an address that was checked; raises `RefusedError` or an `httpx` exception."""
        host, port = host_of(request.url), request.url.port or (443 if request.url.scheme == "https" else 80)
        proxy = self._proxies.get(request.url.scheme)
        if proxy is not None and not self._is_near(host) and not _is_listed(host, self._direct_hosts):
            return await self._through(proxy, request, host)
        try:
            found = [ip_address(one.partition("%")[0]) for one in await self._resolve(host, port)]
        except (OSError, ValueError) as error:
            raise httpx.ConnectError(f"{host} is not found", request=request) from error
        if port == self._own_port and any(_is_loopback(one) for one in found):
            raise RefusedError("Webhooks are not sent to the sandbox itself.")
        admitted = [one for one in found if self._targets.admit(host, one)]
        if not admitted:
            raise RefusedError(_refusal(host))
        direct = self._direct = self._direct or _transport()
        for place, address in enumerate(admitted, start=1):
            try:
                return await direct.handle_async_request(_pinned(request, host, address))
            except (httpx.ConnectError, httpx.ConnectTimeout):
                if place == len(admitted):
                    raise
        raise AssertionError("unreachable")

    async def _through(self, proxy: str, request: httpx.Request, host: str) -> httpx.Response:
        literal = _literal(host)
        if literal is None and not self._targets.names_host(host):
            raise RefusedError(f"{_refusal(host)} A proxy resolves names itself, so allow it by its name.")
        if literal is not None and not self._targets.admit(host, literal):
            raise RefusedError(_refusal(host))
        if proxy not in self._proxied:
            self._proxied[proxy] = _transport(proxy)
        return await self._proxied[proxy].handle_async_request(request)

    def _is_near(self, host: str) -> bool:
        literal = _literal(host)
        named = host == "localhost" or host.endswith(".localhost")
        return named or (literal is not None and _is_loopback(literal))

    async def aclose(self) -> None:
        """Close what is open."""
        for transport in (self._direct, *self._proxied.values()):
            if transport is not None:
                await transport.aclose()


def _transport(proxy: str | None = None) -> httpx.AsyncBaseTransport:
    """Make a transport when it is needed: it reads the certificates of all authorities."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=16)
    return httpx.AsyncHTTPTransport(limits=limits, trust_env=False, proxy=proxy)


def _is_listed(host: str, listed: Iterable[str]) -> bool:
    """Say whether NO_PROXY lists a host: by its name, by a domain that it is in, or by `*`."""
    suffixes = (one.removeprefix("*").lstrip(".") for one in listed)
    return any(not suffix or host == suffix or host.endswith(f".{suffix}") for suffix in suffixes)


def _refusal(host: str) -> str:
    return f"Webhooks may not be sent to {host}; start the sandbox with --webhook-allow {host}."


def _proxy(url: str) -> str:
    scheme = url.partition("://")[0].lower() if "://" in url else "http"
    if scheme not in _PROXIES:
        raise ProxyError(
            f"A proxy of the environment is a {scheme} one, which webhooks cannot be sent through; "
            "set HTTP_PROXY and HTTPS_PROXY to one with http:// or https://, or unset it."
        )
    return url if "://" in url else f"http://{url}"


def _pinned(request: httpx.Request, host: str, address: Address) -> httpx.Request:
    """Return the request as it goes to an address; the receiver sees the name that was asked for."""
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
