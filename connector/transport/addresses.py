"""Validates base URLs (HTTPS only, except on this machine) and chooses the proxy for a URL."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING
from urllib.request import getproxies, proxy_bypass

import httpx

from connector.errors import ConfigurationError

if TYPE_CHECKING:
    import ssl

MAX_QUOTE = 200
MAX_PORT = 65_535
LIMITS = httpx.Limits(max_connections=100, max_keepalive_connections=20)
"""The limits of the pool of a transport that one connection uses; they are httpx's own."""


def parse_base_url(base_url: str) -> httpx.URL:
    """Validate a base URL, and return it without a trailing slash.

    http:// is allowed for this machine only, because each request contains credentials. A user name,
    password, query or fragment is not allowed, because it would not be sent to the vendor. Raises
    `ConfigurationError` if the URL is invalid.
    """
    try:
        url = httpx.URL(base_url.strip().rstrip("/"))
        url.raw_host.decode("ascii").encode("idna")  # fails for a name that cannot be resolved
        url.host.encode()  # fails for a name that IDNA 2008 does not allow, such as "xn--a"
    except (httpx.InvalidURL, UnicodeError):
        url = httpx.URL("")
    if url.userinfo:
        raise ConfigurationError("A base URL must not contain a user name or password; remove them.")
    if url.scheme not in {"http", "https"} or not url.host or not 0 < (url.port or 1) <= MAX_PORT:
        raise ConfigurationError(
            f"{_quoted(base_url)} is not a base URL; write it like https://api.example.com/v1, with https:// "
            "or http://."
        )
    if url.query or url.fragment or base_url.strip().rstrip("/").endswith(("?", "#")):
        raise ConfigurationError(
            f"{_quoted(base_url)} is not a base URL: remove everything after the path, from ? or # on."
        )
    if url.scheme != "https" and not is_loopback(url.host):
        raise ConfigurationError(
            f"{_quoted(base_url)} would send the login unencrypted; use https:// (http:// is allowed for "
            "this machine only)."
        )
    return url


def is_loopback(host: str) -> bool:
    """Check whether a host name or IP address refers to this machine.

    Returns True for 127.0.0.0/8, ::1, the unspecified addresses 0.0.0.0 and ::, localhost, and all names that
    end with .localhost (RFC 6761).
    """
    name = host.lower().rstrip(".").removeprefix("[").removesuffix("]")
    try:
        ip = ip_address(name)
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return ip.is_loopback or ip.is_unspecified


def origin(url: httpx.URL) -> tuple[str, str, int | None]:
    """Return the scheme, host and port of a URL.

    Credentials are sent only to URLs with the same origin as the base URL.
    """
    return (url.scheme, url.host, url.port)


def transport_for(
    url: httpx.URL, context: ssl.SSLContext | None = None, limits: httpx.Limits = LIMITS
) -> httpx.AsyncHTTPTransport:
    """Create the HTTP transport for a URL, using the proxy that is set in the environment variables.

    `context` is the TLS context, or None for a new one, and `limits` are those of the transport's pool.

    No proxy is used for this machine. httpx's own proxy support would send requests for this machine to the
    proxy too, and would fail if the proxy for some other URL is invalid. Raises `ConfigurationError` if the
    proxy cannot be used.
    """
    setting, verify = proxy_for(url), context or True
    if setting is None:
        return httpx.AsyncHTTPTransport(verify=verify, limits=limits)
    variable, place = setting
    try:
        proxy = httpx.Proxy(place if "://" in place else f"http://{place}")
        _check_place(proxy.url)
        return httpx.AsyncHTTPTransport(verify=verify, limits=limits, proxy=proxy)
    except (httpx.InvalidURL, ValueError, ImportError) as problem:
        raise ConfigurationError(
            f"The proxy in {variable} ({_without_login(place)}) cannot be used: it must be an http:// or "
            f"https:// proxy. Set another one, or put {url.host} into NO_PROXY."
        ) from problem


def _check_place(url: httpx.URL) -> None:
    """Raise `ValueError` if a proxy URL has no host, an invalid host name or an invalid port."""
    url.raw_host.decode("ascii").encode("idna")
    if not url.host or "%" in url.host or not 0 < (url.port or 1) <= MAX_PORT:
        raise ValueError("not the address of a proxy")


def proxy_phrase(url: httpx.URL) -> str:
    """Describe the proxy for a URL, as a phrase for an error message; return "" if there is no proxy."""
    setting = proxy_for(url)
    return f" through the proxy in {setting[0]} ({_without_login(setting[1])})" if setting else ""


def proxy_for(url: httpx.URL) -> tuple[str, str] | None:
    """Return the name and value of the environment variable that sets the proxy for a URL.

    Returns None if no proxy is used, as for this machine.
    """
    if is_loopback(url.host):
        return None
    proxies = getproxies()
    scheme = next((name for name in (url.scheme, "all") if proxies.get(name)), None)
    if scheme is None or proxy_bypass(url.netloc.decode("ascii")):
        return None
    return f"{scheme.upper()}_PROXY", proxies[scheme].strip()


def _without_login(place: str) -> str:
    scheme, separator, rest = place.rpartition("://")
    host = rest.rpartition("@")[2].partition("/")[0]
    return _quoted(f"{scheme}{separator}{host}")


def _quoted(text: str) -> str:
    return repr(text if len(text) <= MAX_QUOTE else f"{text[:MAX_QUOTE]}…")
