"""Protects the sandbox against requests from other sites' web pages (CSRF, DNS rebinding).

On a loopback address, the control plane requires no token by default, and any page that is open in a browser
on this machine can send requests to it. Requests from other sites' pages are recognized by their headers:

- A page of another site can send a POST without a body. The browser adds the headers `Origin` (RFC 6454,
  section 7) and `Sec-Fetch-Site` (W3C Fetch Metadata) to the request. Other programs send neither header.
- A page's host name can be made to resolve to 127.0.0.1 (DNS rebinding). To the browser, the sandbox is then
  the page's own site, so the page can read responses too. The `Host` header still has the page's host name.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import SplitResult, urlsplit

from mock_server.address import is_loopback
from mock_server.cors import ANY
from mock_server.engine.problem import Problem
from mock_server.settings import Settings

_SAFE_METHODS: Final = {"GET", "HEAD", "OPTIONS"}
_SAME_SITE: Final = {"", "same-origin", "none"}
"""Allowed values of `Sec-Fetch-Site`: "" if there is no header, "none" if the user typed the address."""
_PORTS: Final = {"http": 80, "https": 443}


class OriginGuard:
    """Checks the `Host` and `Origin` headers against the sandbox's own host names and public URL.

    Origins that the option `--cors` lists are treated like the sandbox's own.
    """

    def __init__(self, settings: Settings) -> None:
        self._public = _origin(settings.public_url)
        hosts = {settings.host, urlsplit(settings.public_url).hostname or ""}
        self._hosts = {_normalized(host) for host in hosts if host}
        self._any_host = settings.control_token is not None
        self._admitted = {_origin(origin) for origin in settings.cors if origin != ANY}

    def refuse_other_names(self, headers: Mapping[bytes, bytes]) -> None:
        """Raise `Problem("forbidden")` if the `Host` header contains a host name that is not the sandbox's.

        If the sandbox has a control token, any host name is allowed, because pages of other sites do not know
        the token. Requests without a `Host` header are allowed, because they do not come from browsers.
        """
        host = _text(headers, b"host")
        if self._any_host or not host:
            return
        name = _normalized(urlsplit(f"//{host}").hostname or "") if _is_authority(host) else ""
        if not (is_loopback(name) or name.endswith(".localhost") or name in self._hosts):
            raise Problem(
                "forbidden",
                f"This sandbox is not reached as {host[:80]!r}. Use a loopback address such as 127.0.0.1, or "
                "start it with --public-url and the address that clients use.",
            )

    def refuse_other_sites(self, method: str, headers: Mapping[bytes, bytes]) -> None:
        """Raise `Problem("forbidden")` for requests from other sites' pages, except GET, HEAD and OPTIONS.

        Pages of an origin that the settings name are allowed.
        """
        if method in _SAFE_METHODS:
            return
        origin = _text(headers, b"origin")
        if origin and _origin(origin) in self._admitted:
            return
        foreign = origin and not self._is_own(origin, _text(headers, b"host"))
        if foreign or _text(headers, b"sec-fetch-site").lower() not in _SAME_SITE:
            raise Problem(
                "forbidden",
                f"The control plane accepts no {method} from a web page of another site"
                f"{f' ({origin[:80]})' if foreign else ''}; send it from a program or from the sandbox's own "
                "pages.",
            )

    def _is_own(self, origin: str, host: str) -> bool:
        """Return True if `origin` is the sandbox's own: it matches either `host` or the public URL."""
        parsed = _origin(origin)
        if parsed is None:
            return False
        requested = _origin(f"{parsed[0]}://{host}") if _is_authority(host) else None
        return parsed in (requested, self._public)


def _origin(url: str) -> tuple[str, str, int] | None:
    """Return a URL's scheme, host and port (RFC 6454, section 4), or None if the host or port is unknown."""
    try:
        parsed: SplitResult = urlsplit(url)
        port = parsed.port or _PORTS.get(parsed.scheme, 0)
    except ValueError:
        return None
    return (parsed.scheme, _normalized(parsed.hostname), port) if parsed.hostname and port else None


def _is_authority(host: str) -> bool:
    """Return True if the value of a `Host` header is a valid host with an optional port."""
    if set("/?#@\\ ") & set(host):
        return False
    if host.startswith("[") and host.partition("]")[2][:1] not in {"", ":"}:  # urlsplit accepts it
        return False
    try:
        return urlsplit(f"//{host}").port != 0 and bool(urlsplit(f"//{host}").hostname)
    except ValueError:
        return False


def _normalized(host: str) -> str:
    return host.strip("[]").rstrip(".").lower()


def _text(headers: Mapping[bytes, bytes], name: bytes) -> str:
    return headers.get(name, b"").decode("latin-1").strip()
