"""A merchant whose app reaches the sandbox by a road on which things can go wrong."""

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
from support.matrix.facts import Document, Facts, facts_of
from support.sandbox import Sandbox
from support.storefront import Storefront
from support.toll import Hurdle, Toll

EMAIL = "iris.lane@example.com"
MARK = "Sorry, this went wrong"


@dataclass
class Street:
    """All shops of one vendor: one sandbox, one road to it."""

    vendor: str
    sandbox: Sandbox
    road: Toll
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
        """A new shop without returns and without limits, unless wished otherwise."""
        tenant = f"{self.name}-{self.vendor}-{next(self.numbers)}"
        self.sandbox.tenant(tenant, **{"seed_size": 0, "limits": "off", **options})
        clock = self.sandbox.control.get(f"/tenants/{tenant}/clock").json()
        return Shop(
            sandbox=self.sandbox,
            tenant=tenant,
            vendor=self.vendor,
            street=self,
            login=self.sandbox.credentials(self.vendor, tenant)["fields"],
            ahead=timedelta(seconds=clock["ahead_seconds"]),
        )


@dataclass
class Shop(Storefront):
    """One merchant; `login` is what they type in to connect."""

    sandbox: Sandbox
    tenant: str
    vendor: str
    street: Street
    login: dict[str, str]
    returns: list[Document] = field(default_factory=list)
    ahead: timedelta = timedelta()
    orders: int = 0

    @property
    def offer(self) -> Integration:
        return self.street.offer

    @property
    def facts(self) -> Facts:
        return self.street.facts

    @property
    def road(self) -> Toll:
        return self.street.road

    @property
    def secrets(self) -> list[str]:
        """What must never be shown of the login."""
        return [self.login[one.key] for one in self.offer.authentication.fields if one.secret]

    @property
    def credential(self) -> str:
        """The field of the login that proves who it is."""
        login = self.offer.authentication
        return login.field or next(one.key for one in login.fields if one.secret)

    @property
    def page_size(self) -> int:
        """The largest page that anything reads."""
        sources = [trigger.source.page_size for trigger in self.offer.triggers.values()]
        return max([*sources, *(paging.size for paging in self.offer.paging.values())])

    @property
    def arrived(self) -> list[httpx.Request]:
        """The requests that went on to the sandbox, but for those that only open a session."""
        tokens = self.offer.authentication.tokens
        login = tokens and self.offer.operations[tokens.operation].path
        base = httpx.URL(self.road.url).path
        return [one for one in self.road.reached if not login or one.url.path != base + login]

    def another(self, **options: Any) -> "Shop":
        return self.street.open(**options)

    def crowded(self) -> "Shop":
        """A shop with more returns than a page holds, the same for all who only read or add."""
        if self.street.busy is None:
            self.street.busy = self.another()
            self.street.busy.fill(self.page_size + 20)
        return self.street.busy

    def fill(self, size: int) -> list[Document]:
        """Shoppers ask for so many returns; all of one customer, from so many orders."""
        return [self.asked() for _ in range(size)]

    def asked(self, order_number: str = "", **options: Any) -> Document:
        """A shopper asks for a return; of an order of its own, unless one is named."""
        self.orders += 1
        document = super().asked(
            order_number or f"#{1000 + self.orders}",
            **{"customer_email": EMAIL, **self.facts.options, **options},
        )
        self.returns.append(document)
        return document

    def advance(self, seconds: int) -> None:
        super().advance(seconds)
        self.ahead += timedelta(seconds=seconds)

    def time(self) -> datetime:
        """What the merchant's clock shows."""
        return now() + self.ahead

    def hinder(self, hurdle: Hurdle) -> None:
        """Put something in the way of every request of the app from now on."""
        self.road.clear()
        self.road.hurdle = hurdle

    def refusal(self, status: int, message: str = MARK, **headers: str) -> httpx.Response:
        """A refusal in the vendor's envelope."""
        form = self.offer.errors
        codes = {kind: code for code, kind in form.by_code.items()}
        body: dict[str, Any] = {}
        put(body, form.code, codes.get(form.by_status.get(status, "unavailable"), "REFUSED"))
        put(body, form.message, message)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.Response(status, json=body, headers=named)


def put(holder: dict[str, Any], path: Path, value: Any) -> None:
    """Set the value at `path`, making the objects on the way; a step "0" makes a list of one."""
    step, *rest = path
    if not rest:
        holder[step] = value
    elif rest[0] == "0":
        (first,) = holder.setdefault(step, [{}])
        put(first, tuple(rest[1:]), value)
    else:
        put(holder.setdefault(step, {}), tuple(rest), value)


def always(answer: httpx.Response) -> Hurdle:
    """Answer every request so."""

    def hurdle(_request: httpx.Request, _passed_on: Callable[[], httpx.Response]) -> httpx.Response:
        return answer

    return hurdle


def without(login: Mapping[str, str], key: str, value: str) -> dict[str, str]:
    """The login with another value for one field."""
    return {**login, key: value}
