"""The performance guard: counts instructions and compares them with the baseline in `instructions.json`.

`python -m bench.guard` compares the counts with the baseline. `python -m bench.guard --update REASON` records
the counts that changed.
"""

import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.baseline import Baseline, faults, notes, unexplained
from bench.callgrind import ROOT, CannotCountError, count, here

BASELINE = Path(__file__).parent / "instructions.json"
_STATES = 50
"""The maximum number of earlier versions of the baseline file that are read from Git.

The limit is higher than the number of times that the file usually changes between two releases.
"""


def earlier(path: Path) -> list[Baseline]:
    """Read the committed versions of a baseline file from Git, from the latest to the oldest.

    Invalid versions are skipped. Returns an empty list if there is no Git history.
    """
    inside = path.relative_to(ROOT).as_posix()
    states = []
    for commit in _git("log", f"--max-count={_STATES}", "--format=%H", "--", inside).split():
        text = _git("show", f"{commit}:{inside}")
        with suppress(ValueError):  # an invalid version of the file, or a commit that removed the file
            states.append(Baseline.parse(text))
    return states


def _git(*arguments: str) -> str:
    """Run a Git command and return its output, or an empty string if Git fails or is not installed."""
    try:
        run = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return run.stdout if run.returncode == 0 else ""


def table(baseline: Baseline, counts: dict[str, int]) -> Table:
    """Build a table of each measure's recorded count, measured count and change in per cent."""
    rows = Table(title="Instructions")
    for heading in ("", "baseline", "counted", "change"):
        rows.add_column(heading, justify="right" if heading else "left")
    for name, counted in counts.items():
        entry = baseline.measures.get(name)
        change = f"{(counted / entry.count - 1) * 100:+.1f} %" if entry else ""
        rows.add_row(name, f"{entry.count:,}" if entry else "", f"{counted:,}", change)
    return rows


def compare() -> int:
    """Count instructions, compare the counts with the baseline, print the results, and return the exit code.

    The exit code is 1 if a measured count is too high, if a measure is missing from the baseline, or if a
    measure in the baseline was not counted. It is also 1 if a recorded count has no reason, or if it grew
    without a new reason.
    """
    baseline = Baseline.parse(BASELINE.read_text("utf-8"))
    history = earlier(BASELINE)
    problems = list(unexplained(baseline, history))
    counts, machine = count(), here()
    Console().print(table(baseline, counts))
    if not history:
        print("Note: Git has no earlier state of the file, so growth without a new reason is not detected.")
    for note in notes(baseline, counts, machine):
        print(f"Note: {note}")
    problems += faults(baseline, counts)
    for problem in problems:
        print(f"Fault: {problem}")
    return 1 if problems else 0


def update(reason: str) -> int:
    """Count instructions, record the counts that changed and the reason, and return the exit code.

    If a count grew but the given reason is the same as the recorded reason, the exit code is 1 and nothing is
    recorded. Raises `ValueError` if the reason is empty.
    """
    machine = here()
    baseline = Baseline.parse(BASELINE.read_text("utf-8")) if BASELINE.exists() else Baseline(machine, {})
    baseline.updated({}, machine, reason)  # refuses an empty reason before the minute of counting
    counts = count()
    Console().print(table(baseline, counts))
    new = baseline.updated(counts, machine, reason)
    problems = list(unexplained(new, earlier(BASELINE)))
    for problem in problems:
        print(f"Fault: {problem}")
    if not problems:
        BASELINE.write_text(new.text(), "utf-8")
    return 1 if problems else 0


def main(arguments: list[str]) -> int:
    """Run the guard with the given command-line arguments and return the exit code.

    Error messages are printed on standard error.
    """
    try:
        match arguments:
            case []:
                return compare()
            case ["--update", reason]:
                return update(reason)
    except (CannotCountError, OSError, ValueError) as problem:
        print(problem, file=sys.stderr)
        return 1
    print(f"Unknown arguments: {' '.join(arguments)}. Use none, or --update REASON.", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
