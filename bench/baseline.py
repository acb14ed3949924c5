"""The baseline of the performance guard: the recorded instruction counts, and the rules for changing them.

`instructions.json` records, for each measure, such as the import of the sandbox, the number of instructions
and the reason why this number last changed. A measured count may exceed the recorded count by at most
`ALLOWED` per cent. When a recorded count is increased, its reason must be changed too.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Self

ALLOWED = 10
"""The percentage by which a measured count may exceed the recorded count."""
_SETTLED = 1
"""The percentage by which a count may change before an update replaces the recorded count."""
_FILE = "bench/instructions.json"
_UPDATE = 'run `make guard-update REASON="…"` and commit the file with the change'


@dataclass(frozen=True)
class Machine:
    """The properties of a machine that affect the instruction counts."""

    python: str
    architecture: str
    valgrind: str


@dataclass(frozen=True)
class Entry:
    """The recorded instruction count for one measure, and the reason why it was last changed."""

    count: int
    reason: str


@dataclass(frozen=True)
class Baseline:
    """The content of `instructions.json`: the recorded counts and the machine that they were measured on."""

    machine: Machine
    measures: Mapping[str, Entry]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse the content of `instructions.json`; raise `ValueError` if the content is invalid."""
        try:
            content = json.loads(text)
            measures = {name: Entry(**entry) for name, entry in content["measures"].items()}
            machine = Machine(**content["counted_on"])
        except (json.JSONDecodeError, AttributeError, KeyError, TypeError) as problem:
            raise ValueError(f"{_FILE} cannot be read: {problem!r}. Restore it from Git.") from problem
        for name, entry in measures.items():
            valid_count = type(entry.count) is int and entry.count > 0
            if not valid_count or not isinstance(entry.reason, str):
                raise ValueError(f"{_FILE}: {name!r} needs a whole number as count and a text as reason.")
        return cls(machine, measures)

    def text(self) -> str:
        """Format the baseline as the JSON content of `instructions.json`."""
        measures = {name: asdict(entry) for name, entry in self.measures.items()}
        content = {"counted_on": asdict(self.machine), "measures": measures}
        return json.dumps(content, indent=2, ensure_ascii=False) + "\n"

    def updated(self, counts: Mapping[str, int], machine: Machine, reason: str) -> Self:
        """Return a baseline with an entry for each measured count.

        If a count changed by at most `_SETTLED` per cent, the existing entry is kept. Otherwise, a new entry
        with the measured count and `reason` replaces it. If the machine is different, every entry is
        replaced. Raises `ValueError` if the reason is empty.
        """
        if not reason.strip():
            raise ValueError('Give the reason for the change: make guard-update REASON="…".')
        other_machine = _differences(self.machine, machine)
        measures = {}
        for name, count in counts.items():
            entry = self.measures.get(name)
            settled = entry is not None and abs(count - entry.count) * 100 <= entry.count * _SETTLED
            keep = entry if settled and not other_machine else None
            measures[name] = keep or Entry(count, reason.strip())
        return type(self)(machine if other_machine or measures != self.measures else self.machine, measures)


def faults(baseline: Baseline, counts: Mapping[str, int]) -> Iterator[str]:
    """Yield an error message for each measured count that is too high, or that has no entry in the baseline.

    Entries in the baseline for which no count was measured are reported too.
    """
    for name, count in counts.items():
        entry = baseline.measures.get(name)
        if entry is None:
            yield f"{_FILE} has no entry for {name!r}: {_UPDATE}."
        elif count * 100 > entry.count * (100 + ALLOWED):
            grown = (count / entry.count - 1) * 100
            yield (
                f"{name!r} takes {count:,} instructions, {grown:.1f} % more than the {entry.count:,} in "
                f"{_FILE}; at most {ALLOWED} % are allowed. Make it faster or, if it must be slower, "
                f"{_UPDATE}."
            )
    for name in sorted(baseline.measures.keys() - counts.keys()):
        yield f"{_FILE} has an entry for {name!r}, which is not measured: {_UPDATE}."


def unexplained(baseline: Baseline, history: Sequence[Baseline]) -> Iterator[str]:
    """Yield an error message for each recorded count that has no reason, or that grew without a new reason.

    `history` contains the earlier versions of the baseline, from the latest to the oldest.
    """
    for name, entry in baseline.measures.items():
        if not entry.reason.strip():
            yield f"{_FILE}: {name!r} has no reason; {_UPDATE}."
            continue
        earlier = (state.measures[name] for state in history if name in state.measures)
        before = next((previous for previous in earlier if previous.count != entry.count), None)
        if before and before.count < entry.count and before.reason.strip() == entry.reason.strip():
            yield (
                f"{_FILE}: the count of {name!r} grew from {before.count:,} to {entry.count:,}, but its "
                f"reason is still {before.reason!r}; {_UPDATE}."
            )


def notes(baseline: Baseline, counts: Mapping[str, int], machine: Machine) -> Iterator[str]:
    """Yield a note for each measured count that is below the recorded count by more than `ALLOWED` per cent.

    Also yields a note for each relevant difference between `machine` and the machine on which the recorded
    counts were measured.
    """
    yield from _differences(baseline.machine, machine)
    for name, count in counts.items():
        entry = baseline.measures.get(name)
        if entry and count * 100 < entry.count * (100 - ALLOWED):
            yield (
                f"{name!r} takes {count:,} instructions, {(1 - count / entry.count) * 100:.1f} % fewer than "
                f"the {entry.count:,} in {_FILE}. To keep it that fast, {_UPDATE}."
            )


def _differences(baseline: Machine, here: Machine) -> list[str]:
    """Describe each relevant difference between two machines.

    `baseline` is the machine on which the recorded counts were measured, and `here` is this machine.
    """
    differences = []
    if _minor(baseline.python) != _minor(here.python):
        differences.append((f"Python {baseline.python}", f"Python {here.python}"))
    if baseline.architecture != here.architecture:
        differences.append((f"an {baseline.architecture} machine", f"an {here.architecture} machine"))
    return [
        f"The counts in {_FILE} come from {theirs}. This is {ours}, which takes a different number of "
        "instructions for the same work. The counts are compared anyway."
        for theirs, ours in differences
    ]


def _minor(version: str) -> list[str]:
    return version.split(".")[:2]
