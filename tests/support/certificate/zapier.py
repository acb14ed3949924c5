"""A generated Zapier app as a poller: Zapier's core in Node, and what Zapier itself remembers."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from connector.definition.model import Integration, Runtime, Trigger
from connector.errors import VendorUnavailable
from support.certificate.delivery import PAGE_SIZE, Delivery, WithoutTroubles
from support.certificate.drawing import MOST_RETURNS, Adversity
from support.certificate.loopback import served
from support.certificate.python import WRITES
from support.mistakes.seeding import copied
from support.sandbox import free_port
from support.zapier import APPS, ZapierApp, ZapierError, started

T = TypeVar("T")
UNKNOWN = "may or may not have been made"


@dataclass(frozen=True)
class Zapier:
    """Starts the vendor's app, changed by `damage`, and makes pollers of it."""

    damage: Callable[[Path], None] = lambda _folder: None
    app: ZapierApp | None = None
    port: int = 0
    runtime: Runtime = "zapier"

    def adversity(self, trigger: Trigger) -> Adversity:
        """Return what Zapier meets; a poll reads a few pages from their beginning each time."""
        pages = trigger.guarantees[self.runtime].pages
        most = pages * PAGE_SIZE if pages > 1 else MOST_RETURNS
        troubles = ("tick", "storm", "revoke", "redirect", "write", "lose", "cap", "poison", "heal")
        return Adversity(troubles, crashes=False, pauses=False, most=most)

    @contextmanager
    def started(self, offer: Integration) -> Iterator["Zapier"]:
        """Run a copy of the app in Node until the block ends."""
        vendor, port = offer.vendor.id, free_port()
        with TemporaryDirectory() as folder:
            app = copied(APPS / vendor, Path(folder))
            self.damage(app)
            log = Path(folder) / "log.txt"
            prefix = "/" + offer.base_url.partition("://")[2].partition("/")[2]
            url = f"http://127.0.0.1:{port}{prefix.rstrip('/')}"
            with started(app, log, **{f"{vendor.upper()}_BASE_URL": url}) as running:
                yield replace(self, app=running, port=port)

    def offers(self, trigger: Trigger) -> bool:
        return self.app is not None and trigger.key in self.app.definition["triggers"]

    def __call__(self, delivery: Delivery) -> "ZapierPoller":
        assert self.app is not None, "`started` starts the app"
        return ZapierPoller(delivery, self.app, self.port)


@dataclass
class ZapierPoller(WithoutTroubles):
    """A Zap that is switched on: `seen` contains the identities of all rows that polls returned."""

    delivery: Delivery
    app: ZapierApp
    port: int
    seen: set[str] = field(default_factory=set)
    is_on: bool = False
    written: int = 0

    def __post_init__(self) -> None:
        delivery = self.delivery
        if delivery.trigger.guarantees["zapier"].pages > 1:
            delivery.adversary.page_limit = PAGE_SIZE
        self.server = delivery.run(served(delivery.adversary, self.port))
        self.auth = delivery.run(self._account())
        fields = self.app.definition["triggers"][delivery.key]["operation"]["outputFields"]
        self.identity = [one["key"] for one in fields if one.get("primary")] or ["id"]

    def poll(self) -> None:
        rows = self.delivery.run(self._run(f"triggers.{self.delivery.key}.operation.perform", {}))
        names = {":".join(str(row[key]) for key in self.identity): row for row in rows}
        fresh = [name for name in names if name not in self.seen]
        self.seen |= set(names)
        for name in reversed(fresh) if self.is_on else ():
            self.delivery.take(name, names[name])
        self.is_on = True

    async def _account(self) -> dict[str, str]:
        """Connect the account, as Zapier does at first and after an expired session."""
        offer, fields = self.delivery.offer, self.delivery.merchant.fields
        url = f"http://127.0.0.1:{self.port}"
        return await self._threaded(lambda: self.app.account(offer, fields, url))

    async def _run(self, method: str, inputs: Mapping[str, Any]) -> Any:
        def call() -> Any:
            return self.app.run(method, inputs, auth=self.auth, now=self.delivery.merchant.now())

        try:
            return await self._threaded(call)
        except VendorUnavailable as problem:
            if not str(problem.__cause__).startswith("RefreshAuthError"):
                raise
        self.auth = await self._account()
        return await self._threaded(call)

    async def _threaded(self, call: Callable[[], T]) -> T:
        """Wait for Node in a thread, while this one answers its requests."""
        try:
            return await asyncio.get_running_loop().run_in_executor(None, call)
        except ZapierError as problem:
            raise VendorUnavailable(str(problem)) from problem

    async def write(self) -> bool | None:
        inputs = WRITES.get(self.delivery.offer.vendor.id)
        if inputs is None:
            return False
        self.written += 1
        try:
            await self._run(
                "creates.create_return.operation.perform",
                {**inputs, "order_number": f"#{9000 + self.written}"},
            )
        except VendorUnavailable as problem:
            if UNKNOWN in problem.message:
                return None
            raise
        return True

    async def look(self) -> None:
        """Do nothing: an app has no search over a whole list."""

    async def rival(self) -> None:
        """Do nothing: Zapier runs one poll of a Zap at a time."""

    async def restart(self) -> None:
        """Do nothing: an app keeps nothing between two polls."""

    def place(self) -> object:
        return frozenset(self.seen)

    def close(self) -> None:
        self.server.close()
        self.delivery.run(self.server.wait_closed())
