"""A merchant of the sandbox with an app's connection in the emulator of Make."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

import httpx
from support.checking_proxy import CheckingProxy, listening
from support.make.connections import connect
from support.make.engine import Connected, MakeApp, State
from support.make.requests import Json, Wire
from support.sandbox import Sandbox

from connector.definition.compiler import integration
from connector.definition.model import Integration
from connector.generator.make.requests import version_prefix

ROOT = Path(__file__).parents[3]
APPS = ROOT / "make_app"
_numbers = count(1)


@dataclass
class Vendor:
    """A committed app, and the proxy that checks its requests against the vendor's document."""

    name: str
    offer: Integration
    app: MakeApp
    sandbox: Sandbox
    proxy: CheckingProxy
    client: httpx.Client

    def shop(self, **options: object) -> "MakeShop":
        """Create a new tenant, with a connection."""
        tenant = self.sandbox.tenant(f"make-{self.name}-{next(_numbers)}", **{"limits": "off", **options})
        return self.connected(tenant)

    def connected(self, tenant: str) -> "MakeShop":
        fields = self.sandbox.credentials(self.name, tenant)["fields"]
        wire = Wire(self.client, self.hosts)
        now = self.now(tenant)
        return MakeShop(self, tenant, fields, connect(self.app, wire, now, **self.typed(fields)))

    @property
    def hosts(self) -> dict[str, str]:
        """Return the sandbox's URL for each of the vendor's base URLs."""
        prefix = version_prefix(self.offer)
        there = self.proxy.url.removesuffix(prefix)
        return {one.base_url.removesuffix(prefix): there for one in self.offer.environments}

    def typed(self, fields: Mapping[str, str]) -> dict[str, str]:
        """Return the values a user enters into the connection's form."""
        name = next(iter(self.app.components("connection")))
        form = {one["name"] for one in self.app.code("connection", name, "params")}
        host = self.offer.authentication.host
        own = {host.key: self.offer.environments[0].base_url} if host else {}
        return {key: value for key, value in {**fields, **own}.items() if key in form}

    def now(self, tenant: str) -> datetime:
        answer = self.sandbox.control.get(f"/tenants/{tenant}/clock")
        return datetime.fromisoformat(answer.json()["now"])


@dataclass
class MakeShop:
    """One merchant: `make` runs modules with their login."""

    vendor: Vendor
    tenant: str
    fields: Mapping[str, str]
    make: Connected

    def create_return(self, order_number: str = "#1001", **options: Any) -> Json:
        """Create a return as a shopper, outside the API."""
        body = {
            "order_number": order_number,
            "customer_email": "iris.lane@example.com",
            "items": [{"sku": "TEE-NVY-M", "quantity": 1, "reason": "wrong_size"}],
        }
        return self._post("returns", {**body, **options})

    def move(self, return_id: str, *statuses: str) -> None:
        """Move a return through some statuses as the merchant, outside the API."""
        for status in statuses:
            self._post(f"returns/{return_id}/move", {"status": status})

    def advance(self, seconds: int) -> None:
        """Advance the merchant's clock; carriers scan what falls due."""
        path = f"/tenants/{self.tenant}/clock/advance"
        answer = self.vendor.sandbox.control.post(path, json={"seconds": seconds})
        assert answer.status_code == 200, answer.text
        self.make.now = self.vendor.now(self.tenant)

    def watch(self, module: str, start: datetime | None = None, **given: Any) -> "Watcher":
        """Switch a trigger on; without `start` it begins with the very first record."""
        return Watcher(self.make, module, State(start), {"limit": 100, **given})

    def _post(self, path: str, body: Mapping[str, Any]) -> Json:
        answer = self.vendor.sandbox.control.post(
            f"/tenants/{self.tenant}/{path}", json={"vendor": self.vendor.name, **body}
        )
        assert answer.status_code in (200, 201), answer.text
        document: Json = answer.json()["document"]
        return document


@dataclass
class Watcher:
    """A trigger of an active scenario."""

    make: Connected
    module: str
    state: State
    given: Mapping[str, Any] = field(default_factory=dict)

    def poll(self) -> list[Json]:
        return self.make.poll(self.module, self.state, **self.given)

    def drain(self) -> list[Json]:
        """Run until no more records are emitted."""
        found: list[Json] = []
        while rows := self.poll():
            found += rows
        return found


@contextmanager
def opened(name: str, sandbox: Sandbox) -> Iterator[Vendor]:
    """Load a vendor's app; requests with undocumented names fail the test."""
    base_url = sandbox.credentials(name)["base_url"]
    with listening(name, base_url) as proxy, httpx.Client(timeout=30) as client:
        yield Vendor(name, integration(name), MakeApp.load(APPS / name), sandbox, proxy, client)
    assert proxy.passed > 0
    assert proxy.broken == []
