"""Keeps web pages of other sites away from what anybody on this machine may do.

On loopback the control plane asks for no token, and a browser sends requests for any page that is open in it.

- A page of another site can send a bodiless POST. The browser marks it with `Origin` (RFC 6454, section 7)
  and `Sec-Fetch-Site` (W3C Fetch Metadata). Programs send neither.
- A page can let its own name lead to 127.0.0.1 (DNS rebinding). The browser then takes the sandbox for that
  page's own site, and the page may read as well as write. The `Host` header still has the page's name.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import SplitResult, urlsplit

from mock_server.address import is_loopback
from mock_server.engine.problem import Problem
from mock_server.settings import Settings

_HARMLESS: Final = {"GET", "HEAD", "OPTIONS"}
_OWN: Final = {"", "same-origin", "none"}
"""`Sec-Fetch-Site` of the sandbox's own pages, of an address that a person typed, and of programs."""
_PORTS: Final = {"http": 80, "https": 443}


class OriginGuard:
    """Knows the names under which the sandbox may be called, and its own pages' origin."""

    def __init__(self, settings: Settings) -> None:
        self._public = _origin(settings.public_url)
        named = {settings.host, urlsplit(settings.public_url).hostname or ""}
        self._hosts = {_plain(name) for name in named if name}
        self._any_host = settings.control_token is not None

    def refuse_other_names(self, headers: Mapping[bytes, bytes]) -> None:
        """Raise `Problem("forbidden")` for a request to a name that is not the sandbox's.

        A control token protects by itself: no page can know it. Without a `Host` header it is no browser.
        """
        host = _text(headers, b"host")
        if self._any_host or not host:
            return
        name = _plain(urlsplit(f"//{host}").hostname or "") if _is_authority(host) else ""
        if not (is_loopback(name) or name.endswith(".localhost") or name in self._hosts):
            raise Problem(
                "forbidden",
                f"This sandbox is not called {host[:80]!r}. Use a loopback address such as 127.0.0.1, or "
                "start it with --public-url and the address that clients see.",
            )

    def refuse_other_sites(self, method: str, headers: Mapping[bytes, bytes]) -> None:
        """Raise `Problem("forbidden")` for a write that a page of another origin asked for."""
        if method in _HARMLESS:
            return
        origin = _text(headers, b"origin")
        foreign = origin and not self._is_own(origin, _text(headers, b"host"))
        if foreign or _text(headers, b"sec-fetch-site").lower() not in _OWN:
            raise Problem(
                "forbidden",
                f"The control plane takes no {method} from a web page of another site"
                f"{f' ({origin[:80]})' if foreign else ''}; send it from a program or from the sandbox's own "
                "pages.",
            )

    def _is_own(self, origin: str, host: str) -> bool:
        """Whether an origin is the sandbox: at the name it was called by, or at its public address."""
        known = _origin(origin)
        if known is None:
            return False
        called = _origin(f"{known[0]}://{host}") if _is_authority(host) else None
        return known in (called, self._public)


def _origin(url: str) -> tuple[str, str, int] | None:
    """Return scheme, host and port (RFC 6454, section 4), or None for what has none."""
    try:
        read: SplitResult = urlsplit(url)
        port = read.port or _PORTS.get(read.scheme, 0)
    except ValueError:
        return None
    return (read.scheme, _plain(read.hostname), port) if read.hostname and port else None


def _is_authority(host: str) -> bool:
    """Whether a `Host` header is a host with, perhaps, a port."""
    if set("/?#@\\ ") & set(host):
        return False
    if host.startswith("[") and host.partition("]")[2][:1] not in {"", ":"}:  # urlsplit passes over it
        return False
    try:
        return urlsplit(f"//{host}").port != 0 and bool(urlsplit(f"//{host}").hostname)
    except ValueError:
        return False


def _plain(name: str) -> str:
    return name.strip("[]").rstrip(".").lower()


def _text(headers: Mapping[bytes, bytes], name: bytes) -> str:
    return headers.get(name, b"").decode("latin-1").strip()
