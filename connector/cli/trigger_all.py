"""`returns trigger --all`: one kind of event of every profile at once, told in one form."""

from __future__ import annotations

import asyncio
import sys
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import typer

from connector.cli.ending import OutputLost, hinted, printing, report
from connector.cli.exit_codes import FAILED, exit_code
from connector.cli.options import opened, profiles
from connector.cli.output import Format, as_json, encoding, shown, tell, waiting
from connector.cli.polling import PollOptions, follow, list_skipped, written
from connector.definition.naming import did_you_mean, listed
from connector.errors import ConfigurationError, ConnectorError, UnknownKey

if TYPE_CHECKING:
    from connector.definition.model import Integration
    from connector.profiles import Profile
    from connector.runtime.cursors import Cursors
    from connector.runtime.polling import Event
    from connector.runtime.runner import RunResult


def named(first: str | None, second: str | None, inputs: list[str] | None) -> str:
    """Return the trigger's key; --all takes nothing else that belongs to one vendor."""
    if first is None or second is not None:
        raise typer.BadParameter("--all takes the trigger alone, as in `returns trigger --all new_return`.")
    if inputs:
        raise typer.BadParameter("--input belongs to one vendor's trigger; leave it out with --all.")
    return first


async def run(
    key: str,
    cursors: Cursors,
    options: PollOptions,
    output: Format,
    name: str | None,
    *,
    include_assumed: bool,
) -> None:
    """Poll everywhere; ends with the exit code of what failed, or 1 when several things did."""
    asked = await _asked(key, name, include_assumed=include_assumed)
    watching = _Watching(cursors, options, output)
    with waiting(f"Polling {len(asked)} connections …") if options.pause is None else nullcontext():
        ended = await asyncio.gather(*(watching.one(*each) for each in asked))
    watching.summed_up()
    codes = {exit_code(problem) for problem in ended if problem is not None}
    if codes:
        raise typer.Exit(codes.pop() if len(codes) == 1 else FAILED)


async def _asked(
    key: str, name: str | None, *, include_assumed: bool
) -> list[tuple[Integration, Profile, str]]:
    """Return the connections to poll, each with its trigger; says of every other vendor why it is none."""
    from connector.definition.compiler import integration, vendors
    from connector.unified.events import choose_trigger, event_kind, event_names

    catalogs = [integration(vendor) for vendor in vendors()]
    kind = event_kind(key, catalogs)
    found = await profiles().every(catalogs, name)
    chosen = [choose_trigger(one, key, kind, include_assumed=include_assumed) for one, _profile in found]
    asked = [(*pair, one.trigger) for pair, one in zip(found, chosen, strict=True) if one.trigger]
    if not asked and not any(one.assumed for one in chosen):
        known = event_names(one for one, _profile in found)
        guess = did_you_mean(key, known) or f"; there is {listed(sorted(known))}."
        raise UnknownKey(f"No connection has a trigger {key!r}{guess}")
    for title, one in {pair[0].vendor.title: one for pair, one in zip(found, chosen, strict=True)}.items():
        if one.trigger is None:
            hint = "; --include-assumed polls it, too." if one.assumed else "."
            tell(f"{title} {one.why} and is left out{hint}")
    if not asked:
        raise ConfigurationError("No connection is left to poll.")
    return asked


@dataclass
class _Watching:
    cursors: Cursors
    options: PollOptions
    output: Format
    begun: list[str] = field(default_factory=list)
    told: int = 0
    failures: int = 0

    async def one(self, integration: Integration, profile: Profile, key: str) -> ConnectorError | None:
        """Poll a trigger of one connection; what ends it is reported, and returned instead of raised.

        Whatever one vendor's answer raises, the others go on. Only a lost output ends all.
        """
        name = f"{integration.vendor.title} ({profile.name})"
        debug = self.options.debug

        def failed(problem: ConnectorError) -> None:
            report(problem, debug=debug)
            tell(f"{name}: {problem.message} Trying again.")

        try:
            async with opened(integration, profile) as connection:
                await follow(
                    connection,
                    profile,
                    key,
                    {},
                    self.cursors,
                    self.options,
                    show=printing(lambda event: self._written(integration, profile, event)),
                    ran=lambda ran: self._ran(name, ran),
                    failed=failed,
                    aside=lambda skipped: list_skipped(skipped, self.output, f"{name}: "),
                    who=f"{name}: ",
                )
        except OutputLost:
            raise
        except Exception as problem:  # noqa: BLE001 - each vendor is a boundary of its own
            self.failures += 1
            report(problem, debug=debug)
            ended = hinted(problem)
            tell(f"{name}: {ended.message}")
            return ended
        return None

    def summed_up(self) -> None:
        """After polling once: say what was not said by the events themselves."""
        if self.options.pause is not None or self.options.skipped:
            return
        if self.begun:
            tell(f"Took note of what is there: {', '.join(self.begun)}. The next poll tells what is new.")
        elif not self.told and not self.failures:
            tell("Nothing new.")

    def _ran(self, name: str, ran: RunResult) -> None:
        self.told += ran.handed_over
        if ran.first_poll and self.options.since is None:
            self.begun.append(name)
            if self.options.pause is not None:
                tell(f"{name}: watching from now; Ctrl-C stops.")

    def _written(self, integration: Integration, profile: Profile, event: Event) -> str:
        from connector.unified import unified_event

        code = encoding(sys.stdout)
        if self.output is Format.json:
            return as_json(unified_event(integration, event, profile=profile.name).as_json(), code)
        title, label = integration.vendor.title, integration.triggers[event.trigger].label
        return shown(written(integration, event, f"{title} ({profile.name})  {label}"), code)
