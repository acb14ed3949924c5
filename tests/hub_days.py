"""`make hub-days`: thirty days of a hub with 20 connections to five vendors, in virtual time, as a picture.

Writes `docs/hub-days.svg` and the table of the figures in `docs/hub.md`. Fails if anything was lost, doubled
or late, or if more calls were sent than the plan allows. Options: `--days`, `--shops` (at each vendor),
`--interval` (between two polls, in seconds), `--returns` (a day and shop) and `--seed`; with any of them,
nothing is written, and the table is printed.
"""

import argparse
import logging
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from support.days.picture import picture, table
from support.days.results import Wanted
from support.days.simulation import simulated

DOCS = Path(__file__).parents[1] / "docs"
PICTURE, PAGE = DOCS / "hub-days.svg", DOCS / "hub.md"
TABLE = re.compile(r"(?<=<!-- hub-days -->\n\n).*?(?=\n<!-- /hub-days -->)", re.DOTALL)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--shops", type=int, default=4, help="shops at each vendor")
    parser.add_argument("--interval", type=int, default=3_600, help="seconds between two polls of a list")
    parser.add_argument("--returns", type=float, default=1, help="returns a day and shop, on average")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    logging.disable(logging.WARNING)  # the hub logs each failed poll
    started = time.process_time()
    result = simulated(
        Wanted(options.days, options.shops, 5, options.interval, options.returns, options.seed)
    )
    for problem in result.problems:
        say(problem)
    say(
        f"{result.changes:,} changes, {result.webhooks:,} webhooks ({result.lost_webhooks:,} lost),"
        f" {result.deliveries:,} deliveries, {len(result.problems):,} problems"
        f" ({time.process_time() - started:.0f} s of CPU)"
    )
    if arguments:
        say(table(result))
    elif not result.problems:
        PICTURE.write_text(picture(result), "utf-8")
        PAGE.write_text(TABLE.sub(lambda _found: table(result), PAGE.read_text("utf-8")), "utf-8")
    return min(len(result.problems), 1)


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
