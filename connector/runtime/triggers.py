"""Triggers, run: fetches the pages a strategy asks for and turns them into events and the next cursor."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from connector.definition.paths import at_path
from connector.errors import ConfigurationError, NotFound, UnexpectedResponse, ValidationFailed
from connector.runtime.actions import LOOKS
from connector.runtime.attribution import attributed
from connector.runtime.inputs import fill
from connector.runtime.polling import STRATEGIES, Cursor, Event, Strategy
from connector.runtime.polling.model import (
    ReadResult,
    TriggerIdentity,
    as_moment,
    from_the_start,
    identity,
    occurred,
    oldest_first,
    sifted,
)
from connector.runtime.polling.problems import reported, waiting_ids
from connector.transport.paging import MOST_PAGES, Endless, PageWalk, resumed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from connector.definition.model import Trigger
    from connector.runtime.polling import ReadPlan
    from connector.runtime.polling.problems import Trouble
    from connector.transport.client import Client
    from connector.transport.paging import Page, Position

VERSION = 1
START_OVER = "Discard it and start over (`returns trigger --restart`)."


@dataclass(frozen=True, slots=True)
class PollResult:
    """Events and the cursor to keep once they are handed over. The cursor is plain JSON.

    `events` are sorted by `occurred_at`, oldest first; where the vendor does not tell that of each, by when
    their records changed or came to be, or as they were listed if nothing tells that either. A later poll
    may bring older ones: late rows, and what one poll had no room for.
    `complete` says that nothing was left for the next poll to read. `notes` are sentences to report: rows
    that cannot be read, clocks that differ. `set_aside` are those of rows that are given up, because no
    reading holds them any more.
    """

    events: tuple[Event, ...]
    cursor: Cursor
    complete: bool
    notes: tuple[str, ...] = ()
    set_aside: tuple[str, ...] = ()


class BoundTrigger:
    """A trigger of one connection. `strategy` may be replaced by a wrong one to see that tests catch it."""

    def __init__(self, client: Client, trigger: Trigger, strategy: Strategy | None = None) -> None:
        self.trigger = trigger
        self.name = f"{client.integration.vendor.id}:{trigger.key}"
        self._client = client
        self._strategy = strategy or STRATEGIES[trigger.source.strategy]

    def now(self) -> datetime:
        """Return the present moment by the connection's clock."""
        return self._client.clock()

    def watch_name(self, **inputs: Any) -> str:
        """Return the name under which a watcher with these inputs keeps its cursor: they are part of it.

        The cursor of a watcher has passed what its filter left out, so one with another filter needs its own.
        Raises `ValidationFailed` for wrong inputs.
        """
        given = fill(self.trigger.key, self.trigger.inputs, inputs, looking=True).inputs
        return f"{self.name} {json.dumps(given, sort_keys=True, default=str)}" if given else self.name

    @attributed
    async def poll(
        self, cursor: Cursor | None = None, *, since: datetime | date | None = None, **inputs: Any
    ) -> PollResult:
        """Poll once, and read the details of each event where the trigger has them.

        Without a cursor and `since`, nothing is an event: the poll takes note of what is there. `since`
        (for the first poll only) asks for what happened from then on. Inputs by key tell only the events
        whose record fits; the cursor passes the others too. Hand the events over before you keep the cursor.
        Raises `ValidationFailed` for wrong inputs, `ConfigurationError` for a cursor that another trigger or
        version made, and all errors of a read.
        """
        noticed = await self.notice(cursor, since=since, **inputs)
        return replace(noticed, events=oldest_first([await self.detailed(event) for event in noticed.events]))

    @attributed
    async def detailed(self, event: Event) -> Event:
        """Return the event with what the list does not tell of its record.

        What is listed may be found a little later; what is not found then is gone, and the event is told with
        None in its details' place. So is one whose record has an id that no request can hold. Raises what
        else a read raises.
        """
        details = self.trigger.details
        if details is None:
            return event
        operation = self._client.integration.operations[details.operation]
        values = {name: at_path(event.data, path) for name, path in details.parameters.items()}
        found = None
        for wait in (*LOOKS, None):
            try:
                found = (await self._client.call(operation, {**details.query, **values})).data
                break
            except NotFound:
                if wait is not None:
                    await self._client.sleep(wait)
            except ValidationFailed as refused:
                if refused.status is not None:
                    raise
                break  # refused here, unsent: to try again would change nothing
        record = {**event.data, details.key: found}
        return replace(event, data=record, occurred_at=occurred(record, self.trigger.occurred_at))

    def record(self, event: Event) -> str:
        """Return the id of the record that an event of this trigger is about."""
        return identity(event.data, self.trigger.source.id)

    @attributed
    async def notice(
        self, cursor: Cursor | None = None, *, since: datetime | date | None = None, **inputs: Any
    ) -> PollResult:
        """Poll as `poll` does, without the details; `detailed` reads them one by one."""
        wanted = fill(self.trigger.key, self.trigger.inputs, inputs, looking=True)
        kept = cursor or {}
        state = None if cursor is None else self._opened(cursor)
        start = as_moment(since) if since is not None and cursor is None else None
        now = self._client.clock()
        source, strategy = self.trigger.source, self._strategy
        state, read = await self._read(state, now, start, kept.get("walk"))
        read = sifted(read, source.id, partial(strategy.check, source), waiting_ids(kept.get("trouble")))
        about = TriggerIdentity(self.name, self.trigger.key, self.trigger.occurred_at)
        poll = strategy.fold(about, source, state, read, now, start)
        trouble = reported(
            kept.get("trouble"),
            read,
            now,
            title=self._client.integration.vendor.title,
            operation=source.operation,
            first=cursor is None,
            doubtful=poll.doubtful,
        )
        events = oldest_first(event for event in poll.events if wanted.fits(event.data))
        return PollResult(
            events=events,
            cursor=self._sealed(poll.cursor, read, trouble),
            complete=read.complete,
            notes=trouble.notes,
            set_aside=trouble.set_aside,
        )

    def _sealed(self, state: Cursor, read: ReadResult, trouble: Trouble) -> Cursor:
        """Return the cursor to keep, with what a later poll needs to go on with a reading."""
        walk = read.walk if state.get("resume") else None
        return {
            "version": VERSION,
            "trigger": self.name,
            "strategy": self.trigger.source.strategy,
            "state": state,
            **({"walk": walk.as_json()} if walk else {}),
            **({"trouble": trouble.kept} if trouble.kept else {}),
        }

    async def _read(
        self, state: Cursor | None, now: datetime, since: datetime | None, walked: Any
    ) -> tuple[Any, ReadResult]:
        """Read what the strategy plans; return the state to fold it with.

        A vendor may no longer know the place at which the last poll stopped. Then all is read from the start,
        and at once: a place that does not last until the next poll would never lead to the end.
        """
        source = self.trigger.source
        reading = self._planned(state, now, since)
        walk = resumed(source.operation, source.id, walked if reading.first_page is not None else None)
        try:
            return state, await self._strategy.read(self._fetch, replace(reading, walk=walk))
        except Endless:
            raise
        except (NotFound, ValidationFailed, UnexpectedResponse):
            if state is None or reading.first_page is None:
                raise
        state = from_the_start(state)
        walk = PageWalk(source.operation, source.id)
        reading = replace(self._planned(state, now, since), walk=walk, pages=MOST_PAGES)
        return state, await self._strategy.read(self._fetch, reading)

    def _planned(self, state: Cursor | None, now: datetime, since: datetime | None) -> ReadPlan:
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

    def _opened(self, cursor: Cursor) -> Cursor:
        made_by = cursor.get("trigger")
        if made_by != self.name:
            raise ConfigurationError(
                f"This cursor was made by {made_by or 'something else'}, not by {self.name}."
            )
        version, strategy = cursor.get("version"), cursor.get("strategy")
        if version != VERSION or strategy != self.trigger.source.strategy:
            raise ConfigurationError(
                f"This cursor of {self.name} has version {version} ({strategy}); only version {VERSION} "
                f"({self.trigger.source.strategy}) is understood. {START_OVER}"
            )
        state = cursor.get("state")
        if not isinstance(state, dict) or not state:
            raise ConfigurationError(f"This cursor of {self.name} is damaged. {START_OVER}")
        return state
