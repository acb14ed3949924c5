"""The tasks of `make certify`: one trigger of a vendor in Python, one app of a vendor, or one exhibit.

A task runs in a process of its own among several, and says what it found. An exception fails the trigger or
exhibit in which it was raised, and the task goes on.
"""

import logging
import queue
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any, Literal

from connector.definition.compiler import integration as compiled
from support.certificate.certified import NO_EVENT, as_row, exhibit_row, left_out_row
from support.certificate.delivery import Polling
from support.certificate.exhibits import LONGEST_STORY, Exhibit, exhibits
from support.certificate.hub.hubs import Hubs
from support.certificate.make import Make
from support.certificate.python import Python
from support.certificate.search import Certificate, Searched
from support.certificate.zapier import Zapier
from support.merchant import VendorSandbox
from support.report_data import record

SHARES: Mapping[str, int] = {"python": 1, "hub": 4, "zapier": 10, "make": 10}
"""Which part of the steps each runtime gets: a third of them is 3."""
RUNTIMES: Mapping[str, Callable[[], Polling]] = {
    "python": Python,
    "hub": Hubs,
    "zapier": Zapier,
    "make": Make,
}
OFTEN = 1.0
"""How often a task says how far it is, in seconds."""


@dataclass(frozen=True)
class Task:
    """What one process does at a time.

    `triggers` of `vendor` are certified in `runtime`, with `steps` steps for each in Python and fewer in the
    hub and the apps; `exhibit` is the name of an exhibit to be found, in at most `steps` steps.
    """

    steps: int
    seed: int
    vendor: str = ""
    runtime: str = "python"
    triggers: tuple[str, ...] = ()
    exhibit: str = ""

    def run(self, say: "Say") -> None:
        logging.disable(logging.WARNING)  # the connector logs every wait
        if self.exhibit:
            with reported(self.exhibit, say):
                (exhibit,) = (one for one in exhibits() if one.name == self.exhibit)
                find_again(exhibit, self, say)
            return
        with reported(f"{self.vendor}, {self.runtime}", say), opened(self.vendor) as backend:
            certify(backend, self, say)


@dataclass(frozen=True)
class Said:
    """A message of a task: a result, or progress (`passing`). `failed` is true for a failure."""

    kind: Literal["passing", "line", "end"]
    text: str = ""
    failed: bool = False


Say = Callable[[Said], None]


@contextmanager
def reported(name: str, say: Say) -> Iterator[None]:
    """Turn an exception of the block into a failure of this name."""
    try:
        yield
    except Exception:  # noqa: BLE001 - the other tasks go on
        say(Said("line", f"{name}: FAILED\n{traceback.format_exc()}", failed=True))


def certify(backend: VendorSandbox, task: Task, say: Say) -> None:
    """Certify triggers of a vendor in one runtime."""
    offer = compiled(task.vendor)
    share = -(-task.steps // SHARES[task.runtime])
    with RUNTIMES[task.runtime]().started(offer) as polling:
        for key in task.triggers:
            name = f"{task.vendor} {key}, {task.runtime}"
            if not polling.offers(offer.triggers[key]):
                row = left_out_row(task.vendor, offer.triggers[key], polling.runtime)
                record("certificate", "Delivery certificate", [row])
                say(Said("line", f"{name}: {row.detail}"))
                continue
            with reported(name, say):
                certificate = Certificate.of(backend, offer, key, polling)
                progress = Progress(name, share, say)
                searched = certificate.search(share, task.seed, progress)
                row = as_row(task.vendor, key, task.runtime, searched)
                record("certificate", "Delivery certificate", [row])
                say(certified(name, searched, progress.seconds))


def certified(name: str, searched: Searched, seconds: float) -> Said:
    """Describe a search in one line. A search without an event tested nothing, so it is a failure."""
    tried = f"{searched.steps:,} steps, {searched.stories:,} stories, {searched.events:,} events"
    if searched.broken is None and not searched.events:
        return Said("line", f"{name}: NO EVENT in {tried}: {NO_EVENT}", failed=True)
    if searched.broken is None:
        return Said("line", f"{name}: {tried}, held ({seconds:.0f} s, {searched.steps / seconds:.0f}/s)")
    story = f"seed {searched.seed}, shrunken story:\n{searched.broken.text()}"
    return Said("line", f"{name}: BROKEN after {tried}\n{searched.violation}\n{story}", failed=True)


def find_again(exhibit: Exhibit, task: Task, say: Say) -> None:
    """Search for an exhibit as if its story were unknown; it fails if no short story was found.

    The story of a new exhibit is kept beside it.
    """
    progress = Progress(exhibit.name, task.steps, say)
    with opened(exhibit.vendor) as backend:
        searched = exhibit.found_again(backend, task.steps, task.seed, progress)
    found = searched.broken
    if found is not None and not exhibit.path.exists():
        found.save(exhibit.path)
    if exhibit.path.exists():
        record("museum", "Bug museum", [exhibit_row(exhibit, searched.violation)])
    end = f"({progress.seconds:.0f} s)"
    if found is None:
        say(Said("line", f"{exhibit.name}: NOT found in {searched.steps:,} steps {end}", failed=True))
        return
    short = found.length <= LONGEST_STORY
    broke = f"breaks {exhibit.caught_by} after {searched.steps:,} steps, in a story of {found.length}"
    long = "" if short else f", which is too long:\n{found.text()}"
    text = f"{exhibit.name}: {broke} {end}{long}"
    say(Said("line", text, failed=not short))


class Progress:
    """Says how many steps are done, about once a second."""

    def __init__(self, name: str, steps: int, say: Say) -> None:
        self.name, self.steps, self.say = name, steps, say
        self.started = self.said = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.started

    def __call__(self, searched: Searched) -> None:
        if time.monotonic() - self.said >= OFTEN:
            self.said = time.monotonic()
            self.say(Said("passing", f"{self.name}: {searched.steps:,} of {self.steps:,} steps"))


@contextmanager
def opened(vendor: str) -> Iterator[VendorSandbox]:
    backend = VendorSandbox.open(vendor)
    try:
        yield backend
    finally:
        backend.close()


def run_all(tasks: Sequence[Task], at_once: int) -> Iterator[Said]:
    """Run the tasks in `at_once` processes; yield their messages. A process that dies is a failure."""
    context = get_context("spawn")
    waiting, said = context.Queue(), context.Queue()
    for task in [*tasks, *[None] * at_once]:
        waiting.put(task)
    workers = [context.Process(target=run_each, args=(waiting, said), daemon=False) for _ in range(at_once)]
    for worker in workers:
        worker.start()
    try:
        yield from _heard(said, workers)
    finally:
        for worker in workers:
            worker.terminate()
            worker.join()


def _heard(said: Any, workers: Sequence[Any]) -> Iterator[Said]:
    left = len(workers)
    while left:
        try:
            one = said.get(timeout=OFTEN)
        except queue.Empty:
            dead = [worker for worker in workers if worker.exitcode]
            if dead and said.empty():
                yield Said("line", f"A process ended with {dead[0].exitcode}.", failed=True)
                return
            continue
        left -= one.kind == "end"
        if one.kind != "end":
            yield one


def run_each(waiting: Any, said: Any) -> None:
    """Run one task after another, in a process of its own."""
    while (task := waiting.get()) is not None:
        task.run(said.put)
    said.put(Said("end"))
