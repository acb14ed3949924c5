"""One trigger of many connections, polled at once: one that fails does not stop the others."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from connector.errors import ConnectorError
from connector.unified.mapping import unified

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from connector.connection import Connection
    from connector.polling import Cursor
    from connector.triggers import Polled
    from connector.unified.model import UnifiedEvent


@dataclass(frozen=True, slots=True)
class PolledAll:
    """Events of all connections, and by connection what to keep.

    `events` are in the order in which they occurred (were observed, where the vendor does not say).
    `cursors` holds the next cursor of each connection that answered and the given one of each that did
    not: keep them once the events are handed over. `failed` are the errors of those that did not answer,
    `skipped` the connections whose vendor has no such trigger.
    """

    events: tuple[UnifiedEvent, ...]
    cursors: Mapping[str, Cursor]
    failed: Mapping[str, ConnectorError]
    skipped: tuple[str, ...]


async def poll_all(
    connections: Mapping[str, Connection],
    trigger: str,
    cursors: Mapping[str, Cursor] | None = None,
    *,
    since: datetime | date | None = None,
) -> PolledAll:
    """Poll the trigger once at each connection; the names of the connections are the events' `profile`.

    As with one connection, the first poll takes note and tells nothing unless `since` is given. Raises
    nothing that one vendor answers: see `PolledAll.failed`.
    """
    kept = dict(cursors or {})
    asked = {name: one for name, one in connections.items() if trigger in one.triggers}
    answers = await asyncio.gather(
        *(_poll(one, trigger, kept.get(name), since) for name, one in asked.items())
    )
    events: list[UnifiedEvent] = []
    failed: dict[str, ConnectorError] = {}
    for (name, connection), answer in zip(asked.items(), answers, strict=True):
        if isinstance(answer, ConnectorError):
            failed[name] = answer
            continue
        kept[name] = answer.cursor
        events += [unified(connection.integration, event, profile=name) for event in answer.events]
    events.sort(key=lambda event: event.occurred_at or event.observed_at)
    return PolledAll(
        events=tuple(events),
        cursors=kept,
        failed=failed,
        skipped=tuple(name for name in connections if name not in asked),
    )


async def _poll(
    connection: Connection, trigger: str, cursor: Cursor | None, since: datetime | date | None
) -> Polled | ConnectorError:
    try:
        return await connection.triggers[trigger].poll(cursor, since=since)
    except ConnectorError as problem:
        return problem
