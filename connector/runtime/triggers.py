"""Polls a trigger with its polling strategy, and returns the new events and the cursor for the next poll."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from connector.definition.paths import at_path
from connector.definition.spelling import same_word
from connector.errors import ConfigurationError, NotFound, ValidationFailed
from connector.runtime.descriptions import shown
from connector.runtime.error_context import attributed
from connector.runtime.inputs import fill
from connector.runtime.polling import STRATEGIES, Cursor, Event, Strategy
from connector.runtime.polling.history import with_reached_at
from connector.runtime.polling.model import TriggerIdentity, oldest_first, without_unreadable
from connector.runtime.polling.problems import report_problems, unreadable_ids
from connector.runtime.polling.rows import aware_time, occurred_at, row_id
from connector.runtime.reading import START_OVER, Poll, read_together
from connector.transport.retries import LOOK_PAUSES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date, datetime

    from connector.definition.model import Trigger
    from connector.runtime.polling.model import ReadResult
    from connector.runtime.polling.problems import Problems
    from connector.transport.client import Client

VERSION = 1
"""The version of the cursor format; cursors with any other version are refused."""


@dataclass(frozen=True, slots=True)
class PollResult:
    """The events from one poll, and the cursor for the next poll.

    `events` are sorted by `occurred_at`, oldest first. If any event has no `occurred_at`, all events are
    sorted by the time at which their records changed or were created, or are in the vendor's order if that
    time is unknown too. A later poll can return older events, for records that appeared late in the vendor's
    list or that were beyond this poll's page limit.

    `cursor` is a JSON object; pass it to the next poll unchanged. The next poll does not return these events
    again, so store the cursor only after the events are delivered, or in the same transaction as the events.

    `complete` is false if the poll stopped at its page limit; poll again immediately for the remaining
    events. `notes` are complete sentences that can be shown or logged, for example about unreadable rows or a
    difference between the vendor's clock and the local clock. `set_aside` are sentences about unreadable rows
    that are no longer retried, because the vendor's list no longer contains those rows.

        result = await rm.triggers["new_return"].poll(load_cursor())
        for event in result.events:
            await deliver(event)
        save_cursor(json.dumps(result.cursor))
    """

    events: tuple[Event, ...]
    cursor: Cursor
    complete: bool
    notes: tuple[str, ...] = ()
    set_aside: tuple[str, ...] = ()


class BoundTrigger:
    """A trigger bound to a connection, for example `connection.triggers["new_return"]`.

    `name` consists of the vendor's ID and the trigger's key, and is the beginning of each event's ID.
    `strategy` replaces the trigger's own polling strategy; tests use it to check that a faulty strategy is
    detected.
    """

    def __init__(self, client: Client, trigger: Trigger, strategy: Strategy | None = None) -> None:
        self.trigger = trigger
        self.preview = trigger.preview
        self.name = f"{client.integration.vendor.id}:{trigger.key}"
        self._client = client
        self._strategy = strategy or STRATEGIES[trigger.source.strategy]

    def __repr__(self) -> str:
        return shown("Trigger", self._client.integration.vendor.title, self.trigger)

    def now(self) -> datetime:
        """Return the current time according to the connection's clock."""
        return self._client.clock()

    def cursor_name(self, **inputs: Any) -> str:
        """Build the name under which to store the cursor for these inputs.

        The name contains the inputs, because a cursor also advances past the events that the inputs filter
        out. A poll with other inputs and the same cursor would miss those events. Raises `ValidationFailed`
        for invalid inputs.
        """
        filters = fill(self.trigger.key, self.trigger.inputs, inputs, looking=True).inputs
        return f"{self.name} {json.dumps(filters, sort_keys=True, default=str)}" if filters else self.name

    @attributed
    async def poll(
        self, cursor: Cursor | None = None, *, since: datetime | date | None = None, **inputs: Any
    ) -> PollResult:
        """Poll once, add details to the events if the trigger has details, and return a `PollResult`.

        `cursor` is the cursor that the last poll returned, or None for the first poll. The first poll returns
        no events and only remembers which records exist; with `since`, it returns the events since that time.
        A date or a time without a zone is interpreted as UTC. Later polls ignore `since`.

        `inputs` are the values of the trigger's filters, keyed by filter. Events for records that do not
        match are left out, and the cursor advances past those events as well.

            result = await rm.triggers["new_return"].poll(since=date(2026, 11, 1))
            result = await rm.triggers["new_return"].poll(result.cursor)

        Raises `ValidationFailed` for invalid inputs, `ConfigurationError` if the cursor belongs to another
        trigger or version, and any error that a request raises (`AuthenticationError`, `RateLimited`,
        `VendorUnavailable`, …). After an error, poll again with the same cursor; no event is lost.
        """
        result = await self.poll_list(cursor, since=since, **inputs)
        return replace(
            result, events=oldest_first([await self.read_details(event) for event in result.events])
        )

    @attributed
    async def read_details(self, event: Event) -> Event:
        """Request the record's details, which the vendor's list does not contain, and add them to the event.

        Returns a new event whose `data` contains the details under the key `trigger.details.key`. If the
        trigger has no details, `event` itself is returned.

            result = await trigger.poll_list(cursor)
            for event in result.events:
                await deliver(await trigger.read_details(event))

        A record can appear in the list shortly before its details are available, so a missing record is
        requested again, three times within ten seconds. If the record is still missing, it was probably
        deleted, and the details are None. They are also None if the record's ID cannot be sent in a request.
        Raises any other error that a request raises.
        """
        if self.trigger.details is None:
            return event
        return self.with_details(event, await self.request_details(event))

    def with_details(self, event: Event, data: Any) -> Event:
        """Return a copy of the event that contains `data`, the details that `request_details` returned."""
        details = self.trigger.details
        if details is None:
            return event
        record = {**event.data, details.key: data}
        return replace(event, data=record, occurred_at=occurred_at(record, self.trigger.occurred_at))

    @attributed
    async def request_details(self, event: Event) -> Any:
        """Request the details of an event's record, as `read_details` does, and return only the details.

        Returns None if the trigger has no details.
        """
        details = self.trigger.details
        if details is None:
            return None
        operation = self._client.integration.operations[details.operation]
        values = {name: at_path(event.data, path) for name, path in details.parameters.items()}
        for wait in (*LOOK_PAUSES, None):
            try:
                return (await self._client.call(operation, {**details.query, **values})).data
            except NotFound:
                if wait is not None:
                    await self._client.sleep(wait)
            except ValidationFailed as refused:
                if refused.status is not None:
                    raise
                break  # refused before anything was sent; another attempt would fail too
        return None

    def record_id(self, event: Event) -> str:
        """Return the ID of the event's record; several events can share a record."""
        return row_id(event.data, self.trigger.source.id)

    @attributed
    async def poll_list(
        self, cursor: Cursor | None = None, *, since: datetime | date | None = None, **inputs: Any
    ) -> PollResult:
        """Poll the vendor's list like `poll`, without the details that `read_details` adds.

        Use this method to store the events and the cursor first and to read the details afterwards, as
        `Runner` does: an error in one record's details then delays only that record. The parameters, the
        result and the errors are the same as those of `poll`.

            result = await rm.triggers["new_return"].poll_list(cursor)
        """
        filters = fill(self.trigger.key, self.trigger.inputs, inputs, looking=True)
        [(poll, read)] = await read_together(self._client, [self.begin(cursor, since=since)])
        return self.conclude(poll, read, filters.fits)

    def begin(self, cursor: Cursor | None = None, *, since: datetime | date | None = None) -> Poll:
        """Begin a poll without reading anything; `read_together` reads the pages of one or several polls.

        The parameters are those of `poll`. Raises `ConfigurationError` if the cursor is damaged or belongs to
        another trigger or version.
        """
        return Poll(
            name=self.name,
            source=self.trigger.source,
            strategy=self._strategy,
            cursor=cursor,
            state=None if cursor is None else self._state_of(cursor),
            since=aware_time(since) if since is not None and cursor is None else None,
            now=self._client.clock(),
        )

    def conclude(
        self, poll: Poll, read: ReadResult, fits: Callable[[Mapping[str, Any]], bool] = lambda _record: True
    ) -> PollResult:
        """Build the events from the rows that were read for a poll, and the cursor for the next poll.

        `fits` receives an event's record; if it returns False, the event is left out. No request is sent.
        """
        source, strategy = self.trigger.source, self._strategy
        trouble = (poll.cursor or {}).get("trouble")
        read = replace(read, rows=tuple(with_reached_at(row, self.trigger.reached_at) for row in read.rows))
        read = without_unreadable(read, source.id, partial(strategy.check, source), unreadable_ids(trouble))
        about = TriggerIdentity(self.name, self.trigger.key, self.trigger.occurred_at)
        folded = strategy.fold(about, source, poll.state, read, poll.now, poll.since)
        problems = report_problems(
            trouble,
            read,
            poll.now,
            title=self._client.integration.vendor.title,
            operation=source.operation,
            first=poll.cursor is None,
            doubtful=folded.doubtful,
        )
        # Events are filtered after `fold`, so that the cursor also advances past events that do not match.
        found = [one for one in folded.events if fits(one.data) and not self._is_excluded(one.data)]
        return PollResult(
            events=oldest_first(found),
            cursor=self._next_cursor(folded.cursor, read, problems),
            complete=read.complete,
            notes=problems.notes,
            set_aside=problems.set_aside,
        )

    def _is_excluded(self, row: Mapping[str, Any]) -> bool:
        """Check whether a record has a value for which the trigger emits no event (`Trigger.unless`)."""
        return any(
            same_word(at_path(row, path), value) for path, values in self.trigger.unless for value in values
        )

    def _next_cursor(self, state: Cursor, read: ReadResult, problems: Problems) -> Cursor:
        """Build the cursor to store.

        It contains the strategy's state, the reported problems and, if the list was not read to its end, the
        `PageWalk` that the next poll continues.
        """
        # If a later poll continues the walk, loop detection must continue as well; otherwise a list without
        # an end would be read forever.
        walk = read.walk if state.get("resume") else None
        return {
            "version": VERSION,
            "trigger": self.name,
            "strategy": self.trigger.source.strategy,
            "state": state,
            **({"walk": walk.as_json()} if walk else {}),
            **({"trouble": problems.remembered} if problems.remembered else {}),
        }

    def _state_of(self, cursor: Cursor) -> Cursor:
        """Extract the strategy's state from a cursor.

        Raises `ConfigurationError` if the cursor is damaged or belongs to another trigger or version.
        """
        if not isinstance(cursor, dict):
            raise ConfigurationError(
                f"The cursor of {self.name} must be the dict that the last poll returned. {START_OVER}"
            )
        made_by = cursor.get("trigger")
        if made_by != self.name:
            raise ConfigurationError(
                f"This cursor belongs to {made_by or 'something else'}, not to {self.name}."
            )
        version, strategy = cursor.get("version"), cursor.get("strategy")
        if version != VERSION or strategy != self.trigger.source.strategy:
            raise ConfigurationError(
                f"This cursor of {self.name} has version {version} ({strategy}); only version {VERSION} "
                f"({self.trigger.source.strategy}) is supported. {START_OVER}"
            )
        state = cursor.get("state")
        if not isinstance(state, dict) or not state:
            raise ConfigurationError(f"This cursor of {self.name} is damaged. {START_OVER}")
        return state
