"""ReturnMate's reports: returns per period, return reasons, carriers, and customer statistics.

The reports follow the schemas in `openapi/returnmate.yaml`, and are computed from the same rows as the
lists of returns and shipments.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import orjson

from mock_server.clock import instant, timestamp
from mock_server.store import Row
from mock_server.vendors.returnmate.documents import JSON

_DAY = 86_400_000_000

PERIODS: dict[str, Callable[[date], date]] = {
    "day": lambda day: day,
    "week": lambda day: day - timedelta(days=day.weekday()),
    "month": lambda day: day.replace(day=1),
}
"""Functions that compute the first day of a period from any day in it, keyed by the kind of period. Weeks
start on Monday (ISO 8601)."""


def returns(rows: Iterable[Row], refunds: dict[str, Decimal], group_by: str | None) -> JSON:
    """Build a `ReturnsReport` from the rows of returns.

    `refunds` contains the refunded amounts, keyed by return ID. If `group_by` is set, the report also
    contains figures for each period.
    """
    listed = list(rows)
    report = {
        "total_rmas": len(listed),
        "total_refunded": _total(listed, refunds),
        "by_status": dict(Counter(row.status for row in listed)),
        "by_reason": dict(Counter(_reason(row) for row in listed)),
    }
    if group_by:
        report["periods"] = _periods(listed, refunds, PERIODS[group_by])
    return report


def expected(statuses: Iterable[str], refunds: Iterable[Decimal]) -> JSON:
    """Compute the fields of a `ReturnsReport` that depend only on the statuses and refunds of all returns."""
    listed = list(statuses)
    total = float(sum(refunds, Decimal(0)))
    return {"total_rmas": len(listed), "total_refunded": total, "by_status": dict(Counter(listed))}


def reasons(rows: Iterable[Row]) -> JSON:
    """Build a `ReasonsReport` from the rows of returns, with the most frequent reason first."""
    counted = Counter(_reason(row) for row in rows)
    total = counted.total()
    figures = [
        {"reason": reason, "count": count, "percentage": round(100 * count / total, 2)}
        for reason, count in sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
    ]
    return {"total_rmas": total, "reasons": figures}


def carriers(rows: Iterable[Row]) -> JSON:
    """Build a `CarriersReport` from the rows of shipments, with the most used carrier first."""
    by_carrier: dict[str, list[JSON]] = {}
    for row in rows:
        shipment = orjson.loads(row.document)
        by_carrier.setdefault(shipment["carrier"], []).append(shipment)
    figures = [_carrier(name, shipments) for name, shipments in by_carrier.items()]
    figures.sort(key=lambda line: (-line["shipments"], line["carrier"]))
    return {"total_shipments": sum(line["shipments"] for line in figures), "carriers": figures}


def customer(rows: Iterable[Row], refunds: dict[str, Decimal], orders: int) -> JSON:
    """Build a customer's `CustomerStats` from the rows of the customer's returns.

    `refunds` contains the refunded amounts, keyed by return ID; `orders` is the number of the customer's
    orders.
    """
    listed = list(rows)
    returned = len({row.order_number for row in listed})
    return {
        "total_returns": len(listed),
        "total_refunded": _total(listed, refunds),
        "return_rate": round(100 * returned / max(orders, returned, 1), 2),
        "last_return": timestamp(max(row.created_at for row in listed)) if listed else None,
    }


def _carrier(name: str, shipments: list[JSON]) -> dict[str, Any]:
    transits = [
        (instant(shipment["delivered_at"]) - instant(shipment["created_at"])) / _DAY
        for shipment in shipments
        if shipment["delivered_at"]
    ]
    return {
        "carrier": name,
        "shipments": len(shipments),
        "delivered": len(transits),
        "exceptions": sum(shipment["status"] == "exception" for shipment in shipments),
        "average_transit_days": round(sum(transits) / len(transits), 2) if transits else None,
    }


def _periods(rows: list[Row], refunds: dict[str, Decimal], first_day: Callable[[date], date]) -> list[JSON]:
    grouped: dict[date, list[Row]] = {}
    for row in rows:
        grouped.setdefault(first_day(date.fromisoformat(timestamp(row.created_at)[:10])), []).append(row)
    return [
        {"start": start.isoformat(), "total_rmas": len(group), "total_refunded": _total(group, refunds)}
        for start, group in sorted(grouped.items())
    ]


def _total(rows: list[Row], refunds: dict[str, Decimal]) -> float:
    return float(sum((refunds.get(row.id, Decimal(0)) for row in rows), Decimal(0)))


def _reason(row: Row) -> str:
    reason: str = orjson.loads(row.summary)["items"][0]["reason"]
    return reason
