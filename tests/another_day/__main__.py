# ruff: noqa: T201 - it speaks to the person who starts it
"""Runs the tests that may depend on the day, on other days: `python -m another_day [--days DAYS] [OPTIONS]`.

`DAYS` are times such as `2026-12-31T23:30:00Z`, separated by spaces; without them, the tests run on seven
days. Other options are passed to pytest. A path of a test replaces the modules of `chosen.py`. A failure on a
single day means that a test depends on the day.
"""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from another_day.chosen import modules

HERE = Path(__file__).parent
ZONES = ("UTC", "Australia/Sydney")
"""The time zones of the days, in turn."""
DAYS = (
    "2026-12-02T16:00:00Z", "2026-12-03T09:00:00Z", "2026-12-04T09:00:00Z", "2026-12-05T23:30:00Z",
    "2026-12-06T02:00:00Z", "2026-12-31T23:30:00Z", "2028-02-29T12:00:00Z",
)  # fmt: skip
FEW = {"CONTRACT_EXAMPLES": "2", "CERTIFICATE_EXAMPLES": "5"}
"""Settings of tests that generate examples: `make test` runs the usual number of them today."""


class WrongDay(ValueError):  # noqa: N818 - what is wrong
    """A day is no time with a time zone; the message is a sentence."""


def main(arguments: Sequence[str]) -> int:
    try:
        days, options = chosen_days(arguments)
    except WrongDay as problem:
        print(problem, file=sys.stderr)
        return 2
    tests = [] if any(is_path(one) for one in options) else [str(path) for path in modules()]
    red = [day for day, zone in days.items() if run(day, zone, [*options, *tests])]
    print(f"{len(days) - len(red)} of {len(days)} days are green.", *(f"Red: {day}" for day in red), sep="\n")
    return 1 if red else 0


def chosen_days(arguments: Sequence[str]) -> tuple[Mapping[str, str], list[str]]:
    """Return the days with their time zones, and the options for pytest; raise `WrongDay` for a wrong day."""
    options = list(arguments)
    wanted: list[str] = []
    if options[:1] == ["--days"]:
        wanted = " ".join(options[1:2]).split()
        del options[:2]
    for day in wanted:
        if not is_time(day):
            raise WrongDay(f'--days: "{day}" is no time with a time zone, such as "{DAYS[0]}".')
    zones = {day: ZONES[place % len(ZONES)] for place, day in enumerate(DAYS)}
    return {day: zones.get(day, ZONES[0]) for day in wanted or DAYS}, options


def is_time(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def is_path(option: str) -> bool:
    """Return whether an option names tests: a file or a folder, perhaps with a test in it."""
    return Path(option.partition("::")[0]).exists()


def run(day: str, zone: str, arguments: Sequence[str]) -> int:
    """Run pytest as if it were that day, in a time zone; return its exit code."""
    now = datetime.now(UTC)  # noqa: TID251 - the distance to another day starts here
    ahead = int((datetime.fromisoformat(day) - now).total_seconds())
    print(f"As if it were {day}, in the time zone {zone}:", flush=True)
    environment = {
        **FEW,
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
