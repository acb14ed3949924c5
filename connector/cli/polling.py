"""Implements polling for the `returns trigger` command, and formats events and skipped entries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connector.cli.output import Format, notify, print_json_line, print_line, printable
from connector.cli.shutdown import OutputLost

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date, datetime

    from connector.definition.model import Integration
    from connector.errors import ConnectorError
    from connector.profiles import Profile
    from connector.runtime.connection import Connection
    from connector.runtime.cursors import Cursors
    from connector.runtime.polling import Event
    from connector.runtime.runner import Handler, RunResult
    from connector.runtime.stored_events import Skipped


@dataclass(frozen=True, slots=True)
class PollOptions:
    """The options of `returns trigger` that control polling.

    `interval` is the number of seconds between polls, or None to poll once. `since` is the time from which
    the first poll delivers events, or None if it delivers none. `limit` is the maximum number of events. If
    `restart` is true, the stored cursor is deleted first. If `skipped` is true, nothing is polled: the events
    that were set aside are listed or, if `retry` is true as well, passed to the handler again. If `debug` is
    true, the traceback of each error is printed.
    """

    interval: float | None
    since: datetime | date | None
    limit: int | None
    restart: bool
    skipped: bool = False
    retry: bool = False
    debug: bool = False


async def follow(
    connection: Connection,
    profile: Profile,
    key: str,
    inputs: Mapping[str, Any],
    cursors: Cursors,
    options: PollOptions,
    *,
    handler: Handler,
    on_round: Callable[[RunResult], None],
    on_error: Callable[[ConnectorError], None],
    on_skipped: Callable[[list[Skipped]], None],
    prefix: str = "",
) -> None:
    """Poll or watch a trigger on one connection, with the cursor stored for this profile and these inputs.

    `handler` receives each event, `on_round` receives the result of each poll, and `on_skipped` receives the
    events and rows that were set aside. While a trigger is watched, `on_error` receives each error that does
    not end the watch. If the trigger is polled only once, errors are raised. Every notice begins with
    `prefix`, which names the connection if several are polled.
    """
    from connector.clock import sleep
    from connector.runtime.runner import Runner

    trigger, title = connection.triggers[key], f"{connection.integration.vendor.title}: "
    cursor, owner = trigger.cursor_name(**inputs), profile.key(connection.integration)
    if options.skipped and not options.retry:
        on_skipped(cursors.skipped(owner, cursor))
        return

    def report(result: RunResult) -> None:
        for note in result.notes:
            notify(f"{prefix}{note.removeprefix(title)}" if prefix else note)
        on_round(result)

    with cursors.locked(owner, cursor):
        if options.restart:
            cursors.forget(owner, cursor)
        if options.since is not None and cursors.load(owner, cursor) is not None:
            notify(_since_ignored(connection, profile))
        runner = Runner(trigger, cursors, profile=owner, handler=handler, inputs=inputs, ends=(OutputLost,))
        if options.interval is None:
            if options.retry:
                result = await runner.retry(limit=options.limit)
            else:
                result = await runner.once(since=options.since, limit=options.limit)
            report(result)
            if result.problem:
                raise result.problem
            return
        await runner.watch(
            interval=options.interval,
            sleep=sleep,
            since=options.since,
            limit=options.limit,
            on_round=report,
            on_error=on_error,
        )


def _since_ignored(connection: Connection, profile: Profile) -> str:
    name = f"{connection.integration.vendor.title} ({profile.name})"
    return (
        f"--since applies to the first poll only, and {name} was polled before; use --restart to start over."
    )


def event_line(integration: Integration, event: Event, source: str) -> str:
    """Format an event as one line of text: its time, `source` and the record's label.

    `source` is the text that identifies the trigger, such as the trigger's label.
    """
    from connector.definition.paths import at_path

    trigger = integration.triggers[event.trigger]
    parts = [at_path(event.data, path) for path in integration.resources[trigger.resource].label]
    record = " · ".join(str(part) for part in parts if part not in (None, ""))
    time = (event.occurred_at or event.observed_at).isoformat(sep=" ", timespec="seconds")
    return printable(f"{time.removesuffix('+00:00')}  {source}  {' '.join(record.split())}")


def event_as_data(event: Event) -> dict[str, Any]:
    """Convert an event to the object that is printed with --format json."""
    times = {"occurred_at": event.occurred_at, "observed_at": event.observed_at}
    return {"id": event.id, "trigger": event.trigger, **times, "data": event.data}


def list_skipped(entries: list[Skipped], output: Format, prefix: str = "") -> None:
    """Print the events and rows that were set aside, each with the reason and when it was set aside.

    In table format, each line contains `prefix`, which names the connection if several are polled.
    """
    for entry in entries:
        if output is Format.json:
            data = event_as_data(entry.event) if entry.event else {"id": None}
            print_json_line({**data, "why": entry.why, "set_aside_at": entry.at})
        else:
            time = entry.at.isoformat(sep=" ", timespec="seconds").removesuffix("+00:00")
            reason = f"{entry.event.id}: {entry.why}" if entry.event else entry.why
            print_line(printable(f"{time}  {prefix}{reason}"))
    if not entries:
        notify(f"{prefix}Nothing is set aside.")
