"""A merchant whose app reaches the sandbox through a proxy that can cause failures."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from itertools import count
from typing import Any

import httpx

from connector.clock import now
from connector.definition.compiler import integration
from connector.definition.model import Integration, Path
from support.checking_proxy import CheckingProxy, Interceptor
from support.matrix.facts import Document, Facts, facts_of
from support.sandbox import Sandbox
from support.sandbox_merchant import SandboxMerchant

EMAIL = "iris.lane@example.com"
MARK = "Sorry, this went wrong"
TOOK = "x-test-took"
"""Header of a response: the seconds that pass on the runtime's clock while it waits for the response."""


@dataclass
class VendorShops:
    """All shops of one vendor: one sandbox, and one proxy to it."""

    vendor: str
    sandbox: Sandbox
    proxy: CheckingProxy
    name: str = "matrix"
    numbers: "count[int]" = field(default_factory=count)
    busy: "Shop | None" = None

    @cached_property
    def offer(self) -> Integration:
        return integration(self.vendor)

    @cached_property
    def facts(self) -> Facts:
        return facts_of(self.vendor)

    def open(self, **options: Any) -> "Shop":
        """Create a shop without returns and, by default, without rate limits."""
        tenant = f"{self.name}-{self.vendor}-{next(self.numbers)}"
        self.sandbox.tenant(tenant, **{"seed_size": 0, "limits": "off", **options})
        clock = self.sandbox.control.get(f"/tenants/{tenant}/clock").json()
        return Shop(
            sandbox=self.sandbox,
            tenant=tenant,
            vendor=self.vendor,
            shops=self,
            login=self.sandbox.credentials(self.vendor, tenant)["fields"],
            ahead=timedelta(seconds=clock["ahead_seconds"]),
        )


@dataclass
class Shop(SandboxMerchant):
    """One merchant; `login` is what they enter to connect."""

    sandbox: Sandbox
    tenant: str
    vendor: str
    shops: VendorShops
    login: dict[str, str]
    returns: list[Document] = field(default_factory=list)
    ahead: timedelta = timedelta()
    orders: int = 0

    @property
    def offer(self) -> Integration:
        return self.shops.offer

    @property
    def facts(self) -> Facts:
        return self.shops.facts

    @property
    def proxy(self) -> CheckingProxy:
        return self.shops.proxy

    @property
    def secrets(self) -> list[str]:
        """Return the secret values of the login, which must never be shown."""
        return [self.login[one.key] for one in self.offer.authentication.fields if one.secret]

    @property
    def credential(self) -> str:
        """Return the login field that contains the credential."""
        login = self.offer.authentication
        return login.field or next(one.key for one in login.fields if one.secret)

    @property
    def page_size(self) -> int:
        """Return the largest page size of any list."""
        sources = [trigger.source.page_size for trigger in self.offer.triggers.values()]
        return max([*sources, *(paging.size for paging in self.offer.paging.values())])

    @property
    def arrived(self) -> list[httpx.Request]:
        """Return the requests that reached the sandbox, except those that open a session."""
        tokens = self.offer.authentication.tokens
        login = tokens and self.offer.operations[tokens.operation].path
        base = httpx.URL(self.proxy.url).path
        return [one for one in self.proxy.reached if not login or one.url.path != base + login]

    def another(self, **options: Any) -> "Shop":
        return self.shops.open(**options)

    def filled_shop(self) -> "Shop":
        """Return a shop with more returns than fit on a page, shared by scenarios that only read or add."""
        if self.shops.busy is None:
            self.shops.busy = self.another()
            self.shops.busy.fill(self.page_size + 20)
        return self.shops.busy

    def fill(self, size: int) -> list[Document]:
        """Create this number of returns, all of one customer, each of another order."""
        return [self.create_return() for _ in range(size)]

    def create_return(self, order_number: str = "", **options: Any) -> Document:
        """Create a return as a shopper, by default of a new order."""
        self.orders += 1
        document = super().create_return(
            order_number or f"#{1000 + self.orders}",
            **{"customer_email": EMAIL, **self.facts.options, **options},
        )
        self.returns.append(document)
        return document

    def advance(self, seconds: int) -> None:
        super().advance(seconds)
        self.ahead += timedelta(seconds=seconds)

    def move_on(self) -> bool:
        """Make the first move that the only return allows, as the staff; return False if it allows none."""
        place = f"/tenants/{self.tenant}/returns"
        (only,) = self.sandbox.control.get(place, params={"vendor": self.vendor}).json()["returns"]
        moves = self.sandbox.control.get(f"{place}/{self.vendor}/{only['id']}").json()["moves"]
        if moves:
            self.move(only["id"], moves[0]["status"])
        return bool(moves)

    def time(self) -> datetime:
        """Return the time on the merchant's clock."""
        return now() + self.ahead

    def intercept(self, interceptor: Interceptor) -> None:
        """Answer every further request of the app by `interceptor`."""
        self.proxy.clear()
        self.proxy.interceptor = interceptor

    def refusal(self, status: int, message: str = MARK, **headers: str) -> httpx.Response:
        """Return an error in the vendor's envelope."""
        form = self.offer.errors
        codes = {kind: code for code, kind in form.by_code.items()}
        body: dict[str, Any] = {}
        set_path(body, form.code, codes.get(form.by_status.get(status, "unavailable"), "REFUSED"))
        set_path(body, form.message, message)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.Response(status, json=body, headers=named)


def set_path(holder: dict[str, Any], path: Path, value: Any) -> None:
    """Set the value at `path`, creating objects on its way; a step "0" creates a list of one."""
    step, *rest = path
    if not rest:
        holder[step] = value
    elif rest[0] == "0":
        (first,) = holder.setdefault(step, [{}])
        set_path(first, tuple(rest[1:]), value)
    else:
        set_path(holder.setdefault(step, {}), tuple(rest), value)


def always(answer: httpx.Response) -> Interceptor:
    """Return an interceptor that answers every request alike."""

    def interceptor(_request: httpx.Request, _passed_on: Callable[[], httpx.Response]) -> httpx.Response:
        return answer

    return interceptor


def without(login: Mapping[str, str], key: str, value: str) -> dict[str, str]:
    """Return the login with another value for one field."""
    return {**login, key: value}
