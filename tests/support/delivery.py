"""The state machine of the delivery certificate: a shop, and one trigger that polls it.

Returns are created (some backdated), moved along the lifecycle, labelled, and time passes, also between two
pages of a poll. The trigger polls with small pages, and the runner crashes at its named points. At the end,
the delivered events are compared with the ledger, by what the trigger's guarantee says.
"""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

import connector
from connector.definition.compiler import integration as compiled
from connector.definition.model import Integration
from connector.definition.paths import at_path
from connector.errors import AuthenticationError
from connector.runtime.connection import Connection
from connector.runtime.cursors import Cursors
from connector.runtime.polling import STRATEGIES, Event, Strategy
from connector.runtime.runner import Runner
from mock_server.lifecycle import IllegalMove
from support.ledger_check import WORK, LedgerCheck, event_path, target_statuses
from support.merchant import Merchant, VendorSandbox

PAGE_SIZE, PAGES = 2, 3
LATEST = 14 * 60  # seconds; shorter than every overlap
CRASH_POINTS = ("polled", "kept", "handed_over_one", "settled_one", "handed_over")

MONTH = 30 * 86_400


ACTS = st.one_of(
    st.tuples(st.just("ask"), st.integers(0, LATEST)),
    st.tuples(st.just("ask"), st.just(0)),
    st.tuples(st.just("move"), st.integers(0, 10**6)),
    st.tuples(st.just("further"), st.integers(0, 10**6)),
    st.tuples(st.just("work"), st.integers(0, 10**6)),
    st.tuples(st.just("advance"), st.sampled_from([1, 30, 600, 90_000, 400_000])),
)
Act = tuple[str, int]


class Crash(Exception):  # noqa: N818 - it is what happens
    """Simulates the end of the process."""


class Interrupted(httpx.AsyncBaseTransport):
    """A transport to the sandbox that changes the shop before each answer.

    `date` replaces the `Date` header of an answer; None removes it.
    """

    def __init__(self, merchant: Merchant) -> None:
        self._inner = merchant.transport
        self.meanwhile: list[list[Act]] = []
        self.act: Callable[[Act], Awaitable[None]]
        self.date: Callable[[datetime], datetime | None] = lambda date: date

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        for act in self.meanwhile.pop(0) if self.meanwhile else []:
            await self.act(act)
        response = await self._inner.handle_async_request(request)
        date = self.date(parsedate_to_datetime(response.headers.pop("date")))
        if date is not None:
            response.headers["date"] = format_datetime(date, usegmt=True)
        return response


def with_small_pages(integration: Integration) -> Integration:
    """Return the integration with two rows per page and three pages per poll, to get many pages."""
    small = {"page_size": PAGE_SIZE, "pages": PAGES}
    triggers = {
        key: trigger.model_copy(update={"source": trigger.source.model_copy(update=small)})
        for key, trigger in integration.triggers.items()
    }
    return integration.model_copy(update={"triggers": triggers})


class Delivery(RuleBasedStateMachine):
    """A shop, and one trigger that polls it. Subclasses name the trigger and, for mutants, its faults."""

    backend: VendorSandbox
    offer: Integration
    trigger: str
    strategy: Callable[[Strategy], Strategy] = staticmethod(lambda strategy: strategy)
    runner: type[Runner] = Runner
    delivered: list[int]

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.merchant = self.backend.merchant()
        self.clock_error = timedelta()
        self.interrupted = Interrupted(self.merchant)
        self.interrupted.act = self._act
        self.watching = self._connect(self.interrupted)
        self.staff = self._connect(self.merchant.transport)
        trigger = self.offer.triggers[self.trigger]
        strategy = type(self).strategy(STRATEGIES[trigger.source.strategy])
        self.watched = self.watching.trigger_with_strategy(self.trigger, strategy)
        memory = Path("/dev/shm")
        self.folder = tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None)
        self.cursors = Cursors(Path(self.folder.name) / "cursors.sqlite3")
        self.ledger_check = LedgerCheck(self.merchant, trigger)
        self.target_statuses = target_statuses(trigger)
        self.passed = 0
        self.known: set[str] = set()
        self.last = ""
        self.doubtful: set[str] = set()

    def _connect(self, interrupted: httpx.AsyncBaseTransport) -> Connection:
        merchant = self.merchant
        return connector.open(
            self.offer,
            base_url=merchant.base_url,
            transport=interrupted,
            clock=lambda: merchant.now() + self.clock_error,
            sleep=_no_sleep,
            **merchant.fields,
        )

    @initialize(there=st.lists(ACTS, max_size=8))
    def look_for_the_first_time(self, there: list[Act]) -> None:
        """Check that records from before the first poll are not delivered."""
        for act in there:
            self._run(self._act(act))
        self._settle()
        assert self.ledger_check.delivered == []
        self.ledger_check.baseline = self.ledger_check.histories

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
        """Poll to the end after the shop has stopped changing, then compare with the ledger."""
        try:
            self._settle()
            self.ledger_check.judge()
            self.delivered.append(len(self.ledger_check.delivered))
            before = len(self.ledger_check.delivered)
            self._poll([], crash=None)
            assert len(self.ledger_check.delivered) == before, "a poll without changes delivered events"
        finally:
            self._run(self.watching.client.close())
            self._run(self.staff.client.close())
            self.loop.close()
            self.cursors.close()
            self.folder.cleanup()
            self.merchant.close()

    def _settle(self) -> None:
        """Poll an unchanging shop until the cursor stays the same; fail after four laps."""
        laps = 2 + len(self.ledger_check.histories) // (PAGE_SIZE * PAGES)
        before: object = None
        for _ in range(4 * laps):
            self._poll([], crash=None)
            now = self.cursors.load("test", self.watched.cursor_name())
            if now is not None and now == before:
                return
            before = now

    def _run(self, task: Awaitable[Any]) -> Any:
        return self.loop.run_until_complete(task)

    async def _act(self, act: Act) -> None:
        """Change the shop by one act."""
        kind, number = act
        merchant = self.merchant
        if kind == "ask":
            several = 3 if "receive_return" in self.staff.actions else 1
            merchant.ask_for_return(seconds_ago=number, quantity=several)
        elif kind == "advance" and self.passed + number < MONTH:
            self.passed += number
            merchant.advance(number)
        elif kind in {"move", "further", "work"} and (returns := list(merchant.statuses().items())):
            id_, status = returns[number % len(returns)]
            following = merchant.next_statuses(status)
            if kind == "move" and following:
                self._walk(id_, [following[number % len(following)]])
            elif kind == "further":
                self._walk(id_, merchant.way(status, self.target_statuses)[: 1 + number // 7 % 4])
            elif kind == "work":
                for action in self.staff.actions.keys() & WORK.keys():
                    await WORK[action](self.staff, merchant, id_, number)

    def _walk(self, id_: str, statuses: Iterable[str]) -> None:
        """Move a return; the table allows each move, but an earlier step may have ruled it out."""
        with suppress(IllegalMove):
            for status in statuses:
                self.merchant.move(id_, status)

    def _poll(self, meanwhile: list[list[Act]], crash: str | None) -> None:
        """Poll once with the runner, which may crash; record events as a consumer that deduplicates by id."""
        self.interrupted.meanwhile = [list(acts) for acts in meanwhile]

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
            # Only at this point it is unknowable whether an event arrived.
            if crash == "handed_over_one":
                self.doubtful.add(self.last)
        except AuthenticationError:
            # A token expired twice between its issue and its use: the poll failed and stored nothing.
            assert self.offer.authentication.tokens
            assert any(kind == "advance" and by >= 90_000 for acts in meanwhile for kind, by in acts)
        self.interrupted.meanwhile = []

    def _take(self, event: Event) -> None:
        self.last = event.id
        if event.id in self.known:
            assert event.id in self.doubtful, f"{event.id} was delivered twice"
            return
        self.known.add(event.id)
        source = self.ledger_check.trigger.source
        state = str(at_path(event.data, event_path(source)))
        self.ledger_check.delivered.append((event.id, str(at_path(event.data, source.id)), state))


async def _no_sleep(_seconds: float) -> None:
    return


def certify(vendor: str, trigger: str, *, examples: int, shrink: bool = True, **faults: Any) -> None:
    """Run the state machine of one trigger; raise the first failure it finds.

    `faults` replaces `strategy` or `runner` by wrong ones.
    """
    backend = VendorSandbox.open(vendor)
    offer = with_small_pages(compiled(vendor))
    delivered: list[int] = []
    made = {"backend": backend, "offer": offer, "trigger": trigger, "delivered": delivered, **faults}
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
                # A step is a poll of several requests, so it is slow.
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        backend.close()
    assert any(delivered), "nothing happened that fires the trigger, so nothing was tested"
