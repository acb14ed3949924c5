"""Plans: the rate limits of API keys, in requests per second, minute, hour or day."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, cast

Unit = Literal["second", "minute", "hour", "day"]

SECONDS: Final[dict[Unit, int]] = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}
_WINDOW: Final = re.compile(rf"(\d+)/({'|'.join(SECONDS)})")
_AGREED: Final = re.compile(rf"{_WINDOW.pattern}(, {_WINDOW.pattern})*")


@dataclass(frozen=True, slots=True)
class Plan:
    """A named set of rate limits, such as `Plan("starter", ((60, "minute"), (10_000, "day")))`.

    A limit of 0 means that requests in that window are not limited. `spans` contains a tuple (seconds, limit,
    unit) for each limited window, shortest window first.
    """

    name: str
    windows: tuple[tuple[int, Unit], ...]
    spans: tuple[tuple[int, int, Unit], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        spans = [(SECONDS[unit], limit, unit) for limit, unit in self.windows if limit]
        object.__setattr__(self, "spans", tuple(sorted(spans)))


def agreed(windows: Mapping[Unit, int]) -> Plan:
    """Create a custom plan from the number of requests allowed per unit of time.

    The plan's name is made from these limits, such as `200/second, 5000/day`.
    """
    chosen = [(windows[unit], unit) for unit in SECONDS if unit in windows]
    return Plan(", ".join(f"{limit}/{unit}" for limit, unit in chosen), tuple(chosen))


def by_name(name: str) -> Plan | None:
    """Create a custom plan from a name such as `200/second, 5000/day`; return None for any other name."""
    if not _AGREED.fullmatch(name):
        return None
    return agreed({cast("Unit", unit): int(limit) for limit, unit in _WINDOW.findall(name)})
