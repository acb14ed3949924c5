"""Finds the proxy for an address in the environment (HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY).

httpx does this as well, but it also sends requests for this machine to the proxy, and it fails for every
request if any of the proxies has a scheme that it does not support. Two callers need the proxy in different
forms. Commands that call the sandbox use `network`, which validates the proxy of one address. The sender of
webhooks asks `webhook_proxy` at start-up for each scheme, and `bypasses` for each request.
"""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING
from urllib.request import getproxies, proxy_bypass

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

HIGHEST_PORT = 65_535
_SCHEMES = {"http", "https"}


class ProxyUnusable(ValueError):  # noqa: N818 - read as a sentence, like its message
    """The proxy set in the environment cannot be used; the message is a sentence."""


def network(url: str) -> httpx.HTTPTransport:
    """Return the transport for blocking requests to an address; raises `ProxyUnusable`."""
    import httpx

    return httpx.HTTPTransport(proxy=proxy(url))


def proxy(url: str) -> httpx.Proxy | None:
    """Return the proxy for an address; None for this machine, for NO_PROXY, or if none is set.

    Raises `ProxyUnusable` if its scheme or its address is not supported.
    """
    import httpx

    target = httpx.URL(url)
    setting = None if reaches_itself(target.host) else _setting(target.scheme, getproxies())
    if setting is None or proxy_bypass(target.netloc.decode("ascii")):
        return None
    variable, value = setting
    try:
        found = httpx.Proxy(_with_scheme(value))
        _check_address(found.url)
        httpx.HTTPTransport(proxy=found).close()
    except (httpx.InvalidURL, ValueError, ImportError) as problem:
        raise ProxyUnusable(
            f"The proxy in {variable} ({_without_login(value)!r:.200}) cannot be used: it must be an "
            f"http:// or https:// proxy. Set another one, or put {target.host} into NO_PROXY."
        ) from problem
    return found


def webhook_proxy(scheme: str, settings: Mapping[str, str]) -> str | None:
    """Return the URL of the proxy for webhooks to URLs of a scheme; None if none is set.

    `settings` are as `urllib.request.getproxies` returns them. Raises `ProxyUnusable` for a scheme that
    webhooks cannot be sent through.
    """
    setting = _setting(scheme, settings)
    if setting is None:
        return None
    url = _with_scheme(setting[1])
    proxy_scheme = url.partition("://")[0].lower()
    if proxy_scheme not in _SCHEMES:
        raise ProxyUnusable(
            f"Webhooks cannot be sent through the {proxy_scheme} proxy of the environment; "
            "set HTTP_PROXY and HTTPS_PROXY to a proxy with http:// or https://, or unset it."
        )
    return url


def bypasses(host: str, settings: Mapping[str, str]) -> bool:
    """Return True if NO_PROXY lists a host: by its name, by a domain that contains it, or by `*`."""
    listed = settings.get("no", "").lower().replace(",", " ").split()
    suffixes = (name.removeprefix("*").lstrip(".") for name in listed)
    return any(not suffix or host == suffix or host.endswith(f".{suffix}") for suffix in suffixes)


def reaches_itself(host: str) -> bool:
    """Return True if a host is this machine: 127.0.0.0/8, ::1, localhost, or a name below localhost."""
    name = host.lower().rstrip(".").removeprefix("[").removesuffix("]")
    try:
        address = ip_address(name)
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return address.is_loopback or address.is_unspecified


def _setting(scheme: str, settings: Mapping[str, str]) -> tuple[str, str] | None:
    """Return the variable that sets the proxy for a URL scheme, and its value; None if none does."""
    name = next((name for name in (scheme, "all") if settings.get(name)), None)
    return None if name is None else (f"{name.upper()}_PROXY", settings[name].strip())


def _with_scheme(proxy: str) -> str:
    return proxy if "://" in proxy else f"http://{proxy}"


def _check_address(url: httpx.URL) -> None:
    """Raise `ValueError` if a proxy has no host, or a port or a host name that cannot be connected to."""
    url.raw_host.decode("ascii").encode("idna")
    if not url.host or "%" in url.host or not 0 < (url.port or 1) <= HIGHEST_PORT:
        raise ValueError("not the address of a proxy")


def _without_login(proxy: str) -> str:
    scheme, separator, rest = proxy.rpartition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2].partition('/')[0]}"
