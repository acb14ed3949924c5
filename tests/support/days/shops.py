"""Shops of all vendors in one sandbox; their clocks follow the time of a simulation."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import httpx

from connector.definition.compiler import vendors
from connector.definition.model import Integration
from mock_server import ledger
from mock_server import vendors as served
from mock_server.app import create_app
from mock_server.clock import micros
from mock_server.ledger import Event
from mock_server.settings import Settings
from mock_server.tenants import Tenants
from support.hub import COMPILED
from support.merchant import FIRST_MOMENT, SKU, Merchant, VendorSandbox

FIRST_ORDER = 1001


@dataclass
class Shop(Merchant):
    """The shop of one merchant at one vendor; `name` is also the name of its connection."""

    name: str = ""
    asked: int = 0
    rests: bool = False

    @property
    def vendor(self) -> str:
        return self.backend.vendor

    @property
    def offer(self) -> Integration:
        return COMPILED(self.vendor)

    @property
    def url(self) -> str:
        """The shop's base URL, whose host is the shop's own."""
        return str(httpx.URL(self.base_url).copy_with(scheme="https", host=f"{self.name}.example.com"))

    def story(self) -> list[Event]:
        """Return the ledger events of this vendor."""
        return self.world.ledger.events(self.tenant, vendor=self.vendor)

    def follow(self, now: datetime) -> None:
        """Advance the clock to the time of the simulation; carriers scan what falls due."""
        move = self.world.clocks.move if self.rests else self.world.clocks.advance
        move(self.tenant, max(micros(now), self._now))

    @contextmanager
    def resting(self, now: datetime) -> Iterator[None]:
        """Let nothing happen in the shop until the `with` block ends, although its clock goes on."""
        self.follow(now)
        with self.world.clocks.moving(self.tenant):
            self.rests = True
            yield
            self.rests = False

    def new_return(self) -> str:
        """Create a return as a shopper, and return its ID."""
        options = {
            "order_number": f"#{FIRST_ORDER + self.asked}",
            "customer_email": "priya.nair@example.com",
            "items": [{"sku": SKU, "quantity": 1, "reason": "defective"}],
        }
        self.asked += 1
        before = self.world.ledger.last(self.tenant)
        with self.world.store.change() as change:
            self.backend.served.insert(change, self.tenant, options, self._now)
        made = self.world.ledger.events(
            self.tenant, after=before, vendor=self.vendor, kind=ledger.RETURN_CREATED
        )
        return made[-1].subject

    def status(self, id_: str) -> str:
        """Return the present status of a return."""
        row = self.world.store.row(self.tenant, self.vendor, "return", id_)
        assert row, id_
        return row.status


@contextmanager
def opened(each: int) -> Iterator[Sequence[Shop]]:
    """Open a sandbox with `each` shops at every vendor; the vendors count the requests."""
    sandbox = create_app(Settings(seed_size=0, database="sqlite://"))
    loaded = {name: served.load(name, sandbox.world) for name in vendors()}
    tenants = Tenants(sandbox.world, loaded)
    shops = []
    try:
        for number in range(1, each + 1):
            tenant = f"merchant-{number}"
            tenants.create(tenant, first_moment=FIRST_MOMENT, frozen=True, limits="on")
            for name, vendor in loaded.items():
                backend = VendorSandbox(name, sandbox, vendor, tenants)
                shops.append(Shop(backend, tenant, name=f"{name}-{number}"))
        yield shops
    finally:
        sandbox.world.close()
