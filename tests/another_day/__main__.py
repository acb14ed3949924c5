# ruff: noqa: T201 - it speaks to the person who starts it
"""Runs the tests on seven other days and hours: `python tests/another_day [PYTEST ARGUMENTS]`.

A failure on a single one of them means that a test depends on the day.
"""

import os
import subprocess
import sys
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path

HERE = Path(__file__).parent
ZONES = ("UTC", "Australia/Sydney")
"""The time zones of the days, in turn."""
DAYS = (
    "2026-12-02T16:00:00Z", "2026-12-03T09:00:00Z", "2026-12-04T09:00:00Z", "2026-12-05T23:30:00Z",
    "2026-12-06T02:00:00Z", "2026-12-31T23:30:00Z", "2028-02-29T12:00:00Z",
)  # fmt: skip


def main(arguments: list[str]) -> int:
    zones = cycle(ZONES)
    red = [day for day in DAYS if run(day, next(zones), arguments)]
    print(f"{len(DAYS) - len(red)} of {len(DAYS)} days are green.", *(f"Red: {day}" for day in red), sep="\n")
    return 1 if red else 0


def run(day: str, zone: str, arguments: list[str]) -> int:
    """Run pytest as if it were that day, in a time zone; return its exit code."""
    now = datetime.now(UTC)  # noqa: TID251 - the distance to another day starts here
    ahead = int((datetime.fromisoformat(day) - now).total_seconds())
    print(f"As if it were {day}, in the time zone {zone}:", flush=True)
    environment = {
        **os.environ,
        "ANOTHER_DAY": str(ahead),
        "TZ": zone,
        "PYTHONPATH": os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep),
        "NODE_OPTIONS": f"--import={HERE / 'node.mjs'}",
    }
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *arguments], env=environment, check=False
    ).returncode


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
