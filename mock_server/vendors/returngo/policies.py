"""ReturnGO's return policies: finds the policies for an order's items, and validates the chosen policies.

The purpose of policies and the rules for combining them are documented for ReturnGO's portal; everything else
is assumed. The sandbox contains only orders that were seeded or have a return. Items can be returned for 30
days after the order.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from mock_server.engine.problem import Problem
from mock_server.seed.requests import invented_price
from mock_server.store import Change, Filters, Store
from mock_server.vendors.refusals import invalid
from mock_server.vendors.returngo.documents import JSON, line_id
from mock_server.vendors.returngo.facts import (
    MAX_UNITS,
    METHODS,
    NAME,
    POLICIES,
    RESOLUTIONS,
    RETURN_METHODS,
    RETURN_PERIOD,
)

_CUSTOMER: Final = ("customer_email", "customer_name", "address", "currency")


@dataclass(frozen=True, slots=True)
class Orders:
    """Looks up the orders of all tenants, and determines which of their items can be returned."""

    store: Store

    def eligible(self, tenant: str, shop: str, requested: Mapping[str, Any], at: int) -> list[JSON]:
        """Look up the eligible policies for each requested unit, in the order of the request.

        Raises `LookupError` for an unknown order, and `Problem` if the order does not contain a requested
        line.
        """
        order = self._order(tenant, shop, requested["order_name"])
        left = self._left(tenant, shop, order, requested["items"], at)
        items = []
        for place, unit in enumerate(requested["items"]):
            line = _line(order, unit, place)["shopLineItemId"]
            policies = [_policy(id_) for id_ in POLICIES] if left[line] > 0 else []
            left[line] -= 1
            items.append({"shopLineItemId": line, "policies": policies})
        return items

    def shopper_request(self, tenant: str, shop: str, requested: Mapping[str, Any], at: int) -> JSON:
        """Convert a request that names a policy for each item to a `ShopperReturn`.

        Raises `LookupError` for an unknown order, and `Problem` for items that cannot be returned and for
        policies that are not eligible or cannot be combined.
        """
        order = self._order(tenant, shop, requested["order_name"])
        left = self._left(tenant, shop, order, requested["items"], at)
        items, policies = [], []
        for place, unit in enumerate(requested["items"]):
            line = _line(order, unit, place)
            left[line["shopLineItemId"]] -= 1
            if left[line["shopLineItemId"]] < 0:
                raise _refused(
                    place,
                    "shopLineItemId",
                    "cannot be returned: no unit is left, or its return period is over",
                )
            if unit["policyId"] not in POLICIES:
                raise _refused(place, "policyId", "is not an eligible policy of this item")
            kind, method = POLICIES[unit["policyId"]]
            policies.append((kind, method))
            reason = unit.get("returnReason", "Other")
            items.append({**line, "quantity": 1, "reason": reason, "resolution": kind})
        _check_combination(policies)
        return {
            **{name: order[name] for name in _CUSTOMER if name in order},
            "order_number": order["order_name"],
            "keeps_it": policies[0][1] == "keep-it",
            "via": "API",
            "items": items,
        }

    def has(self, tenant: str, shop: str, name: str) -> bool:
        """Return True if a shop has the order with this name."""
        return self.store.document(tenant, NAME, "order", f"{shop} {name}") is not None

    def _order(self, tenant: str, shop: str, name: str) -> JSON:
        document = self.store.document(tenant, NAME, "order", f"{shop} {name}")
        if document is None:
            raise LookupError(f"No order has the name {name}.")
        order: JSON = orjson.loads(document)
        return order

    def _left(
        self, tenant: str, shop: str, order: JSON, units: Sequence[Mapping[str, Any]], at: int
    ) -> Counter[str]:
        """Count how many units of the requested order lines can still be returned, keyed by line ID.

        Returns an empty counter if the order's return period is over.
        """
        if at - order["ordered_at"] > RETURN_PERIOD:
            return Counter()
        wanted = {unit["shopLineItemId"] for unit in units}
        left = Counter(
            {
                line["shopLineItemId"]: line["quantity"]
                for line in order["lines"]
                if line["shopLineItemId"] in wanted
            }
        )
        filters = Filters(order_numbers=(order["order_name"],), shop=shop)
        for row in self.store.rows(tenant, NAME, "return", filters):
            if row.status not in {"Canceled", "Rejected"}:
                for line in left:
                    left[line] -= _units(row.document, line)
        return left


def _units(document: bytes, line: str) -> int:
    """Count the units of an order line in a return.

    `document` is the stored `Rma`. It is not parsed, because it contains an entry of 1 KB for each unit. The
    searched bytes cannot occur in text, because JSON writes a backslash before each quotation mark in text.
    """
    return document.count(b'"shopLineItemId":' + orjson.dumps(line))


def check_units(requested: Mapping[str, Any]) -> None:
    """Raise `Problem` if a `ShopperReturn` contains more units than a return can have."""
    units = sum(item["quantity"] for item in requested["items"])
    if units > MAX_UNITS:
        reason = f"contain {units} units, but a return of ReturnGO has at most {MAX_UNITS}"
        raise invalid("items", reason)


def put_order(change: Change, tenant: str, shop: str, requested: Mapping[str, Any], ordered_at: int) -> None:
    """Store the order that a `ShopperReturn` refers to, with its customer and lines.

    `requested["ordered"]` contains the ordered quantity of each SKU. If `requested` has no such key, the
    order contains only the returned items.
    """
    name = requested["order_number"]
    items = {item["sku"]: item for item in requested["items"]}
    ordered = dict(requested.get("ordered") or {sku: item["quantity"] for sku, item in items.items()})
    lines = [_new_line(shop, name, sku, quantity, items.get(sku, {})) for sku, quantity in ordered.items()]
    customer = {key: requested[key] for key in _CUSTOMER if key in requested}
    order = {"order_name": name, "ordered_at": ordered_at, "lines": lines, **customer}
    change.put_document(tenant, NAME, "order", f"{shop} {name}", order, created_at=ordered_at, shop=shop)


def _new_line(shop: str, order: str, sku: str, quantity: int, item: Mapping[str, Any]) -> JSON:
    return {
        "shopLineItemId": line_id(shop, order, sku),
        "sku": sku,
        "name": item.get("name") or sku,
        "variant": item.get("variant", ""),
        "unit_price": item.get("unit_price", invented_price(sku)),
        "quantity": quantity,
    }


def _line(order: JSON, unit: Mapping[str, Any], place: int) -> JSON:
    for line in order["lines"]:
        if line["shopLineItemId"] == unit["shopLineItemId"]:
            return dict(line)
    raise _refused(place, "shopLineItemId", "is not a line of this order")


def _policy(id_: str) -> JSON:
    kind, method = POLICIES[id_]
    type_, name, rule = RESOLUTIONS[kind]
    return {
        "policyId": id_,
        "policyRuleName": rule,
        "resolutionName": name,
        "resolutionType": type_,
        "returnMethod": RETURN_METHODS[method],
        "returnFee": 0,
    }


def _check_combination(policies: Sequence[tuple[str, str]]) -> None:
    """Raise `Problem` if the policies cannot be combined in one return.

    A return has one return method and at most one kind of refund; refunds and exchanges can be combined.
    """
    if len({method for _, method in policies}) > 1:
        raise _refused(0, "policyId", "cannot be combined: one return has one return method")
    if len({kind for kind, _ in policies if RESOLUTIONS[kind][0] in METHODS}) > 1:
        raise _refused(0, "policyId", "cannot be combined: one return has one kind of refund")


def _refused(place: int, field: str, reason: str) -> Problem:
    return invalid(f"items[{place}].{field}", reason)
