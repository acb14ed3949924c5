"""Implements the `returns trigger` command: polls or watches a trigger on one or all connections."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path  # noqa: TC003 - typer reads the annotation
from typing import TYPE_CHECKING, Annotated, Any

import typer

from connector.cli.completion import complete_key, complete_vendor
from connector.cli.options import As, Inputs, ProfileName, collect_inputs, connect_by_name, user_folder
from connector.cli.output import Format, as_json, encodable, encoding, notify, spinner
from connector.cli.polling import PollOptions, event_as_data, event_line, follow, list_skipped
from connector.cli.shutdown import print_traceback, printing, refuse_without_output, run

if TYPE_CHECKING:
    from datetime import datetime

    from connector.definition.model import Integration, Trigger
    from connector.errors import ConnectorError
    from connector.runtime.cursors import Cursors
    from connector.runtime.polling import Event
    from connector.runtime.runner import RunResult

Vendor = Annotated[
    str | None,
    typer.Argument(
        help="ID of a vendor; see `returns catalog`. Leave it out with --all.",
        show_default=False,
        autocompletion=complete_vendor,
    ),
]
Key = Annotated[
    str | None,
    typer.Argument(
        help="Key of a trigger, such as new_return.", show_default=False, autocompletion=complete_key
    ),
]


def trigger(
    vendor: Vendor = None,
    key: Key = None,
    inputs: Inputs = None,
    everywhere: Annotated[  # noqa: FBT002
        bool, typer.Option("--all", help="Poll this trigger on all connections; events have a common format.")
    ] = False,
    include_assumed: Annotated[  # noqa: FBT002
        bool,
        typer.Option("--include-assumed", help="With --all, include vendors whose trigger is only assumed."),
    ] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Keep polling until Ctrl-C.")] = False,  # noqa: FBT002
    interval: Annotated[float, typer.Option(help="Seconds between polls with --watch.", min=1)] = 15,
    since: Annotated[
        str | None,
        typer.Option(help="On the first poll, include events since this date or time.", show_default=False),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(help="Stop after this many events.", min=1, show_default=False)
    ] = None,
    restart: Annotated[  # noqa: FBT002
        bool, typer.Option("--restart", help="Forget which events were printed, and start over.")
    ] = False,
    output: As = Format.table,
    profile: ProfileName = None,
    state: Annotated[
        Path | None,
        typer.Option(
            help="File that stores which events were printed.  [default: a file in your state folder]"
        ),
    ] = None,
    skipped: Annotated[  # noqa: FBT002
        bool, typer.Option("--skipped", help="List events that were set aside, without polling.")
    ] = False,
    retry: Annotated[  # noqa: FBT002
        bool, typer.Option("--retry", help="With --skipped, try to print these events again.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Print the traceback of an error.")] = False,  # noqa: FBT002
) -> None:
    """Poll a trigger and print each new event once.

    The first poll prints nothing and only remembers the existing records, unless you use --since. Each later
    poll prints new events, oldest first if the vendor reports times. The position is stored for each
    connection, trigger and combination of inputs, so you can stop and restart a watch without missing or
    repeating an event. With --format json, each event is one line.

    `returns trigger --all new_return` polls every profile of every vendor that has this trigger, or a trigger
    for the same event under another name. If there are no profiles, the sandbox is polled. A notice states
    which vendors are skipped and why. If one vendor fails, the others continue. --limit applies to each
    connection.

    Rows that cannot be read and events that cannot be printed are set aside and reported once; --skipped
    lists them. Ctrl-C and SIGTERM stop a watch between two events.
    """
    from platformdirs import user_state_path

    from connector.runtime.cursors import Cursors

    refuse_without_output()
    if (retry and not skipped) or (skipped and (watch or restart or since is not None)):
        raise typer.BadParameter(
            "--retry needs --skipped, and --skipped cannot be used with --watch, --since or --restart."
        )
    start = None if since is None else _moment(since)
    options = PollOptions(
        interval=interval if watch else None,
        since=start,
        limit=limit,
        restart=restart,
        skipped=skipped,
        retry=retry,
        debug=debug,
    )
    file = state or user_folder(user_state_path) / "cursors.sqlite3"
    if everywhere:
        from connector.cli import trigger_all

        name = trigger_all.trigger_name(vendor, key, inputs)
        with Cursors(file) as cursors:
            polling = trigger_all.run(
                name, cursors, options, output, profile, include_assumed=include_assumed
            )
            run(polling, debug=debug)
        return
    if include_assumed:
        raise typer.BadParameter("--include-assumed needs --all; a single trigger is polled in any case.")
    integration, definition = _look_up(vendor, key)
    values = collect_inputs(definition.inputs, inputs)
    with Cursors(file) as cursors:
        run(_Poller(integration, definition, values, cursors, output).run(profile, options), debug=debug)


def _look_up(vendor: str | None, key: str | None) -> tuple[Integration, Trigger]:
    from connector.definition.compiler import integration as compiled
    from connector.definition.lookup import by_key

    if vendor is None or key is None:
        raise typer.BadParameter(
            "Name a vendor and one of its triggers (`returns catalog` lists them), or --all and a trigger."
        )
    integration = compiled(vendor)
    return integration, by_key(integration, "trigger", integration.triggers, key)


class _Poller:
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

    async def run(self, profile_name: str | None, options: PollOptions) -> None:
        watching, backfill = options.interval is not None, options.since is not None
        async with connect_by_name(self._integration, profile_name) as (connection, profile):
            with nullcontext() if watching else spinner(f"Polling {self._trigger.label} …"):
                await follow(
                    connection,
                    profile,
                    self._trigger.key,
                    self._inputs,
                    self._cursors,
                    options,
                    handler=printing(self._render),
                    on_round=lambda result: self._report(result, watching=watching, backfill=backfill),
                    on_error=lambda error: _report_retry(error, debug=options.debug),
                    on_skipped=lambda entries: list_skipped(entries, self._output),
                )

    def _render(self, event: Event) -> str:
        if self._output is Format.json:
            return as_json(event_as_data(event), encoding(sys.stdout))
        return encodable(event_line(self._integration, event, self._trigger.label), encoding(sys.stdout))

    def _report(self, result: RunResult, *, watching: bool, backfill: bool) -> None:
        if result.first_poll and not backfill:
            notify(
                "Watching for new events; Ctrl-C stops."
                if watching
                else "Recorded what exists now; the next poll prints what is new."
            )
        elif not watching and result.handed_over == 0 and result.problem is None:
            notify("Nothing new.")


def _report_retry(error: ConnectorError, *, debug: bool) -> None:
    print_traceback(error, debug=debug)
    notify(f"{error} Trying again.")


def _moment(text: str) -> datetime:
    from connector.transport.times import parse_time

    try:
        return parse_time(text)
    except ValueError:
        raise typer.BadParameter(
            f"--since {text!r} is neither a date nor a time like 2024-12-30T10:30:00Z."
        ) from None
