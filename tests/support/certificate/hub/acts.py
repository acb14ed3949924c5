"""What happens to a hub besides what happens to every poller; `poller.HubPoller` carries it out."""

from collections.abc import Callable, Mapping
from random import Random

from support.certificate.hub.targets import BEHAVIOURS


def _one_of(*numbers: int) -> Callable[[Random], int]:
    return lambda random: random.choice(numbers)


HUB_NUMBERS: Mapping[str, Callable[[Random], int]] = {
    "target": _one_of(*range(len(BEHAVIOURS)), 0, 1),
    "gone": _one_of(0),
    "run": _one_of(1, 10, 60),
    "outage": _one_of(1, 3, 9),
    "spend": _one_of(0, 1, 3, 10),
    "hint": _one_of(0, 1, 2, 3),
    "hints": _one_of(3, 8),
    "unfit": _one_of(0, 1, 2),
    "overlap": _one_of(0),
    "pause": _one_of(0),
}
"""The numbers of each act.

- `target`: from now on, the first target behaves like this member of `BEHAVIOURS`.
- `gone`: a further subscription, whose target answers 410.
- `run`: the hub works for this number of minutes.
- `outage`: the vendor answers the next requests with 503.
- `spend`: other work leaves this number of the calls that the plan allows for a day.
- `hint`: a webhook of the vendor: genuine (0), doubled (1), with a forged address (2) or a forged body (3).
- `hints`: this number of webhooks, 11 seconds apart, after most of the calls kept for hints are spent.
- `unfit`: the common model cannot hold the records of this number any longer.
- `overlap`: while the next delivery is under way, another process does what is due.
- `pause`: the process stands still after the next delivery, past its lease; another process goes on.
"""
HUB_POINTS = (
    *("before lease", "after lease", "before fetch", "after fetch", "before commit", "after commit"),
    *("before hand over", "after hand over", "before settle", "after settle"),
)
"""The named steps before and after which the process of a hub can end."""
