"""A tenant with the shop's books at one vendor, and what staff and time do to its returns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx
from contract.oracle.books import CUSTOMERS, START, Booked, as_file, booked, requested_items
from contract.oracle.history import History, histories
from support.all_statuses import status_paths

from mock_server import vendors

HOOK_HOST = "hooks.example.com"
HOOK = f"https://{HOOK_HOST}/in"
_HOUR = 3_607  # not a whole hour, so that no two events have the same minute
_LONG = 26 * 3_600 + 11


@dataclass
class Shop:
    """The books of one vendor, and its API with the tenant's login."""

    http: httpx.Client
    vendor: str
    books: list[Booked]
    tenant: str = ""
    login: Mapping[str, Any] = field(default_factory=dict)

    def control(self, method: str, path: str, **more: Any) -> Any:
        answer = self.http.request(method, f"/__sandbox{path}", **more)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Call the vendor's API."""
        query = {**self.login["query"], **more.pop("params", {})}
        return self.http.request(
            method, self.login["base_url"] + path, params=query, headers=self.login["headers"], **more
        )

    def api(self, method: str, path: str, **more: Any) -> Any:
        """Call the vendor's API, and return the JSON of a successful answer."""
        answer = self.ask(method, path, **more)
        assert answer.is_success, answer.text
        return answer.json()

    def now(self) -> datetime:
        return datetime.fromisoformat(self.control("GET", f"/tenants/{self.tenant}/clock")["now"])

    def advance(self, seconds: int) -> None:
        self.control("POST", f"/tenants/{self.tenant}/clock/advance", json={"seconds": seconds})

    def request(self, one: Booked) -> str:
        """Create a return as a shopper; return its ID."""
        body = {
            "vendor": self.vendor,
            "order_number": one.order,
            "customer_email": one.customer.email,
            "return_type": one.type,
            "items": requested_items(one, "notes"),
        }
        id_: str = self.control("POST", f"/tenants/{self.tenant}/returns", json=body)["id"]
        return id_

    def move(self, id_: str, status: str) -> bool:
        """Move a return as staff; return False if it cannot be moved, as after a carrier's scan."""
        path = f"/__sandbox/tenants/{self.tenant}/returns/{id_}/move"
        return self.http.post(path, json={"vendor": self.vendor, "status": status}).is_success

    def histories(self) -> dict[str, History]:
        """Return the history of each return, by order number: no order has two returns."""
        events: list[Any] = []
        while page := self.control(
            "GET", f"/tenants/{self.tenant}/ledger", params={"after": len(events), "limit": 1000}
        )["events"]:
            events += page
        found = histories(events)
        listed: dict[str, History] = {}
        for number in range(1, 100):
            page = self.control(
                "GET", f"/tenants/{self.tenant}/returns", params={"page": number, "limit": 100}
            )["returns"]
            listed |= {
                f"#{one['order_number'].lstrip('#').removeprefix('ORD-')}": found[one["id"]] for one in page
            }
            if len(page) < 100:
                break
        assert len(listed) == len(found)
        return listed

    def overviews(self) -> dict[str, Any]:
        """Return the control plane's view of every return, by ID."""
        ids = [history.id for history in self.histories().values()]
        return {
            id_: self.control("GET", f"/tenants/{self.tenant}/returns/{self.vendor}/{id_}") for id_ in ids
        }

    def deliveries(self) -> list[tuple[str, datetime, Any]]:
        """Return the event, time and payload of every queued webhook delivery, oldest first."""
        listed: list[Any] = []
        while page := self.control(
            "GET",
            f"/tenants/{self.tenant}/deliveries",
            params={"after": listed[-1]["id"] if listed else 0, "limit": 1000},
        )["deliveries"]:
            listed += page
        return [
            (
                one["event"],
                datetime.fromisoformat(one["at"]),
                self.control("GET", f"/tenants/{self.tenant}/deliveries/{one['id']}")["payload"],
            )
            for one in listed
        ]


def plan(vendor: str, types: Sequence[str]) -> list[Booked]:
    """Return the books of a vendor: each type, currency and status, from the file and by staff."""
    words = vendors.shop_words(vendor)
    seeded = [*words.statuses, *(own for own in words.own_statuses if own not in words.statuses.values())]
    return booked(types, seeded, [path[-1] if path else "" for path in status_paths(vendor)])


def open_shop(
    http: httpx.Client,
    vendor: str,
    types: Sequence[str],
    parcels: Sequence[str] = (),
    tenant: str = "books",
) -> Shop:
    """Create a tenant with the vendor's books; the clock is frozen at `START`."""
    shop = Shop(http, vendor, plan(vendor, types), tenant)
    shop.control(
        "POST",
        "/tenants",
        json={
            "name": tenant,
            "shop": as_file(shop.books, parcels, vendor),
            "first_moment": START.isoformat(),
            "frozen": True,
            "limits": "off",
        },
    )
    shop.login = shop.control("GET", f"/tenants/{tenant}/credentials")["vendors"][vendor]
    return shop


def run(shop: Shop, act: Any = None) -> None:
    """Create every live return and bring it to its status.

    `act(shop, one, id, status)` runs after the request, with the status "", and after each move.
    """
    paths = {path[-1] if path else "": path for path in status_paths(shop.vendor)}
    for one in shop.books:
        if not one.live:
            continue
        shop.advance(_HOUR)
        id_ = shop.request(one)
        if act:
            act(shop, one, id_, "")
        for status in paths[one.status]:
            shop.advance(_LONG if one.place % 4 == 0 else _HOUR)
            shop.move(id_, status)
            if act:
                act(shop, one, id_, status)
    assert {one.customer for one in shop.books} == set(CUSTOMERS)
