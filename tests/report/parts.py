"""The parts of the report, and what the recorded rows of a part amount to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from support.report_data import Result, Row, recorded

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

RESULTS: tuple[Result, ...] = get_args(Result)
WORST_FIRST: tuple[Result, ...] = ("failed", "not reachable", "refused", "caught", "held")
MOST_COLUMNS = 24
"""A matrix with more columns than this cannot be read; its cases are then grouped, or only counted."""


@dataclass(frozen=True)
class About:
    """A part: its file name, heading, what its rows are, and how many names are one row of the summary."""

    id: str
    title: str
    text: str
    names: str


PARTS = (
    About(
        "requests",
        "Connector: requests",
        "Inputs generated from the specification, boundaries included, are sent by every operation, action, "
        "search and trigger filter. What arrives is compared with the specification.",
        "uses",
    ),
    About(
        "responses",
        "Connector: responses",
        "Every documented response and its variants, and what services send undocumented, is served to every "
        "operation that the connector uses. It has to become a result or a typed error.",
        "operations",
    ),
    About(
        "sandbox",
        "Sandbox: named checks",
        "Schemathesis calls every operation of the sandbox. Each check is a property of every answer.",
        "operations",
    ),
    About(
        "certificate",
        "Delivery certificate",
        "Triggers run against an adversary, with the sandbox's ledger as the oracle: nothing is lost, and "
        "nothing is delivered under a second ID.",
        "triggers",
    ),
    About(
        "museum",
        "Bug museum",
        "Each exhibit plants a published bug in the product. Its case is the invariant that has to catch it.",
        "exhibits",
    ),
    About(
        "actions",
        "Action safety",
        "The sandbox carries a write out, and the connection breaks. Afterwards there is exactly one effect, "
        "or the caller gets an error that says that the outcome is unknown.",
        "writes",
    ),
    About(
        "verify",
        "Drifts",
        "The sandbox answers as a changed specification says; returns verify has to find the change.",
        "drifts",
    ),
    About(
        "matrix",
        "Vendor matrix",
        "Each scenario runs in Python, Zapier and Make for every vendor. The details name what a vendor or a "
        "platform cannot do.",
        "scenarios",
    ),
)


@dataclass(frozen=True)
class Cell:
    """The results of one name in one column of a matrix."""

    counts: Mapping[Result, int]

    @property
    def worst(self) -> Result | None:
        return next((one for one in WORST_FIRST if self.counts.get(one)), None)

    @property
    def total(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True)
class Line:
    """One name of a vendor, such as an operation, with its cells and all its cases."""

    name: str
    cells: Sequence[Cell]
    whole: Cell
    rows: Sequence[Row]


@dataclass(frozen=True)
class Matrix:
    """The lines of one vendor; `columns` is empty if the cases are only counted."""

    vendor: str
    columns: Sequence[str]
    lines: Sequence[Line]
    whole: Cell


@dataclass(frozen=True)
class Part:
    """A part with its rows; it did not run if it has none."""

    about: About
    rows: Sequence[Row]
    matrices: Sequence[Matrix]
    whole: Cell

    @property
    def failures(self) -> list[Row]:
        return [row for row in self.rows if row.result == "failed"]


def read(folder: Path) -> list[Part]:
    """Return all parts with the rows that are recorded in a folder."""
    return [part(about, recorded(folder, about.id)) for about in PARTS]


def part(about: About, rows: Sequence[Row]) -> Part:
    """Group the rows of a part by vendor and name; lines with failures come first."""
    columns = _columns(rows)
    vendors = dict.fromkeys(row.vendor for row in rows)
    matrices = [_matrix(vendor, columns, [row for row in rows if row.vendor == vendor]) for vendor in vendors]
    return Part(about, rows, matrices, cell(rows))


def cell(rows: Iterable[Row]) -> Cell:
    """Count the results of rows."""
    counts = Counter(row.result for row in rows)
    return Cell({one: counts[one] for one in RESULTS if counts[one]})


def _matrix(vendor: str, columns: Sequence[str], rows: Sequence[Row]) -> Matrix:
    by_name: dict[str, list[Row]] = {}
    for row in rows:
        by_name.setdefault(row.name, []).append(row)
    used = [column for column in columns if any(_is_in(row, column) for row in rows)]
    lines = [
        Line(name, [cell(row for row in found if _is_in(row, column)) for column in used], cell(found), found)
        for name, found in by_name.items()
    ]
    lines.sort(key=lambda line: (line.whole.worst != "failed", line.name))
    return Matrix(vendor, used, lines, cell(rows))


def _columns(rows: Sequence[Row]) -> list[str]:
    """Return the cases as columns, or else the first words of the cases; none if there are too many."""
    for words in (lambda row: row.case, lambda row: _first_word(row.case)):
        found = sorted({words(row) for row in rows})
        if len(found) <= MOST_COLUMNS:
            return found
    return []


def _is_in(row: Row, column: str) -> bool:
    return column in (row.case, _first_word(row.case))


def _first_word(case: str) -> str:
    return case.replace(",", " ").replace(":", " ").partition(" ")[0]
