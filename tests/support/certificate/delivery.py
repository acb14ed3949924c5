"""Runs a story: a shop changes, a trigger polls it, and the ledger says what had to be delivered."""

import asyncio
from collections.abc import Coroutine
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Protocol, TypeVar

import connector
from connector.definition.model import Integration, Runtime, Snapshot, Trigger
from connector.definition.paths import at_path
from connector.errors import ConnectorError
from connector.runtime.connection import Connection
from support.certificate.acts import SHOP_ACTS, Act, Shop
from support.certificate.adversary import WIRE_ACTS, Adversary, Calls, Endless
from support.certificate.crashes import Crash, CrashPoints
from support.certificate.drawing import Adversity
from support.certificate.hub.acts import HUB_NUMBERS
from support.certificate.invariants import Delivered, Outcome, Violation, judge
from support.certificate.ledger import LedgerCheck, event_path
from support.certificate.promises import promised
from support.certificate.stories import Poll, Step, Story
from support.merchant import VendorSandbox

PAGE_SIZE, PAGES = 2, 3
QUIET_LAPS = 4
RECENT = 30
"""A row that becomes readable again this soon (s) after its last change has to be delivered."""
T = TypeVar("T")


class Poller(Protocol):
    """One runtime that polls the trigger."""

    def poll(self) -> None:
        """Poll once; call `Delivery.take` for each event. Raises `ConnectorError` if the poll fails."""

    async def rival(self) -> None:
        """Let another process poll the same cursor, if it can."""

    async def restart(self) -> None:
        """End the process, and start it again with what is on disk."""

    async def look(self) -> None:
        """Read the trigger's whole list, as a search does."""

    async def write(self) -> bool | None:
        """Create a return; tell whether it was made (None: unknown). False without such an action."""

    async def trouble(self, act: Act) -> None:
        """Carry out an act of `HUB_NUMBERS`, which only a hub meets."""

    def happened(self, act: Act) -> None:
        """Note that something happened in the shop or on the wire."""

    def calm(self) -> None:
        """End the poller's own troubles."""

    def note(self, outcome: Outcome) -> None:
        """Add to the outcome what the poller itself noticed."""

    def place(self) -> object:
        """Return a value that stays the same if a poll finds nothing."""

    def close(self) -> None:
        """Free what the poller holds."""


class WithoutTroubles:
    """The part of a poller that meets nothing but what happens in the shop and on the wire."""

    async def trouble(self, act: Act) -> None:
        raise NotImplementedError(act)

    def happened(self, act: Act) -> None:
        """Ignore what happened."""

    def calm(self) -> None:
        """Do nothing: there are no troubles."""

    def note(self, outcome: Outcome) -> None:
        """Do nothing: nothing was noticed."""


class Polling(Protocol):
    """Makes a poller for each story; `runtime` names the guarantee row that it has to keep."""

    @property
    def runtime(self) -> Runtime: ...

    def adversity(self, trigger: Trigger) -> Adversity:
        """Return what may happen in the stories of this runtime."""

    def started(self, offer: Integration) -> AbstractContextManager["Polling"]:
        """Start what all pollers share, until the block ends."""

    def offers(self, trigger: Trigger) -> bool:
        """Check whether the started runtime offers a trigger; apps leave out what no account confirmed."""

    def __call__(self, delivery: "Delivery") -> Poller: ...


def with_small_pages(integration: Integration) -> Integration:
    """Return the integration with two rows per page and three pages per poll, to get many pages."""
    small = {"page_size": PAGE_SIZE, "pages": PAGES}
    triggers = {
        key: trigger.model_copy(update={"source": trigger.source.model_copy(update=small)})
        for key, trigger in integration.triggers.items()
    }
    return integration.model_copy(update={"triggers": triggers})


@dataclass
class Delivery:
    """One merchant, and one trigger that polls the shop until the story ends."""

    backend: VendorSandbox
    offer: Integration
    key: str
    polling: Polling
    polls: int = 0
    clock_error: timedelta = timedelta()
    rounds: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.merchant = self.backend.merchant()
        self.crashes = CrashPoints()
        self.adversary = Adversary(self.merchant, self.offer, self.trigger, self._act, self.crashes)
        self.staff = self.connect(self.merchant.transport)
        self.shop = Shop(self.merchant, self.staff, self.trigger)
        self.ledger = LedgerCheck(self.merchant, self.trigger)
        self.outcome = promised(self.backend, self.trigger, self.polling.runtime)
        self.known: set[str] = set()
        self.found: dict[str, int] = {}
        self.crashed: list[str] = []
        self.doubtful: set[str] = set()
        self.last = ""
        self.attempted = 0
        self.refused, self.refused_until = "", 0
        self.steps = 0
        self.notes: list[str] = []
        self.poller = self.polling(self)

    @property
    def trigger(self) -> Trigger:
        return self.offer.triggers[self.key]

    def connect(self, transport: Any) -> Connection:
        merchant = self.merchant
        return connector.open(
            self.offer,
            base_url=merchant.base_url,
            transport=transport,
            clock=lambda: merchant.now() + self.clock_error,
            sleep=no_sleep,
            **merchant.fields,
        )

    def run(self, task: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(task)

    def play(self, story: Story) -> int:
        """Play a story and judge it; return the number of events delivered. Raises `Violation`."""
        try:
            self.start(story.before)
            for step in story.steps:
                self.do(step)
            return self.end()
        except Endless:
            raise Violation("calls_within_the_budget", "a poll did not end") from None
        finally:
            self.close()

    def start(self, before: tuple[Act, ...] = ()) -> None:
        """Poll for the first time; what is there before is not delivered."""
        for act in before:
            self.run(self._act(act))
        self._settle()
        self.outcome.baseline, self.began = self.ledger.histories, len(self.merchant.story())

    def do(self, step: Step) -> None:
        self.steps += 1
        if isinstance(step, Poll):
            self._poll(step)
        else:
            self.run(self._act(step))

    def end(self) -> int:
        """Poll until nothing changes, and judge. Raises `Violation`.

        Unreadable rows stay at first, because they must not hold up others; then they become readable.
        """
        poisoned = dict(self.adversary.poisoned)
        self.adversary.calm()
        self.poller.calm()
        self.refused_until = 0
        if poisoned:
            self.adversary.poisoned = poisoned
            self._settle()
            self._judge({**self.outcome.__dict__, "unreadable": self.outcome.unreadable | set(poisoned)})
            self._heal()
            self.adversary.poisoned = {}
        self._settle()
        self._judge(self.outcome.__dict__)
        before = len(self.outcome.delivered)
        self._poll(Poll(), quiet=True)
        if len(self.outcome.delivered) > before:
            raise Violation("nothing_under_a_second_id", "a poll without changes delivered events")
        return before

    def _judge(self, outcome: dict[str, Any]) -> None:
        elsewhere = [str(request.url) for request in self.adversary.elsewhere]
        ledger = {"histories": self.ledger.histories, "changed": self.ledger.changed_after(self.began)}
        judged = Outcome(**{**outcome, **ledger, "elsewhere": elsewhere})
        self.poller.note(judged)
        judge(judged)

    def close(self) -> None:
        self.poller.close()
        self.run(self.staff.client.close())
        self.loop.close()
        self.merchant.close()

    async def _act(self, act: Act) -> None:
        kind, number = act
        if kind in SHOP_ACTS:
            await self._change_shop(act)
            self.poller.happened(act)
        elif kind in WIRE_ACTS:
            self._disturb(kind, number)
            self.poller.happened(act)
        elif kind in HUB_NUMBERS:
            await self.poller.trouble(act)
        elif kind == "clock":
            self.clock_error = timedelta(hours=number)
        elif kind == "refuse":
            self.refused, self.refused_until = "", self.polls + number
        else:
            await {
                "restart": self.poller.restart,
                "rival": lambda: self._counted(self.poller.rival(), is_poll=True),
                "look": lambda: self._counted(self.poller.look()),
                "write": self._write,
            }[kind]()

    async def _change_shop(self, act: Act) -> None:
        gone = len(self.shop.deleted)
        if act[0] == "delete":
            self.ledger.learn_names()
        await self.shop.act(act)
        for id_ in self.shop.deleted[gone:]:
            self.outcome.deleted.setdefault(self.ledger.names.get(id_, id_), self.polls)

    def _disturb(self, kind: str, number: int) -> None:
        if kind == "heal":
            self._heal()
        records = sorted(self.ledger.histories) if kind == "poison" else []
        if records:
            self.adversary.poisoned[records[number % len(records)]] = number
        elif kind != "poison":
            self.adversary.disturb((kind, number))

    async def _counted(self, task: Coroutine[Any, Any, Any], *, is_poll: bool = False) -> None:
        """Run a task, perhaps during a poll, and count its requests separately.

        Only a poll has a budget for the requests that were answered; the others may not send refused ones
        without end.
        """
        adversary = self.adversary
        calls, before, attempted = adversary.calls, adversary.before, self.attempted
        adversary.calls, adversary.before, self.attempted = Calls(), {}, 0
        try:
            with suppress(ConnectorError, HandlerRefused):
                await task
        finally:
            counted = adversary.calls if is_poll else Calls(refused=adversary.calls.refused)
            self.outcome.calls.append((counted, self.attempted))
            adversary.calls, adversary.before, self.attempted = calls, before, attempted

    async def _write(self) -> None:
        """Create a return through the API, and note what the ledger and the caller say about it."""
        before = len(self.merchant.returns())
        made: list[bool | None] = []

        async def writing() -> None:
            made.append(False)  # an error says that nothing was made
            made.append(await self.poller.write())

        await self._counted(writing())
        self.outcome.writes.append((made[-1], len(self.merchant.returns()) - before))

    def _heal(self) -> None:
        """Note which unreadable rows are too old to be read again once they become readable."""
        if isinstance(self.trigger.source, Snapshot) or self.trigger.source.strategy == "window_scan":
            return
        self.outcome.unreadable |= {
            record for record in self.adversary.poisoned if self.ledger.age(record) > RECENT
        }

    def _settle(self) -> None:
        """Poll an unchanging shop until the place stays the same, for at most four laps."""
        laps = 2 + len(self.ledger.histories) // (PAGE_SIZE * PAGES)
        before: object = None
        for _ in range(QUIET_LAPS * laps):
            self._poll(Poll(), quiet=True)
            now = self.poller.place()
            if now is not None and now == before:
                return
            before = now

    def _poll(self, poll: Poll, *, quiet: bool = False) -> None:
        """Poll once, perhaps until a crash; then start again with what is on disk."""
        self.polls += 1
        self.attempted = 0
        adversary = self.adversary
        adversary.calls, adversary.before, adversary.served_poison = Calls(), dict(poll.before), False
        self.crashes.arm(poll.crash, poll.nth)
        try:
            self.poller.poll()
            self._check_notes()
        except Crash as crash:
            # Only at these points it is unknowable whether the last event arrived.
            if str(crash) in {"after hand over", "before settle"}:
                self.doubtful.add(self.last)
            self.crashed.append(str(crash))
            self.crashes.arm(None)
            self.run(self.poller.restart())
        except HandlerRefused:
            self._check_notes()
        except ConnectorError as problem:
            self.outcome.problem = str(problem) if quiet else ""
        else:
            self.outcome.problem = ""
        self.crashes.arm(None)
        adversary.before = {}
        self.outcome.calls.append((replace(adversary.calls), self.attempted))

    def _check_notes(self) -> None:
        """Note that a poll read an unreadable row in silence, if no note reports any."""
        # Make has no place for a note, and Zapier's is its log.
        silent = self.polling.runtime == "python" and self.adversary.served_poison
        if silent and not any("cannot be read" in note for note in self.notes):
            self.outcome.hidden.append(self.polls)

    def find(self, id_: str) -> None:
        """Note the poll that found an event."""
        self.found.setdefault(id_, self.polls)

    def take(self, id_: str, data: Any) -> None:
        """Record an event as a consumer that remembers the IDs it has seen."""
        self.attempted += 1
        self.crashes.reach("before hand over")
        if self.polls <= self.refused_until and self.refused in {"", id_}:
            self.refused = id_
            raise HandlerRefused
        if id_ not in self.known:
            source = self.trigger.source
            state = str(at_path(data, event_path(source)))
            record = str(at_path(data, source.id))
            self.outcome.delivered.append(Delivered(id_, record, state, self.found.get(id_, self.polls)))
        elif id_ not in self.doubtful:
            self.outcome.repeated.append(id_)
        self.known.add(id_)
        self.last = id_
        self.crashes.reach("after hand over")


class HandlerRefused(Exception):  # noqa: N818 - what happened
    """The consumer of an event failed."""


async def no_sleep(_seconds: float) -> None:
    return
