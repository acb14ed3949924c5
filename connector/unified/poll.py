"""One trigger of many connections, polled at once: one that fails does not stop the others."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from connector.errors import ConnectorError, unforeseen
from connector.unified.events import Choice, choose, meant
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
    """Events of all connections, and by connection what to keep.

    `events` are in the order in which they occurred (were observed, where the vendor does not say).
    `cursors` holds the next cursor of each connection that answered and the given one of each that did
    not: keep them once the events are handed over. `failed` are the errors of those that did not answer; one
    that nothing foresees has the exception as its cause. `skipped` says of each connection that was not
    polled why not. `notes` are sentences to report, by connection: rows that cannot be read, clocks that
    differ.
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
    """Poll the trigger once at each connection; the names of the connections are the events' `profile`.

    `trigger` is a kind of event (`return_created`), or a trigger's key at one of the connections
    (`new_return`), which stands for its kind: each connection is polled by its own trigger of that kind. One
    whose requests are only assumed is polled where `include_assumed`. As with one connection, the first poll
    takes note and tells nothing unless `since` is given. Raises nothing that polling one connection raises:
    see `PollAllResult.failed`.
    """
    kept = dict(cursors or {})
    chosen = _chosen(connections, trigger, include_assumed=include_assumed)
    asked = {name: one.trigger for name, one in chosen.items() if one.trigger}
    answers = await asyncio.gather(
        *(_poll(name, connections[name], key, kept.get(name), since) for name, key in asked.items())
    )
    events: list[UnifiedEvent] = []
    failed: dict[str, ConnectorError] = {}
    notes: dict[str, tuple[str, ...]] = {}
    for name, answer in zip(asked, answers, strict=True):
        if isinstance(answer, ConnectorError):
            failed[name] = answer
            continue
        polled, told = answer
        kept[name] = polled.cursor
        events += told
        if polled.notes:
            notes[name] = polled.notes
    events.sort(key=lambda event: event.occurred_at or event.observed_at)
    return PollAllResult(
        events=tuple(events),
        cursors=kept,
        failed=failed,
        skipped={name: one.why for name, one in chosen.items() if one.trigger is None},
        notes=notes,
    )


def _chosen(connections: Mapping[str, Connection], asked: str, *, include_assumed: bool) -> dict[str, Choice]:
    kind = meant(asked, [one.integration for one in connections.values()])
    return {
        name: choose(one.integration, asked, kind, include_assumed=include_assumed)
        for name, one in connections.items()
    }


async def _poll(
    name: str, connection: Connection, trigger: str, cursor: Cursor | None, since: datetime | date | None
) -> tuple[PollResult, list[UnifiedEvent]] | ConnectorError:
    """Poll one connection; whatever that raises is returned, so that it ends at this connection."""
    try:
        polled = await connection.triggers[trigger].poll(cursor, since=since)
        told = [_unified(connection.integration, event, name) for event in polled.events]
        notes = (note for _event, note in told if note)
        return replace(polled, notes=(*polled.notes, *notes)), [event for event, _note in told]
    except Exception as problem:  # noqa: BLE001 - each connection is a boundary of its own
        return unforeseen(problem)


def _unified(integration: Integration, event: Event, name: str) -> tuple[UnifiedEvent, str | None]:
    """Return an event in the form of all vendors; one whose record cannot be read has none, and a note."""
    try:
        return unified_event(integration, event, profile=name), None
    except ConnectorError:
        raise
    except Exception as problem:  # noqa: BLE001 - one odd record holds back no other
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
