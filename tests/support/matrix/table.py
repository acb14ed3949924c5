"""The matrix as a table: which cells run, and the results of a run."""

from collections.abc import Mapping, Sequence
from textwrap import wrap

from connector.definition.compiler import integration
from mock_server import vendors
from support.matrix.limits import LIMITS, limit
from support.matrix.scenarios import SCENARIOS

RUNTIMES = {"python": "Python", "zapier": "Zapier", "make": "Make"}
SIGNS = {"passed": "+", "skipped": "-", None: " "}
Cell = tuple[str, str, str]
"""Vendor, runtime and scenario."""


def document() -> str:
    """Return the generated part of `docs/matrix.md`."""
    notes = _notes()
    heads = ["scenario", *(integration(vendor).vendor.title for vendor in vendors.names())]
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for scenario in SCENARIOS:
        cells = [_played(vendor, scenario.name, notes) for vendor in vendors.names()]
        lines.append(f"| {scenario.title} (`{scenario.name}`) | {' | '.join(cells)} |")
    return "\n".join([*lines, "", *(f"{number}. {sentence}" for sentence, number in notes.items())])


def _played(vendor: str, scenario: str, notes: Mapping[str, int]) -> str:
    why = {runtime: limit(vendor, runtime, scenario) for runtime in RUNTIMES}
    shown = [title for runtime, title in RUNTIMES.items() if not why[runtime]]
    left = sorted({notes[sentence] for sentence in why.values() if sentence})
    return " ".join([", ".join(shown) or "–", *(f"[{number}]" for number in left)])


def _notes() -> dict[str, int]:
    """Return the limits, numbered in the order of the table."""
    found = (
        limit(vendor, runtime, scenario.name)
        for scenario in SCENARIOS
        for vendor in vendors.names()
        for runtime in RUNTIMES
    )
    return {sentence: number for number, sentence in enumerate(dict.fromkeys(filter(None, found)), 1)}


def printed(went: Mapping[Cell, str], width: int) -> str:
    """Return the results of a run as a table; `went` maps a cell to "passed", "skipped" or another word."""
    columns = [(vendor, runtime) for vendor in vendors.names() for runtime in RUNTIMES]
    first = max(len(scenario.name) for scenario in SCENARIOS)
    step = max(len(runtime) for runtime in RUNTIMES.values()) + 1
    lines = [
        " " * first + "".join(f" {vendor:{step * len(RUNTIMES) - 1}}" for vendor in vendors.names()),
        " " * first + "".join(f" {RUNTIMES[runtime]:{step - 1}}" for _vendor, runtime in columns),
    ]
    for scenario in SCENARIOS:
        cells = "".join(
            f" {SIGNS.get(went.get((*column, scenario.name)), 'X'):{step - 1}}" for column in columns
        )
        lines.append(f"{scenario.name:{first}}{cells}")
    return "\n".join([*lines, *_explained(went, width)])


def _explained(went: Mapping[Cell, str], width: int) -> Sequence[str]:
    """Return the reasons of the skipped cells."""
    met = {limit(*cell) for cell, word in went.items() if word == "skipped"}
    sentences = [sentence for sentence in dict.fromkeys(LIMITS.values()) if sentence in met]
    return [line for one in sentences for line in wrap(f"- {one}", width, subsequent_indent="  ")]
