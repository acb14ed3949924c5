"""The delivery certificate: the polling code, driven against a merchant whose ledger knows what happened.

A state machine lets a shop live (returns asked for, some of them late; moved; labelled; time passing;
all of it also between two pages of a poll), polls with small pages, and crashes the runner before and
after it commits. At the end it compares what was delivered with what the trigger's guarantee says, the
ledger being the witness: `every_record` exactly what was created, `reached` each return once,
`latest_state` no state that never was, and the last one always.

Mutants of the polling code, each a mistake that was made in earnest by others, must all be caught.
"""

import asyncio
import os
import tempfile
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from support.merchant import Mall, Merchant
from support.witness import WORK, Witness, telling

import connector
from connector.compile import integration as compiled
from connector.connection import Connection
from connector.cursors import Cursors
from connector.errors import AuthenticationError
from connector.model import Integration
from connector.polling import STRATEGIES, Event, Fetch, Read, Reading, Strategy, read_pages
from connector.resolve import at_path
from connector.runner import Ran, Runner
from mock_server import vendors

EXAMPLES = int(os.environ.get("CONTRACT_EXAMPLES", "25"))
PAGE_SIZE, PAGES = 2, 3
LATEST = 14 * 60  # seconds: within every overlap
CRASH_POINTS = ("polled", "kept", "handed_over_one", "settled_one", "handed_over")

MONTH = 30 * 86_400


ACTS = st.one_of(
    st.tuples(st.just("ask"), st.integers(0, LATEST)),
    st.tuples(st.just("ask"), st.just(0)),
    st.tuples(st.just("move"), st.integers(0, 10**6)),
    st.tuples(st.just("work"), st.integers(0, 10**6)),
    st.tuples(st.just("advance"), st.sampled_from([1, 30, 600, 90_000])),
)
Act = tuple[str, int]


class Crash(Exception):  # noqa: N818 - it is what happens
    """The process ends here."""


class Interrupted(httpx.AsyncBaseTransport):
    """The way to the sandbox, on which something happens in the shop before each answer."""

    def __init__(self, merchant: Merchant) -> None:
        self._inner = merchant.transport
        self.meanwhile: list[list[Act]] = []
        self.act: Callable[[Act], Awaitable[None]]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        for act in self.meanwhile.pop(0) if self.meanwhile else []:
            await self.act(act)
        return await self._inner.handle_async_request(request)


def with_small_pages(integration: Integration) -> Integration:
    """The same offer, read two rows a page and three pages a poll: so that few rows are many pages."""
    small = {"page_size": PAGE_SIZE, "pages": PAGES}
    triggers = {
        key: trigger.model_copy(update={"source": trigger.source.model_copy(update=small)})
        for key, trigger in integration.triggers.items()
    }
    return integration.model_copy(update={"triggers": triggers})


class Delivery(RuleBasedStateMachine):
    """A shop, and one trigger that watches it. Subclasses name the trigger and, for mutants, its faults."""

    mall: Mall
    offer: Integration
    trigger: str
    strategy: Callable[[Strategy], Strategy] = staticmethod(lambda strategy: strategy)
    runner: type[Runner] = Runner

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.merchant = self.mall.merchant()
        self.road = Interrupted(self.merchant)
        self.road.act = self._act
        self.watching = self._connect(self.road)
        self.staff = self._connect(self.merchant.transport)
        trigger = self.offer.triggers[self.trigger]
        strategy = type(self).strategy(STRATEGIES[trigger.source.strategy])
        self.watched = self.watching.trigger(self.trigger, strategy)
        memory = Path("/dev/shm")
        self.folder = tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None)
        self.cursors = Cursors(Path(self.folder.name) / "cursors.sqlite3")
        self.witness = Witness(self.merchant, trigger)
        self.passed = 0
        self.known: set[str] = set()
        self.last = ""
        self.doubtful: set[str] = set()

    def _connect(self, road: httpx.AsyncBaseTransport) -> Connection:
        merchant = self.merchant
        return connector.open(
            self.offer,
            base_url=merchant.base_url,
            transport=road,
            clock=merchant.now,
            sleep=_no_sleep,
            **merchant.fields,
        )

    @initialize(there=st.lists(ACTS, max_size=8))
    def look_for_the_first_time(self, there: list[Act]) -> None:
        """Whatever is there before the first poll is no news."""
        for act in there:
            self._run(self._act(act))
        for _ in range(8):
            self._poll([], crash=None)
        assert self.witness.delivered == []
        self.witness.baseline = self.witness.histories

    @rule(acts=st.lists(ACTS, min_size=1, max_size=6))
    def live(self, acts: Iterable[Act]) -> None:
        for act in acts:
            self._run(self._act(act))

    @rule(
        meanwhile=st.lists(st.lists(ACTS, max_size=3), max_size=PAGES),
        crash=st.sampled_from([None, *CRASH_POINTS]),
    )
    def poll(self, meanwhile: list[list[Act]], crash: str | None) -> None:
        self._poll(meanwhile, crash)

    def teardown(self) -> None:
        """When the shop has closed and everything was polled, the ledger judges."""
        try:
            rows = len(self.witness.histories)
            for _ in range(4 * (2 + rows // (PAGE_SIZE * PAGES))):
                self._poll([], crash=None)
            self.witness.judge()
            before = len(self.witness.delivered)
            self._poll([], crash=None)
            assert len(self.witness.delivered) == before, "a quiet poll told something"
        finally:
            self._run(self.watching.client.close())
            self._run(self.staff.client.close())
            self.loop.close()
            self.cursors.close()
            self.folder.cleanup()
            self.merchant.close()

    def _run(self, task: Awaitable[Any]) -> Any:
        return self.loop.run_until_complete(task)

    async def _act(self, act: Act) -> None:
        """Let something happen in the shop."""
        kind, number = act
        merchant = self.merchant
        if kind == "ask":
            several = 3 if "receive_return" in self.staff.actions else 1
            merchant.ask_for_return(seconds_ago=number, quantity=several)
        elif kind == "advance" and self.passed + number < MONTH:
            self.passed += number
            merchant.advance(number)
        elif kind in {"move", "work"} and (returns := list(merchant.statuses().items())):
            id_, status = returns[number % len(returns)]
            following = merchant.next_statuses(status)
            if kind == "move" and following:
                merchant.move(id_, following[number % len(following)])
            elif kind == "work":
                for action in self.staff.actions.keys() & WORK.keys():
                    await WORK[action](self.staff, merchant, id_, number)

    def _poll(self, meanwhile: list[list[Act]], crash: str | None) -> None:
        """Poll once by the runner, which may crash; take what it hands over as a consumer that knows ids."""
        self.road.meanwhile = [list(acts) for acts in meanwhile]

        async def hand_over(event: Event) -> None:
            self._take(event)

        def crash_at(point: str) -> None:
            if point == crash:
                raise Crash(point)

        runner = type(self).runner(
            self.watched, self.cursors, profile="test", handler=hand_over, crash=crash_at
        )
        try:
            self._run(runner.once())
        except Crash:
            # The one moment at which nobody can know whether an event arrived.
            if crash == "handed_over_one":
                self.doubtful.add(self.last)
        except AuthenticationError:
            # A day went by between a token and its use, twice: the poll failed, and has kept nothing.
            assert self.offer.authentication.tokens
            assert ("advance", 90_000) in [act for acts in meanwhile for act in acts]
        self.road.meanwhile = []

    def _take(self, event: Event) -> None:
        self.last = event.id
        if event.id in self.known:
            assert event.id in self.doubtful, f"{event.id} was told twice"
            return
        self.known.add(event.id)
        source = self.witness.trigger.source
        state = str(at_path(event.data, telling(source)))
        self.witness.delivered.append((event.id, str(at_path(event.data, source.id)), state))


async def _no_sleep(_seconds: float) -> None:
    return


def certify(vendor: str, trigger: str, *, examples: int, shrink: bool = True, **faults: Any) -> None:
    """Run the machine of one trigger; raises the first thing it finds.

    `faults` replace `strategy` or `runner` by wrong ones.
    """
    mall = Mall.open(vendor)
    offer = with_small_pages(compiled(vendor))
    made = {"mall": mall, "offer": offer, "trigger": trigger, **faults}
    try:
        run_state_machine_as_test(
            type(f"Delivery_{vendor}_{trigger}", (Delivery,), made),
            settings=settings(
                max_examples=examples,
                stateful_step_count=12,
                deadline=None,
                derandomize=True,
                report_multiple_bugs=False,
                phases=(Phase.generate, Phase.shrink) if shrink else (Phase.generate,),
                suppress_health_check=list(
                    HealthCheck
                ),  # a step is a poll of several requests: slow by nature
            ),
        )
    finally:
        mall.close()


TRIGGERS = [(vendor, trigger) for vendor in vendors.names() for trigger in compiled(vendor).triggers]


@pytest.mark.parametrize(("vendor", "trigger"), TRIGGERS)
def test_trigger_delivers_what_its_guarantee_promises(vendor: str, trigger: str) -> None:
    certify(vendor, trigger, examples=EXAMPLES)


ASKED_TWICE, ASKED_THRICE, ASKED_FOUR = ([("ask", 0)] * times for times in (2, 3, 4))
Told = tuple[str, dict[str, Any]]


def polled(*meanwhile: list[Act], crash: str | None = None) -> Told:
    return ("poll", {"meanwhile": list(meanwhile), "crash": crash})


def lived(*acts: Act) -> Told:
    return ("live", {"acts": acts})


FOUND: list[tuple[str, str, list[Act], list[Told]]] = [
    # Notes of a crashed poll were forgotten with the next commit.
    (
        "returnmate",
        "new_return",
        [],
        [lived(*[("ask", 0)] * PAGE_SIZE * PAGES), polled(crash="handed_over"), lived(("ask", 1))],
    ),
    # The watermark went past what changed while a lap was read over several polls.
    (
        "swap",
        "return_updated",
        ASKED_THRICE,
        [lived(*ASKED_FOUR), polled(), lived(("advance", 1), ("move", 3), ("advance", 90_000))],
    ),
    (
        "swap",
        "return_status_changed",
        [],
        [lived(*ASKED_THRICE), polled([], [("advance", 90_000), ("move", 0)])],
    ),
    (
        "swap",
        "return_completed",
        [],
        [lived(*ASKED_FOUR), polled([], [("ask", 1), ("move", 213), ("advance", 90_000)])],
    ),
    # A record went there and back between a poll that crashed while it handed over and the next.
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
"""What the certificate found once, cut down to what it takes."""


@pytest.mark.parametrize(("vendor", "trigger", "there", "story"), FOUND, ids=range(len(FOUND)))
def test_what_was_found_once_stays_mended(
    vendor: str, trigger: str, there: list[Act], story: list[Told]
) -> None:
    mall = Mall.open(vendor)
    made = {"mall": mall, "offer": with_small_pages(compiled(vendor)), "trigger": trigger}
    delivery = type("Found", (Delivery,), made)()
    delivery.look_for_the_first_time(there)
    for step, values in story:
        getattr(delivery, step)(**values)
    delivery.teardown()
    mall.close()


def without_overlap(strategy: Strategy) -> Strategy:
    """The watermark alone: rows that show up late are behind it (activepieces#14863, airbyte#14732)."""

    def plan(source: Any, *rest: Any) -> Reading:
        return strategy.plan(source.model_copy(update={"overlap": 0}), *rest)

    def fold(about: Any, source: Any, *rest: Any) -> Any:
        return strategy.fold(about, source.model_copy(update={"overlap": 0}), *rest)

    return replace(strategy, plan=plan, fold=fold)


def first_page_only(strategy: Strategy) -> Strategy:
    """One page is taken for the whole list (workato/docs#362, zapier-platform-cli#131)."""

    async def read(fetch: Fetch, reading: Reading) -> Read:
        return replace(await read_pages(fetch, replace(reading, pages=1)), complete=True)

    return replace(strategy, read=read)


def forgets_what_it_did_not_meet(strategy: Strategy) -> Strategy:
    """What one poll did not meet is taken for gone, and new when it is met again."""

    def fold(about: Any, source: Any, cursor: Any, read: Read, *rest: Any) -> Any:
        poll = strategy.fold(about, source, cursor, read, *rest)
        met = {str(at_path(row, source.id)) for row in read.rows}
        rows = {key: entry for key, entry in poll.cursor["rows"].items() if key in met}
        return replace(poll, cursor={**poll.cursor, "rows": rows})

    return replace(strategy, fold=fold)


class CommitsFirst(Runner):
    """The cursor is kept before the events are handed over (algokit-subscriber-ts PR 60)."""

    async def once(self, *, since: datetime | date | None = None, limit: int | None = None) -> Ran:
        cursor = self._cursors.load(self._profile, self._trigger.name)
        polled = await self._trigger.poll(cursor, since=since)
        self._cursors.advance(self._profile, self._name, polled.cursor, ())
        self._crash("polled")
        for event in polled.events[:limit]:
            await self._handler(event)
            self._crash("handed_over_one")
        return Ran(first=cursor is None, handed_over=len(polled.events), whole=True)


MUTANTS = [
    ("swap", "new_return", {"strategy": staticmethod(without_overlap)}),
    ("swap", "return_updated", {"strategy": staticmethod(first_page_only)}),
    ("swap", "return_completed", {"runner": CommitsFirst}),
    ("exsited", "return_updated", {"strategy": staticmethod(first_page_only)}),
    ("exsited", "return_updated", {"strategy": staticmethod(forgets_what_it_did_not_meet)}),
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
