"""Protects the control plane by checking the host, origin and control token of each request."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from hmac import compare_digest
from ipaddress import IPv6Address, ip_address
from math import ceil
from typing import Any, Final

from mock_server.admission.origins import OriginGuard
from mock_server.clock import steady
from mock_server.engine.problem import Problem
from mock_server.engine.security import extractor
from mock_server.settings import Settings

MAX_WRONG: Final = 10
WINDOW: Final = 60.0
"""An address that has sent `MAX_WRONG` wrong tokens in the last `WINDOW` seconds must wait."""
_MAX_ADDRESSES: Final = 10_000
_BEARER: Final = extractor({"type": "http", "scheme": "bearer"})
_HEADER: Final = extractor({"type": "apiKey", "in": "header", "name": "X-Sandbox-Token"})


class ControlGuard:
    """Checks each request to the control plane, and rejects requests that are not allowed."""

    def __init__(self, settings: Settings, now: Callable[[], float] = steady) -> None:
        token = settings.control_token
        self._token = token.get_secret_value().encode() if token else b""
        self._origins = OriginGuard(settings)
        self._wrong_tokens = WrongTokens(now)

    def __call__(self, scope: Mapping[str, Any], headers: Mapping[bytes, bytes]) -> None:
        """Check the host, origin and token of a request; raise `Problem` if the request is not allowed."""
        self._origins.refuse_other_names(headers)
        self._origins.refuse_other_sites(scope["method"], headers)
        if self._token:
            self._check_token(scope, headers)

    def _check_token(self, scope: Mapping[str, Any], headers: Mapping[bytes, bytes]) -> None:
        presented = _BEARER(headers, b"") or _HEADER(headers, b"")
        caller = _network((scope.get("client") or ("",))[0])
        if presented is not None:
            self._wrong_tokens.refuse_guessing(caller)
            if compare_digest(presented.encode(), self._token):
                return
            self._wrong_tokens.add(caller)
        raise Problem(
            "unauthenticated", "The control plane requires its token, as `Authorization: Bearer TOKEN`."
        )


class WrongTokens:
    """Counts the wrong control tokens sent from each client address.

    `now` returns seconds on a monotonic clock.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._times: OrderedDict[str, list[float]] = OrderedDict()

    def add(self, caller: str) -> None:
        """Record that an address has sent a wrong token."""
        times = self._recent(caller)
        times.append(self._now())
        self._times[caller] = times
        self._times.move_to_end(caller)
        if len(self._times) > _MAX_ADDRESSES:  # bounds the memory: drop the least recent address
            self._times.popitem(last=False)

    def refuse_guessing(self, caller: str) -> None:
        """Raise `Problem("rate_limited")` if an address has recently sent too many wrong tokens."""
        times = self._recent(caller)
        if len(times) < MAX_WRONG:
            return
        wait = max(1, ceil(times[0] + WINDOW - self._now()))
        raise Problem(
            "rate_limited",
            f"Your address has sent too many wrong control tokens; try again in {wait} seconds.",
            headers=((b"retry-after", b"%d" % wait),),
        )

    def _recent(self, caller: str) -> list[float]:
        start = self._now() - WINDOW
        return [time for time in self._times.get(caller, ()) if time > start]


def _network(address: str) -> str:
    """Return the key under which wrong tokens from an address are counted.

    An IPv6 client usually has a whole /64 network, so all addresses in that network share one key.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return address
    return str(parsed.ipv4_mapped) if parsed.ipv4_mapped else parsed.exploded[:19]
