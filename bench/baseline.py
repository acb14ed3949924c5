"""The instructions that a request or a start may take: what is kept, and what counts as a fault.

`instructions.json` keeps a count and a reason for each measure. A count that is found may exceed the
count that is kept by `ALLOWED` per cent. A count that is kept grows only with a new reason.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Self

ALLOWED = 10
"""Per cent by which a count may exceed the one that is kept."""
_SETTLED = 1
"""Per cent within which an update leaves a count as it is: noise, not a change."""
_FILE = "bench/instructions.json"
_UPDATE = 'run `make guard-update REASON="…"` and commit the file with the change'


@dataclass(frozen=True)
class Machine:
    """What counts depend on besides the code."""

    python: str
    architecture: str
    valgrind: str


@dataclass(frozen=True)
class Entry:
    """The instructions of one measure, and why there are that many."""

    count: int
    reason: str


@dataclass(frozen=True)
class Baseline:
    """What `instructions.json` holds."""

    machine: Machine
    measures: Mapping[str, Entry]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the file's text; raises `ValueError` that says what is wrong with it."""
        try:
            kept = json.loads(text)
            measures = {name: Entry(**entry) for name, entry in kept["measures"].items()}
            machine = Machine(**kept["counted_on"])
        except (json.JSONDecodeError, AttributeError, KeyError, TypeError) as problem:
            raise ValueError(f"{_FILE} cannot be read: {problem!r}. Restore it from Git.") from problem
        for name, entry in measures.items():
            whole = type(entry.count) is int and entry.count > 0
            if not whole or not isinstance(entry.reason, str):
                raise ValueError(f"{_FILE}: {name!r} needs a whole number as count and text as reason.")
        return cls(machine, measures)

    def text(self) -> str:
        """Return the text of the file."""
        measures = {name: asdict(entry) for name, entry in self.measures.items()}
        kept = {"counted_on": asdict(self.machine), "measures": measures}
        return json.dumps(kept, indent=2, ensure_ascii=False) + "\n"

    def updated(self, found: Mapping[str, int], machine: Machine, reason: str) -> Self:
        """Return the baseline with the counts that were found; those that moved get the reason.

        Raises `ValueError` for a reason without words.
        """
        if not reason.strip():
            raise ValueError('Say why the counts change: make guard-update REASON="…".')
        elsewhere = _sentences_about(self.machine, machine)
        measures = {}
        for name, count in found.items():
            entry = self.measures.get(name)
            settled = entry is not None and abs(count - entry.count) * 100 <= entry.count * _SETTLED
            measures[name] = entry if entry and settled and not elsewhere else Entry(count, reason.strip())
        return type(self)(machine if elsewhere or measures != self.measures else self.machine, measures)


def faults(kept: Baseline, found: Mapping[str, int]) -> Iterator[str]:
    """Say what is wrong with the counts that were found."""
    for name, count in found.items():
        entry = kept.measures.get(name)
        if entry is None:
            yield f"{_FILE} has no entry for {name!r}: {_UPDATE}."
        elif count * 100 > entry.count * (100 + ALLOWED):
            grown = (count / entry.count - 1) * 100
            yield (
                f"{name!r} takes {count:,} instructions, {grown:.1f} % more than the {entry.count:,} in "
                f"{_FILE}; at most {ALLOWED} % are allowed. Make it faster or, if it has to be slower, "
                f"{_UPDATE}."
            )
    for name in sorted(kept.measures.keys() - found.keys()):
        yield f"{_FILE} has an entry for {name!r}, which is not measured: {_UPDATE}."


def unexplained(kept: Baseline, history: Sequence[Baseline]) -> Iterator[str]:
    """Say which counts stand without a reason, or grew without a new one.

    `history` holds earlier states of the file, the latest first.
    """
    for name, entry in kept.measures.items():
        if not entry.reason.strip():
            yield f"{_FILE}: {name!r} has no reason; {_UPDATE}."
            continue
        earlier = (one.measures[name] for one in history if name in one.measures)
        before = next((one for one in earlier if one.count != entry.count), None)
        if before and before.count < entry.count and before.reason.strip() == entry.reason.strip():
            yield (
                f"{_FILE}: the count of {name!r} grew from {before.count:,} to {entry.count:,}, but its "
                f"reason is still {before.reason!r}; {_UPDATE}."
            )


def notes(kept: Baseline, found: Mapping[str, int], machine: Machine) -> Iterator[str]:
    """Say what a reader of the counts should know, though it is no fault."""
    yield from _sentences_about(kept.machine, machine)
    for name, count in found.items():
        entry = kept.measures.get(name)
        if entry and count * 100 < entry.count * (100 - ALLOWED):
            yield (
                f"{name!r} takes {count:,} instructions, {(1 - count / entry.count) * 100:.1f} % fewer than "
                f"the {entry.count:,} in {_FILE}. To hold it there, {_UPDATE}."
            )


def _sentences_about(kept: Machine, here: Machine) -> list[str]:
    """Say how this machine differs from the one the counts come from."""
    differences = []
    if _minor(kept.python) != _minor(here.python):
        differences.append((f"Python {kept.python}", f"Python {here.python}"))
    if kept.architecture != here.architecture:
        differences.append((f"an {kept.architecture} machine", f"an {here.architecture} machine"))
    return [
        f"The counts in {_FILE} come from {theirs}. This is {ours}, which takes another number of "
        "instructions for the same work. The counts are compared all the same."
        for theirs, ours in differences
    ]


def _minor(version: str) -> list[str]:
    return version.split(".")[:2]
