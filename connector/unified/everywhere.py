"""One trigger of many connections, polled at once: one that fails does not stop the others."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from connector.errors import ConnectorError
from connector.unified.kinds import Choice, choose, meant
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
    `skipped` says of each connection that was not polled why not.
    """

    events: tuple[UnifiedEvent, ...]
    cursors: Mapping[str, Cursor]
    failed: Mapping[str, ConnectorError]
    skipped: Mapping[str, str]


async def poll_all(
    connections: Mapping[str, Connection],
    trigger: str,
    cursors: Mapping[str, Cursor] | None = None,
    *,
    since: datetime | date | None = None,
    include_assumed: bool = False,
) -> PolledAll:
    """Poll the trigger once at each connection; the names of the connections are the events' `profile`.

    `trigger` is a kind of event (`return_created`), or a trigger's key at one of the connections
    (`new_return`), which stands for its kind: each connection is polled by its own trigger of that kind. One
    whose requests are only assumed is polled where `include_assumed`. As with one connection, the first poll
    takes note and tells nothing unless `since` is given. Raises nothing that one vendor answers: see
    `PolledAll.failed`.
    """
    kept = dict(cursors or {})
    chosen = _chosen(connections, trigger, include_assumed=include_assumed)
    asked = {name: one.trigger for name, one in chosen.items() if one.trigger}
    answers = await asyncio.gather(
        *(_poll(connections[name], key, kept.get(name), since) for name, key in asked.items())
    )
    events: list[UnifiedEvent] = []
    failed: dict[str, ConnectorError] = {}
    for name, answer in zip(asked, answers, strict=True):
        if isinstance(answer, ConnectorError):
            failed[name] = answer
            continue
        kept[name] = answer.cursor
        events += [unified(connections[name].integration, event, profile=name) for event in answer.events]
    events.sort(key=lambda event: event.occurred_at or event.observed_at)
    return PolledAll(
        events=tuple(events),
        cursors=kept,
        failed=failed,
        skipped={name: one.why for name, one in chosen.items() if one.trigger is None},
    )


def _chosen(connections: Mapping[str, Connection], asked: str, *, include_assumed: bool) -> dict[str, Choice]:
    kind = meant(asked, [one.integration for one in connections.values()])
    return {
        name: choose(one.integration, asked, kind, include_assumed=include_assumed)
        for name, one in connections.items()
    }


async def _poll(
    connection: Connection, trigger: str, cursor: Cursor | None, since: datetime | date | None
) -> Polled | ConnectorError:
    try:
        return await connection.triggers[trigger].poll(cursor, since=since)
    except ConnectorError as problem:
        return problem
