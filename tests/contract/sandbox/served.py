"""One vendor's API in this process, with tenants that tests call and look into."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from contract.sandbox.documents import Document, Operation, document
from support.asgi_client import Answer, InProcess

import openapi
from mock_server import vendors
from mock_server.app import CONTROL_PATH, Sandbox, create_app
from mock_server.clock import SECOND
from mock_server.settings import Settings

Login = Mapping[str, Mapping[str, str]]
ACME, OTHER = "acme", "other"
HOOK = "https://hooks.example.com/returns"
REAL = 1_780_272_000 * SECOND
"""The real time, which stands still at 2026-06-01T00:00:00Z: two answers show the same time of a tenant."""
RECEIVERS = ("hooks.example.com", "one.example.com", "two.example.com")
"""The hosts to which webhooks may be registered; nothing is sent, because the sender does not run."""


@dataclass
class Served:
    """A sandbox with one vendor, whose tenants have the same returns and a frozen clock.

    `vendor` is the name of the vendor, or "sandbox" for the control plane, which is served with all vendors.
    """

    vendor: str
    app: Sandbox
    client: InProcess
    document: Document
    base_path: str
    logins: dict[str, Login] = field(default_factory=dict)
    """The default login of each tenant."""
    observers: dict[str, Login] = field(default_factory=dict)
    """A second login of each tenant without limits, which `call` uses."""

    @property
    def base_url(self) -> str:
        """The URL of the API, without a trailing slash."""
        return self.app.world.settings.base_url + self.base_path

    def add(self, tenant: str, *, seed_size: int = 12, seed: int = 7, limits: str = "off") -> None:
        """Create a tenant with generated returns and webhooks for every event, and log in."""
        settings = {"name": tenant, "seed": seed, "seed_size": seed_size, "limits": limits, "frozen": True}
        settings |= {"first_moment": "2026-06-01T00:00:00Z"}
        self.control("POST", "/tenants", json=settings)
        if self.vendor == openapi.CONTROL_PLANE:
            self.logins[tenant] = self.observers[tenant] = {"headers": {}, "query": {}}
            return
        found = self.control("GET", f"/tenants/{tenant}/credentials").body
        self.logins[tenant] = found["vendors"][self.vendor]
        key = {"vendor": self.vendor, "name": "observer"}
        made = self.control("POST", f"/tenants/{tenant}/keys", json=key).body
        self.observers[tenant] = made["credentials"]
        unlimited = {"windows": {"second": 1_000_000}}
        self.control("PATCH", f"/tenants/{tenant}/keys/{self.vendor}/observer", json=unlimited)
        self._subscribe(tenant)

    def control(self, method: str, path: str, json: Any = None) -> Answer:
        """Call the control plane; fail unless it succeeds."""
        answer = self.client.call(method, f"{CONTROL_PATH}{path}", json=json)
        assert answer.ok, (method, path, answer)
        return answer

    def call(
        self,
        operation: str | Operation,
        path: Mapping[str, str] | None = None,
        query: Sequence[tuple[str, str]] = (),
        json: Any = None,
        *,
        tenant: str = ACME,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Call an operation as a tenant; `headers` replace headers of the tenant's login."""
        found = self.document.operations[operation] if isinstance(operation, str) else operation
        target = found.path
        for name, value in (path or {}).items():
            target = target.replace(f"{{{name}}}", quote(value, safe=""))
        login = self.observers[tenant]
        wanted = login_query(found, login["query"], dict(query))
        return self.client.call(
            found.method,
            self.base_path + target,
            query=[*wanted.items(), *query],
            json=json,
            headers={**login["headers"], **(headers or {})},
        )

    def get(self, tenant: str, path: str) -> Any:
        """Return the body of the control plane's answer about a tenant."""
        return self.control("GET", f"/tenants/{tenant}{path}").body

    def advance(self, seconds: float, tenant: str = ACME) -> None:
        """Advance a tenant's clock."""
        clocks = self.app.world.clocks
        clocks.advance(tenant, clocks.now(tenant) + round(seconds * SECOND))

    def differences(self, tenant: str = ACME) -> list[str]:
        """Compare a tenant's data with its ledger, and return what differs."""
        return [one["message"] for one in self.get(tenant, "/verify")["differences"]]

    def _subscribe(self, tenant: str) -> None:
        format_ = vendors.webhooks_of(self.vendor)
        if format_ is None:
            return
        if not format_.own_api:
            for version in format_.versions or (None,):
                wanted = {"vendor": self.vendor, "url": HOOK} | ({"version": version} if version else {})
                self.control("POST", f"/tenants/{tenant}/webhooks", json=wanted)
            return
        for kind in format_.kinds:
            answer = self.call(format_.own_api, json={"url": HOOK, "eventName": kind.name}, tenant=tenant)
            assert answer.ok, answer


def login_query(operation: Operation, login: Mapping[str, str], sent: Mapping[str, str]) -> dict[str, str]:
    """Return the query parameters of a login that an operation needs, under the operation's names."""
    wanted = {name: value for name, value in login.items() if operation.query(name)}
    if login and not wanted:
        (value,) = login.values()
        required = [
            one["name"] for one in operation.parameters if one["in"] == "query" and one.get("required")
        ]
        wanted = dict.fromkeys(required, value)
    return {name: value for name, value in wanted.items() if name not in sent}


@contextmanager
def served(vendor: str, *tenants: str, **options: Any) -> Iterator[Served]:
    """Serve a vendor (or "sandbox", the control plane) to tenants with the options of `Served.add`."""
    is_control = vendor == openapi.CONTROL_PLANE
    app = create_app(
        Settings(
            vendor="" if is_control else vendor, seed_size=0, database="sqlite://", webhook_allow=RECEIVERS
        )
    )
    vars(app.world.clocks)["_real"] = lambda: REAL
    try:
        path = CONTROL_PATH if is_control else app.entries[0].path
        made = Served(vendor, app, InProcess(app), document(vendor), path)
        try:
            for tenant in tenants or (ACME,):
                made.add(tenant, **options)
            yield made
        finally:
            made.client.close()
    finally:
        app.world.close()
