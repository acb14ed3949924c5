"""Polls one trigger: reads pages as its strategy plans, returns events and the next cursor."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from connector.definition.paths import at_path
from connector.errors import ConfigurationError, NotFound, UnexpectedResponse, ValidationFailed
from connector.runtime.actions import LOOKS
from connector.runtime.error_context import attributed
from connector.runtime.inputs import fill
from connector.runtime.polling import STRATEGIES, Cursor, Event, Strategy
from connector.runtime.polling.model import (
    ReadResult,
    TriggerIdentity,
    oldest_first,
    without_resume,
    without_unreadable,
)
from connector.runtime.polling.problems import report_problems, unreadable_ids
from connector.runtime.polling.rows import aware_time, occurred_at, row_id
from connector.transport.paging import MAX_PAGES, EndlessList, PageWalk, resume_walk

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from connector.definition.model import Trigger
    from connector.runtime.polling import ReadPlan
    from connector.runtime.polling.problems import Problems
    from connector.transport.client import Client
    from connector.transport.paging import Page, Position

VERSION = 1
"""The format of a cursor; a cursor of another version is refused."""
START_OVER = "Discard it and start over (`returns trigger --restart`)."


@dataclass(frozen=True, slots=True)
class PollResult:
    """The events of one poll, and the cursor for the next one.

    `events` are sorted by `occurred_at`, oldest first. If an event has no `occurred_at`, they are sorted by
    when their records changed or were created, or stay in the vendor's order if that is unknown too. A later
    poll can return older events: records that appear after a newer one was delivered, and events that were
    beyond this poll's page limit.

    `cursor` is a JSON object, to pass to the next poll unchanged. Store it only after the events are
    delivered, or together with them: the next poll does not return them again.

    `complete` is false if the poll stopped at its page limit: poll again at once for the rest. `notes` are
    sentences to show or log, such as rows that cannot be read or clocks that differ. `set_aside` are
    sentences about unreadable rows that are given up, because readings no longer contain them.

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
    """A trigger of one connection, as in `connection.triggers["new_return"]`.

    `name` is the vendor's id and the trigger's key, and starts the id of each event. `strategy` replaces the
    trigger's own; tests use it to check that a faulty strategy is detected.
    """

    def __init__(self, client: Client, trigger: Trigger, strategy: Strategy | None = None) -> None:
        self.trigger = trigger
        self.name = f"{client.integration.vendor.id}:{trigger.key}"
        self._client = client
        self._strategy = strategy or STRATEGIES[trigger.source.strategy]

    def now(self) -> datetime:
        """Return the current time by the connection's clock."""
        return self._client.clock()

    def cursor_name(self, **inputs: Any) -> str:
        """Return the name under which to store the cursor of a poll with these inputs.

        The inputs are part of the name, because a cursor has also passed the events that the inputs filtered
        out: with other inputs it would miss them. Raises `ValidationFailed` for wrong inputs.
        """
        filters = fill(self.trigger.key, self.trigger.inputs, inputs, looking=True).inputs
        return f"{self.name} {json.dumps(filters, sort_keys=True, default=str)}" if filters else self.name

    @attributed
    async def poll(
        self, cursor: Cursor | None = None, *, since: datetime | date | None = None, **inputs: Any
    ) -> PollResult:
        """Poll once, read each event's details if the trigger has them, and return a `PollResult`.

        `cursor` is the one that the last poll returned, None for the first poll. The first poll returns no
        events, it only learns which records exist; with `since` it returns what happened since that time. A
        date or a time without a zone is UTC. Later polls ignore `since`.

        `inputs` are the trigger's filters by key: events whose record does not match are left out, and the
        cursor passes them all the same.

            result = await rm.triggers["new_return"].poll(since=date(2026, 11, 1))
            result = await rm.triggers["new_return"].poll(result.cursor)

        Raises `ValidationFailed` for wrong inputs, `ConfigurationError` for a cursor of another trigger or
        version, and any error of a request (`AuthenticationError`, `RateLimited`, `VendorUnavailable`, …).
        After an error, poll again with the same cursor: no event is lost.
        """
        result = await self.poll_list(cursor, since=since, **inputs)
        return replace(
            result, events=oldest_first([await self.read_details(event) for event in result.events])
        )

    @attributed
    async def read_details(self, event: Event) -> Event:
        """Return the event with its record's details, which the vendor's list does not contain.

        The event itself is returned if the trigger has no details. They are added to `event.data` under the
        key `trigger.details.key`.

            result = await trigger.poll_list(cursor)
            for event in result.events:
                await deliver(await trigger.read_details(event))

        A record can be listed a moment before it can be read, so a missing one is requested again, three
        times within ten seconds. If it is still missing it was deleted, and its details are None; so are
        those of a record whose id cannot be sent in a request. Raises any other error of a request.
        """
        details = self.trigger.details
        if details is None:
            return event
        operation = self._client.integration.operations[details.operation]
        values = {name: at_path(event.data, path) for name, path in details.parameters.items()}
        details_data = None
        for wait in (*LOOKS, None):
            try:
                details_data = (await self._client.call(operation, {**details.query, **values})).data
                break
            except NotFound:
                if wait is not None:
                    await self._client.sleep(wait)
            except ValidationFailed as refused:
                if refused.status is not None:
                    raise
                break  # refused before it was sent; another attempt would end the same way
        record = {**event.data, details.key: details_data}
        return replace(event, data=record, occurred_at=occurred_at(record, self.trigger.occurred_at))

    def record_id(self, event: Event) -> str:
        """Return the id of the record that the event is about; several events can have the same one."""
        return row_id(event.data, self.trigger.source.id)

    @attributed
    async def poll_list(
        self, cursor: Cursor | None = None, *, since: datetime | date | None = None, **inputs: Any
    ) -> PollResult:
        """Poll the vendor's list as `poll` does, but leave out the details; `read_details` adds them.

        Use it to store events and cursor first and to read details afterwards, as `Runner` does: an error in
        one record's details then delays that record only. Takes, returns and raises what `poll` does.

            result = await rm.triggers["new_return"].poll_list(cursor)
        """
        filters = fill(self.trigger.key, self.trigger.inputs, inputs, looking=True)
        stored = cursor or {}
        state = None if cursor is None else self._state_of(cursor)
        start = aware_time(since) if since is not None and cursor is None else None
        now = self._client.clock()
        source, strategy = self.trigger.source, self._strategy
        state, read = await self._read(state, now, start, stored.get("walk"))
        read = without_unreadable(
            read, source.id, partial(strategy.check, source), unreadable_ids(stored.get("trouble"))
        )
        about = TriggerIdentity(self.name, self.trigger.key, self.trigger.occurred_at)
        folded = strategy.fold(about, source, state, read, now, start)
        problems = report_problems(
            stored.get("trouble"),
            read,
            now,
            title=self._client.integration.vendor.title,
            operation=source.operation,
            first=cursor is None,
            doubtful=folded.doubtful,
        )
        # Filtered after `fold`, so that the cursor passes the other events as well.
        events = oldest_first(event for event in folded.events if filters.fits(event.data))
        return PollResult(
            events=events,
            cursor=self._next_cursor(folded.cursor, read, problems),
            complete=read.complete,
            notes=problems.notes,
            set_aside=problems.set_aside,
        )

    def _next_cursor(self, state: Cursor, read: ReadResult, problems: Problems) -> Cursor:
        """Return the cursor to store: the strategy's state, and what a later poll needs to continue."""
        # The loop detection of a reading has to survive the poll, or a list without end would be read for
        # ever.
        walk = read.walk if state.get("resume") else None
        return {
            "version": VERSION,
            "trigger": self.name,
            "strategy": self.trigger.source.strategy,
            "state": state,
            **({"walk": walk.as_json()} if walk else {}),
            **({"trouble": problems.remembered} if problems.remembered else {}),
        }

    async def _read(
        self, state: Cursor | None, now: datetime, since: datetime | None, walked: Any
    ) -> tuple[Any, ReadResult]:
        """Read what the strategy plans; return the state to fold it with, and the rows.

        The page at which the last poll stopped can be gone: page cursors expire, and lists get shorter. Then
        the list is read from the start, and all of it in this poll, because a page that does not last until
        the next poll would never lead to the end.
        """
        source = self.trigger.source
        plan = self._plan(state, now, since)
        walk = resume_walk(source.operation, source.id, walked if plan.first_page is not None else None)
        try:
            return state, await self._strategy.read(self._fetch, replace(plan, walk=walk))
        except EndlessList:
            raise
        except (NotFound, ValidationFailed, UnexpectedResponse):
            if state is None or plan.first_page is None:
                raise
        state = without_resume(state)
        walk = PageWalk(source.operation, source.id)
        plan = replace(self._plan(state, now, since), walk=walk, pages=MAX_PAGES)
        return state, await self._strategy.read(self._fetch, plan)

    def _plan(self, state: Cursor | None, now: datetime, since: datetime | None) -> ReadPlan:
        try:
            return self._strategy.plan(self.trigger.source, state, now, since)
        except (AttributeError, KeyError, TypeError, ValueError) as problem:
            if state is None:
                raise
            raise ConfigurationError(f"This cursor of {self.name} is damaged. {START_OVER}") from problem

    async def _fetch(self, query: Mapping[str, Any], position: Position | None) -> Page:
        operation = self._client.integration.operations[self.trigger.source.operation]
        paging = self._client.integration.paging[operation.paging or ""]
        values = {**query, paging.size_parameter: self.trigger.source.page_size}
        return await self._client.page(operation, values, position)

    def _state_of(self, cursor: Cursor) -> Cursor:
        """Return the strategy's state in a cursor; raise `ConfigurationError` if the cursor is not usable."""
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
