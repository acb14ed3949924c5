"""Polls one trigger on several connections at once; a connection that fails does not stop the others."""

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


@dataclass(frozen=True, slots=True)
class PollAllResult:
    """The events of all connections; the other fields are by the name of the connection.

    `events` are sorted by `occurred_at`, or `observed_at` if the vendor provides no time, oldest first.
    `cursors` are JSON objects for the next call: the new one of each connection that answered, the given
    one of each that failed. Store them only after the events are delivered. `failed` are the errors of
    connections that failed; an unforeseen exception is the `__cause__` of its error. `skipped` says why a
    connection was not polled, as the end of a sentence ("has no trigger new_return"). `notes` are sentences
    to show or log: rows that cannot be read, clocks that differ.

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


async def poll_all(
    connections: Mapping[str, Connection],
    trigger: str,
    cursors: Mapping[str, Cursor] | None = None,
    *,
    since: datetime | date | None = None,
    include_assumed: bool = False,
) -> PollAllResult:
    """Poll one trigger on each connection; a connection's name becomes the `profile` of its events.

    `trigger` is a kind of event (`return_created`), or the key of a trigger (`new_return`), which means its
    kind: each connection is polled by its own trigger of that kind. A trigger whose requests are only
    assumed is polled if `include_assumed` is true. `cursors` are those of the last result. A connection
    without a cursor is polled for the first time: it returns no events, or those since `since`, see
    `BoundTrigger.poll`.

    Errors of a connection are not raised, they are in `PollAllResult.failed`.
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
    """Poll one connection; return any exception, so that the other connections go on."""
    try:
        polled = await connection.triggers[trigger].poll(cursor, since=since)
        pairs = [_unified(connection.integration, event, name) for event in polled.events]
        notes = (note for _event, note in pairs if note)
        return replace(polled, notes=(*polled.notes, *notes)), [event for event, _note in pairs]
    except Exception as problem:  # noqa: BLE001 - connections are independent of each other
        return as_connector_error(problem)


def _unified(integration: Integration, event: Event, name: str) -> tuple[UnifiedEvent, str | None]:
    """Return an event in the common model; if its record cannot be read, without it and with a note."""
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
