# ruff: noqa: T201 - it reports to the person who starts it
"""Run the tests that record what they find, and write one HTML file: `python -m report` (`make report`).

`--keep` renders what an earlier run recorded, without running the tests again. `--output` and `--data` choose
other places. Exits with code 1 if a case failed or a test did.
"""

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from report.page import render
from report.parts import read

ROOT = Path(__file__).parents[2]
RECORDING = (
    "tests/contract/test_schemathesis.py",
    "tests/contract/connector",
    "tests/contract/sandbox",
    "tests/contract/certificate",
    "tests/contract/actions",
    "tests/contract/verify/test_drifts.py",
    "tests/museum",
    "tests/matrix",
)
"""Tests that call `support.report_data.record`; a place that does not exist is left out."""
AT_ONCE = ("--numprocesses", "auto", "--maxprocesses", "4", "--dist", "loadscope", "--no-loadscope-reorder")


def main(arguments: Sequence[str]) -> int:
    options = _options(arguments)
    code = 0 if options.keep else run(options.data)
    parts = read(options.data)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(render(parts, revision()), "utf-8")
    cases, failures = sum(len(part.rows) for part in parts), sum(len(part.failures) for part in parts)
    print(f"{options.output}: {cases:,} cases, {failures or 'none'} failed.")
    missing = [part.about.title for part in parts if not part.rows]
    if missing:
        print(f"Without a case: {', '.join(missing)}.")
    return 1 if failures or missing or code else 0


def run(data: Path) -> int:
    """Run the recording tests with an empty folder for their data; return pytest's exit code."""
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True)
    places = [place for place in RECORDING if (ROOT / place).exists()]
    environment = {**os.environ, "RETURNS_REPORT": str(data.absolute())}
    command = [sys.executable, "-m", "pytest", "-q", *AT_ONCE, *places]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def revision() -> str:
    """Return the name of the checked-out state, such as `v0.2.0-41-g61aa1b3`."""
    words = ["git", "describe", "--tags", "--always", "--dirty"]
    found = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    return found.stdout.strip() or "an unknown state"


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="report", description="Run the recording tests; write the report.")
    parser.add_argument("--keep", action="store_true", help="render what an earlier run recorded")
    build = ROOT / "build"
    parser.add_argument("--data", type=Path, default=build / "report", help="folder of the recorded data")
    parser.add_argument("--output", type=Path, default=build / "report.html", help="the file to write")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
