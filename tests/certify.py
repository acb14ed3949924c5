"""`make certify`: certifies every trigger with many steps, and finds each exhibit of the museum again.

Each vendor's steps are divided among its triggers; the generated apps get a tenth of them, and the hub a
fourth. A failure prints its seed and the shrunken story, which `--seed` and the vendor's name repeat.
Options: `--steps` (per vendor), `--seed`, `--at-once`, `--skip-museum`, `--skip-apps`, and names of vendors
or of exhibits. The name `hub` means the hub only, with its exhibits.
"""

import argparse
import os
import sys
import time
from collections.abc import Collection, Iterator, Sequence

from support.certificate.exhibits import exhibits
from support.certificate.tasks import Task, run_all

from connector.definition.compiler import integration as compiled
from connector.definition.compiler import vendors

STEPS = 20_000
HUB = "hub"
SEARCH = 40_000
"""The most steps in which an exhibit has to be found again."""


def main(arguments: Sequence[str]) -> int:
    options, started = _options(arguments), time.monotonic()
    unknown = {*options.names} - set(vendors()) - {one.name for one in exhibits()} - {HUB}
    if unknown:
        say(f"Neither a vendor nor an exhibit: {', '.join(sorted(unknown))}.")
        return 2
    failures = 0
    for said in run_all(tasks(options), options.at_once):
        failures += said.failed
        if said.kind == "line":
            say(f"\r{said.text}  ")
        elif sys.stdout.isatty():
            say(f"\r{said.text}  ", end="")
    found = f"{failures} failures." if failures else "Nothing was found."
    say(f"{found} ({time.monotonic() - started:.0f} s)")
    return min(failures, 1)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", help="vendors and exhibits; all if none is named")
    parser.add_argument("--steps", type=int, default=STEPS, help=f"steps per vendor; {STEPS:,} by default")
    parser.add_argument("--seed", type=int, default=0, help="the seed of the first stories")
    parser.add_argument("--at-once", type=int, default=os.cpu_count() or 1, help="the number of processes")
    parser.add_argument("--skip-apps", action="store_true", help="certify the Python runtime only")
    parser.add_argument("--skip-museum", action="store_true", help="certify the product only")
    return parser.parse_args(arguments)


def tasks(options: argparse.Namespace) -> list[Task]:
    """Return what has to be done; the apps first, because one of them takes longest."""
    named, only_hub = set(options.names) - {HUB}, HUB in options.names
    chosen = [vendor for vendor in vendors() if not named or vendor in named]
    apps = [] if options.skip_apps else ["zapier", "make"]
    runtimes = [[HUB]] if only_hub else [apps, [HUB], ["python"]]
    shown = [
        one.name
        for one in ([] if options.skip_museum else exhibits())
        if (one.name in named if named else not only_hub or one.name.startswith(f"{HUB}_"))
    ]
    return [
        *(task for some in runtimes for task in certificates(chosen, some, options)),
        *(Task(SEARCH, options.seed, exhibit=name) for name in shown),
    ]


def certificates(
    chosen: Collection[str], runtimes: Collection[str], options: argparse.Namespace
) -> Iterator[Task]:
    """Yield a task for each trigger in Python, and for each app, which starts once for all its triggers."""
    for runtime in runtimes:
        for vendor in chosen:
            keys = tuple(compiled(vendor).triggers)
            share = -(-options.steps // len(keys))
            for triggers in [(key,) for key in keys] if runtime in {"python", HUB} else [keys]:
                yield Task(share, options.seed, vendor, runtime, triggers)


def say(text: str, end: str = "\n") -> None:
    sys.stdout.write(text + end)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
