"""A generated Make app as a poller: the emulator of Make, and what Make itself stores of a trigger."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from connector.definition.model import Integration, Runtime, Trigger
from connector.errors import VendorUnavailable
from connector.generator.make.naming import camel
from connector.generator.make.requests import version_prefix
from support.certificate.delivery import PAGE_SIZE, Delivery, WithoutTroubles
from support.certificate.drawing import Adversity
from support.certificate.python import WRITES
from support.make.connections import connect
from support.make.engine import MakeApp, State
from support.make.requests import MakeError, Wire
from support.make.shop import APPS
from support.mistakes.seeding import copied

UNKNOWN = "may or may not have been made"


@dataclass(frozen=True)
class Make:
    """Loads the vendor's app, changed by `damage`, and makes pollers of it."""

    damage: Callable[[Path], None] = lambda _folder: None
    app: MakeApp | None = None
    runtime: Runtime = "make"

    def adversity(self, trigger: Trigger) -> Adversity:
        """Return what Make can stand: it does not look back, so no row may appear late, move or recover."""
        troubles = ("tick", "storm", "revoke", "redirect", "write", "lose")
        most = trigger.guarantees[self.runtime].pages * PAGE_SIZE
        return Adversity(troubles, late=False, crashes=False, during=False, most=most)

    @contextmanager
    def started(self, offer: Integration) -> Iterator["Make"]:
        with TemporaryDirectory() as folder:
            app = copied(APPS / offer.vendor.id, Path(folder))
            self.damage(app)
            yield replace(self, app=MakeApp.load(app))

    def offers(self, trigger: Trigger) -> bool:
        return self.app is not None and camel(trigger.key) in self.app.components("module")

    def __call__(self, delivery: Delivery) -> "MakePoller":
        assert self.app is not None, "`started` loads the app"
        return MakePoller(delivery, self.app)


class _ToAdversary(httpx.BaseTransport):
    """Passes requests of a thread on to the adversary in the story's event loop."""

    def __init__(self, delivery: Delivery) -> None:
        self.delivery = delivery

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        async def answered() -> httpx.Response:
            content = request.read()
            forwarded = httpx.Request(request.method, request.url, headers=request.headers, content=content)
            response = await self.delivery.adversary.handle_async_request(forwarded)
            body = await response.aread()
            headers = [pair for pair in response.headers.items() if pair[0] != "content-encoding"]
            return httpx.Response(response.status_code, headers=headers, content=body)

        return asyncio.run_coroutine_threadsafe(answered(), self.delivery.loop).result()


@dataclass
class MakePoller(WithoutTroubles):
    """A trigger of an active scenario that starts "from now on"; `state` is what Make stores."""

    delivery: Delivery
    app: MakeApp
    state: State | None = None
    written: int = 0
    client: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        delivery, offer = self.delivery, self.delivery.offer
        operation = offer.operations[delivery.trigger.source.operation]
        # An expression of Make cannot count the rows of earlier pages, so offsets grow by the requested size.
        if offer.paging[operation.paging or ""].style != "offset":
            delivery.adversary.page_limit = PAGE_SIZE
        prefix = version_prefix(offer)
        there = delivery.merchant.base_url.removesuffix(prefix)
        hosts = {one.base_url.removesuffix(prefix): there for one in offer.environments}
        self.client = httpx.Client(transport=_ToAdversary(delivery))
        form = {
            one["name"]
            for one in self.app.code("connection", next(iter(self.app.components("connection"))), "params")
        }
        host = offer.authentication.host
        own = {host.key: offer.environments[0].base_url} if host else {}
        typed = {key: value for key, value in {**delivery.merchant.fields, **own}.items() if key in form}
        wire, now = Wire(self.client, hosts), delivery.merchant.now()
        self.connected = delivery.run(self._threaded(lambda: connect(self.app, wire, now, **typed)))

    def poll(self) -> None:
        delivery = self.delivery
        if self.state is None:
            self.state = self._start()
        row, state = delivery.trigger.guarantees["make"], self.state
        rows = delivery.run(
            self._threaded(lambda: self.connected.poll(camel(delivery.key), state, limit=row.items_per_poll))
        )
        identity = delivery.trigger.source.id
        mark = row.dedupe[0]
        # Timestamps have no fractions: a change in the second of a poll has the time of the one before.
        delivery.merchant.advance(1)
        for one in rows:
            delivery.take(f"{_at(one, identity)}:{self._marked(one, mark)}", one)

    def _marked(self, row: Any, mark: tuple[str, ...]) -> Any:
        """Return the field that distinguishes events of a record; Make reads `reached_at` in the history."""
        rule = self.delivery.trigger.reached_at
        if rule is None or mark != (rule.field,):
            return _at(row, mark)
        return max(one[rule.time] for one in _at(row, rule.history) if one[rule.name] == rule.value)

    def _start(self) -> State:
        """Choose "from now on", or the newest record if the trigger goes by IDs; that record is emitted."""
        delivery, module = self.delivery, camel(self.delivery.key)
        api = self.app.code("module", module, "communication")
        if api["response"]["trigger"]["type"] == "id":
            offered = delivery.run(self._threaded(lambda: self.connected.starts(module)))
            if not offered:
                return State()
            state: State = offered[0][1]
            delivery.run(self._threaded(lambda: self.connected.poll(module, state, limit=1)))
            return state
        # Timestamps have no fractions, so the second of the last record must be over.
        delivery.merchant.advance(1)
        return State(delivery.merchant.now().replace(microsecond=0))

    async def _threaded(self, call: Callable[[], Any]) -> Any:
        """Run the emulator in a thread, while this one answers its requests."""
        if hasattr(self, "connected"):
            self.connected.now = self.delivery.merchant.now()
        try:
            return await asyncio.get_running_loop().run_in_executor(None, call)
        except MakeError as problem:
            raise VendorUnavailable(str(problem)) from problem

    async def write(self) -> bool | None:
        inputs = WRITES.get(self.delivery.offer.vendor.id)
        if inputs is None:
            return False
        self.written += 1
        given = {**inputs, "order_number": f"#{9000 + self.written}"}
        try:
            await self._threaded(lambda: self.connected.run("createReturn", **given))
        except httpx.TransportError:
            return None
        except VendorUnavailable as problem:
            if UNKNOWN in problem.message:
                return None
            raise
        return True

    async def look(self) -> None:
        """Do nothing: an app has no search over a whole list."""

    async def rival(self) -> None:
        """Do nothing: Make runs one execution of a scenario at a time."""

    async def restart(self) -> None:
        """Do nothing: an app keeps nothing between two polls."""

    def place(self) -> object:
        return self.state and (self.state.last, frozenset(self.state.same_date_ids))

    def close(self) -> None:
        self.client.close()


def _at(row: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        row = row[step]
    return row
