"""The guard for speed: it counts instructions and compares them with those in `instructions.json`.

`python -m bench.guard` compares; `python -m bench.guard --update REASON` keeps what was counted.
"""

import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.baseline import Baseline, faults, notes, unexplained
from bench.callgrind import ROOT, CannotCountError, count, here

KEPT = Path(__file__).parent / "instructions.json"
_STATES = 50
"""Earlier states of the file that are read; a count does not change that often without a release."""


def earlier(path: Path) -> list[Baseline]:
    """Return the committed states of a file, the latest first; none where there is no Git history."""
    inside = path.relative_to(ROOT).as_posix()
    states = []
    for commit in _git("log", f"--max-count={_STATES}", "--format=%H", "--", inside).split():
        text = _git("show", f"{commit}:{inside}")
        with suppress(ValueError):  # a state that cannot be read, or a commit that removed the file
            states.append(Baseline.parse(text))
    return states


def _git(*arguments: str) -> str:
    """Return what Git prints, or nothing where it fails."""
    try:
        run = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return run.stdout if run.returncode == 0 else ""


def table(kept: Baseline, found: dict[str, int]) -> Table:
    """Return what was counted beside what is kept."""
    shown = Table(title="Instructions")
    for heading in ("", "kept", "counted", "change"):
        shown.add_column(heading, justify="right" if heading else "left")
    for name, counted in found.items():
        entry = kept.measures.get(name)
        change = f"{(counted / entry.count - 1) * 100:+.1f} %" if entry else ""
        shown.add_row(name, f"{entry.count:,}" if entry else "", f"{counted:,}", change)
    return shown


def compare() -> int:
    """Count, print, and return the exit code: 1 when a count grew too much or without a reason."""
    kept = Baseline.parse(KEPT.read_text("utf-8"))
    history = earlier(KEPT)
    wrong = list(unexplained(kept, history))
    found, machine = count(), here()
    Console().print(table(kept, found))
    if not history:
        print("Note: Git shows no earlier state of the file, so a growth without a new reason is not seen.")
    for note in notes(kept, found, machine):
        print(f"Note: {note}")
    wrong += faults(kept, found)
    for fault in wrong:
        print(f"Fault: {fault}")
    return 1 if wrong else 0


def update(reason: str) -> int:
    """Count, and keep the counts that moved with the reason."""
    machine = here()
    kept = Baseline.parse(KEPT.read_text("utf-8")) if KEPT.exists() else Baseline(machine, {})
    kept.updated({}, machine, reason)  # refuses a reason without words before it takes a minute to count
    found = count()
    Console().print(table(kept, found))
    new = kept.updated(found, machine, reason)
    wrong = list(unexplained(new, earlier(KEPT)))
    for fault in wrong:
        print(f"Fault: {fault}")
    if not wrong:
        KEPT.write_text(new.text(), "utf-8")
    return 1 if wrong else 0


def main(arguments: list[str]) -> int:
    """Run the guard; a sentence on standard error says why it cannot."""
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
