"""Measures the sandbox, its peers, the connector and the hub, and writes the results.

    python -m bench [--quick] [--only PART]... [--vendor VENDOR]... [--rounds N] [--seconds N]

Each part is measured in interleaved rounds, and its results are written as table, JSON and picture. The
server under test and the load generator run on one core each.
"""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import openapi
from bench import goals
from bench.parts import connector, hub, hub_load, peers, sizes, starting, tenants, vendors
from bench.plan import FULL, QUICK, Plan
from bench.results import Part, about

PARTS: Final[Mapping[str, Callable[[Plan], Part]]] = {
    "peers": peers.measure,
    "start": starting.measure,
    "connector": connector.measure,
    "hub": hub.measure,
    "hub_load": hub_load.measure,
    "vendors": vendors.measure,
    "sizes": sizes.measure,
    "tenants": tenants.measure,
}
_QUICK: Final = ("peers", "start", "connector", "hub")
"""The parts of a quick run; the others take longer than two minutes."""
_HERE: Final = Path(__file__).parent


def main(arguments: Sequence[str]) -> None:
    """Measure the chosen parts, write their results, and print their tables."""
    chosen = _parser().parse_args(arguments)
    plan = QUICK if chosen.quick else FULL
    plan = replace(plan, vendors=tuple(chosen.vendor or plan.vendors))
    plan = replace(plan, rounds=chosen.rounds or plan.rounds, seconds=chosen.seconds or plan.seconds)
    default = _HERE.parent / "build/bench" if chosen.quick else _HERE / "results"
    folder = chosen.results or default
    described = about()
    for name in chosen.only or (_QUICK if chosen.quick else tuple(PARTS)):
        print(f"Measuring {name} …", file=sys.stderr, flush=True)
        part = PARTS[name](plan)
        part.write(folder, described)
        print(part.markdown(described))
    if folder.resolve() == goals.RESULTS:
        goals.write()
    print(f"The results are in {folder}.", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="measure the main parts in two minutes")
    parser.add_argument("--only", action="append", choices=PARTS, help="measure this part; can be repeated")
    parser.add_argument("--results", type=Path, help="the folder for the results")
    parser.add_argument("--vendor", action="append", choices=openapi.vendors(), help="a vendor to measure")
    parser.add_argument("--rounds", type=int, help="the number of rounds")
    parser.add_argument("--seconds", type=float, help="how long a request is sent in a round")
    return parser


if __name__ == "__main__":
    main(sys.argv[1:])
