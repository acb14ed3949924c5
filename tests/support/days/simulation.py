"""Runs a hub through some days in virtual time, and judges them."""

import asyncio
import json
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack, ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING
from unittest import mock

import httpx
import sqlalchemy as sa

from connector.definition.paths import at_path
from connector.hub import connections, subscriptions
from connector.hub.alarms import sending
from connector.hub.hints import addresses
from connector.hub.hub import Hub, Options
from connector.hub.lists import polled_lists
from mock_server.clock import moment as at_micros
from support.certificate.hub.process import ShopLoop
from support.certificate.ledger import event_path
from support.days.judging import Arrival, Watched, is_disturbed, most_in_a_day
from support.days.life import DAY, HOUR, Life
from support.days.network import Network, Trouble
from support.days.results import Day, Result, Wanted
from support.days.shops import Shop, opened
from support.hub import COMPILED, KEYS
from support.merchant import FIRST_MOMENT
from support.vendor_posts import SECRET, message

if TYPE_CHECKING:
    from connector.hub.planning import Plan

URL = "http://hub.example.com"
FOR_ALL = (
    "return_created",
    "return_status_changed",
    "return_approved",
    "return_rejected",
    "return_received",
    "return_inspected",
    "return_completed",
    "return_cancelled",
)
"""Event types to which programs subscribe for all connections."""
ALWAYS = timedelta(days=365)
LOOKS = timedelta(hours=1)
"""How often the hub looks for problems. Every minute, as usual, would take half of the time."""
LOST = 0.3
"""The share of the vendors' webhooks that get lost."""


class Targets(httpx.AsyncBaseTransport):
    """The targets of all subscriptions: accept each delivery, and note when it came."""

    def __init__(self, simulation: "Simulation") -> None:
        self._simulation = simulation
        self.arrivals: list[Arrival] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        shop = self._simulation.shops[body["connection"]]
        source = shop.offer.triggers[body["type"]].source
        raw = body.get("raw") or body["data"]
        record, state = str(at_path(raw, source.id)), str(at_path(raw, event_path(source)))
        where = (str(request.url), shop.name, body["type"], body["event_id"], record, state)
        self.arrivals.append(Arrival(*where, self._simulation.now()))
        return httpx.Response(200)


class Simulation:
    """A hub with shops of all vendors, which lives through some days."""

    def __init__(self, wanted: Wanted, shops: Sequence[Shop], troubles: Sequence[Trouble]) -> None:
        self.wanted, self.troubles = wanted, troubles
        self.shops = {shop.name: shop for shop in shops}
        self.loop = ShopLoop(lambda _seconds: None)
        self.network = Network(self.shops, self.now, troubles)
        self.targets = Targets(self)
        self.random = Random(wanted.seed)
        self.logins: dict[str, str] = {}
        self.hooks: dict[str, str] = {}
        self.subscribed: list[tuple[str, str, str]] = []
        """The target, shop and trigger of each subscription; the shop is "" if it is for all shops."""
        self.plans: dict[str, list[Plan]] = {name: [] for name in self.shops}
        self.result = Result(wanted, {}, troubles, connections=len(shops))

    def now(self) -> datetime:
        return at_micros(FIRST_MOMENT) + timedelta(seconds=self.loop.passed)

    def run(self) -> Result:
        """Run all days, and return what was measured."""
        memory = Path("/dev/shm")
        place = memory if memory.is_dir() else None
        with (
            tempfile.TemporaryDirectory(dir=place) as folder,
            mock.patch("connector.transport.deadline.elapsed", self.loop.time),
            mock.patch("connector.hub.hub.integration", COMPILED),
            mock.patch.object(sending, "EVERY", LOOKS),
        ):
            try:
                self.loop.run_until_complete(self._run(folder))
            finally:
                self.loop.close()
        self._judge()
        return self.result

    async def _run(self, folder: str) -> None:
        options = Options(
            database=f"sqlite:///{folder}/hub.sqlite3",
            encryption_keys=KEYS,
            shortest=self.wanted.shortest,
            public_url=URL,
            clock=self.now,
            sleep=asyncio.sleep,
            transport=self.network,
            target_transport=self.targets,
        )
        async with AsyncExitStack() as stack:
            self.hub = await stack.enter_async_context(Hub.open(options))
            self.hub.engine.longest = ALWAYS  # type: ignore[attr-defined]
            await self.hub.store.run(self._connect)
            working = asyncio.ensure_future(self.hub.engine.run(self.hub.jobs()))
            try:
                await self._live()
                self.result.problems += self.hub.engine.problems.values()
            finally:
                working.cancel()
                await asyncio.gather(working, return_exceptions=True)

    def _connect(self, connection: sa.Connection) -> None:
        """Connect each shop, subscribe to it, and take its vendor's webhooks."""
        hub, now = self.hub, self.now()

        def subscribe(trigger: str, id_: str | None, shop: str, format_: str) -> None:
            url = f"https://program-{len(self.subscribed)}.example.com/in"
            wanted = subscriptions.Requested(trigger, url, id_, format_)
            subscriptions.add(connection, hub.encryption, hub.integrations, wanted, now)
            self.subscribed.append((url, shop, trigger))

        for shop in self.shops.values():
            id_ = connections.add(
                connection,
                hub.encryption,
                shop.offer,
                name=shop.name,
                base_url=shop.url,
                fields=dict(shop.fields),
                now=now,
            )
            self.logins[shop.name] = connections.account(connection, hub.encryption, id_).login
            for key in spread(shop)[: self.wanted.subscriptions]:
                subscribe(key, id_, shop.name, "vendor")
            if shop.offer.webhooks is not None:
                addresses.create(connection, hub.encryption, id_, SECRET, now)
                self.hooks[shop.name] = addresses.url(connection, hub.encryption, URL, id_)
        for kind in FOR_ALL:
            subscribe(kind, None, "", "unified")

    async def _live(self) -> None:
        """Let the days pass, after an hour in which the hub learns what exists."""
        await asyncio.sleep(HOUR)
        self.begin, started = self.now(), self.loop.passed
        life = Life([*self.shops.values()], self.wanted.days, self.wanted.returns_a_day, self.wanted.seed)
        planning = asyncio.ensure_future(self._note_plans())
        transport = httpx.ASGITransport(self.hub._receiver)
        async with httpx.AsyncClient(transport=transport, base_url=URL) as vendors_side:
            for due in life:
                await asyncio.sleep(started + due.second - self.loop.passed)
                due.shop.follow(self.now())
                id_ = life.happens(due)
                if id_ and due.shop.name in self.hooks:
                    await self._announce(vendors_side, due.shop, id_)
        await asyncio.sleep(started + self.wanted.days * DAY - self.loop.passed)
        planning.cancel()
        self.result.changes = life.changes
        with ExitStack() as resting:
            for shop in self.shops.values():
                resting.enter_context(shop.resting(self.now()))
            # The last changes are polled and delivered.
            await asyncio.sleep(max(plans[-1].late for plans in self.plans.values()) + HOUR)

    async def _announce(self, vendors_side: httpx.AsyncClient, shop: Shop, id_: str) -> None:
        """Post the vendor's webhook about a change, unless it gets lost."""
        self.result.webhooks += 1
        if self.random.random() < LOST:
            self.result.lost_webhooks += 1
            return
        headers, body = message(shop, id_)
        answer = await vendors_side.post(self.hooks[shop.name], headers=headers, content=body)
        if answer.status_code not in {202, 429}:
            self.result.problems.append(f"a webhook of {shop.name} was answered {answer.status_code}")

    async def _note_plans(self) -> None:
        while True:
            for name, login in self.logins.items():
                self.plans[name].append(await self.hub.plans.of(login))
            await asyncio.sleep(HOUR)

    def _judge(self) -> None:
        days = {shop.vendor: [Day() for _ in range(self.wanted.days)] for shop in self.shops.values()}
        self.result.days, self.result.deliveries = days, len(self.targets.arrivals)
        self.result.subscriptions = len(self.subscribed)
        self.result.problems += self.network.refused
        for name, shop in self.shops.items():
            self._judge_calls(name, days[shop.vendor])
        watched: dict[tuple[str, str], Watched] = {}
        arrivals: dict[tuple[str, str, str], list[Arrival]] = {}
        for one in self.targets.arrivals:
            arrivals.setdefault((one.target, one.shop, one.trigger), []).append(one)
        for target, name, trigger in self._expected():
            found = arrivals.pop((target, name, trigger), [])
            this = watched.get((name, trigger)) or Watched(self.shops[name], trigger)
            watched[name, trigger] = this
            self.result.problems += this.problems(target, found)
            self._judge_times(this, found)
        self.result.problems += [f"no subscription is for {place}" for place in arrivals]

    def _expected(self) -> list[tuple[str, str, str]]:
        """Return the target, shop and trigger of everything that is subscribed."""
        found = []
        for target, name, trigger in self.subscribed:
            if name:
                found.append((target, name, trigger))
                continue
            for shop in self.shops.values():
                kinds = shop.offer.unified.events if shop.offer.unified else {}
                found += [(target, shop.name, key) for key, kind in kinds.items() if kind == trigger]
        return found

    def _judge_calls(self, name: str, days: Sequence[Day]) -> None:
        plans, sent = self.plans[name], self.network.sent.get(name, [])
        for number, day in enumerate(days):
            begin = self.begin + timedelta(days=number)
            of_day = plans[number * 24 : number * 24 + 24] or plans[-1:]
            day.calls += sum(begin <= at < begin + timedelta(days=1) for at in sent)
            day.planned += max(plan.calls + (plan.hints or 0) for plan in of_day)
            day.bound = max(day.bound, *(plan.late for plan in of_day))
            if (limit := of_day[0].limit) is not None:
                day.limit = (day.limit or 0) + limit
        budgets = [plan.budget for plan in plans if plan.budget is not None]
        if budgets and (most := most_in_a_day(sent)) > min(budgets):
            text = f"{name}: {most} calls were sent within 24 hours, more than {min(budgets)}"
            self.result.problems.append(text)

    def _judge_times(self, watched: Watched, arrivals: Sequence[Arrival]) -> None:
        days, name = self.result.days[watched.shop.vendor], watched.shop.name
        for one in arrivals:
            change = watched.happened(one)
            if change is None or change < self.begin:
                self.result.problems.append(f"{name}: the ledger has no {one.record} {one.state}")
                continue
            late, hour = (one.at - change).total_seconds(), (change - self.begin) // timedelta(hours=1)
            day = days[min(hour // 24, len(days) - 1)]
            day.events += 1
            if is_disturbed(watched.shop.vendor, change, one.at, self.troubles):
                day.late_in_trouble = max(day.late_in_trouble, late)
                continue
            day.late = max(day.late, late)
            bound = max(plan.late for plan in self.plans[name][max(0, hour - 1) : hour + 3])
            if late > bound:
                text = f"{name} {one.trigger} {one.record} {one.state} at {change}: {late:.0f} s late"
                self.result.problems.append(f"{text}, and the plan says at most {bound} s")


def spread(shop: Shop) -> list[str]:
    """Return the vendor's triggers, at first one of each list."""
    groups = [list(one.triggers) for one in polled_lists(shop.offer).values()]
    return [group[place] for place in range(max(map(len, groups))) for group in groups if place < len(group)]


def simulated(wanted: Wanted) -> Result:
    """Run some days with an outage of a vendor of some hours, and a storm of refused calls at another one."""
    begin = at_micros(FIRST_MOMENT) + timedelta(hours=1)
    outage = begin + timedelta(days=wanted.days // 3, hours=13)
    storm = begin + timedelta(days=wanted.days * 2 // 3, hours=10)
    troubles = (
        Trouble("swap", 503, outage, outage + timedelta(hours=5)),
        Trouble("returnmate", 429, storm, storm + timedelta(minutes=40)),
    )
    with opened(wanted.shops) as shops:
        return Simulation(wanted, shops, troubles).run()
