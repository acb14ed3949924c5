"""Shortens records to their most important values, and stores the whole records for later requests."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from math import isfinite
from typing import TYPE_CHECKING, Any

from connector.definition.naming import plain
from connector.definition.paths import at_path
from connector.unified import unified_return

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from connector.definition.model import Field, Integration
    from connector.unified import Money, UnifiedReturn

WHOLE = 600
"""A record is not shortened if its JSON has at most this many characters."""
MOST_FIELDS = 12
LONGEST_TEXT = 160
KEPT = 500
"""The maximum number of records that a server keeps in memory; it drops the oldest ones."""


class Records:
    """Stores the newest `size` records under short names such as `r12`, for tools that return them later."""

    def __init__(self, size: int = KEPT) -> None:
        self._size = size
        self._count = 0
        self._kept: OrderedDict[str, Any] = OrderedDict()

    def keep(self, record: Any) -> str:
        """Store a record, and return its name; drop the oldest record if there are too many."""
        self._count += 1
        name = f"r{self._count}"
        self._kept[name] = record
        if len(self._kept) > self._size:
            self._kept.popitem(last=False)
        return name

    def get(self, name: str) -> Any:
        """Return the record with this name, or None if it was dropped or never stored."""
        return self._kept.get(name)


def as_data(value: Any, secrets: Collection[str] = ()) -> Any:
    """Convert a value to JSON data, and replace each of the `secrets` in its strings with `***`.

    Decimals become numbers, and times become strings. A number that JSON cannot represent becomes a string.
    """
    if isinstance(value, Mapping):
        return {_hidden(str(key), secrets): as_data(member, secrets) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [as_data(member, secrets) for member in value]
    if isinstance(value, str):
        return _hidden(value, secrets)
    if isinstance(value, Decimal):
        return _number(value)
    if isinstance(value, float) and not isfinite(value):
        return str(value)
    return value.isoformat() if isinstance(value, date) else value


def _hidden(text: str, secrets: Collection[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, "***")
    return text


def _number(value: Decimal) -> int | float | str:
    if not value.is_finite():
        return str(value)
    if value == value.to_integral_value() and value.as_tuple().exponent == 0:
        return int(value)
    return float(value) if isfinite(float(value)) else str(value)


def summary(
    integration: Integration, resource: str, fields: Sequence[Field], record: Any
) -> tuple[dict[str, Any], bool]:
    """Shorten a record; return the short form, and whether it contains the whole record.

    A return has the same form for all vendors: number, order, status, customer, items, amounts and times. For
    any other record, the first fields with plain values are kept.
    """
    whole = record if isinstance(record, dict) else {"value": record}
    if len(json.dumps(as_data(whole), ensure_ascii=False)) <= WHOLE:
        return whole, True
    found = unified_return(integration, resource, whole) if integration.unified else None
    short = _return(found) if found else {}
    return short or _first_values(integration, resource, fields, whole), False


def _return(found: UnifiedReturn) -> dict[str, Any]:
    customer = found.customer
    amounts = {"total": found.total, "refund": found.refund_total, "fee": found.fee, "tax": found.tax}
    values = {
        "id": found.id,
        "number": found.number,
        "order": found.order_number or found.order_id,
        "status": found.vendor_status,
        "shipping_status": found.vendor_shipping_status,
        "inspection_status": found.vendor_inspection_status,
        "customer": " ".join(filter(None, (customer.name, f"<{customer.email}>" if customer.email else "")))
        if customer
        else "",
        "reasons": [reason.text or reason.code for reason in found.reasons],
        "items": [_item(item.quantity, item.name, item.sku, item.variant) for item in found.items],
        "resolutions": list(found.resolutions),
        "tracking_numbers": [one.tracking_number for one in found.shipments if one.tracking_number],
        **{name: _amount(money) for name, money in amounts.items()},
        "created_at": found.created_at,
        "updated_at": found.updated_at,
        "received_at": found.received_at,
        "closed_at": found.closed_at,
    }
    return {name: value for name, value in values.items() if value not in (None, "", [])}


def _item(quantity: Decimal | None, name: str | None, sku: str | None, variant: str | None) -> str:
    described = " ".join(filter(None, (name or sku, f"({variant})" if variant else "")))
    return f"{plain(quantity)} × {described}" if quantity is not None else described


def _amount(money: Money | None) -> str:
    if money is None:
        return ""
    amount = money.text if money.amount is None else f"{money.amount:f}"
    return f"{amount} {money.currency or ''}".strip()


def _first_values(
    integration: Integration, resource: str, fields: Sequence[Field], record: Mapping[str, Any]
) -> dict[str, Any]:
    """Shorten a record to its ID, its label, and the first documented fields with plain values."""
    about = integration.resources.get(resource)
    paths = [about.id, *about.label] if about else []
    short: dict[str, Any] = {".".join(path): at_path(record, path) for path in paths if path}
    keys = [*(field.key for field in fields), *record]
    for key in dict.fromkeys(keys):
        value = record.get(key)
        if isinstance(value, list):
            short.setdefault(f"{key} (count)", len(value))
        elif not isinstance(value, dict):
            short.setdefault(key, value)
    filled = {key: _cut(value) for key, value in short.items() if value not in (None, "")}
    return dict(list(filled.items())[:MOST_FIELDS])


def _cut(value: Any) -> Any:
    too_long = isinstance(value, str) and len(value) > LONGEST_TEXT
    return f"{value[: LONGEST_TEXT - 1]}…" if too_long else value
