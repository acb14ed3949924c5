"""Implements the `returns catalog` and `returns fidelity` commands: show what each vendor offers."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.completion import complete_vendor
from connector.cli.options import As, FactFiles, facts_by_vendor
from connector.cli.output import Format, print_json, print_table

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
    "posted": "each post that arrives",
}
WIDE = 140  # on narrower terminals (in characters), trigger guarantees are printed as a list
SECONDS = {"day": 86_400, "hour": 3_600, "minute": 60}


def catalog(
    vendor: Annotated[
        str | None,
        typer.Argument(
            help="Show only this vendor.  [default: all]", show_default=False, autocompletion=complete_vendor
        ),
    ] = None,
    guarantees: Annotated[  # noqa: FBT002
        bool,
        typer.Option("--guarantees", help="Show what triggers and actions guarantee, and their limits."),
    ] = False,
    output: As = Format.table,
) -> None:
    """List triggers, actions, searches and dropdowns."""
    from connector.definition.compiler import integration, vendors

    integrations = [integration(name) for name in ([vendor] if vendor else vendors())]
    if output is Format.json:
        documents = [
            _guarantees_as_data(each) if guarantees else each.model_dump(mode="json") for each in integrations
        ]
        print_json(documents[0] if vendor else documents)
        return
    for each in integrations:
        if guarantees:
            title = f"{each.vendor.title}: trigger guarantees"
            print_table(title, _GUARANTEE_COLUMNS, _guarantee_rows(each), min_width=WIDE)
            title = f"\n{each.vendor.title}: action guarantees"
            print_table(title, _ACTION_COLUMNS, _action_rows(each))
        else:
            _print_catalog(each)


def _guarantees_as_data(integration: Integration) -> dict[str, object]:
    from connector.definition.action_guarantees import action_guarantees
    from connector.definition.instant import promises, with_instant

    triggers = with_instant(integration).triggers.values()
    return {
        "vendor": integration.vendor.id,
        "guarantees": [
            {"trigger": trigger.key, **guarantee.model_dump(mode="json")}
            for trigger in triggers
            for guarantee in promises(integration, trigger)
        ],
        "actions": [
            {"action": action.key, **asdict(guarantee)}
            for action in integration.actions.values()
            for guarantee in action_guarantees(action)
        ],
    }


def _print_catalog(integration: Integration) -> None:
    title = integration.vendor.title
    columns = ["Key", "Label", "Description", "Inputs (* required)"]
    triggers, actions, searches = integration.triggers, integration.actions, integration.searches
    print_table(f"{title}: triggers", columns, (_row(integration, trigger) for trigger in triggers.values()))
    print_table(f"\n{title}: actions", columns, (_row(integration, action) for action in actions.values()))
    print_table(f"\n{title}: searches", columns, (_row(integration, search) for search in searches.values()))
    dropdowns = (
        (dropdown.key, dropdown.operation or ", ".join(choice.value for choice in dropdown.choices))
        for dropdown in integration.dropdowns.values()
    )
    print_table(f"\n{title}: dropdowns", ["Key", "Values from"], dropdowns)


def _row(integration: Integration, offer: Trigger | Action | Search) -> tuple[str, str, str, str]:
    """Return the cells of a table row that describes a trigger, action or search.

    The description says whether it is a preview, and whether generated apps leave it out.
    """
    from connector.definition.model import Action
    from connector.definition.offer import can_do_harm

    left_out = isinstance(offer, Action) and can_do_harm(integration, offer)
    description = f"{offer.description} Not in generated apps." if left_out else offer.description
    return offer.key, offer.label, description, _inputs(offer.inputs)


def _inputs(fields: tuple[InputField, ...]) -> str:
    return ", ".join(_input(field) for field in fields)


def _input(field: InputField) -> str:
    columns = f"[{_inputs(field.children)}]" if field.children else ""
    return f"{field.key}{'*' if field.required else ''}{columns}"


_GUARANTEE_COLUMNS = (
    "Trigger", "Runtime", "Delivers", "Looks back", "Items per poll", "Calls per poll", "Calls per day",
    "Shortest interval by plan", "Rests on", "Misses",
)  # fmt: skip


def _guarantee_rows(integration: Integration) -> Iterator[tuple[str, ...]]:
    from connector.definition.instant import promises, with_instant

    for trigger in with_instant(integration).triggers.values():
        for guarantee in promises(integration, trigger):
            yield (
                trigger.key,
                guarantee.runtime,
                DELIVERS[guarantee.delivers],
                "one reading" if guarantee.look_back is None else format_duration(guarantee.look_back),
                f"{guarantee.items_per_poll:,}",
                _range(guarantee.calls_per_poll_quiet, guarantee.calls_per_poll)
                + (", 1 per event" if guarantee.calls_per_event else ""),
                _range(guarantee.calls_per_day_quiet, guarantee.calls_per_day),
                _intervals(guarantee),
                guarantee.provenance,
                guarantee.loses,
            )


_ACTION_COLUMNS = ("Action", "Runtime", "After a failure", "After a lost connection", "Sent at most")


def _action_rows(integration: Integration) -> Iterator[tuple[str, ...]]:
    from connector.definition.action_guarantees import AFTER_LOSS, action_guarantees

    for action in integration.actions.values():
        for guarantee in action_guarantees(action):
            yield (
                action.key,
                guarantee.runtime,
                AFTER_LOSS[guarantee.after_failure],
                AFTER_LOSS[guarantee.after_cut],
                "as Make decides" if guarantee.attempts is None else f"{guarantee.attempts}",
            )


def _range(low: int, high: int) -> str:
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _intervals(guarantee: Guarantee) -> str:
    by_plan = guarantee.shortest_interval.items()
    return ", ".join(f"{plan} {format_duration(seconds)}" for plan, seconds in by_plan) or "no limit known"


def format_duration(seconds: int) -> str:
    """Format a number of seconds as text, for example `45 days` or `7 min 12 s`; 0 becomes `nothing`."""
    if seconds == 0:
        return "nothing"
    for unit, length in SECONDS.items():
        if seconds >= length and seconds % length == 0:
            count = seconds // length
            return f"{count} {unit}{'' if count == 1 else 's'}"
    minutes, rest = divmod(seconds, 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def fidelity(files: FactFiles = None, output: As = Format.table) -> None:
    """Show which parts of each API are documented or assumed.

    Counts the operations, parameters and fields that the vendor documents, that were observed in its API, and
    that are only assumed. With --facts, what `returns verify` confirmed for your account counts as observed.
    """
    from connector.definition.compiler import vendors
    from connector.definition.fidelity import shares

    facts = facts_by_vendor(files)
    shares_by_vendor = {vendor: shares(vendor, facts.get(vendor)) for vendor in vendors()}
    grades: tuple[Provenance, ...] = ("documented", "observed", "assumed")
    if output is Format.json:
        print_json(
            {
                vendor: {part: {grade: counts[grade] for grade in grades} for part, counts in parts.items()}
                for vendor, parts in shares_by_vendor.items()
            }
        )
        return
    rows = []
    for vendor, parts in shares_by_vendor.items():
        for part, counts in parts.items():
            total = counts.total() or 1
            percentages = (f"{counts[grade]} ({100 * counts[grade] / total:.0f} %)" for grade in grades)
            rows.append((vendor, part, *percentages))
    print_table("", ["Vendor", "Part", "Documented", "Observed", "Assumed"], rows)
