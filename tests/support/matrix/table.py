"""The results of a matrix run as a table for the terminal."""

from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, cast

from mock_server import vendors
from support.matrix.limits import LIMITS, limit
from support.matrix.previews import previews
from support.matrix.scenarios import SCENARIOS, Scenario
from support.n8n import uses_engine
from support.report_data import Result, Row

if TYPE_CHECKING:
    from connector.definition.model import Runtime

RUNTIMES = {"python": "Python", "zapier": "Zapier", "make": "Make", "n8n": "n8n"}
SIGNS = {"passed": "+", "skipped": "-", None: " "}
PREVIEW = "p"
"""The sign of a cell that passed and in which previews take part."""
Cell = tuple[str, str, str]
"""Vendor, runtime and scenario."""


def runtimes() -> list[str]:
    """Return the runtimes that take part in this run."""
    return [name for name in RUNTIMES if name != "n8n" or uses_engine()]


def printed(went: Mapping[Cell, str], width: int) -> str:
    """How a run went, cell by cell: `went` holds "passed", "skipped" or another word for each."""
    shown = [name for name in RUNTIMES if name in {runtime for _vendor, runtime, _scenario in went}]
    columns = [(vendor, runtime) for vendor in vendors.names() for runtime in shown]
    first = max(len(scenario.name) for scenario in SCENARIOS)
    step = max(len(runtime) for runtime in RUNTIMES.values()) + 1
    lines = [
        " " * first + "".join(f" {vendor:{step * len(shown) - 1}}" for vendor in vendors.names()),
        " " * first + "".join(f" {RUNTIMES[runtime]:{step - 1}}" for _vendor, runtime in columns),
    ]
    for scenario in SCENARIOS:
        cells = "".join(
            f" {_sign(went.get((*column, scenario.name)), *column, scenario):{step - 1}}"
            for column in columns
        )
        lines.append(f"{scenario.name:{first}}{cells}")
    return "\n".join([*lines, *_explained(went, width)])


def _sign(word: str | None, vendor: str, runtime: str, scenario: Scenario) -> str:
    if word == "passed" and previews(vendor, cast("Runtime", runtime), scenario):
        return PREVIEW
    return SIGNS.get(word, "X")


def recorded_rows(went: Mapping[Cell, str]) -> list[Row]:
    """Return the rows of a run for the contract report; a limit is not reachable, with its sentence."""
    results: dict[str, Result] = {"passed": "held", "skipped": "not reachable"}
    return [
        Row(
            vendor,
            scenario,
            RUNTIMES.get(runtime, runtime),
            results.get(word, "failed"),
            (limit(vendor, runtime, scenario) or "") if word == "skipped" else "",
        )
        for (vendor, runtime, scenario), word in went.items()
    ]


def _explained(went: Mapping[Cell, str], width: int) -> Sequence[str]:
    """The sentences of the limits that were met."""
    met = {limit(*cell) for cell, word in went.items() if word == "skipped"}
    sentences = [sentence for sentence in dict.fromkeys(LIMITS.values()) if sentence in met]
    return [line for one in sentences for line in wrap(f"- {one}", width, subsequent_indent="  ")]
