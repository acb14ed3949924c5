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

from connector.errors import ConnectorError, RateLimited, UnexpectedResponse, VendorUnavailable
from connector.polling import Event

if TYPE_CHECKING:
    from datetime import date, datetime

    from connector.clock import Sleep
    from connector.cursors import Cursors
    from connector.triggers import BoundTrigger

Handler = Callable[[Event], Awaitable[None]]
CrashPoint = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Ran:
    """What one round did: `first`, there was no cursor before; `whole`, all events were handed over."""

    first: bool
    handed_over: int
    whole: bool


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

    async def once(self, *, since: datetime | date | None = None, limit: int | None = None) -> Ran:
        """Hand over what is waiting, poll once and hand over what is new: at most `limit` events in all.

        The rest waits for the next round.
        """
        cursor = self._cursors.load(self._profile, self._name)
        told = await self._hand_over(limit)
        left = None if limit is None else limit - told
        if left == 0:
            return Ran(first=cursor is None, handed_over=told, whole=False)
        polled = await self._trigger.notice(cursor, since=since, **self._inputs)
        self._crash("polled")
        self._cursors.advance(self._profile, self._name, polled.cursor, polled.events)
        self._crash("kept")
        told += await self._hand_over(left)
        self._crash("handed_over")
        waiting = self._cursors.waiting(self._profile, self._name)
        return Ran(first=cursor is None, handed_over=told, whole=not waiting)

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
        left = limit
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
                left = None if left is None else left - outcome.handed_over
                if left == 0:
                    return
            await sleep(pause)

    async def _hand_over(self, limit: int | None) -> int:
        """Hand over what is waiting, with its details; what cannot be read now waits for the next round."""
        waiting = self._cursors.waiting(self._profile, self._name)[:limit]
        for place, event in waiting:
            await self._handler(await self._trigger.detailed(event))
            self._crash("handed_over_one")
            self._cursors.settle(place)
            self._crash("settled_one")
        return len(waiting)
