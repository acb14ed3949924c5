"""Polls a trigger durably, and delivers each event at least once.

The events and the cursor are stored in one transaction before the first event is delivered (an outbox). An
event is delivered twice only if the process dies after the event's handler returns and before the delivery is
recorded. Event IDs are stable, so a consumer that remembers the IDs can drop the duplicate.

Why the runner does not deliver first and store the cursor afterwards: after a crash the poll would be
repeated. If a record had changed and changed back in the meantime, no event would then be emitted for it, and
the consumer would keep the outdated state that was delivered last.

A failed event is tried again. Later events for the same record wait for the failed event, so that they arrive
in order; events for other records do not wait. An event is set aside (moved to the skipped events) only if
its handler raises `Skip`.
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
    as_connector_error,
)
from connector.runtime.polling import Event

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    from connector.clock import Sleep
    from connector.runtime.outbox import Outbox
    from connector.runtime.triggers import BoundTrigger

MAX_STUCK_RECORDS = 5
"""Delivery stops after this many consecutive records whose details cannot be read."""
MAX_RETRY_PAUSE = 3_600.0
"""The longest pause between two attempts to deliver an event, in seconds."""
OF_THE_CONNECTION = (AuthenticationError, ConfigurationError, PermissionDenied, RateLimited)
"""Errors that affect the whole connection and not just one record; they end the round."""

Handler = Callable[[Event], Awaitable[None]]
"""An async function that receives an event; the event is delivered if the function raises no exception."""
CrashPoint = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class RunResult:
    """The result of one round of a `Runner`.

    `first_poll` is true if no cursor was stored before. `handed_over` is the number of events delivered in
    this round. `all_handed_over` is false if events are still pending, or if `limit` was reached before the
    poll. `problem` is the first error that left an event pending: the event's details could not be read, or
    its handler raised an exception. `notes` are complete sentences that can be shown or logged, about
    unreadable rows, clock differences, and events that were set aside.

        result = await runner.once(limit=100)
        if not result.all_handed_over:
            print("Some events wait for the next round:", result.problem or "limit reached")
    """

    first_poll: bool
    handed_over: int
    all_handed_over: bool
    problem: ConnectorError | None = None
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class _Round:
    """The state of one round of a `Runner`.

    `interval` is the pause in seconds after an event's first failure (None: retry in every round), and
    `limit` is the maximum number of events to deliver (None: no limit). `stuck` maps the IDs of records that
    failed in this round to their errors. `held` contains the IDs of records whose retry is not due yet.
    `raised` is the first exception that the handler raised. `away` is the error that shows that the vendor
    cannot be reached (or None); it is raised at the end of a round that delivered no events.
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
    """Do nothing; tests pass another function, which raises an exception at `point` to simulate a crash."""
    del point


class Runner:
    """Polls one trigger for one profile, and delivers each event to `handler` at least once.

        async def handler(event: Event) -> None:
            await queue.put(event.id, event.data)

        with Cursors(Path("cursors.sqlite3")) as cursors:
            trigger = connection.triggers["new_return"]
            runner = Runner(trigger, cursors, profile="shop", handler=handler)
            with cursors.locked("shop", trigger.cursor_name()):
                result = await runner.once()

    `cursors` is a `Cursors` (a SQLite file) or a `DatabaseCursors` (another database). `inputs` are the
    values of the trigger's filters, keyed by filter. The cursor is stored under the profile, a name of your
    choice, and the name `trigger.cursor_name(**inputs)`; only one process at a time may use that pair,
    which `cursors.locked` enforces.

    If the handler raises an exception, the event is tried again in a later round. `Skip` sets the event aside
    instead, and an exception listed in `ends` ends the round immediately. `crash` is called with the name of
    each point at which a test can simulate a crash: `polled`, `kept`, `handed_over_one`, `settled_one`,
    `handed_over`. Raises `ValidationFailed` for invalid inputs.
    """

    def __init__(
        self,
        trigger: BoundTrigger,
        cursors: Outbox,
        *,
        profile: str,
        handler: Handler,
        inputs: Mapping[str, Any] | None = None,
        ends: tuple[type[Exception], ...] = (),
        crash: CrashPoint = no_crash,
    ) -> None:
        self._trigger = trigger
        self._inputs = inputs or {}
        self._name = trigger.cursor_name(**self._inputs)
        self._cursors = cursors
        self._profile = profile
        self._handler = handler
        self._ends = ends
        self._crash = crash
        self._handed_over = 0
        self._due: dict[int, datetime] = {}

    async def once(self, *, since: datetime | date | None = None, limit: int | None = None) -> RunResult:
        """Run one round: deliver pending events, poll once, and deliver the new events.

        At most `limit` events are delivered (None: all); the others remain pending until the next round.
        `since` applies to the first poll only; see `BoundTrigger.poll`. If the handler raises exceptions, the
        first one is raised at the end of the round. Errors from the poll are raised immediately.
        """
        state = _Round(None, limit)
        result = await self._round(state, since)
        if state.raised is not None:
            raise state.raised
        return result

    async def retry(self, *, limit: int | None = None) -> RunResult:
        """Deliver the pending events and the events that were set aside, without polling.

        `limit` and the handler's exceptions are treated as in `once`.
        """
        self._cursors.retry(self._profile, self._name)
        state = _Round(None, limit)
        await self._hand_over(state)
        if state.raised is not None:
            raise state.raised
        return self._result(state, first_poll=False)

    async def watch(
        self,
        *,
        interval: float,
        sleep: Sleep,
        since: datetime | date | None = None,
        limit: int | None = None,
        on_round: Callable[[RunResult], None] = lambda _result: None,
        on_error: Callable[[ConnectorError], None] = lambda _problem: None,
    ) -> None:
        """Poll every `interval` seconds until `limit` events are delivered (None: until cancelled).

        `on_round` is called with the result of each round. `on_error` is called with each error that does not
        end the loop:

        - The vendor cannot be reached or limits requests. If the vendor states how long to wait, the pause is
          at least that long.
        - A response is unexpected, or an unforeseen exception is raised, after at least one successful round.
          A single error page from a proxy must not end the loop, but a wrong base URL must be reported
          immediately.

        Other errors are raised. If the handler raises an exception, the event is tried again after `interval`
        seconds, and then after pauses that double up to an hour.
        """
        before, left, answered = self._handed_over, limit, False
        while left is None or left > 0:
            pause = interval
            try:
                outcome = await self._round(_Round(interval, left), since)
            except self._ends:
                raise
            except Exception as problem:
                if not _can_continue(problem, answered=answered):
                    raise
                on_error(as_connector_error(problem))
                pause = max(interval, getattr(problem, "retry_after", None) or 0)
            else:
                answered = True
                on_round(outcome)
                if outcome.problem:
                    on_error(outcome.problem)
            left = None if limit is None else limit - (self._handed_over - before)
            if left != 0:
                await sleep(pause)

    async def _round(self, state: _Round, since: datetime | date | None) -> RunResult:
        cursor = self._cursors.load(self._profile, self._name)
        await self._hand_over(state, polled=False)
        has_room = not state.full
        if has_room:
            polled = await self._trigger.poll_list(cursor, since=since, **self._inputs)
            state.notes += polled.notes
            self._crash("polled")
            # Cursor and events are stored in one transaction, so a crash cannot separate them.
            self._cursors.advance(
                self._profile,
                self._name,
                polled.cursor,
                polled.events,
                rows=polled.set_aside,
                at=self._trigger.now(),
            )
            self._crash("kept")
            await self._hand_over(state)
            self._crash("handed_over")
        if state.away and not state.handed_over:
            raise state.away
        return self._result(state, first_poll=cursor is None, polled=has_room)

    def _result(self, state: _Round, *, first_poll: bool, polled: bool = True) -> RunResult:
        problem = next(iter(state.stuck.values()), None)
        all_handed_over = polled and not self._cursors.waiting(self._profile, self._name)
        return RunResult(first_poll, state.handed_over, all_handed_over, problem, tuple(state.notes))

    async def _hand_over(self, state: _Round, *, polled: bool = True) -> None:
        """Read the details of pending events and deliver the events.

        Before the poll (`polled` is false), most events that failed in earlier rounds are skipped. If the
        details of several consecutive records cannot be read, the cause is probably the vendor, not the
        records, so the remaining events wait for the next round.
        """
        unread_in_a_row = 0
        for place, event, record in self._waiting(state, polled=polled):
            if state.full or unread_in_a_row == MAX_STUCK_RECORDS:
                return
            if state.interval is not None and self._due.get(place, self._trigger.now()) > self._trigger.now():
                state.held.add(record)
            if record in state.held or record in state.stuck:
                continue
            try:
                detailed = await self._trigger.read_details(event)
            except OF_THE_CONNECTION:
                raise
            except Exception as problem:  # noqa: BLE001 - other records must not wait for this one
                self._postpone(state, place, record, as_connector_error(problem))
                unread_in_a_row += 1
                if unread_in_a_row == MAX_STUCK_RECORDS and isinstance(problem, VendorUnavailable):
                    state.away = problem
                continue
            unread_in_a_row = 0
            await self._deliver(state, place, record, detailed)

    def _waiting(self, state: _Round, *, polled: bool) -> Iterator[tuple[int, Event, str]]:
        """Yield the pending events with their places and record IDs; events for one record stay in order.

        The oldest event comes first. If it failed in an earlier round and fails again, only events for
        records without failures follow; after the poll, the events for records with failures follow too. In
        this way, one bad record does not delay other records, and if the vendor is down, only one request is
        wasted before the poll.
        """
        failures = self._cursors.failures(self._profile, self._name)
        waiting = [
            (place, event, self._trigger.record_id(event))
            for place, event in self._cursors.waiting(self._profile, self._name)
        ]
        failed: dict[str, tuple[int, int]] = {}
        for place, _event, record in waiting:
            if place in failures:
                failed.setdefault(record, (failures[place], place))
        if failed and waiting[0][2] in failed:
            yield waiting[0]
            if waiting[0][2] not in state.stuck and waiting[0][2] not in state.held:
                yield from waiting[1:]
                return
        yield from (entry for entry in waiting if entry[2] not in failed)
        if polled:
            failed_before = [entry for entry in waiting if entry[2] in failed]
            yield from sorted(failed_before, key=lambda entry: (*failed[entry[2]], entry[0]))

    async def _deliver(self, state: _Round, place: int, record: str, event: Event) -> None:
        """Call the handler with an event, then update the outbox.

        A delivered event is removed. An event whose handler raises `Skip` is set aside; after any other
        exception the event is postponed. Exceptions that end the round are raised.
        """
        try:
            await self._handler(event)
        except self._ends:
            raise
        except Skip as skip:
            why = str(skip) or "its handler skipped it"
            self._cursors.set_aside(place, why, self._trigger.now())
            state.notes.append(
                f"{event.id} is set aside: {why.rstrip('.')}. List it with `returns trigger --skipped`."
            )
        except Exception as problem:  # noqa: BLE001 - a handler may raise anything
            state.raised = state.raised or problem
            error = ConnectorError(f"{event.id} was not handed over ({type(problem).__name__}: {problem}).")
            error.__cause__ = problem
            self._postpone(state, place, record, error)
        else:
            # If the process crashes between the handler and `settle`, this event is delivered again.
            self._crash("handed_over_one")
            self._cursors.settle(place)
            self._due.pop(place, None)
            self._handed_over += 1
            state.handed_over += 1
            self._crash("settled_one")

    def _postpone(self, state: _Round, place: int, record: str, problem: ConnectorError) -> None:
        """Postpone an event, and all later events for the same record, to a later round."""
        state.stuck[record] = problem
        self._cursors.record_failure(place)
        if state.interval is not None:
            failures = self._cursors.failures(self._profile, self._name)[place]
            pause = min(state.interval * 2 ** min(failures - 1, 30), MAX_RETRY_PAUSE)
            self._due[place] = self._trigger.now() + timedelta(seconds=pause)


def _can_continue(problem: Exception, *, answered: bool) -> bool:
    """Check whether `watch` continues after an exception; `answered` is true once a round has succeeded."""
    if isinstance(problem, VendorUnavailable | RateLimited):
        return True
    return answered and (isinstance(problem, UnexpectedResponse) or not isinstance(problem, ConnectorError))
