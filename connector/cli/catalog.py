"""`returns catalog` and `returns fidelity`: what is offered, what it promises, what it rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.options import As  # noqa: TC001 - typer reads it
from connector.cli.output import Format, document, say, table, width

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connector.definition.model import (
        Action,
        Guarantee,
        InputField,
        Integration,
        Provenance,
        Search,
        Trigger,
    )

DELIVERS = {
    "every_record": "each new record once",
    "latest_state": "each change seen, latest state",
    "reached": "once, when reached",
    "while_there": "when reached, and at each later change",
}
WIDE = 140  # columns that the table of promises needs to be read
SECONDS = {"day": 86_400, "hour": 3_600, "minute": 60}


def catalog(
    vendor: Annotated[
        str | None, typer.Argument(help="One vendor; all when left out.", show_default=False)
    ] = None,
    guarantees: Annotated[  # noqa: FBT002
        bool, typer.Option("--guarantees", help="What each trigger promises, and where its promise ends.")
    ] = False,
    output: As = Format.table,
) -> None:
    """List triggers, actions, searches and dropdowns."""
    from connector.definition.compiler import integration, vendors

    chosen = [integration(one) for one in ([vendor] if vendor else vendors())]
    if output is Format.json:
        dumped = [one.model_dump(mode="json") for one in chosen]
        if guarantees:
            dumped = [_promises(one) for one in chosen]
        document(dumped[0] if vendor else dumped)
        return
    for one in chosen:
        if guarantees:
            _promise(one)
        else:
            _offer(one)


def _promise(made: Integration) -> None:
    """Print what triggers promise: as a table where it fits, else one promise below the other."""
    title = f"{made.vendor.title}: what triggers promise"
    if width() >= WIDE:
        table(title, _GUARANTEE_COLUMNS, _guarantee_rows(made))
        return
    say(title)
    for row in _guarantee_rows(made):
        say("")
        table("", ["", ""], zip(_GUARANTEE_COLUMNS, row, strict=True))


def _promises(integration: Integration) -> dict[str, object]:
    triggers = integration.triggers.values()
    return {
        "vendor": integration.vendor.id,
        "guarantees": [
            {"trigger": trigger.key, **guarantee.model_dump(mode="json")}
            for trigger in triggers
            for guarantee in trigger.guarantees.values()
        ],
    }


def _offer(made: Integration) -> None:
    title = made.vendor.title
    columns = ["Key", "Label", "Description", "Inputs (* required)"]
    table(f"{title}: triggers", columns, (_row(made, one) for one in made.triggers.values()))
    table(f"\n{title}: actions", columns, (_row(made, one) for one in made.actions.values()))
    table(f"\n{title}: searches", columns, (_row(made, one) for one in made.searches.values()))
    dropdowns = (
        (one.key, one.operation or ", ".join(choice.value for choice in one.choices))
        for one in made.dropdowns.values()
    )
    table(f"\n{title}: dropdowns", ["Key", "Values from"], dropdowns)


def _row(made: Integration, offer: Trigger | Action | Search) -> tuple[str, str, str, str]:
    """Give the cells of one offer, and say where it rests on an assumption: generated apps leave it out."""
    from connector.definition.model import Trigger
    from connector.definition.provenance import is_assumed

    if isinstance(offer, Trigger):
        assumed = is_assumed(made, offer)
    else:
        assumed = made.operations[offer.operation].provenance == "assumed"
    said = f"{offer.description} (assumed)" if assumed else offer.description
    return offer.key, offer.label, said, _inputs(offer.inputs)


def _inputs(fields: tuple[InputField, ...]) -> str:
    return ", ".join(_input(field) for field in fields)


def _input(field: InputField) -> str:
    columns = f"[{_inputs(field.children)}]" if field.children else ""
    return f"{field.key}{'*' if field.required else ''}{columns}"


_GUARANTEE_COLUMNS = (
    "Trigger", "Runtime", "Delivers", "Looks back", "Items a poll", "Calls a poll", "Calls a day",
    "Shortest interval by plan", "Rests on", "Misses",
)  # fmt: skip


def _guarantee_rows(made: Integration) -> Iterator[tuple[str, ...]]:
    for trigger in made.triggers.values():
        for one in trigger.guarantees.values():
            yield (
                trigger.key,
                one.runtime,
                DELIVERS[one.delivers],
                "one reading" if one.look_back is None else span(one.look_back),
                f"{one.items_per_poll:,}",
                _range(one.calls_per_poll_quiet, one.calls_per_poll)
                + (", 1 an event" if one.calls_per_event else ""),
                _range(one.calls_per_day_quiet, one.calls_per_day),
                _intervals(one),
                one.provenance,
                one.loses,
            )


def _range(low: int, high: int) -> str:
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _intervals(one: Guarantee) -> str:
    said = ", ".join(f"{plan} {span(seconds)}" for plan, seconds in one.shortest_interval.items())
    return said or "no limit known"


def span(seconds: int) -> str:
    """Write a length of time in its largest whole unit: `45 days`, `7 min 12 s`, `nothing`."""
    if seconds == 0:
        return "nothing"
    for word, length in SECONDS.items():
        if seconds >= length and seconds % length == 0:
            count = seconds // length
            return f"{count} {word}{'' if count == 1 else 's'}"
    minutes, rest = divmod(seconds, 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def fidelity(output: As = Format.table) -> None:
    """Show how much of each description is documented, observed or assumed."""
    from connector.definition.compiler import vendors
    from connector.definition.fidelity import shares

    found = {vendor: shares(vendor) for vendor in vendors()}
    words: tuple[Provenance, ...] = ("documented", "observed", "assumed")
    if output is Format.json:
        document(
            {
                vendor: {part: {word: counts[word] for word in words} for part, counts in parts.items()}
                for vendor, parts in found.items()
            }
        )
        return
    rows = []
    for vendor, parts in found.items():
        for part, counts in parts.items():
            total = counts.total() or 1
            rows.append(
                (vendor, part, *(f"{counts[word]} ({100 * counts[word] / total:.0f} %)" for word in words))
            )
    table("", ["Vendor", "Part", "Documented", "Observed", "Assumed"], rows)
