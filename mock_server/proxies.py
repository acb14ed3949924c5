"""Finds the proxy for a URL in the environment (HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY).

httpx can do this too, but it has two disadvantages: it sends requests for this machine through the proxy, and
every request fails if any of the proxies has an unsupported scheme. Commands that call the sandbox use
`network`, which validates the proxy for one URL. The webhook sender calls `webhook_proxy` once per URL scheme
at start-up, and `bypasses` for each request.
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


class ProxyUnusable(ValueError):  # noqa: N818 - a noun and an adjective read better than another Error
    """Raised if the proxy in the environment cannot be used.

    The message is a complete sentence that can be shown to the user.
    """


def network(url: str) -> httpx.HTTPTransport:
    """Create an httpx transport for synchronous requests to a URL, using the proxy for that URL, if any.

    Raises `ProxyUnusable` if that proxy cannot be used.
    """
    import httpx

    through = proxy(url)
    uses_tls = through is not None or url.startswith("https:")  # loading CA certificates takes time
    return httpx.HTTPTransport(proxy=through, verify=uses_tls)


def proxy(url: str) -> httpx.Proxy | None:
    """Return the proxy for requests to a URL, or None if no proxy applies.

    No proxy applies if the URL's host is this machine or is listed in NO_PROXY, or if the environment sets no
    proxy for the URL's scheme. Raises `ProxyUnusable` if the proxy's scheme or address is not supported.
    """
    import httpx

    target = httpx.URL(url)
    # Not `target.host`, which raises an error for names that IDNA 2008 does not allow, such as xn--a.
    host = target.raw_host.decode("ascii")
    setting = None if reaches_itself(host) else _setting(target.scheme, getproxies())
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
            f"http:// or https:// proxy. Set another one, or put {host} into NO_PROXY."
        ) from problem
    return found


def webhook_proxy(scheme: str, settings: Mapping[str, str]) -> str | None:
    """Return the URL of the proxy for webhooks to URLs with this scheme, or None if no proxy is set.

    `settings` is a mapping returned by `urllib.request.getproxies`. Raises `ProxyUnusable` if the scheme of
    the proxy's URL is neither `http` nor `https`.
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
    """Return True if NO_PROXY lists the host, a domain that contains it, or `*`.

    `settings` is a mapping returned by `urllib.request.getproxies`.
    """
    listed = settings.get("no", "").lower().replace(",", " ").split()
    suffixes = (name.removeprefix("*").lstrip(".") for name in listed)
    return any(not suffix or host == suffix or host.endswith(f".{suffix}") for suffix in suffixes)


def reaches_itself(host: str) -> bool:
    """Return True if requests to `host` reach this machine.

    This is the case for loopback addresses, unspecified addresses, `localhost` and `*.localhost`.
    """
    name = host.lower().rstrip(".").removeprefix("[").removesuffix("]")
    try:
        address = ip_address(name)
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return address.is_loopback or address.is_unspecified


def _setting(scheme: str, settings: Mapping[str, str]) -> tuple[str, str] | None:
    """Return the name and value of the variable that sets the proxy for a URL scheme, or None."""
    name = next((name for name in (scheme, "all") if settings.get(name)), None)
    return None if name is None else (f"{name.upper()}_PROXY", settings[name].strip())


def _with_scheme(proxy: str) -> str:
    return proxy if "://" in proxy else f"http://{proxy}"


def _check_address(url: httpx.URL) -> None:
    """Raise `ValueError` if a proxy URL has no host, or if its host or port is not valid."""
    url.raw_host.decode("ascii").encode("idna")
    if not url.host or "%" in url.host or not 0 < (url.port or 1) <= HIGHEST_PORT:
        raise ValueError("not the address of a proxy")


def _without_login(proxy: str) -> str:
    scheme, separator, rest = proxy.rpartition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2].partition('/')[0]}"
