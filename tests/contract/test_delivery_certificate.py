"""The delivery certificate: each trigger delivers what its guarantee promises, checked against the ledger.

The ledger records what happened (`support.delivery`): `every_record` delivers each created return once,
`reached` each return once, and `latest_state` no state that did not occur, and always the last one.

Mutants of the polling code, each a mistake of a real project, must all be caught.
"""

import os
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from support.delivery import PAGE_SIZE, PAGES, Act, Delivery, certify, with_small_pages
from support.merchant import VendorSandbox

from connector.definition.compiler import integration as compiled
from connector.definition.paths import at_path
from connector.runtime.polling import Fetch, ReadPlan, ReadResult, Strategy, read_pages
from connector.runtime.runner import Runner, RunResult
from mock_server import vendors

EXAMPLES = int(os.environ.get("CERTIFICATE_EXAMPLES", "25"))
TRIGGERS = [(vendor, trigger) for vendor in vendors.names() for trigger in compiled(vendor).triggers]


@pytest.mark.parametrize(("vendor", "trigger"), TRIGGERS)
def test_trigger_delivers_what_its_guarantee_promises(vendor: str, trigger: str) -> None:
    certify(vendor, trigger, examples=EXAMPLES)


ASKED_TWICE, ASKED_THRICE, ASKED_FOUR = ([("ask", 0)] * times for times in (2, 3, 4))
Told = tuple[str, dict[str, Any]]


def polled(*meanwhile: list[Act], crash: str | None = None) -> Told:
    return ("poll", {"meanwhile": list(meanwhile), "crash": crash})


def live_through(*acts: Act) -> Told:
    return ("live", {"acts": acts})


FOUND: list[tuple[str, str, list[Act], list[Told]]] = [
    # Details noted in a crashed poll were lost with the next commit.
    (
        "returnmate",
        "new_return",
        [],
        [
            live_through(*[("ask", 0)] * PAGE_SIZE * PAGES),
            polled(crash="handed_over"),
            live_through(("ask", 1)),
        ],
    ),
    # The watermark skipped records that changed while a lap took several polls.
    (
        "swap",
        "return_updated",
        ASKED_THRICE,
        [live_through(*ASKED_FOUR), polled(), live_through(("advance", 1), ("move", 3), ("advance", 90_000))],
    ),
    (
        "swap",
        "return_status_changed",
        [],
        [live_through(*ASKED_THRICE), polled([], [("advance", 90_000), ("move", 0)])],
    ),
    (
        "swap",
        "return_completed",
        [],
        [live_through(*ASKED_FOUR), polled([], [("ask", 1), ("move", 213), ("advance", 90_000)])],
    ),
    # A record changed twice between a poll that crashed during delivery and the next poll.
    (
        "swap",
        "quality_control_changed",
        ASKED_THRICE,
        [
            polled([("ask", 335)]),
            polled(),
            polled(),
            polled([("advance", 600)]),
            polled(ASKED_TWICE),
            polled(),
            polled([], [("ask", 0), ("work", 216)]),
            polled(crash="handed_over_one"),
            polled([("work", 28_622)]),
        ],
    ),
]
"""Failures that the certificate found, reduced to the necessary steps."""


@pytest.mark.parametrize(("vendor", "trigger", "there", "story"), FOUND, ids=range(len(FOUND)))
def test_regression_found_by_the_certificate_stays_fixed(
    vendor: str, trigger: str, there: list[Act], story: list[Told]
) -> None:
    backend = VendorSandbox.open(vendor)
    made = {
        "backend": backend,
        "offer": with_small_pages(compiled(vendor)),
        "trigger": trigger,
        "delivered": [],
    }
    delivery = type("Found", (Delivery,), made)()
    delivery.look_for_the_first_time(there)
    for step, values in story:
        getattr(delivery, step)(**values)
    delivery.teardown()
    backend.close()


def without_overlap(strategy: Strategy) -> Strategy:
    """Use the watermark without an overlap: late rows are missed (activepieces#14863, airbyte#14732)."""

    def plan(source: Any, *rest: Any) -> ReadPlan:
        return strategy.plan(source.model_copy(update={"overlap": 0}), *rest)

    def fold(about: Any, source: Any, *rest: Any) -> Any:
        return strategy.fold(about, source.model_copy(update={"overlap": 0}), *rest)

    return replace(strategy, plan=plan, fold=fold)


def first_page_only(strategy: Strategy) -> Strategy:
    """Treat the first page as the whole list (workato/docs#362, zapier-platform-cli#131)."""

    async def read(fetch: Fetch, reading: ReadPlan) -> ReadResult:
        return replace(await read_pages(fetch, replace(reading, pages=1)), complete=True)

    return replace(strategy, read=read)


def forgets_missing_rows(strategy: Strategy) -> Strategy:
    """Treat rows missing from one poll as deleted, and as new when they appear again."""

    def fold(about: Any, source: Any, cursor: Any, read: ReadResult, *rest: Any) -> Any:
        poll = strategy.fold(about, source, cursor, read, *rest)
        met = {str(at_path(row, source.id)) for row in read.rows}
        rows = {key: entry for key, entry in poll.cursor["rows"].items() if key in met}
        return replace(poll, cursor={**poll.cursor, "rows": rows})

    return replace(strategy, fold=fold)


class CommitsFirst(Runner):
    """Save the cursor before the events are delivered (algokit-subscriber-ts PR 60)."""

    async def once(self, *, since: datetime | date | None = None, limit: int | None = None) -> RunResult:
        cursor = self._cursors.load(self._profile, self._trigger.name)
        polled = await self._trigger.poll(cursor, since=since)
        self._cursors.advance(self._profile, self._name, polled.cursor, ())
        self._crash("polled")
        for event in polled.events[:limit]:
            await self._handler(event)
            self._crash("handed_over_one")
        return RunResult(first_poll=cursor is None, handed_over=len(polled.events), all_handed_over=True)


MUTANTS = [
    ("returngo", "new_return", {"strategy": staticmethod(without_overlap)}),
    ("returngo", "return_status_changed", {"strategy": staticmethod(first_page_only)}),
    ("returngo", "return_status_changed", {"runner": CommitsFirst}),
    ("swap", "new_return", {"strategy": staticmethod(without_overlap)}),
    ("swap", "return_updated", {"strategy": staticmethod(first_page_only)}),
    ("swap", "return_completed", {"runner": CommitsFirst}),
    ("exsited", "return_updated", {"strategy": staticmethod(first_page_only)}),
    ("exsited", "return_updated", {"strategy": staticmethod(forgets_missing_rows)}),
    ("exsited", "new_return", {"runner": CommitsFirst}),
    ("returnmate", "new_return", {"strategy": staticmethod(without_overlap)}),
    ("returnmate", "new_return", {"strategy": staticmethod(first_page_only)}),
    ("returnmate", "return_status_changed", {"strategy": staticmethod(first_page_only)}),
    ("returnmate", "new_return", {"runner": CommitsFirst}),
    ("returnmate", "return_approved", {"runner": CommitsFirst}),
]


@pytest.mark.parametrize(
    ("vendor", "trigger", "faults"),
    MUTANTS,
    ids=[
        "no overlap, rows without times",
        "first page only, cursors",
        "commits first, details",
        "no overlap, changes",
        "first page only, changes",
        "commits first, changes",
        "first page only, versions",
        "forgets, versions",
        "commits first, whole list",
        "no overlap",
        "first page only",
        "first page only, status",
        "commits first",
        "commits first, status",
    ],
)
def test_mutant_is_caught(vendor: str, trigger: str, faults: dict[str, Any]) -> None:
    with pytest.raises(AssertionError):
        certify(vendor, trigger, examples=200, shrink=False, **faults)
