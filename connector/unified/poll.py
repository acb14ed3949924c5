"""Polls a trigger on several connections concurrently, and returns the events and errors from all of them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from connector.errors import ConnectorError, as_connector_error
from connector.unified.events import TriggerChoice, choose_trigger, event_kind
from connector.unified.mapping import unified_event
from connector.unified.model import UnifiedEvent

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from connector.definition.model import Integration
    from connector.runtime.connection import Connection
    from connector.runtime.polling import Cursor, Event
    from connector.runtime.triggers import PollResult
    from connector.unified.model import UnifiedReturn


@dataclass(frozen=True, slots=True)
class PollAllResult:
    """The result of `poll_all`. Each field except `events` is a mapping keyed by the connections' names.

    `events` are sorted by `occurred_at`, or by `observed_at` if the vendor provides no time, oldest first.

    `cursors` contains the cursors for the next call, which are JSON objects. A connection that was polled
    successfully has a new cursor; any other connection keeps its cursor. Store the cursors only after the
    events are delivered.

    `failed` contains the errors from the connections that failed. An unexpected exception is wrapped in a
    `ConnectorError`, whose `__cause__` is the original exception.

    `skipped` contains the reason why a connection was not polled, as the rest of a sentence that begins with
    the connection's name ("has no trigger new_return").

    `notes` contains sentences that can be shown to the user or logged, for example about unreadable rows, or
    about a difference between the vendor's clock and the local clock.

        result = await poll_all({"shop": rm, "outlet": swap}, "new_return", cursors)
        for event in result.events:
            await deliver(event.profile, event.as_json())
        cursors = result.cursors
        for name, error in result.failed.items():
            print(name, error)
    """

    events: tuple[UnifiedEvent, ...]
    cursors: Mapping[str, Cursor]
    failed: Mapping[str, ConnectorError]
    skipped: Mapping[str, str]
    notes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def returns(self) -> dict[str, tuple[UnifiedReturn, ...]]:
        """The newest record of each return in `events`, keyed by the connections' names.

        An event that has no record, or whose record has no ID, is left out.
        """
        found: dict[str, dict[str, UnifiedReturn]] = {}
        for event in self.events:
            if event.profile and event.record and event.record.id:
                found.setdefault(event.profile, {})[event.record.id] = event.record
        return {name: tuple(records.values()) for name, records in found.items()}


async def poll_all(
    connections: Mapping[str, Connection],
    trigger: str,
    cursors: Mapping[str, Cursor] | None = None,
    *,
    since: datetime | date | None = None,
    include_assumed: bool = False,
) -> PollAllResult:
    """Poll a trigger on each connection concurrently, and return all events in the common model.

    `connections` are keyed by name; each event has the name of its connection as its `profile`. `trigger` is
    an event type (`return_created`) or a trigger's key (`new_return`). A connection that has no trigger with
    that key is polled with its own trigger for the same event type. A trigger whose requests are only assumed
    to exist is polled only if `include_assumed` is true.

    `cursors` are the `cursors` in the result of the previous call. The first poll of a connection, without a
    cursor, returns no events; if `since` is given, it returns the events since that time. See
    `BoundTrigger.poll`.

    If a connection fails, its error is not raised but added to `PollAllResult.failed`.
    """
    next_cursors = dict(cursors or {})
    choices = _choices(connections, trigger, include_assumed=include_assumed)
    keys = {name: choice.trigger for name, choice in choices.items() if choice.trigger}
    answers = await asyncio.gather(
        *(_poll(name, connections[name], key, next_cursors.get(name), since) for name, key in keys.items())
    )
    events: list[UnifiedEvent] = []
    failed: dict[str, ConnectorError] = {}
    notes: dict[str, tuple[str, ...]] = {}
    for name, answer in zip(keys, answers, strict=True):
        if isinstance(answer, ConnectorError):
            failed[name] = answer
            continue
        polled, unified = answer
        next_cursors[name] = polled.cursor
        events += unified
        if polled.notes:
            notes[name] = polled.notes
    events.sort(key=lambda event: event.occurred_at or event.observed_at)
    return PollAllResult(
        events=tuple(events),
        cursors=next_cursors,
        failed=failed,
        skipped={name: choice.why for name, choice in choices.items() if choice.trigger is None},
        notes=notes,
    )


def _choices(
    connections: Mapping[str, Connection], trigger: str, *, include_assumed: bool
) -> dict[str, TriggerChoice]:
    kind = event_kind(trigger, [connection.integration for connection in connections.values()])
    return {
        name: choose_trigger(connection.integration, trigger, kind, include_assumed=include_assumed)
        for name, connection in connections.items()
    }


async def _poll(
    name: str, connection: Connection, trigger: str, cursor: Cursor | None, since: datetime | date | None
) -> tuple[PollResult, list[UnifiedEvent]] | ConnectorError:
    """Poll one connection; return an error instead of raising it, so that the other polls can finish."""
    try:
        polled = await connection.triggers[trigger].poll(cursor, since=since)
        pairs = [_unified(connection.integration, event, name) for event in polled.events]
        notes = (note for _event, note in pairs if note)
        return replace(polled, notes=(*polled.notes, *notes)), [event for event, _note in pairs]
    except Exception as problem:  # noqa: BLE001 - connections are independent of each other
        return as_connector_error(problem)


def _unified(integration: Integration, event: Event, name: str) -> tuple[UnifiedEvent, str | None]:
    """Convert an event to the common model; return the converted event and a note.

    If the conversion fails, the `record` of the returned event is None, and the note is a sentence that says
    why. Otherwise, the note is None.
    """
    try:
        return unified_event(integration, event, profile=name), None
    except ConnectorError:
        raise
    except Exception as problem:  # noqa: BLE001 - one bad record must not stop the others
        bare = UnifiedEvent(
            id=event.id,
            kind="other",
            vendor=integration.vendor.id,
            profile=name,
            trigger=event.trigger,
            occurred_at=event.occurred_at,
            observed_at=event.observed_at,
            record=None,
            raw=event.data,
        )
        return bare, f"{event.id} has no record: it cannot be read ({type(problem).__name__}: {problem})."
