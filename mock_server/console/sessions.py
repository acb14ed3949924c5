"""Sessions of people who have logged in to the console with the control token.

A session is a cookie with an expiry time and a signature. The signing key is derived from the control token.
The sandbox therefore stores no sessions, and a new control token invalidates all of them.
"""

from __future__ import annotations

from hashlib import sha256
from hmac import compare_digest
from hmac import new as hmac
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_SECOND: Final = 1_000_000
SECONDS: Final = 12 * 3_600
"""Lifetime of a session, in seconds."""


class Sessions:
    """Issues and checks session cookies.

    `token` is the control token; if it is "", the console needs no login. `url` is the URL of the sandbox,
    and `now` returns real time in microseconds since the Unix epoch.
    """

    def __init__(self, token: str, url: str, now: Callable[[], int]) -> None:
        self._key = sha256(b"session of the console\0" + token.encode()).digest() if token else b""
        self._now = now
        self.secure = url.startswith("https:")
        # Browsers send cookies to all ports of a host, so the name distinguishes sandboxes on one machine.
        self.name = f"returns_console_{sha256(url.encode()).hexdigest()[:8]}"

    @property
    def required(self) -> bool:
        """True if the console needs a login."""
        return bool(self._key)

    def issue(self) -> str:
        """Return the cookie value for a new session."""
        ends = str(self._now() // _SECOND + SECONDS)
        return f"{ends}.{self._signature(ends)}"

    def is_valid(self, cookies: str) -> bool:
        """Return True if no login is needed, or if the `Cookie` header has a genuine, unexpired session."""
        if not self.required:
            return True
        ends, _, signature = _cookie(cookies, self.name).partition(".")
        if not (ends.isascii() and ends.isdigit()) or not compare_digest(
            signature.encode(), self._signature(ends).encode()
        ):
            return False
        return self._now() < int(ends) * _SECOND

    def _signature(self, ends: str) -> str:
        return hmac(self._key, ends.encode(), sha256).hexdigest()


def _cookie(header: str, name: str) -> str:
    """Return the value of a cookie in a `Cookie` header, or "" if the header does not contain the cookie."""
    try:
        cookies: SimpleCookie = SimpleCookie(header)
    except CookieError:
        return ""
    return cookies[name].value if name in cookies else ""
