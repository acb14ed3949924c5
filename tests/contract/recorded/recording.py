"""The recordings: what the API of each vendor did in its walk.

The first steps are recorded line by line, so that people can read how a vendor's records change. Of a later
step, the number and a fingerprint of its lines are recorded.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from contract.recorded.lines import Fingerprints
from contract.recorded.walk import Walk
from contract.sandbox.served import served

RUNS = Path(__file__).parent / "runs"
STEPS = 400
IN_FULL = 120
"""The number of steps that are recorded line by line."""


@dataclass(frozen=True)
class Run:
    """The steps of a walk, each as lines of text, what the walk has met, and how the data ends.

    `differences` has what the control plane reports when it compares the tenant's data with its ledger.
    """

    steps: Sequence[Sequence[str]]
    walk: Walk
    differences: Sequence[str]

    def lines(self) -> Iterator[tuple[str, Sequence[str]]]:
        """Yield each line as it is recorded, and the lines of its step."""
        prints = Fingerprints()
        for number, step in enumerate(self.steps):
            if number <= IN_FULL:
                yield from ((line, step) for line in step)
            else:
                text = "\n".join(step)
                yield f"{number} {prints.of(text.encode())}", step


def walked(vendor: str) -> Run:
    """Walk through a vendor's API."""
    with served(vendor, seed_size=25) as api:
        walk = Walk(api)
        return Run(list(walk.steps(STEPS)), walk, api.differences())


def path_of(vendor: str) -> Path:
    """Return the path of a vendor's recording."""
    return RUNS / f"{vendor}.txt"


def recorded(vendor: str) -> list[str]:
    """Return the lines of a vendor's recording."""
    return path_of(vendor).read_text("utf-8").splitlines()


def write(vendor: str) -> None:
    """Record a vendor's walk."""
    lines = [line for line, _ in walked(vendor).lines()]
    path_of(vendor).write_text("\n".join(lines) + "\n", "utf-8")


def first_difference(before: Sequence[str], run: Run) -> str:
    """Describe the first line of a recording that differs from a walk; "" if they are equal.

    The description has all lines of the step, and the texts behind their fingerprints.
    """
    nothing: tuple[str, Sequence[str]] = ("(nothing)", ())
    for old, found in zip_longest(before, run.lines()):
        new, step = found or nothing
        if old != new:
            known = run.walk.prints.texts
            texts = [text for line in step if (text := known.get(line.rpartition(" ")[2]))]
            return "\n".join([f"recorded: {old or nothing[0]}", f"now:      {new}", "", *step, "", *texts])
    return ""
