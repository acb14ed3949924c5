"""The matrix of one vendor: operation, response, variant and use, with the way in which each ended."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from support.answers.bench import Bench
from support.answers.cases import answers
from support.answers.judged import problem
from support.report_data import Row

if TYPE_CHECKING:
    from support.answers.bench import Ended
    from support.answers.cases import Served
    from support.answers.uses import Use


@dataclass(frozen=True)
class Cell:
    """A response with one kind of variant of one operation, and how it ended in one kind of use."""

    operation: str
    status: int
    variant: str
    use: str
    ended: str


@dataclass
class Matrix:
    """How often each cell occurred, and the problems found."""

    vendor: str
    cells: Counter[Cell] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    def add(self, use: Use, served: Served, ended: Ended, what: str) -> None:
        name = "a result" if ended.error is None else type(ended.error).__name__
        self.cells[Cell(use.operation, served.status, served.kind, use.kind, name)] += 1
        if what:
            place = f"{self.vendor} {use.name}: {served.status} {served.kind} {served.place}"
            self.problems.append(f"{place}: {what} ({str(ended.error or 'a result')[:200]})")

    def rows(self) -> list[Row]:
        """Return one row for each operation, response, variant and result, with its uses."""
        found: dict[tuple[str, str, str], dict[str, int]] = {}
        for cell, count in self.cells.items():
            key = (cell.operation, f"{cell.status} {cell.variant}", cell.ended)
            found.setdefault(key, {})[cell.use] = count
        return [
            Row(
                self.vendor,
                operation,
                case,
                "held" if ended == "a result" else "refused",
                f"{ended} in {', '.join(f'{use} ({count})' for use, count in sorted(by_use.items()))}.",
            )
            for (operation, case, ended), by_use in found.items()
        ]


@cache
def matrix(name: str) -> Matrix:
    """Serve every answer of a vendor to every use, once per process."""
    bench, found = Bench(name), Matrix(name)
    with bench.watched():
        for operation, all_uses in bench.uses.items():
            for served in answers(name, operation):
                for use in all_uses:
                    if is_served(use, served):
                        ended = bench.end(use, served)
                        found.add(use, served, ended, problem(bench, use, served, ended))
    bench.close()
    return found


def is_served(use: Use, served: Served) -> bool:
    """Decide which answers a use gets.

    Values that Schemathesis generated are served to the operation itself. Of several triggers with one
    source, only the first gets every change; the others get those of what they read. Of several searches,
    actions and dropdowns with one operation, only the first gets changes.
    """
    if use.kind != "operation" and served.kind.startswith("Schemathesis"):
        return False
    return use.reads is None or not served.place or served.place.rpartition(".")[2] in use.reads
