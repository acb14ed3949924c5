"""What polling one trigger has in common with polling many: cursors, first polls, and how events read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connector.cli.ending import OutputLost
from connector.cli.output import Format, line, printable, say, tell

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date, datetime

    from connector.definition.model import Integration
    from connector.errors import ConnectorError
    from connector.profiles import Profile
    from connector.runtime.connection import Connection
    from connector.runtime.cursors import Cursors, Skipped
    from connector.runtime.polling import Event
    from connector.runtime.runner import Handler, RunResult


@dataclass(frozen=True, slots=True)
class PollOptions:
    """How to poll: every `pause` seconds or once (None), what the first poll tells, how many events, anew.

    With `skipped`, what was set aside is listed, or with `retry` handed over again, and nothing is polled.
    `debug` shows where exceptions come from.
    """

    pause: float | None
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
    show: Handler,
    ran: Callable[[RunResult], None],
    failed: Callable[[ConnectorError], None],
    aside: Callable[[list[Skipped]], None],
    who: str = "",
) -> None:
    """Poll a trigger of one connection as wished; its cursor is kept for this profile and these inputs.

    `who` begins the sentences that are reported, where there are several connections.
    """
    from connector.clock import sleep
    from connector.runtime.runner import Runner

    bound, title = connection.triggers[key], f"{connection.integration.vendor.title}: "
    kept_as, whose = bound.cursor_name(**inputs), profile.key(connection.integration)
    if options.skipped and not options.retry:
        aside(cursors.skipped(whose, kept_as))
        return

    def noted(outcome: RunResult) -> None:
        for note in outcome.notes:
            tell(f"{who}{note.removeprefix(title)}" if who else note)
        ran(outcome)

    with cursors.locked(whose, kept_as):
        if options.restart:
            cursors.forget(whose, kept_as)
        if options.since is not None and cursors.load(whose, kept_as) is not None:
            tell(_too_late(connection, profile))
        runner = Runner(bound, cursors, profile=whose, handler=show, inputs=inputs, ends=(OutputLost,))
        if options.pause is None:
            if options.retry:
                outcome = await runner.retry(limit=options.limit)
            else:
                outcome = await runner.once(since=options.since, limit=options.limit)
            noted(outcome)
            if outcome.problem:
                raise outcome.problem
            return
        await runner.watch(
            interval=options.pause,
            sleep=sleep,
            since=options.since,
            limit=options.limit,
            on_round=noted,
            on_error=failed,
        )


def _too_late(connection: Connection, profile: Profile) -> str:
    who = f"{connection.integration.vendor.title} ({profile.name})"
    return f"--since is for the first poll only, and {who} has polled before; add --restart to begin anew."


def written(integration: Integration, event: Event, told_by: str) -> str:
    """Write an event as one line: when, what, and which record."""
    from connector.definition.paths import at_path

    trigger = integration.triggers[event.trigger]
    parts = [at_path(event.data, path) for path in integration.resources[trigger.resource].label]
    name = " · ".join(str(part) for part in parts if part not in (None, ""))
    when = (event.occurred_at or event.observed_at).isoformat(sep=" ", timespec="seconds")
    return printable(f"{when.removesuffix('+00:00')}  {told_by}  {' '.join(name.split())}")


def as_data(event: Event) -> dict[str, Any]:
    """Return an event as programs read it."""
    times = {"occurred_at": event.occurred_at, "observed_at": event.observed_at}
    return {"id": event.id, "trigger": event.trigger, **times, "data": event.data}


def list_skipped(skipped: list[Skipped], output: Format, who: str = "") -> None:
    """Print what was set aside: events, and rows that could not be read."""
    for one in skipped:
        if output is Format.json:
            about = as_data(one.event) if one.event else {"id": None}
            line({**about, "why": one.why, "set_aside_at": one.at})
        else:
            when = one.at.isoformat(sep=" ", timespec="seconds").removesuffix("+00:00")
            name = f"{one.event.id}: {one.why}" if one.event else one.why
            say(printable(f"{when}  {who}{name}"))
    if not skipped:
        tell(f"{who}Nothing is set aside.")
