"""Reads the values that complete the paths and bodies of loads from the records of two tenants.

Most loads use the tenant `demo`, whose returns are generated. Loads that use up what a record allows, such as
creating a return of an invoice, need orders with many units: they use the tenant `orders`, whose shop has
`ORDERS` orders with `UNITS` units each, of which `RETURNED` are in a return.
"""

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

from bench.loads import FIRST_MOMENT, LOADS, Load

ORDERS, UNITS, RETURNED = 100, 100_000, 200
PAGE = 25
_SKU, _CUSTOMER = "BOOT-CHE-39", "priya.nair@example.com"
_MOST_PAGES: Final = 1_000

Get = Callable[[str, Mapping[str, str]], Awaitable[Any]]
"""A function that sends a GET request to a path with headers, and returns the JSON of the response."""
Values = Mapping[str, str]


@dataclass(frozen=True)
class Api:
    """The API of one vendor as one tenant sees it: the path, the credentials, and the number of returns."""

    vendor: str
    path: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    returns: int
    get: Get

    async def read(self, path: str, **query: Any) -> Any:
        """Send a GET request to a path of the API, and return the JSON of the response."""
        return await self.get(self.address(path, **query), self.headers)

    def address(self, path: str, **query: Any) -> str:
        """Return the path and the query of a request, with the query that the vendor always requires."""
        text = urlencode({**self.query, **query})
        return self.path + path + (("&" if "?" in path else "?") + text if text else "")


@dataclass(frozen=True)
class Request:
    """A request as it is sent; `path` contains the query, and `body` is empty if the request has no body."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


def shop_tenant(name: str) -> dict[str, Any]:
    """Build the control plane's request that creates a tenant with orders of many units."""
    numbers = [f"#{5001 + place}" for place in range(ORDERS)]
    shop = {
        "products": [{"sku": _SKU, "name": "Chelsea boots", "price": 200}],
        "customers": [{"name": "Priya Nair", "email": _CUSTOMER}],
        "orders": [
            {"number": number, "customer": _CUSTOMER, "items": [{"sku": _SKU, "quantity": UNITS}]}
            for number in numbers
        ],
        "returns": [
            {
                "order": number,
                "status": "in_transit",
                "items": [{"sku": _SKU, "quantity": RETURNED}],
                "parcel": {"carrier": "tnt", "tracking_number": f"TNT{number[1:]}"},
            }
            for number in numbers
        ],
    }
    return {"name": name, "limits": "off", "shop": shop, "first_moment": FIRST_MOMENT, "frozen": True}


async def api(get: Get, tenant: str, vendor: str) -> Api:
    """Ask the control plane for a tenant's credentials and the number of its returns at one vendor."""
    described = await get(f"/__sandbox/tenants/{tenant}", {})
    found = (await get(f"/__sandbox/tenants/{tenant}/credentials", {}))["vendors"][vendor]
    path = urlsplit(found["base_url"]).path
    return Api(vendor, path, found["headers"], found["query"], described["returns"][vendor], get)


async def requests(load: Load, tenants: Mapping[str, Api]) -> list[Request]:
    """Complete a load: return one request, or one for each record if the load needs records in turn.

    `tenants` contains the API of the tenants `demo` and, if the load needs records in turn, `orders`.
    """
    used = tenants["orders"] if load.in_turn else tenants["demo"]
    needed = set(re.findall(r"{(\w+)}", load.path + json.dumps(load.body)))
    found = await _VALUES[load.vendor](used, needed, ORDERS if load.in_turn else 1)
    return [_request(load, used, values) for values in found]


async def all_requests(get: Get, vendor: str) -> dict[Load, list[Request]]:
    """Complete all loads of a vendor, keyed by load; all responses are computed."""
    tenants = {name: await api(get, name, vendor) for name in ("demo", "orders")}
    return {
        load: [computed(request) for request in await requests(load, tenants)]
        for load in LOADS
        if load.vendor == vendor
    }


def computed(request: Request) -> Request:
    """Return a request with a preference, so that the sandbox computes the response.

    Without it, the sandbox repeats the response to an equal request if nothing has changed.
    """
    return replace(request, headers={**request.headers, "Prefer": "handling=lenient"})


def _request(load: Load, used: Api, values: Values) -> Request:
    quoted = {name: quote(value, safe="") for name, value in values.items()}
    body = json.dumps(_completed(load.body, values)).encode() if load.body is not None else b""
    headers = dict(used.headers) if load.login else {}
    if body:
        headers["Content-Type"] = "application/json"
    return Request(load.method, used.address(load.path.format(**quoted)), headers, body)


def _completed(node: Any, values: Values) -> Any:
    """Replace the names in braces in all texts of a JSON value."""
    if isinstance(node, str):
        return node.format(**values)
    if isinstance(node, Mapping):
        return {key: _completed(value, values) for key, value in node.items()}
    return [_completed(value, values) for value in node] if isinstance(node, list) else node


async def _exsited(used: Api, needed: set[str], count: int) -> list[Values]:
    returns = "/api/v3/return-merchandise-authorisations"
    rows = (await used.read(returns, limit=count))["return_merchandise_authorisations"]
    lines = {}
    if "line" in needed:
        for invoice in (await used.read("/api/v3/invoices", limit=count))["invoices"]:
            lines[invoice["id"]] = invoice["lines"][0]["uuid"]
    return [
        {
            "id": row["id"],
            "invoice": row["invoice_id"],
            "line": lines.get(row["invoice_id"], ""),
            "returned_line": row["returns"][0]["uuid"],
            "last_offset": _last_offset(used),
        }
        for row in rows
    ]


async def _returngo(used: Api, needed: set[str], count: int) -> list[Values]:
    rows = (await used.read("/rmas", pagesize=count))["rmas"]
    values = [{"id": row["rmaId"], "order": row["order_name"]} for row in rows]
    if "line" in needed or "shipment" in needed:
        for value in values:
            found = await used.read(f"/rma/{value['id']}")
            value["line"] = found["items"][0]["shopLineItemId"]
            value["shipment"] = found["shipments"][0]["shipmentId"]
    if "last_cursor" in needed:
        values[0]["last_cursor"] = await _last_cursor(used)
    return list(values)


async def _last_cursor(used: Api) -> str:
    """Read ReturnGO's returns to the end, and return the cursor of a page with at most `PAGE` returns."""
    cursor, size = "", 500 if used.returns > 10 * PAGE else PAGE
    for _ in range(_MOST_PAGES):
        page = await used.read("/rmas", pagesize=size, **({"cursor": cursor} if cursor else {}))
        if not page["next_cursor"]:
            return cursor
        cursor = page["next_cursor"]
    raise SystemExit(f"The returns have more than {_MOST_PAGES} pages.")


async def _returnlogic(used: Api, _needed: set[str], count: int) -> list[Values]:
    rows = await used.read("/rmas", limit=count)
    return [
        {"id": row["rlRmaId"], "email": row["customerEmail"], "last_offset": _last_offset(used)}
        for row in rows
    ]


async def _returnmate(used: Api, _needed: set[str], count: int) -> list[Values]:
    rows = (await used.read("/rmas", per_page=count))["data"]
    return [{"id": row["id"], "last_page": _last_page(used)} for row in rows]


async def _swap(used: Api, _needed: set[str], count: int) -> list[Values]:
    rows = (await used.read("/v2/external/returns", items_per_page=count))["returns"]
    return [
        {
            "id": row["rma_number"],
            "email": row["customer_email"],
            "order": row["shopify_order_name"],
            "store": used.query["swap_store_id"],
            "sku": row["products"][0]["sku"],
            "last_page": _last_page(used),
        }
        for row in rows
    ]


def _last_offset(used: Api) -> str:
    return str(max(0, used.returns - PAGE))


def _last_page(used: Api) -> str:
    return str(max(1, -(-used.returns // PAGE)))


_VALUES: Final[Mapping[str, Callable[[Api, set[str], int], Awaitable[list[Values]]]]] = {
    "exsited": _exsited,
    "returngo": _returngo,
    "returnlogic": _returnlogic,
    "returnmate": _returnmate,
    "swap": _swap,
}
