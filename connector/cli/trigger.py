"""`returns trigger`: poll once, or watch; one trigger of one connection, or of all."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path  # noqa: TC003 - typer reads it
from typing import TYPE_CHECKING, Annotated, Any

import typer

from connector.cli.ending import printing, refuse_without_output, report, run
from connector.cli.options import As, Inputs, ProfileName, collected, connected, folder
from connector.cli.output import Format, as_json, encoding, shown, tell, waiting
from connector.cli.polling import PollOptions, as_data, follow, list_skipped, written

if TYPE_CHECKING:
    from datetime import datetime

    from connector.definition.model import Integration, Trigger
    from connector.errors import ConnectorError
    from connector.runtime.cursors import Cursors
    from connector.runtime.polling import Event
    from connector.runtime.runner import RunResult

Vendor = Annotated[
    str | None,
    typer.Argument(help="Which vendor; `returns catalog` lists them. With --all: none.", show_default=False),
]
Key = Annotated[str | None, typer.Argument(help="Which trigger, for example new_return.", show_default=False)]


def trigger(
    vendor: Vendor = None,
    key: Key = None,
    inputs: Inputs = None,
    everywhere: Annotated[  # noqa: FBT002
        bool, typer.Option("--all", help="This trigger of all connections at once, told in one form.")
    ] = False,
    include_assumed: Annotated[  # noqa: FBT002
        bool, typer.Option("--include-assumed", help="With --all: of vendors of whom it is assumed, too.")
    ] = False,
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
    skipped: Annotated[  # noqa: FBT002
        bool, typer.Option("--skipped", help="List what was set aside, and do not poll.")
    ] = False,
    retry: Annotated[  # noqa: FBT002
        bool, typer.Option("--retry", help="With --skipped: print the events that were set aside again.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show where an error comes from.")] = False,  # noqa: FBT002
) -> None:
    """Print what is new since the last time, each event once.

    What one poll finds is printed in the order in which it happened, as far as the vendor tells when.
    The first poll takes note of what is there and prints nothing (unless --since asks for it). What was
    seen is remembered for each connection, trigger and choice of inputs, so a watch that is stopped and
    started again repeats nothing and misses nothing. With --format json, each event is one line.

    `returns trigger --all new_return` polls every profile of every vendor that has this trigger, or one that
    tells of the same under another name (without any profile, the sandbox). A line says which vendor is left
    out, and why. One that fails does not stop the others. --limit is for each of them.

    A row that cannot be read, or an event that cannot be printed, is set aside and reported once; the others
    go on. --skipped lists what was set aside. Ctrl-C and SIGTERM end a watch between two events.
    """
    from platformdirs import user_state_path

    from connector.runtime.cursors import Cursors

    refuse_without_output()
    if (retry and not skipped) or (skipped and (watch or restart or since is not None)):
        raise typer.BadParameter(
            "--retry goes with --skipped, and --skipped goes without --watch, --since and --restart."
        )
    start = None if since is None else _moment(since)
    options = PollOptions(
        pause=interval if watch else None,
        since=start,
        limit=limit,
        restart=restart,
        skipped=skipped,
        retry=retry,
        debug=debug,
    )
    place = state or folder(user_state_path) / "cursors.sqlite3"
    if everywhere:
        from connector.cli import trigger_all

        watched = trigger_all.named(vendor, key, inputs)
        with Cursors(place) as cursors:
            polling = trigger_all.run(
                watched, cursors, options, output, profile, include_assumed=include_assumed
            )
            run(polling, debug=debug)
        return
    if include_assumed:
        raise typer.BadParameter("--include-assumed goes with --all; a trigger that is named is polled.")
    integration, wanted = _named(vendor, key)
    given = collected(wanted.inputs, inputs)
    with Cursors(place) as cursors:
        run(_Watching(integration, wanted, given, cursors, output).run(profile, options), debug=debug)


def _named(vendor: str | None, key: str | None) -> tuple[Integration, Trigger]:
    from connector.definition.compiler import integration as compiled
    from connector.definition.lookup import by_key

    if vendor is None or key is None:
        raise typer.BadParameter(
            "Name a vendor and a trigger as in `returns catalog`, or --all and a trigger."
        )
    integration = compiled(vendor)
    return integration, by_key(integration, "trigger", integration.triggers, key)


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

    async def run(self, name: str | None, options: PollOptions) -> None:
        watching, backfill = options.pause is not None, options.since is not None
        async with connected(self._integration, name) as (connection, profile):
            with nullcontext() if watching else waiting(f"Polling {self._trigger.label} …"):
                await follow(
                    connection,
                    profile,
                    self._trigger.key,
                    self._inputs,
                    self._cursors,
                    options,
                    show=printing(self._written),
                    ran=lambda ran: self._ran(ran, watching=watching, backfill=backfill),
                    failed=lambda problem: _failed(problem, debug=options.debug),
                    aside=lambda skipped: list_skipped(skipped, self._output),
                )

    def _written(self, event: Event) -> str:
        if self._output is Format.json:
            return as_json(as_data(event), encoding(sys.stdout))
        return shown(written(self._integration, event, self._trigger.label), encoding(sys.stdout))

    def _ran(self, ran: RunResult, *, watching: bool, backfill: bool) -> None:
        if ran.first_poll and not backfill:
            tell(
                "Watching from now; Ctrl-C stops."
                if watching
                else "Took note of what is there; the next poll tells what is new."
            )
        elif not watching and ran.handed_over == 0 and ran.problem is None:
            tell("Nothing new.")


def _failed(problem: ConnectorError, *, debug: bool) -> None:
    report(problem, debug=debug)
    tell(f"{problem} Trying again.")


def _moment(text: str) -> datetime:
    from connector.transport.times import parse_time

    try:
        return parse_time(text)
    except ValueError:
        raise typer.BadParameter(
            f"--since {text!r} is neither a date nor a time like 2024-12-30T10:30:00Z."
        ) from None
