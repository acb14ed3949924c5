"""What polling one trigger has in common with polling many: cursors, first polls, and how events read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connector.output import tell

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date, datetime

    from connector.connection import Connection
    from connector.cursors import Cursors
    from connector.errors import ConnectorError
    from connector.model import Integration
    from connector.polling import Event
    from connector.profiles import Profile
    from connector.runner import Handler, Ran


@dataclass(frozen=True, slots=True)
class Wish:
    """How to poll: every `pause` seconds or once (None), what the first poll tells, how many events, anew."""

    pause: float | None
    since: datetime | date | None
    limit: int | None
    restart: bool


async def follow(
    connection: Connection,
    profile: Profile,
    key: str,
    inputs: Mapping[str, Any],
    cursors: Cursors,
    wish: Wish,
    *,
    show: Handler,
    ran: Callable[[Ran], None],
    failed: Callable[[ConnectorError], None],
) -> None:
    """Poll a trigger of one connection as wished; its cursor is kept for this profile and these inputs."""
    from connector.clock import sleep
    from connector.runner import Runner

    bound = connection.triggers[key]
    kept_as, whose = bound.watch_name(**inputs), profile.key(connection.integration)
    with cursors.held(whose, kept_as):
        if wish.restart:
            cursors.forget(whose, kept_as)
        if wish.since is not None and cursors.load(whose, kept_as) is not None:
            tell(_too_late(connection, profile))
        runner = Runner(bound, cursors, profile=whose, handler=show, inputs=inputs)
        if wish.pause is None:
            outcome = await runner.once(since=wish.since, limit=wish.limit)
            ran(outcome)
            if outcome.problem:
                raise outcome.problem
            return
        await runner.watch(
            interval=wish.pause, sleep=sleep, since=wish.since, limit=wish.limit, ran=ran, failed=failed
        )


def _too_late(connection: Connection, profile: Profile) -> str:
    who = f"{connection.integration.vendor.title} ({profile.name})"
    return f"--since is for the first poll only, and {who} has polled before; add --restart to begin anew."


def written(integration: Integration, event: Event, told_by: str) -> str:
    """Write an event as one line: when, what, and which record."""
    from connector.output import printable
    from connector.resolve import at_path

    trigger = integration.triggers[event.trigger]
    parts = [at_path(event.data, path) for path in integration.resources[trigger.resource].label]
    name = " · ".join(str(part) for part in parts if part not in (None, ""))
    when = (event.occurred_at or event.observed_at).isoformat(sep=" ", timespec="seconds")
    return printable(f"{when.removesuffix('+00:00')}  {told_by}  {name}")
