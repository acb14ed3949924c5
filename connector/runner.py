"""Runs a trigger durably: what a poll told is kept together with its cursor until it was handed over.

At least once: an event may be handed over again only if the process dies between the end of its hand-over
and the note of it. Ids are stable, so a consumer that knows ids sees each event once even then. Were the
poll repeated instead, a record that went there and back meanwhile would leave the consumer with what it
was told last.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connector.errors import (
    ConnectorError,
    RateLimited,
    UnexpectedResponse,
    ValidationFailed,
    VendorUnavailable,
)
from connector.polling import Event

if TYPE_CHECKING:
    from datetime import date, datetime

    from connector.clock import Sleep
    from connector.cursors import Cursors
    from connector.triggers import BoundTrigger

MOST_STUCK = 5
"""So many records whose details cannot be read in one round are no fault of the records."""

Handler = Callable[[Event], Awaitable[None]]
CrashPoint = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Ran:
    """What one round did: `first`, there was no cursor before; `whole`, all events were handed over.

    `problem` is why some were not: the details of their records could not be read. They wait.
    """

    first: bool
    handed_over: int
    whole: bool
    problem: ConnectorError | None = None


def no_crash(point: str) -> None:
    """Do nothing; tests put their own function here, which raises at a point of its choice."""
    del point


class Runner:
    """One trigger of one profile: `with cursors.held(profile, trigger.watch_name()): await runner.once()`.

    `inputs` are the trigger's filters; the cursor is kept under `trigger.watch_name(**inputs)`.
    `crash` is called at the named points `polled`, `kept`, `handed_over_one`, `settled_one`, `handed_over`.
    """

    def __init__(
        self,
        trigger: BoundTrigger,
        cursors: Cursors,
        *,
        profile: str,
        handler: Handler,
        inputs: Mapping[str, Any] | None = None,
        crash: CrashPoint = no_crash,
    ) -> None:
        self._trigger = trigger
        self._inputs = inputs or {}
        self._name = trigger.watch_name(**self._inputs)
        self._cursors = cursors
        self._profile = profile
        self._handler = handler
        self._crash = crash
        self._handed_over = 0

    async def once(self, *, since: datetime | date | None = None, limit: int | None = None) -> Ran:
        """Hand over what is waiting, poll once and hand over what is new: at most `limit` events in all.

        The rest waits for the next round.
        """
        cursor = self._cursors.load(self._profile, self._name)
        before = self._handed_over
        stuck: dict[str, ConnectorError] = {}
        await self._hand_over(limit, stuck)
        left = None if limit is None else limit - (self._handed_over - before)
        if left != 0:
            polled = await self._trigger.notice(cursor, since=since, **self._inputs)
            self._crash("polled")
            self._cursors.advance(self._profile, self._name, polled.cursor, polled.events)
            self._crash("kept")
            await self._hand_over(left, stuck)
            self._crash("handed_over")
        return Ran(
            first=cursor is None,
            handed_over=self._handed_over - before,
            whole=left != 0 and not self._cursors.waiting(self._profile, self._name),
            problem=next(iter(stuck.values()), None),
        )

    async def watch(
        self,
        *,
        interval: float,
        sleep: Sleep,
        since: datetime | date | None = None,
        limit: int | None = None,
        ran: Callable[[Ran], None] = lambda _ran: None,
        failed: Callable[[ConnectorError], None] = lambda _problem: None,
    ) -> None:
        """Poll every `interval` seconds until `limit` events were handed over (None: until cancelled).

        A vendor that cannot be reached, or that wants fewer requests, is asked again later; so is one that
        answers nonsense, once it has answered well (a proxy's error page is no reason to stop watching).
        `failed` hears of it.
        """
        before, left = self._handed_over, limit
        later: tuple[type[ConnectorError], ...] = (VendorUnavailable, RateLimited)
        while left is None or left > 0:
            pause = interval
            try:
                outcome = await self.once(since=since, limit=left)
            except later as problem:
                failed(problem)
                pause = max(interval, getattr(problem, "retry_after", None) or 0)
            else:
                later = (VendorUnavailable, RateLimited, UnexpectedResponse)
                ran(outcome)
                if outcome.problem:
                    failed(outcome.problem)
            left = None if limit is None else limit - (self._handed_over - before)
            if left != 0:
                await sleep(pause)

    async def _hand_over(self, limit: int | None, stuck: dict[str, ConnectorError]) -> None:
        """Hand over what is waiting, with its details.

        An event whose details cannot be read waits for the next round, and with it what happened to the same
        record later; what happened to others does not wait for it. `stuck` is why, by record.
        """
        told = 0
        for place, event in self._cursors.waiting(self._profile, self._name):
            if told == limit:
                return
            record = self._trigger.record(event)
            if record in stuck:
                continue
            try:
                detailed = await self._trigger.detailed(event)
            except (UnexpectedResponse, ValidationFailed, VendorUnavailable) as problem:
                stuck[record] = problem
                if len(stuck) == MOST_STUCK:
                    raise
                continue
            await self._handler(detailed)
            self._crash("handed_over_one")
            self._cursors.settle(place)
            self._handed_over += 1
            told += 1
            self._crash("settled_one")
