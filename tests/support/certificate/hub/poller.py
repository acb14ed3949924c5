"""A hub as the poller of a story, with two subscriptions: the story troubles the target of the first only."""

import asyncio
import json
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import sqlalchemy as sa

from connector.definition.model import Integration
from connector.definition.paths import at_path
from connector.hub import bodies, connections, delivering, polling, subscriptions
from connector.hub.hints import addresses
from connector.hub.hub import Options
from connector.hub.lists import list_name, polled_lists
from connector.hub.tables import deliveries, lists, pending
from support.certificate.acts import SHOP_ACTS, Act
from support.certificate.adversary import Calls as Requests
from support.certificate.crashes import CrashPoints
from support.certificate.delivery import Delivery, HandlerRefused
from support.certificate.hub.calls import Calls
from support.certificate.hub.hints import HUB, Hints
from support.certificate.hub.lateness import Lateness
from support.certificate.hub.log import Log
from support.certificate.hub.process import HubProcess, ShopLoop
from support.certificate.hub.targets import BEHAVIOURS, LOSES, Post, Target, Targets
from support.certificate.invariants import Delivered, Outcome, Violation, judge
from support.certificate.ledger import event_path
from support.hub import KEYS
from support.vendor_posts import SECRET

if TYPE_CHECKING:
    from connector.hub.planning import Plan

FIRST, STEADY = "https://first.example.com/in", "https://steady.example.com/in"
HOUR, DAY = 3_600, 86_400
LONGEST = 7 * DAY
"""The most seconds until a hub has polled once, even if the vendor is disturbed."""
STORM_PAUSE = 11
"""The pause between two webhooks of a storm in seconds, longer than the hub's own between two polls."""
MOST_FAILURES = 5
"""After this number of failures in a row, the target rests, so that the bound no longer holds for it."""


class HubPoller:
    """The processes of a hub, one after another, on one database; `restart` keeps only the database."""

    def __init__(self, delivery: Delivery) -> None:
        self.delivery = delivery
        delivery.loop.close()
        delivery.loop = ShopLoop(self._pass)
        memory = Path("/dev/shm")
        self.folder = tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None)
        self.calls = Calls(delivery.adversary, delivery.merchant.now)
        source = delivery.trigger.source
        self.targets = Targets(source.id, delivery.merchant.now, after=self._after_hand_over)
        self.lateness = Lateness(delivery.outcome)
        self.steady: list[Delivered] = []
        self.repeated: list[str] = []
        self.taken: dict[tuple[str, str], str] = {}
        self.certain: set[tuple[str, str]] = set()
        self.noticed: list[tuple[str, str]] = []
        self.unfit: set[str] = set()
        self.overlap = self.pause = self.spent = self.ahead = False
        self.stored = 0
        self.polled_once = asyncio.Event()
        self.log = Log()
        self.ends = ExitStack()
        self.ends.enter_context(mock.patch.object(polling, "log", self.log))
        self.ends.enter_context(mock.patch.object(delivering, "log", Log()))
        self.ends.enter_context(mock.patch.object(bodies, "log", Log()))
        unified = vars(bodies)["unified_event"]
        self.ends.enter_context(mock.patch.object(bodies, "unified_event", self._fitting(unified)))
        elapsed = mock.patch("connector.transport.deadline.elapsed", delivery.loop.time)
        self.ends.enter_context(elapsed)
        self.process = self._process(delivery.crashes)
        self.list = polled_lists(delivery.offer)[list_name(delivery.trigger)]
        budget, pages = delivery.outcome.budget, self.list.calls * source.pages
        delivery.outcome.budget = replace(budget, pages=pages, per_event=self.list.calls_per_event)
        delivery.run(self._begin())

    def _process(self, crashes: CrashPoints) -> HubProcess:
        options = Options(
            database=f"sqlite:///{self.folder.name}/hub.sqlite3",
            encryption_keys=KEYS,
            public_url=HUB,
            clock=self.delivery.merchant.now,
            sleep=asyncio.sleep,
            transport=self.calls,
            target_transport=self.targets,
        )
        return HubProcess(
            options,
            self.delivery.offer,
            crashes,
            found=self.delivery.find,
            polled=self._polled,
            settled=self._settled,
        )

    async def _begin(self) -> None:
        """Connect the shop, and subscribe both targets to the trigger."""
        await self.process.start()
        hub, delivery = self.process.hub, self.delivery

        def begin(connection: sa.Connection) -> str:
            now, merchant = delivery.merchant.now(), delivery.merchant
            self.id = connections.add(
                connection,
                hub.encryption,
                hub.integrations[merchant.backend.vendor],
                name="shop",
                base_url=merchant.base_url,
                fields=dict(merchant.fields),
                now=now,
            )
            self.first = self._subscribe(connection, FIRST, "vendor", self._take_first)
            self.quiet = self._subscribe(connection, STEADY, "unified", self._take_steady)
            self.hints = Hints(delivery, "")
            if delivery.offer.webhooks is not None:
                addresses.create(connection, hub.encryption, self.id, SECRET, now)
                self.hints.url = addresses.url(connection, hub.encryption, HUB, self.id)
            return connections.account(connection, hub.encryption, self.id).login

        self.login = await hub.store.run(begin)
        self.plan: Plan = await hub.plans.of(self.login)

    def _subscribe(self, connection: sa.Connection, url: str, format_: str, take: Any) -> Target:
        hub = self.process.hub
        wanted = subscriptions.Requested(self.delivery.key, url, self.id, format_)
        made = subscriptions.add(
            connection, hub.encryption, hub.integrations, wanted, self.delivery.merchant.now()
        )
        self.targets.known[url] = Target(url, made["secret"], made["id"], take)
        return self.targets.known[url]

    def _pass(self, seconds: float) -> None:
        self.delivery.merchant.advance(seconds)

    @property
    def now(self) -> datetime:
        return self.delivery.merchant.now()

    def _polled(self) -> None:
        """Count the requests of each stored poll by itself: a list of many pages is polled again at once."""
        delivery = self.delivery
        if delivery.steps:  # first polls may read more
            delivery.outcome.calls.append((delivery.adversary.calls, delivery.attempted))
        delivery.adversary.calls = Requests()
        self.stored += 1
        self.polled_once.set()

    def _settled(self, webhook_id: str) -> None:
        self.certain |= {place for place, id_ in self.taken.items() if id_ == webhook_id}

    def poll(self) -> None:
        """Let the hub work until it has polled the list once, and has delivered what it found."""
        self.note_changes()
        self.polled_once.clear()
        before = len(self.log.lines)
        self.delivery.run(self.process.work_until(self._until_polled()))
        self.delivery.notes += self.log.lines[before:]
        self.note_changes()
        self.delivery.run(self._check_counts())

    async def _until_polled(self) -> None:
        try:
            async with asyncio.timeout(LONGEST):
                await self.polled_once.wait()
        except TimeoutError:
            raise Violation("nothing_lost", f"no poll was stored for {LONGEST} s") from None
        await asyncio.sleep(1)

    async def restart(self) -> None:
        """End the process, and start another one with the database."""
        doubtful = {event for (url, event) in self.taken.keys() - self.certain if url == FIRST}
        self.delivery.doubtful |= doubtful
        self.lateness.disturb(self.now)
        await self.process.stop()
        self.process = self._process(self.delivery.crashes)
        await self.process.start()

    async def rival(self) -> None:
        """Let another process do what is due now, as it would with a shared database."""
        rival = self._process(CrashPoints())
        await rival.start(alone=False)
        try:
            await rival.once()
        finally:
            await rival.stop()

    async def look(self) -> None:
        """Do nothing: a hub has no search."""

    async def write(self) -> bool | None:
        """Write nothing: a hub only reads."""
        return False

    def place(self) -> object:
        """Return the cursors without the laps that some strategies count, and what still waits."""

        def read(connection: sa.Connection) -> object:
            rows = connection.execute(sa.select(lists.c.cursors)).scalars().all()
            waits = sa.select(sa.func.count()).where(deliveries.c.state == "waiting")
            held = connection.execute(sa.select(sa.func.count()).select_from(pending)).scalar_one()
            cursors = [
                {**cursor, "state": {**cursor["state"], "laps": 0}}
                for row in rows
                for cursor in json.loads(row).values()
            ]
            return [cursors, connection.execute(waits).scalar_one(), held] if cursors else None

        return self.delivery.run(self.process.hub.store.run(read))

    def note_changes(self) -> None:
        """Note what happened in the shop until now, and whether the vendor is disturbed."""
        adversary = self.delivery.adversary
        troubled = (adversary.storm, adversary.revoke, adversary.redirect, adversary.cap, adversary.stale)
        on_the_wire = any(troubled) or adversary.loop or adversary.poisoned or self.calls.outage
        if on_the_wire or self.ahead or self.spent:
            self.lateness.disturb(self.now)
        self.lateness.note(self.delivery.ledger.histories, self.now)

    def happened(self, act: Act) -> None:
        """Note what disturbs the hub: time that passes without it, and what happens on the wire."""
        kind, _number = act
        self.ahead = self.ahead or kind in {"date", "future"}
        if kind not in SHOP_ACTS or kind == "advance" or self.ahead:
            self.lateness.disturb(self.now)
        self.note_changes()

    async def trouble(self, act: Act) -> None:
        """Carry out an act of `HUB_NUMBERS`."""
        kind, number = act
        if kind == "target":
            self.first.behaviour = BEHAVIOURS[number]
        elif kind in {"overlap", "pause"}:
            setattr(self, kind, True)
        elif kind == "outage":
            self.calls.outage = number
        elif kind == "unfit":
            self.unfit |= set(sorted(self.delivery.ledger.histories)[number : number + 1])
        elif kind == "run":
            await self._work(number * 60)
        else:
            await {"gone": self._gone, "spend": self._spend, "hint": self._hint, "hints": self._storm}[kind](
                number
            )

    async def _work(self, seconds: float) -> None:
        self.note_changes()
        await self.process.work_until(asyncio.sleep(seconds))
        self.note_changes()

    async def _gone(self, _number: int) -> None:
        url = f"https://gone.example.com/{len(self.targets.gone)}"
        await self.process.hub.store.run(self._subscribe, url, "vendor", self._take_steady)
        self.targets.gone[url] = 0

    async def _spend(self, left: int) -> None:
        spend = self.calls.spend_all_but
        self.spent |= await self.process.hub.store.run(spend, self.login, self.plan, left)

    async def _hint(self, number: int) -> None:
        problem = await self.hints.post(self.process.hub, number)
        if problem:
            self.noticed.append(("calls_within_the_budget", problem))

    async def _storm(self, number: int) -> None:
        """Post a storm of webhooks; it brings no more polls forward than the calls kept for them allow."""
        left = 1
        if not self.hints.can_storm(self.plan):
            return
        await self.process.hub.store.run(self.hints.leave, self.login, self.plan, left)
        before, began = self.stored, self.now
        for _ in range(number):
            await self._hint(0)
            await self._hint(0)
            await self._work(STORM_PAUSE)
        seconds = (self.now - began).total_seconds()
        most = seconds / self.plan.interval + 2 + left
        disturbed = self.lateness.disturbed_at
        if self.stored - before > most and (disturbed is None or disturbed < began):
            text = f"{self.stored - before} polls in {seconds:.0f} s of webhooks, more than {most:.0f}"
            self.noticed.append(("calls_within_the_budget", text))

    def _fitting(self, unified: Any) -> Any:
        """Return `unified_event`, which fails for records that the common model cannot hold."""

        def convert(integration: Integration, event: Any, *, profile: str) -> Any:
            if str(at_path(event.data, self.delivery.trigger.source.id)) in self.unfit:
                raise ValueError("an amount is not a number")
            return unified(integration, event, profile=profile)

        return convert

    def _take_first(self, post: Post) -> bool:
        self._check_lateness(self.first, post)
        try:
            self.delivery.take(post.event, post.raw)
        except HandlerRefused:
            return False
        self.taken[FIRST, post.event] = post.webhook_id
        if self.first.behaviour == LOSES:  # the hub cannot know that the event arrived
            self.delivery.doubtful.add(post.event)
        return True

    def _take_steady(self, post: Post) -> bool:
        self._check_lateness(self.quiet, post)
        place = (STEADY, post.event)
        if place not in self.taken:
            polls = self.delivery.polls
            found = self.delivery.found.get(post.event, polls)
            self.steady.append(Delivered(post.event, post.record, self._state(post), found))
        elif place in self.certain:
            self.repeated.append(post.event)
        self.taken[place] = post.webhook_id
        return True

    def _state(self, post: Post) -> str:
        return str(at_path(post.raw, event_path(self.delivery.trigger.source)))

    def _check_lateness(self, target: Target, post: Post) -> None:
        """Compare the first attempt to deliver an event with the bound, unless its target is troubled."""
        again = target.arrived[post.webhook_id] is not post
        held = any(
            one.record == post.record and one.webhook_id not in target.accepted and one is not post
            for one in target.arrived.values()
        )
        if again or held or target.failures >= MOST_FAILURES or target.behaviour != "takes":
            return
        problem = self.lateness.problem(
            post.record, self._state(post), self.now, self.plan.interval, self.plan.late
        )
        if problem:
            self.noticed.append(("late_within_the_bound", f"{problem} ({target.url})"))

    async def _after_hand_over(self, post: Post) -> None:
        """Let another process work while a delivery is under way, perhaps after this process stood still."""
        overlaps, pauses = self.overlap, self.pause
        self.overlap = self.pause = False
        if pauses:
            self.lateness.disturb(self.now)
            self.delivery.doubtful.add(post.event)
            self.delivery.merchant.advance(delivering.LEASE.total_seconds() + 1)
        if overlaps or pauses:
            await self.rival()

    async def _check_counts(self) -> None:
        problems = await self.process.hub.store.run(self.calls.problems, self.login, self.plan)
        self.noticed += [("calls_within_the_budget", problem) for problem in problems]

    def calm(self) -> None:
        """End all troubles of the hub, and let time pass until its day of calls is over."""
        self.first.behaviour, self.calls.outage = "takes", 0
        self.overlap = self.pause = False
        self.lateness.disturb(self.now)
        self.delivery.merchant.advance(DAY + 120 if self.spent else HOUR)
        self.spent = False

    def note(self, outcome: Outcome) -> None:
        """Add what the hub itself broke, and judge the second subscription. Raises `Violation`."""
        outcome.excuses = set(self.first.given_up)
        found = [*self.noticed, *self.delivery.run(self.process.hub.store.run(self._ended))]
        for target in (self.first, self.quiet):
            found += target.problems
            twice = [event for event, ids in target.ids.items() if len(ids) > 1]
            twice += [event for events in target.events.values() if len(events) > 1 for event in events]
            if twice:
                found.append(("nothing_under_a_second_id", f"two IDs of a delivery: {sorted(twice)}"))
        found += [
            ("nothing_lost", f"a job of the hub fails: {problem}")
            for problem in self.process.hub.engine.problems.values()
        ]
        outcome.noticed = found
        steady = {"delivered": self.steady, "repeated": self.repeated, "excuses": set()}
        judge(Outcome(**{**outcome.__dict__, **steady}))

    def _ended(self, connection: sa.Connection) -> list[tuple[str, str]]:
        """Return the subscriptions that ended although their target never answered 410, and the reverse."""
        found = []
        for one in subscriptions.listed(connection):
            gone = self.targets.gone.get(one["target"], 0) > 0
            if gone is not (one["state"] == "ended"):
                text = f"{one['target']} is {one['state']}, and has answered 410: {gone}"
                found.append(("only_gone_ends_a_subscription", text))
        return found

    def close(self) -> None:
        self.delivery.run(self.process.stop())
        self.ends.close()
        self.folder.cleanup()
