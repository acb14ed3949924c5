"""Plans how often the hub polls the lists of one login, within the vendor's limits.

A vendor's limit belongs to a login, and a login can serve several connections (one ReturnGO key serves all
shops of an account). The plan divides the limit's calls between the polls of all lists in use and the
requests for the details of new events, and keeps a reserve for other programs that use the same login. A
plan states how late an event can be, and for how many changes a day this holds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from connector.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connector.definition.model import Integration, Window
    from connector.hub.lists import PolledList

DAY = 86_400
SHORTEST = 60
"""The shortest interval between two polls of a list in seconds, also for a vendor without known limits."""
LONGEST = 3_600
"""The longest interval in seconds that a plan may have."""
RESERVE = 0.1
"""The share of a limit that is kept for other programs with the same login."""
HINTS = 0.1
"""The share of a limit that is kept for polls that webhooks bring forward, if the login takes webhooks."""
CHANGES = 200
"""The changes a day that a plan expects of each connection if nothing else is known.

If half of the budget cannot pay for them, the plan expects as many changes as it can."""
ANSWER = 30
"""The longest time in seconds that a poll's requests take while the vendor answers: one attempt's timeout."""
DELIVERY = 10
"""The longest time in seconds between a poll and the end of the first attempt to deliver its events."""


class PlanRefusedError(ConfigurationError):
    """Raised if polling the lists once an hour would need more calls than the vendor's limits allow."""


@dataclass(frozen=True, slots=True)
class Load:
    """The load of one login for which a plan is computed.

    `connections` is the number of connections with this login. `changes` is the number of changes a day in
    all of them, or None if it is unknown. `pages` is the number of pages that a poll reads, keyed by list;
    the default is 1. `shortest` is the minimum interval in seconds, and `reserve` the share of the limit that
    is kept for other programs. `hinted` is True if webhooks can bring polls forward.
    """

    connections: int = 1
    changes: int | None = None
    pages: Mapping[str, int] = field(default_factory=dict)
    shortest: int = SHORTEST
    reserve: float = RESERVE
    hinted: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """How often the hub polls the lists of one login.

    `interval` is the time in seconds between two polls of each list of each connection. `polls` is the number
    of calls a day for these polls, and `details` the number for the details of the expected changes. `limit`
    is the vendor's limit of calls a day, and `budget` the part of it that the hub may use; both are None if
    the vendor has no known limit for a day. `late` is the maximum time in seconds from a change to the first
    attempt to deliver its event. `most_changes` is the number of changes a day up to which this holds, or
    None for any number. `hints` is the number of calls a day for polls that webhooks bring forward, or None
    for any number.
    """

    interval: int
    polls: int
    details: int
    limit: int | None
    budget: int | None
    most_changes: int | None
    hints: int | None = None

    @property
    def calls(self) -> int:
        return self.polls + self.details

    @property
    def late(self) -> int:
        return self.interval + ANSWER + DELIVERY

    @property
    def sentence(self) -> str:
        """A clause that states how late an event can be, and under which conditions."""
        load = "" if self.most_changes is None else f"at most {self.most_changes:,} changes a day come and "
        used = f"{self.calls:,} of {self.limit:,}" if self.limit else f"{self.calls:,}"
        return f"at most {spoken(self.late)} late while {load}the vendor answers; {used} calls a day"


def plan(integration: Integration, lists: Sequence[PolledList], load: Load) -> Plan:
    """Compute how often the lists in use of one login can be polled.

    Raises `PlanRefusedError` if they cannot be polled at least once an hour within the vendor's limits.
    """
    calls = sum(_calls(one, load) for one in lists) * load.connections
    per_change = max((one.calls_per_event for one in lists), default=0)
    windows = _windows(integration)
    longest = next((window for window in windows if window.seconds >= DAY), None)
    limit = None if longest is None else longest.requests * DAY // longest.seconds
    budget = None if limit is None else math.floor(limit * (1 - load.reserve))
    details = per_change * _changes(load, per_change, budget)
    kept = HINTS if load.hinted else 0
    hints = None if limit is None else math.floor(limit * kept)
    interval = load.shortest
    for window in windows:
        allowed = window.requests * (1 - load.reserve - kept) - details * window.seconds / DAY
        needed = math.inf if allowed <= 0 else calls * window.seconds / allowed
        interval = max(interval, math.ceil(min(needed, LONGEST + 1)))
    polls = math.ceil(calls * DAY / interval) if calls else 0
    if interval > LONGEST and calls:
        raise _refused(integration, calls, details, limit or 0, budget or 0)
    spare = (
        None if budget is None or not per_change else max(0, (budget - polls - (hints or 0)) // per_change)
    )
    return Plan(interval, polls, details, limit, budget, spare, hints)


def _changes(load: Load, per_change: int, budget: int | None) -> int:
    if load.changes is not None:
        return load.changes
    expected = CHANGES * load.connections
    return expected if budget is None or not per_change else min(expected, budget // (2 * per_change))


def _calls(one: PolledList, load: Load) -> int:
    return one.calls + load.pages.get(one.name, 1) - 1


def _windows(integration: Integration) -> tuple[Window, ...]:
    """Return the rate limits of the vendor's smallest plan; () if the vendor has no known plans."""
    limits = integration.limits
    if not limits.plans:
        return ()
    smallest = min(
        limits.plans, key=lambda one: min((w.requests / w.seconds for w in one.windows), default=0)
    )
    return smallest.windows


def _refused(integration: Integration, calls: int, details: int, limit: int, budget: int) -> PlanRefusedError:
    title, polls = integration.vendor.title, math.ceil(calls * DAY / LONGEST)
    parts = [f"{polls:,} calls a day to poll each list once an hour"]
    if details:
        parts.append(f"{details:,} for the details of the expected changes")
    return PlanRefusedError(
        f"{title}'s lists cannot be polled within its limits: they need {' and '.join(parts)}, but only"
        f" {budget:,} of {limit:,} calls a day are available. Use fewer triggers or connections with this"
        " login, or agree on a higher limit with the vendor."
    )


def spoken(seconds: int) -> str:
    """Format a number of seconds as text, such as `4 min 20 s`."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{hours} h" if hours else "", f"{minutes} min" if minutes else "", f"{rest} s" if rest else ""]
    return " ".join(filter(None, parts)) or "0 s"
