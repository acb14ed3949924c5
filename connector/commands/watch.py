"""`returns trigger`: poll once, or watch."""

from __future__ import annotations

import asyncio
from datetime import date, datetime
from pathlib import Path  # noqa: TC003 - typer reads it
from typing import TYPE_CHECKING, Annotated, Any

import typer

from connector.commands.options import As, Inputs, ProfileName, Vendor, collected, connected
from connector.output import Format, line, printable, say, tell, waiting

if TYPE_CHECKING:
    from connector.connection import Connection
    from connector.cursors import Cursors
    from connector.errors import ConnectorError
    from connector.model import Integration, Trigger
    from connector.polling import Event
    from connector.profiles import Profile
    from connector.runner import Ran

Key = Annotated[str, typer.Argument(help="Which trigger, for example new_return.", show_default=False)]


def trigger(
    vendor: Vendor,
    key: Key,
    inputs: Inputs = None,
    watch: Annotated[bool, typer.Option("--watch", help="Keep polling until Ctrl-C.")] = False,  # noqa: FBT002
    interval: Annotated[float, typer.Option(help="Seconds between polls when watching.", min=1)] = 15,
    since: Annotated[
        str | None,
        typer.Option(
            help="On the first poll: also tell what happened since this date or time.", show_default=False
        ),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(help="Stop after this many events.", min=1, show_default=False)
    ] = None,
    restart: Annotated[bool, typer.Option("--restart", help="Forget what was seen and begin anew.")] = False,  # noqa: FBT002
    output: As = Format.table,
    profile: ProfileName = None,
    state: Annotated[
        Path | None, typer.Option(help="Where to remember what was seen.  [default: a file of your user]")
    ] = None,
) -> None:
    """Print what is new since the last time: each event once, oldest first.

    The first poll takes note of what is there and prints nothing (unless --since asks for it). What was
    seen is remembered for each connection, trigger and choice of inputs, so a watch that is stopped and
    started again repeats nothing and misses nothing. With --format json, each event is one line.
    """
    from platformdirs import user_state_path

    from connector.compile import integration as compiled
    from connector.cursors import Cursors
    from connector.offered import offered

    integration = compiled(vendor)
    wanted = offered(integration, "trigger", integration.triggers, key)
    given = collected(wanted.inputs, inputs)
    start = None if since is None else _moment(since)
    cursors = Cursors(state or user_state_path("returns-connector") / "cursors.sqlite3")
    watching = _Watching(integration, wanted, given, cursors, output)
    pause = interval if watch else None
    try:
        asyncio.run(watching.run(profile, pause=pause, since=start, limit=limit, restart=restart))
    finally:
        cursors.close()


class _Watching:
    def __init__(
        self,
        integration: Integration,
        trigger: Trigger,
        inputs: dict[str, Any],
        cursors: Cursors,
        output: Format,
    ) -> None:
        self._integration = integration
        self._trigger = trigger
        self._inputs = inputs
        self._cursors = cursors
        self._output = output

    async def run(
        self,
        name: str | None,
        *,
        pause: float | None,
        since: datetime | date | None,
        limit: int | None,
        restart: bool,
    ) -> None:
        async with connected(self._integration, name) as (connection, profile):
            kept_as = connection.triggers[self._trigger.key].watch_name(**self._inputs)
            with self._cursors.held(profile.key, kept_as):
                if restart:
                    self._cursors.forget(profile.key, kept_as)
                await self._poll(connection, profile, pause, since, limit)

    async def _poll(
        self,
        connection: Connection,
        profile: Profile,
        pause: float | None,
        since: datetime | date | None,
        limit: int | None,
    ) -> None:
        from connector.clock import sleep
        from connector.errors import ConfigurationError
        from connector.runner import Runner

        bound = connection.triggers[self._trigger.key]
        kept_as = bound.watch_name(**self._inputs)
        begun = self._cursors.load(profile.key, kept_as) is not None
        if since is not None and begun:
            tell("--since is for the first poll only; add --restart to begin anew.")
        if since is None and not begun and self._cursors.handed_over(profile.key, kept_as):
            raise ConfigurationError(
                f"The first poll of {kept_as} was cut off before it had told everything; "
                "give --since again to hear the rest, or --restart to begin anew from now."
            )
        runner = Runner(bound, self._cursors, profile=profile.key, handler=self._show, inputs=self._inputs)
        if pause is None:
            with waiting(f"Polling {self._trigger.label} …"):
                ran = await runner.once(since=since, limit=limit)
            self._ran(ran, watching=False, backfill=since is not None)
            return
        await runner.watch(
            interval=pause,
            sleep=sleep,
            since=since,
            limit=limit,
            ran=lambda ran: self._ran(ran, watching=True, backfill=since is not None),
            failed=_failed,
        )

    async def _show(self, event: Event) -> None:
        if self._output is Format.json:
            times = {"occurred_at": event.occurred_at, "observed_at": event.observed_at}
            line({"id": event.id, "trigger": event.trigger, **times, "data": event.data})
            return
        from connector.resolve import at_path

        resource = self._integration.resources[self._trigger.resource]
        parts = [at_path(event.data, path) for path in resource.label]
        name = " · ".join(str(part) for part in parts if part not in (None, ""))
        when = (event.occurred_at or event.observed_at).isoformat(sep=" ", timespec="seconds")
        say(printable(f"{when.removesuffix('+00:00')}  {self._trigger.label}  {name}"))

    def _ran(self, ran: Ran, *, watching: bool, backfill: bool) -> None:
        if ran.first and not backfill:
            tell(
                "Watching from now; Ctrl-C stops."
                if watching
                else "Took note of what is there; the next poll tells what is new."
            )
        elif not watching and ran.handed_over == 0:
            tell("Nothing new.")


def _failed(problem: ConnectorError) -> None:
    tell(f"{problem} Trying again.")


def _moment(text: str) -> datetime | date:
    try:
        if len(text) == len("2024-12-30"):
            return date.fromisoformat(text)
        return datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"--since {text!r} is neither a date nor a time like 2024-12-30T10:30:00Z."
        ) from None
