"""The way to an address: directly to this machine, elsewhere through the proxy that is set.

httpx by itself sends requests for this machine to the proxy of `HTTP_PROXY` too, and fails for any request
if one of the proxies that are set has a scheme that it does not know.
"""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING
from urllib.request import getproxies, proxy_bypass

if TYPE_CHECKING:
    import httpx

HIGHEST_PORT = 65_535


class ProxyUnusable(ValueError):  # noqa: N818 - what is wrong with it
    """The proxy for an address cannot be used; the message is a sentence."""


def network(url: str) -> httpx.HTTPTransport:
    """Return the way for blocking requests; raises `ProxyUnusable`."""
    import httpx

    return httpx.HTTPTransport(proxy=proxy(url))


def proxy(url: str) -> httpx.Proxy | None:
    """Return the proxy for an address; None for this machine, and where none is set.

    Raises `ProxyUnusable` for one whose scheme or address no request can use.
    """
    import httpx

    target = httpx.URL(url)
    known = {} if reaches_itself(target.host) else getproxies()
    scheme = next((one for one in (target.scheme, "all") if known.get(one)), None)
    if scheme is None or proxy_bypass(target.netloc.decode("ascii")):
        return None
    place = known[scheme].strip()
    try:
        made = httpx.Proxy(place if "://" in place else f"http://{place}")
        _check_place(made.url)
        httpx.HTTPTransport(proxy=made).close()
    except (httpx.InvalidURL, ValueError, ImportError) as problem:
        raise ProxyUnusable(
            f"The proxy in {scheme.upper()}_PROXY ({_without_login(place)!r:.200}) cannot be used: it has to "
            f"be an http:// or https:// proxy. Set another, or put {target.host} into NO_PROXY."
        ) from problem
    return made


def _check_place(url: httpx.URL) -> None:
    """Raise `ValueError` for a proxy without a host, or with a port or a name that no resolver takes."""
    url.raw_host.decode("ascii").encode("idna")
    if not url.host or "%" in url.host or not 0 < (url.port or 1) <= HIGHEST_PORT:
        raise ValueError("no address of a proxy")


def reaches_itself(host: str) -> bool:
    """Say whether a host is this machine: 127.0.0.0/8, ::1, localhost, or a name below localhost."""
    name = host.lower().rstrip(".").removeprefix("[").removesuffix("]")
    try:
        found = ip_address(name)
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return found.is_loopback or found.is_unspecified


def _without_login(place: str) -> str:
    scheme, found, rest = place.rpartition("://")
    return f"{scheme}{found}{rest.rpartition('@')[2].partition('/')[0]}"
