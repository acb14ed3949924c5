"""Compares the two times of an exchange: real time, and the time on the tenant's clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_TOLERANCE: Final = timedelta(seconds=2)
"""Times that differ by less than this are considered equal, because `at` is rounded to whole seconds."""


def tenant_time(exchange: Mapping[str, Any]) -> str:
    """Return an exchange's time on the tenant's clock if it differs from real time, otherwise "".

    The result is an RFC 3339 date-time. It is "" if the tenant is unknown, because only tenants have clocks.
    """
    at: str | None = exchange["at"]
    if at is None:
        return ""
    difference = datetime.fromisoformat(at) - datetime.fromisoformat(exchange["received_at"])
    return at if abs(difference) >= _TOLERANCE else ""
