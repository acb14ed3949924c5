"""The control plane's guard: under which name it is called, from which page, and with which token."""

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

MOST_WRONG: Final = 10
WINDOW: Final = 60.0
"""So many wrong tokens from one address in so many seconds; then none is compared for a while."""
_MOST_ADDRESSES: Final = 10_000
_BEARER: Final = extractor({"type": "http", "scheme": "bearer"})
_HEADER: Final = extractor({"type": "apiKey", "in": "header", "name": "X-Sandbox-Token"})


class ControlGuard:
    """Looks at every request to the control plane first; raises `Problem` for one that may not come in."""

    def __init__(self, settings: Settings, now: Callable[[], float] = steady) -> None:
        token = settings.control_token
        self._token = token.get_secret_value().encode() if token else b""
        self._neighbours = OriginGuard(settings)
        self._wrong = WrongTokens(now)

    def __call__(self, scope: Mapping[str, Any], headers: Mapping[bytes, bytes]) -> None:
        """Let a request in, or raise `Problem`."""
        self._neighbours.refuse_other_names(headers)
        self._neighbours.refuse_other_sites(scope["method"], headers)
        if self._token:
            self._check_token(scope, headers)

    def _check_token(self, scope: Mapping[str, Any], headers: Mapping[bytes, bytes]) -> None:
        presented = _BEARER(headers, b"") or _HEADER(headers, b"")
        caller = _network((scope.get("client") or ("",))[0])
        if presented is not None:
            self._wrong.refuse_guessing(caller)
            if compare_digest(presented.encode(), self._token):
                return
            self._wrong.note(caller)
        raise Problem(
            "unauthenticated", "The control plane asks for its token, as `Authorization: Bearer TOKEN`."
        )


class WrongTokens:
    """Counts wrong tokens by address. `now` is a clock that never goes back."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._times: OrderedDict[str, list[float]] = OrderedDict()

    def note(self, caller: str) -> None:
        """Count one wrong token."""
        times = self._recent(caller)
        times.append(self._now())
        self._times[caller] = times
        self._times.move_to_end(caller)
        if len(self._times) > _MOST_ADDRESSES:
            self._times.popitem(last=False)

    def refuse_guessing(self, caller: str) -> None:
        """Raise `Problem("rate_limited")` for an address that has sent too many wrong tokens."""
        times = self._recent(caller)
        if len(times) < MOST_WRONG:
            return
        wait = max(1, ceil(times[0] + WINDOW - self._now()))
        raise Problem(
            "rate_limited",
            f"Too many wrong control tokens came from your address; try again in {wait} seconds.",
            headers=((b"retry-after", b"%d" % wait),),
        )

    def _recent(self, caller: str) -> list[float]:
        start = self._now() - WINDOW
        return [time for time in self._times.get(caller, ()) if time > start]


def _network(address: str) -> str:
    """Return whose address it is: of IPv6, one client has a whole /64."""
    try:
        read = ip_address(address)
    except ValueError:
        return address
    if not isinstance(read, IPv6Address):
        return address
    return str(read.ipv4_mapped) if read.ipv4_mapped else read.exploded[:19]
