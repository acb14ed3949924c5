"""What is simulated, and what was measured in the days of a simulation."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from support.days.network import Trouble


@dataclass(frozen=True)
class Wanted:
    """What to simulate: days, shops at each vendor, and subscriptions to each shop.

    `shortest` is the hub's shortest interval between two polls of a list, in seconds.
    """

    days: int
    shops: int
    subscriptions: int
    shortest: int
    returns_a_day: float
    seed: int = 1


@dataclass
class Day:
    """One day of all shops of a vendor.

    `calls` were sent, and the plans have `planned` for them. `late` is the worst lateness in seconds of a
    change of this day, and `late_in_trouble` that of changes near an outage of the vendor. `bound` is the
    longest time that a plan stated.
    """

    calls: int = 0
    planned: int = 0
    limit: int | None = None
    events: int = 0
    late: float = 0
    late_in_trouble: float = 0
    bound: int = 0


@dataclass
class Result:
    """The days of each vendor, and the promises that were broken."""

    wanted: Wanted
    days: dict[str, list[Day]]
    troubles: Sequence[Trouble]
    problems: list[str] = field(default_factory=list)
    changes: int = 0
    webhooks: int = 0
    lost_webhooks: int = 0
    deliveries: int = 0
    connections: int = 0
    subscriptions: int = 0
