"""Implements the `--all` option of `returns trigger`: polls for one type of event on every connection."""

from __future__ import annotations

import asyncio
import sys
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import typer

from connector.cli.exit_codes import FAILED, exit_code
from connector.cli.options import connect_with, profiles
from connector.cli.output import Format, as_json, encodable, encoding, notify, spinner
from connector.cli.polling import PollOptions, event_line, follow, list_skipped
from connector.cli.shutdown import OutputLost, print_traceback, printing, with_debug_hint
from connector.definition.spelling import unknown
from connector.errors import ConfigurationError, ConnectorError, UnknownKey

if TYPE_CHECKING:
    from connector.definition.model import Integration
    from connector.profiles import Profile
    from connector.runtime.cursors import Cursors
    from connector.runtime.polling import Event
    from connector.runtime.runner import RunResult


def trigger_name(first: str | None, second: str | None, inputs: list[str] | None) -> str:
    """Return the trigger's key, which is the only argument that `--all` accepts.

    Raises `typer.BadParameter` if this argument is missing, or if another argument or an input is given.
    """
    if first is None or second is not None:
        raise typer.BadParameter("--all takes only a trigger, as in `returns trigger --all new_return`.")
    if inputs:
        raise typer.BadParameter("--input belongs to the trigger of one vendor; leave it out with --all.")
    return first


async def run(
    key: str,
    cursors: Cursors,
    options: PollOptions,
    output: Format,
    profile_name: str | None,
    *,
    include_assumed: bool,
) -> None:
    """Poll the trigger on all connections concurrently.

    Raises `typer.Exit` if any connection fails. The exit code is that of the error, or 1 if several
    connections fail with different exit codes.
    """
    targets = await _targets(key, profile_name, include_assumed=include_assumed)
    poller = _Poller(cursors, options, output)
    with spinner(f"Polling {len(targets)} connections …") if options.interval is None else nullcontext():
        errors = await asyncio.gather(*(poller.poll(*target) for target in targets))
    poller.summarize()
    codes = {exit_code(error) for error in errors if error is not None}
    if codes:
        raise typer.Exit(codes.pop() if len(codes) == 1 else FAILED)


async def _targets(
    key: str, profile_name: str | None, *, include_assumed: bool
) -> list[tuple[Integration, Profile, str]]:
    """List the connections to poll, each with its trigger's key; print why other vendors are skipped.

    Raises `UnknownKey` if no connection has a trigger for this event, and `ConfigurationError` if all
    connections are skipped.
    """
    from connector.definition.compiler import integration, vendors
    from connector.unified.events import choose_trigger, event_kind, event_names

    catalogs = [integration(vendor) for vendor in vendors()]
    kind = event_kind(key, catalogs)
    connections = await profiles().choose_all(catalogs, profile_name)
    choices = [
        choose_trigger(catalog, key, kind, include_assumed=include_assumed) for catalog, _ in connections
    ]
    pairs = list(zip(connections, choices, strict=True))
    targets = [(*connection, choice.trigger) for connection, choice in pairs if choice.trigger]
    if not targets and not any(choice.assumed for choice in choices):
        known = event_names(catalog for catalog, _ in connections)
        raise UnknownKey(unknown("trigger of these connections", key, sorted(known)))
    for title, choice in {catalog.vendor.title: choice for (catalog, _), choice in pairs}.items():
        if choice.trigger is None:
            hint = "; use --include-assumed to poll it." if choice.assumed else "."
            notify(f"{title} {choice.why} and is skipped{hint}")
    if not targets:
        raise ConfigurationError("No connection is left to poll.")
    return targets


@dataclass
class _Poller:
    cursors: Cursors
    options: PollOptions
    output: Format
    polled_first: list[str] = field(default_factory=list)
    printed: int = 0
    failures: int = 0

    async def poll(self, integration: Integration, profile: Profile, key: str) -> ConnectorError | None:
        """Poll a trigger on one connection; print and return an error instead of raising it.

        An error on one connection must not stop the others. Only `OutputLost` is raised, which stops all
        connections.
        """
        name = f"{integration.vendor.title} ({profile.name})"
        debug = self.options.debug

        def report_retry(error: ConnectorError) -> None:
            print_traceback(error, debug=debug)
            notify(f"{name}: {error.message} Trying again.")

        try:
            async with connect_with(integration, profile) as connection:
                await follow(
                    connection,
                    profile,
                    key,
                    {},
                    self.cursors,
                    self.options,
                    handler=printing(lambda event: self._render(integration, profile, event)),
                    on_round=lambda result: self._report(name, result),
                    on_error=report_retry,
                    on_skipped=lambda entries: list_skipped(entries, self.output, f"{name}: "),
                    prefix=f"{name}: ",
                )
        except OutputLost:
            raise
        except Exception as problem:  # noqa: BLE001 - no error, even an unexpected one, may stop the others
            self.failures += 1
            print_traceback(problem, debug=debug)
            error = with_debug_hint(problem)
            notify(f"{name}: {error.message}")
            return error
        return None

    def summarize(self) -> None:
        """Print which connections were polled for the first time, or that there are no new events.

        Prints nothing for a watch, or if the command lists events that were set aside.
        """
        if self.options.interval is not None or self.options.skipped:
            return
        if self.polled_first:
            connections = ", ".join(self.polled_first)
            notify(f"Recorded what exists now: {connections}. The next poll prints what is new.")
        elif not self.printed and not self.failures:
            notify("Nothing new.")

    def _report(self, name: str, result: RunResult) -> None:
        self.printed += result.handed_over
        if result.first_poll and self.options.since is None:
            self.polled_first.append(name)
            if self.options.interval is not None:
                notify(f"{name}: watching for new events; Ctrl-C stops.")

    def _render(self, integration: Integration, profile: Profile, event: Event) -> str:
        from connector.unified import unified_event

        code = encoding(sys.stdout)
        if self.output is Format.json:
            return as_json(unified_event(integration, event, profile=profile.name).as_json(), code)
        title, label = integration.vendor.title, integration.triggers[event.trigger].label
        return encodable(event_line(integration, event, f"{title} ({profile.name})  {label}"), code)
