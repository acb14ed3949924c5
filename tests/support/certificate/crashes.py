"""The end of the process at named points of a poll, before and after each step."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from connector.runtime.cursors import Cursors
from connector.runtime.polling import Cursor, Event, Strategy
from support.certificate.hub.acts import HUB_POINTS

STEPS = ("fetch", "fold", "commit", "hand over", "settle")
CRASH_POINTS = tuple(f"{when} {step}" for step in STEPS for when in ("before", "after"))


class Crash(BaseException):
    """The end of the process. Not an `Exception`, so that no code under test handles it."""


@dataclass
class CrashPoints:
    """Raises `Crash` when the point is reached for the `nth` time; `point` None never does."""

    point: str | None = None
    nth: int = 1

    def arm(self, point: str | None, nth: int = 1) -> None:
        assert point is None or point in (*CRASH_POINTS, *HUB_POINTS), point
        self.point, self.nth = point, nth

    def reach(self, point: str) -> None:
        if point == self.point:
            self.nth -= 1
            if self.nth == 0:
                self.point = None
                raise Crash(point)


def crashing(strategy: Strategy, crashes: CrashPoints) -> Strategy:
    """Return the strategy with crash points around `fold`."""

    def fold(*what: Any) -> Any:
        crashes.reach("before fold")
        folded = strategy.fold(*what)
        crashes.reach("after fold")
        return folded

    return replace(strategy, fold=fold)


class CrashingCursors(Cursors):
    """Cursors with crash points around the commit of a poll, and around the removal of a delivered event.

    `found` is called with the ID of each event that a poll found.
    """

    crashes: CrashPoints
    found: Callable[[str], None]

    def advance(
        self,
        profile: str,
        trigger: str,
        cursor: Cursor,
        events: Iterable[Event],
        *,
        rows: Iterable[str] = (),
        at: datetime | None = None,
    ) -> None:
        events = tuple(events)
        for event in events:
            self.found(event.id)
        self.crashes.reach("before commit")
        super().advance(profile, trigger, cursor, events, rows=rows, at=at)
        self.crashes.reach("after commit")

    def settle(self, place: int) -> None:
        self.crashes.reach("before settle")
        super().settle(place)
        self.crashes.reach("after settle")
