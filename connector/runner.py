"""Runs a trigger durably: poll, hand over, and only then commit the cursor.

At least once: an event may be handed over again only if the process dies between the end of its hand-over
and the note of it. Ids are stable, so a consumer that knows ids sees each event once even then.
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
    from connector.triggers import BoundTrigger, Polled

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
    `crash` is called at the named points `polled`, `handed_over_one`, `noted_one`, `handed_over`,
    `committed`.
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
        """Poll once and hand over what is new, at most `limit` events; the rest comes with the next round."""
        cursor = self._cursors.load(self._profile, self._name)
        known = self._cursors.handed_over(self._profile, self._name)
        begun = self._cursors.begun(self._profile, self._name)
        polled = await self._trigger.notice(cursor, since=since, told=begun, **self._inputs)
        self._crash("polled")
        fresh = [event for event in polled.events if event.id not in known]
        taken = fresh if limit is None else fresh[:limit]
        if taken:
            self._cursors.begin(self._profile, self._name, [event.id for event in taken])
        for event in taken:
            await self._hand_over(event)
        self._crash("handed_over")
        whole = len(taken) == len(fresh)
        if whole:
            self._commit(polled)
        return Ran(first=cursor is None, handed_over=len(taken), whole=whole)

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

    async def _hand_over(self, event: Event) -> None:
        """Hand one event over with its details; if those cannot be read, it comes with the next round."""
        await self._handler(await self._trigger.detailed(event))
        self._crash("handed_over_one")
        self._cursors.note(self._profile, self._name, event.id)
        self._crash("noted_one")

    def _commit(self, polled: Polled) -> None:
        passed = None if polled.complete else [event.id for event in polled.events]
        self._cursors.commit(self._profile, self._name, polled.cursor, passed)
        self._crash("committed")
