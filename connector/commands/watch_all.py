"""`returns trigger --all`: one trigger of every profile at once, told in one form."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import typer

from connector.commands.follow import Wish, follow, written
from connector.commands.options import opened, profiles
from connector.errors import ConnectorError, UnknownKey
from connector.exits import FAILED, exit_code
from connector.output import Format, line, say, tell, waiting
from connector.words import did_you_mean, listed

if TYPE_CHECKING:
    from connector.cursors import Cursors
    from connector.model import Integration
    from connector.polling import Event
    from connector.profiles import Profile
    from connector.runner import Ran


def named(first: str | None, second: str | None, inputs: list[str] | None) -> str:
    """Return the trigger's key; --all takes nothing else that belongs to one vendor."""
    if first is None or second is not None:
        raise typer.BadParameter("--all takes the trigger alone, as in `returns trigger --all new_return`.")
    if inputs:
        raise typer.BadParameter("--input belongs to one vendor's trigger; leave it out with --all.")
    return first


async def run(key: str, cursors: Cursors, wish: Wish, output: Format, name: str | None) -> None:
    """Poll everywhere; ends with the exit code of what failed, or 1 when several things did."""
    from connector.compile import integration, vendors

    found = await profiles().every([integration(vendor) for vendor in vendors()], name)
    asked = [one for one in found if key in one[0].triggers]
    if not asked:
        known = {trigger for one, _profile in found for trigger in one.triggers}
        guess = did_you_mean(key, known) or f"; there is {listed(sorted(known))}."
        raise UnknownKey(f"No connection has a trigger {key!r}{guess}")
    for title in dict.fromkeys(one.vendor.title for one, _profile in found if key not in one.triggers):
        tell(f"{title} has no trigger {key} and is left out.")
    watching = _Watching(key, cursors, wish, output)
    with waiting(f"Polling {len(asked)} connections …") if wish.pause is None else nullcontext():
        ended = await asyncio.gather(*(watching.one(*each) for each in asked))
    watching.summed_up()
    codes = {exit_code(problem) for problem in ended if problem is not None}
    if codes:
        raise typer.Exit(codes.pop() if len(codes) == 1 else FAILED)


@dataclass
class _Watching:
    key: str
    cursors: Cursors
    wish: Wish
    output: Format
    begun: list[str] = field(default_factory=list)
    told: int = 0
    failures: int = 0

    async def one(self, integration: Integration, profile: Profile) -> ConnectorError | None:
        """Poll one connection; what ends it is told, and returned instead of raised."""
        name = f"{integration.vendor.title} ({profile.name})"

        async def show(event: Event) -> None:
            self._show(integration, profile, event)

        try:
            async with opened(integration, profile) as connection:
                await follow(
                    connection,
                    profile,
                    self.key,
                    {},
                    self.cursors,
                    self.wish,
                    show=show,
                    ran=lambda ran: self._ran(name, ran),
                    failed=lambda problem: tell(f"{name}: {problem} Trying again."),
                )
        except ConnectorError as problem:
            self.failures += 1
            tell(f"{name}: {problem}")
            return problem
        return None

    def summed_up(self) -> None:
        """After polling once: say what was not said by the events themselves."""
        if self.wish.pause is not None:
            return
        if self.begun:
            tell(f"Took note of what is there: {', '.join(self.begun)}. The next poll tells what is new.")
        elif not self.told and not self.failures:
            tell("Nothing new.")

    def _ran(self, name: str, ran: Ran) -> None:
        self.told += ran.handed_over
        if ran.first and self.wish.since is None:
            self.begun.append(name)
            if self.wish.pause is not None:
                tell(f"{name}: watching from now; Ctrl-C stops.")

    def _show(self, integration: Integration, profile: Profile, event: Event) -> None:
        from connector.unified import unified

        if self.output is Format.json:
            line(unified(integration, event, profile=profile.name).as_json())
        else:
            title, label = integration.vendor.title, integration.triggers[event.trigger].label
            say(written(integration, event, f"{title} ({profile.name})  {label}"))
