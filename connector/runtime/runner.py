"""Runs a trigger durably: what a poll found is kept together with its cursor until it was handed over.

At least once: an event may be handed over again only if the process dies between the end of its hand-over
and the note of it. Ids are stable, so a consumer that knows ids sees each event once even then. Were the
poll repeated instead, a record that went there and back meanwhile would leave the consumer with what it
was told last.

An event that cannot be handed over now is tried again, and later events of its record wait for it; events of
other records do not. It is set aside only if its handler raises `Skip`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from connector.errors import (
    AuthenticationError,
    ConfigurationError,
    ConnectorError,
    PermissionDenied,
    RateLimited,
    Skip,
    UnexpectedResponse,
    VendorUnavailable,
    unforeseen,
)
from connector.runtime.polling import Event

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    from connector.clock import Sleep
    from connector.runtime.cursors import Cursors
    from connector.runtime.triggers import BoundTrigger

MOST_STUCK = 5
"""After so many records in a row whose details cannot be read, no more are asked for until the next round."""
LONGEST_PAUSE = 3_600.0
"""Seconds; the longest pause between two tries of one event."""
OF_THE_CONNECTION = (AuthenticationError, ConfigurationError, PermissionDenied, RateLimited)
"""What goes wrong with the connection and not with one record."""

Handler = Callable[[Event], Awaitable[None]]
CrashPoint = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class RunResult:
    """What one round did: `first`, there was no cursor before; `whole`, all events were handed over.

    `problem` is why some were not: the details of their records could not be read, or (when watching) their
    handler raised. They wait. `notes` are sentences to report: rows that cannot be read, clocks that differ,
    events that were set aside.
    """

    first: bool
    handed_over: int
    whole: bool
    problem: ConnectorError | None = None
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class _Round:
    """One round; `stuck` are the records that failed in it, `held` those that wait for a pause to end.

    `interval` is the first pause of an event that fails (None: a round tries all). `raised` is what a handler
    raised first, `away` says that the vendor is the reason why details cannot be read.
    """

    interval: float | None
    limit: int | None
    handed_over: int = 0
    stuck: dict[str, ConnectorError] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)
    raised: Exception | None = None
    away: VendorUnavailable | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def full(self) -> bool:
        return self.handed_over == self.limit


def no_crash(point: str) -> None:
    """Do nothing; tests put their own function here, which raises at a point of its choice."""
    del point


class Runner:
    """One trigger of one profile: `with cursors.held(profile, trigger.watch_name()): await runner.once()`.

    `inputs` are the trigger's filters; the cursor is kept under `trigger.watch_name(**inputs)`. A handler
    that raises one of `ends` ends the round at once; after other exceptions the event is tried again.
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
        ends: tuple[type[Exception], ...] = (),
        crash: CrashPoint = no_crash,
    ) -> None:
        self._trigger = trigger
        self._inputs = inputs or {}
        self._name = trigger.watch_name(**self._inputs)
        self._cursors = cursors
        self._profile = profile
        self._handler = handler
        self._ends = ends
        self._crash = crash
        self._handed_over = 0
        self._due: dict[int, datetime] = {}

    async def once(self, *, since: datetime | date | None = None, limit: int | None = None) -> RunResult:
        """Hand over what is waiting, poll once and hand over what is new: at most `limit` events in all.

        The rest waits for the next round. What a handler raises is raised at the end of the round.
        """
        this = _Round(None, limit)
        ran = await self._round(this, since)
        if this.raised is not None:
            raise this.raised
        return ran

    async def retry(self, *, limit: int | None = None) -> RunResult:
        """Hand over again what was set aside, and what is waiting; does not poll."""
        self._cursors.retry(self._profile, self._name)
        this = _Round(None, limit)
        await self._hand_over(this)
        if this.raised is not None:
            raise this.raised
        return self._ran(this, first=False)

    async def watch(
        self,
        *,
        interval: float,
        sleep: Sleep,
        since: datetime | date | None = None,
        limit: int | None = None,
        ran: Callable[[RunResult], None] = lambda _ran: None,
        failed: Callable[[ConnectorError], None] = lambda _problem: None,
    ) -> None:
        """Poll every `interval` seconds until `limit` events were handed over (None: until cancelled).

        A vendor that cannot be reached, or that wants fewer requests, is asked again later; so is one that
        answers nonsense, once it has answered well (a proxy's error page is no reason to stop watching), and
        so is one whose answer raises what nothing foresees. `failed` hears of it. An event whose handler
        raises is tried again after `interval` seconds, then after longer and longer pauses.
        """
        before, left, well = self._handed_over, limit, False
        while left is None or left > 0:
            pause = interval
            try:
                outcome = await self._round(_Round(interval, left), since)
            except self._ends:
                raise
            except Exception as problem:  # a boundary: what is not foreseen ends no watching
                if not _passes(problem, well=well):
                    raise
                failed(unforeseen(problem))
                pause = max(interval, getattr(problem, "retry_after", None) or 0)
            else:
                well = True
                ran(outcome)
                if outcome.problem:
                    failed(outcome.problem)
            left = None if limit is None else limit - (self._handed_over - before)
            if left != 0:
                await sleep(pause)

    async def _round(self, this: _Round, since: datetime | date | None) -> RunResult:
        cursor = self._cursors.load(self._profile, self._name)
        await self._hand_over(this, polled=False)
        polls = not this.full
        if polls:
            polled = await self._trigger.notice(cursor, since=since, **self._inputs)
            this.notes += polled.notes
            self._crash("polled")
            self._cursors.advance(
                self._profile,
                self._name,
                polled.cursor,
                polled.events,
                rows=polled.set_aside,
                at=self._trigger.now(),
            )
            self._crash("kept")
            await self._hand_over(this)
            self._crash("handed_over")
        if this.away and not this.handed_over:
            raise this.away
        return self._ran(this, first=cursor is None, polled=polls)

    def _ran(self, this: _Round, *, first: bool, polled: bool = True) -> RunResult:
        problem = next(iter(this.stuck.values()), None)
        whole = polled and not self._cursors.waiting(self._profile, self._name)
        return RunResult(first, this.handed_over, whole, problem, tuple(this.notes))

    async def _hand_over(self, this: _Round, *, polled: bool = True) -> None:
        """Hand over what is waiting, with its details; before the poll, without most of what failed before.

        When the details of several records in a row cannot be read, the vendor is at fault and not the
        records: the others wait for the next round, which begins with them.
        """
        in_vain = 0
        for place, event, record in self._waiting(this, polled=polled):
            if this.full or in_vain == MOST_STUCK:
                return
            if this.interval is not None and self._due.get(place, self._trigger.now()) > self._trigger.now():
                this.held.add(record)
            if record in this.held or record in this.stuck:
                continue
            try:
                detailed = await self._trigger.detailed(event)
            except OF_THE_CONNECTION:
                raise
            except Exception as problem:  # noqa: BLE001 - whatever it is, other records do not wait for it
                self._put_off(this, place, record, unforeseen(problem))
                in_vain += 1
                if in_vain == MOST_STUCK and isinstance(problem, VendorUnavailable):
                    this.away = problem
                continue
            in_vain = 0
            await self._give(this, place, record, detailed)

    def _waiting(self, this: _Round, *, polled: bool) -> Iterator[tuple[int, Event, str]]:
        """Yield what is waiting, each record's events in their order.

        The oldest comes first. If it fails, and failed before, those that never failed come next; the others
        come when the poll is done.
        """
        tries = self._cursors.tries(self._profile, self._name)
        found = [
            (place, event, self._trigger.record(event))
            for place, event in self._cursors.waiting(self._profile, self._name)
        ]
        failed: dict[str, tuple[int, int]] = {}
        for place, _event, record in found:
            if place in tries:
                failed.setdefault(record, (tries[place], place))
        if failed and found[0][2] in failed:
            yield found[0]
            if found[0][2] not in this.stuck and found[0][2] not in this.held:
                yield from found[1:]
                return
        yield from (one for one in found if one[2] not in failed)
        if polled:
            last = [one for one in found if one[2] in failed]
            yield from sorted(last, key=lambda one: (*failed[one[2]], one[0]))

    async def _give(self, this: _Round, place: int, record: str, event: Event) -> None:
        """Give an event to the handler, and settle it, set it aside or put it off."""
        try:
            await self._handler(event)
        except self._ends:
            raise
        except Skip as skip:
            why = str(skip) or "its handler skips it"
            self._cursors.set_aside(place, why, self._trigger.now())
            this.notes.append(f"{event.id} is set aside: {why} `returns trigger` lists it with --skipped.")
        except Exception as problem:  # noqa: BLE001 - a handler may raise anything
            this.raised = this.raised or problem
            said = ConnectorError(f"{event.id} was not handed over ({type(problem).__name__}: {problem}).")
            said.__cause__ = problem
            self._put_off(this, place, record, said)
        else:
            self._crash("handed_over_one")
            self._cursors.settle(place)
            self._due.pop(place, None)
            self._handed_over += 1
            this.handed_over += 1
            self._crash("settled_one")

    def _put_off(self, this: _Round, place: int, record: str, problem: ConnectorError) -> None:
        """Let an event, and with it later ones of its record, wait for a next round."""
        this.stuck[record] = problem
        self._cursors.tried(place)
        if this.interval is not None:
            tries = self._cursors.tries(self._profile, self._name)[place]
            pause = min(this.interval * 2 ** min(tries - 1, 30), LONGEST_PAUSE)
            self._due[place] = self._trigger.now() + timedelta(seconds=pause)


def _passes(problem: Exception, *, well: bool) -> bool:
    """Say whether watching goes on after an exception; `well`: the vendor has answered well before."""
    if isinstance(problem, VendorUnavailable | RateLimited):
        return True
    return well and (isinstance(problem, UnexpectedResponse) or not isinstance(problem, ConnectorError))
