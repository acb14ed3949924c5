"""Addresses that a login may be sent to, and the proxy on the way to them."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address
from urllib.request import getproxies, proxy_bypass

import httpx

from connector.errors import ConfigurationError

LONGEST_QUOTE = 200
HIGHEST_PORT = 65_535


def address(base_url: str) -> httpx.URL:
    """Return a base URL without its trailing slash; raise `ConfigurationError` if it is invalid.

    A login goes along with each request, so http:// is for this machine alone. A base URL holds no user name,
    query or fragment: nothing of these would be sent as it is written.
    """
    try:
        url = httpx.URL(base_url.strip().rstrip("/"))
        url.raw_host.decode("ascii").encode("idna")  # a name that no resolver takes
    except (httpx.InvalidURL, UnicodeError):
        url = httpx.URL("")
    if url.userinfo:
        raise ConfigurationError("A base URL holds no user name and no password; leave them out.")
    if url.scheme not in {"http", "https"} or not url.host or not 0 < (url.port or 1) <= HIGHEST_PORT:
        raise ConfigurationError(
            f"{_quoted(base_url)} is no base URL; write it like https://api.example.com/v1, with http:// or "
            "https://."
        )
    if url.query or url.fragment or base_url.strip().rstrip("/").endswith(("?", "#")):
        raise ConfigurationError(
            f"{_quoted(base_url)} is no base URL: leave out what follows the path, from ? or # on."
        )
    if url.scheme != "https" and not is_loopback(url.host):
        raise ConfigurationError(
            f"{_quoted(base_url)} would carry the login unencrypted; write it with https:// (http:// is for "
            "this machine alone)."
        )
    return url


def is_loopback(host: str) -> bool:
    """Say whether a host is this machine: 127.0.0.0/8, ::1, localhost, or a name below localhost."""
    name = host.lower().rstrip(".").removeprefix("[").removesuffix("]")
    try:
        found = ip_address(name)
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return found.is_loopback or found.is_unspecified


def origin(url: httpx.URL) -> tuple[str, str, int | None]:
    """Return scheme, host and port."""
    return (url.scheme, url.host, url.port)


def network(url: httpx.URL) -> httpx.AsyncHTTPTransport:
    """Return the way to an address: directly to this machine, elsewhere through the proxy that is set.

    httpx itself would send requests for this machine to the proxy too, and it would fail for a proxy that
    concerns other addresses only.
    """
    found = None if is_loopback(url.host) else _proxy(url)
    if found is None:
        return httpx.AsyncHTTPTransport()
    variable, place = found
    try:
        proxy = httpx.Proxy(place if "://" in place else f"http://{place}")
        _check_place(proxy.url)
        return httpx.AsyncHTTPTransport(proxy=proxy)
    except (httpx.InvalidURL, ValueError, ImportError) as problem:
        raise ConfigurationError(
            f"The proxy in {variable} ({_without_login(place)}) cannot be used: it has to be an http:// or "
            f"https:// proxy. Set another, or put {url.host} into NO_PROXY."
        ) from problem


def _check_place(url: httpx.URL) -> None:
    """Raise `ValueError` for a proxy without a host, or with a port or a name that no resolver takes."""
    url.raw_host.decode("ascii").encode("idna")
    if not url.host or "%" in url.host or not 0 < (url.port or 1) <= HIGHEST_PORT:
        raise ValueError("no address of a proxy")


def through(url: httpx.URL) -> str:
    """Say which proxy stands before an address, as the end of a sentence; "" where none does."""
    found = None if is_loopback(url.host) else _proxy(url)
    return f" through the proxy in {found[0]} ({_without_login(found[1])})" if found else ""


def _proxy(url: httpx.URL) -> tuple[str, str] | None:
    """Return the variable that names the proxy for an address, and the proxy; None without one."""
    known = getproxies()
    scheme = next((one for one in (url.scheme, "all") if known.get(one)), None)
    if scheme is None or proxy_bypass(url.netloc.decode("ascii")):
        return None
    return f"{scheme.upper()}_PROXY", known[scheme].strip()


def _without_login(place: str) -> str:
    scheme, found, rest = place.rpartition("://")
    host = rest.rpartition("@")[2].partition("/")[0]
    return _quoted(f"{scheme}{found}{host}")


def _quoted(text: str) -> str:
    return repr(text if len(text) <= LONGEST_QUOTE else f"{text[:LONGEST_QUOTE]}…")
