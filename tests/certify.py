"""`make certify`: certifies every trigger with many steps, and finds each exhibit of the museum again.

Each vendor's steps are divided among its triggers; the generated apps get a tenth of them. A failure prints
its seed and the shrunken story, which `--seed` and the vendor's name repeat. Options: `--steps` (per vendor),
`--seed`, `--skip-museum`, `--skip-apps`, and names of vendors or exhibits.
"""

import argparse
import logging
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from support.certificate.certified import as_row, exhibit_row
from support.certificate.delivery import Polling
from support.certificate.exhibits import LONGEST_STORY, Exhibit, exhibits
from support.certificate.make import Make
from support.certificate.python import Python
from support.certificate.search import Certificate, Searched
from support.certificate.zapier import Zapier
from support.merchant import VendorSandbox
from support.report_data import record

from connector.definition.compiler import integration as compiled
from connector.definition.compiler import vendors

STEPS = 20_000
APPS_SHARE = 10
SEARCH = 60_000
"""The most steps in which an exhibit has to be found again."""


def main(arguments: Sequence[str]) -> int:
    options = _options(arguments)
    logging.disable(logging.WARNING)  # the connector logs every wait
    named = set(options.names)
    chosen = [vendor for vendor in vendors() if not named or vendor in named]
    shown = [] if options.skip_museum else [one for one in exhibits() if not named or one.name in named]
    unknown = named - set(vendors()) - {one.name for one in exhibits()}
    if unknown:
        say(f"Neither a vendor nor an exhibit: {', '.join(sorted(unknown))}.")
        return 2
    runtimes: list[Polling] = [Python()] if options.skip_apps else [Python(), Zapier(), Make()]
    failures = sum(
        certify_vendor(vendor, options.steps, options.seed, runtimes=runtimes) for vendor in chosen
    )
    failures += sum(not find_again(exhibit, options.seed) for exhibit in shown)
    say("Nothing was found." if not failures else f"{failures} failures.")
    return min(failures, 1)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", help="vendors and exhibits; all if none is named")
    parser.add_argument("--steps", type=int, default=STEPS, help=f"steps per vendor; {STEPS:,} by default")
    parser.add_argument("--seed", type=int, default=0, help="the seed of the first stories")
    parser.add_argument("--skip-apps", action="store_true", help="certify the Python runtime only")
    parser.add_argument("--skip-museum", action="store_true", help="certify the product only")
    return parser.parse_args(arguments)


def certify_vendor(vendor: str, steps: int, seed: int, *, runtimes: Sequence[Polling]) -> int:
    """Certify every trigger of a vendor in each runtime; return the number of triggers that failed."""
    offer, failures = compiled(vendor), 0
    with opened(vendor) as backend:
        for polling in runtimes:
            keys = [key for key, one in offer.triggers.items() if polling.runtime in one.guarantees]
            share = -(-steps // len(keys) // (1 if polling.runtime == "python" else APPS_SHARE))
            with polling.started(offer) as started:
                for key in keys:
                    certificate = Certificate.of(backend, offer, key, started)
                    failures += not certify_trigger(certificate, share, seed)
    return failures


def certify_trigger(certificate: Certificate, steps: int, seed: int) -> bool:
    """Certify one trigger; return whether it kept its promises."""
    vendor, runtime = certificate.offer.vendor.id, certificate.polling.runtime
    name, started = f"{vendor} {certificate.key}, {runtime}", time.monotonic()
    searched = certificate.search(steps, seed, Progress(name, steps, started))
    record("certificate", "Delivery certificate", [as_row(vendor, certificate.key, runtime, searched)])
    report(name, searched, started)
    return searched.broken is None


def find_again(exhibit: Exhibit, seed: int) -> bool:
    """Search for an exhibit as if its story were unknown; return whether a short story was found.

    The story of a new exhibit is kept beside it.
    """
    started = time.monotonic()
    with opened(exhibit.vendor) as backend:
        searched = exhibit.found_again(backend, SEARCH, seed, Progress(exhibit.name, SEARCH, started))
    found, seconds = searched.broken, time.monotonic() - started
    if found is not None and not exhibit.path.exists():
        found.save(exhibit.path)
    if exhibit.path.exists():
        record("museum", "Bug museum", [exhibit_row(exhibit, searched.violation)])
    if found is None:
        say(f"\r{exhibit.name}: NOT found in {searched.steps:,} steps ({seconds:.0f} s)")
        return False
    short = found.length <= LONGEST_STORY
    told = f"breaks {exhibit.caught_by} after {searched.steps:,} steps, in a story of {found.length}"
    say(f"\r{exhibit.name}: {told}{'' if short else ', which is too long'} ({seconds:.0f} s)")
    return short


class Progress:
    """Prints the steps done, on one line of a terminal."""

    def __init__(self, name: str, steps: int, started: float) -> None:
        self.name, self.steps, self.started = name, steps, started

    def __call__(self, searched: Searched) -> None:
        if sys.stdout.isatty():
            rate = searched.steps / (time.monotonic() - self.started)
            told = f"{searched.steps:,} of {self.steps:,} steps, {searched.events:,} events, {rate:.0f}/s"
            say(f"\r{self.name}: {told}  ", end="")


def report(name: str, searched: Searched, started: float) -> None:
    seconds = time.monotonic() - started
    tried = f"{searched.steps:,} steps, {searched.stories:,} stories, {searched.events:,} events"
    if searched.broken is None:
        say(f"\r{name}: {tried}, held ({seconds:.0f} s, {searched.steps / seconds:.0f}/s)")
    else:
        say(f"\r{name}: BROKEN after {tried}\n{searched.violation}")
        say(f"seed {searched.seed}, shrunken story:\n{searched.broken.text()}")


def say(text: str, end: str = "\n") -> None:
    sys.stdout.write(text + end)
    sys.stdout.flush()


@contextmanager
def opened(vendor: str) -> Iterator[VendorSandbox]:
    backend = VendorSandbox.open(vendor)
    try:
        yield backend
    finally:
        backend.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
