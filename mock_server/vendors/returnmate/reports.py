"""ReturnMate's reports: returns per period, return reasons, carriers, and customer statistics.

The reports follow the schemas in `openapi/returnmate.yaml`. They are computed from sums per day, which the
store keeps up to date (`store/figures.py`): `of_return` and `of_shipment` name the sums to which a row
contributes.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import orjson

from mock_server.clock import instant, timestamp
from mock_server.store import Row
from mock_server.store.figures import Figure, Number
from mock_server.vendors.returnmate.documents import JSON

_DAY = 86_400_000_000
_EPOCH = date(1970, 1, 1)

PERIODS: dict[str, Callable[[date], date]] = {
    "day": lambda day: day,
    "week": lambda day: day - timedelta(days=day.weekday()),
    "month": lambda day: day.replace(day=1),
}
"""Functions that compute the first day of a period from any day in it, keyed by the kind of period. Weeks
start on Monday (ISO 8601)."""


@dataclass(frozen=True, slots=True)
class Days:
    """The days of a report, as numbers of days since the Unix epoch (UTC); None stands for no limit."""

    first: int | None = None
    last: int | None = None

    @classmethod
    def of(cls, query: Mapping[str, Any]) -> "Days":
        """Read the period of a report's query."""
        start, end = query.get("start_date"), query.get("end_date")
        return cls(instant(start) // _DAY if start else None, instant(end) // _DAY if end else None)

    def has(self, day: int) -> bool:
        """Return True if a day is in the period."""
        return (self.first is None or day >= self.first) and (self.last is None or day <= self.last)


def of_return(document: bytes, status: str, created_at: int) -> Iterator[tuple[Figure, Number]]:
    """Name the figures of a return: its status, reason and refund on the day on which it was created."""
    day, rma = created_at // _DAY, orjson.loads(document)
    yield ("status", day, status), 1
    yield ("reason", day, rma["items"][0]["reason"]), 1
    if rma["refund"]:
        yield ("refunded", day, ""), Decimal(str(rma["refund"]["amount"]))


def of_refund(document: bytes, _status: str, created_at: int) -> Iterator[tuple[Figure, Number]]:
    """Name the figure of a refund: its amount on the day on which it was issued."""
    yield ("refunded", created_at // _DAY, ""), Decimal(str(orjson.loads(document)["amount"]))


def of_shipment(document: bytes, _status: str, created_at: int) -> Iterator[tuple[Figure, Number]]:
    """Name the figures of a shipment: the carrier's shipments, deliveries, transit (µs) and exceptions."""
    day, shipment = created_at // _DAY, orjson.loads(document)
    carrier = shipment["carrier"]
    yield ("shipments", day, carrier), 1
    if shipment["delivered_at"]:
        yield ("delivered", day, carrier), 1
        yield ("transit", day, carrier), instant(shipment["delivered_at"]) - instant(shipment["created_at"])
    if shipment["status"] == "exception":
        yield ("exceptions", day, carrier), 1


def returns(figures: Mapping[Figure, Number], days: Days, group_by: str | None = None) -> JSON:
    """Build a `ReturnsReport` from the figures of returns (see `of_return`).

    If `group_by` is set, the report also contains figures for each period.
    """
    report: JSON = {
        "total_rmas": sum(_words(figures, "status", days).values()),
        "total_refunded": float(sum(_words(figures, "refunded", days).values())),
        "by_status": dict(_words(figures, "status", days)),
        "by_reason": dict(_words(figures, "reason", days)),
    }
    if group_by:
        report["periods"] = _periods(figures, days, PERIODS[group_by])
    return report


def expected(statuses: Iterable[str], refunds: Iterable[Decimal]) -> JSON:
    """Compute the fields of a `ReturnsReport` that depend only on the statuses and refunds of all returns."""
    listed = list(statuses)
    total = float(sum(refunds, Decimal(0)))
    return {"total_rmas": len(listed), "total_refunded": total, "by_status": dict(Counter(listed))}


def reasons(figures: Mapping[Figure, Number], days: Days) -> JSON:
    """Build a `ReasonsReport` from the figures of returns, with the most frequent reason first."""
    counted = _words(figures, "reason", days)
    total = sum(counted.values())
    lines = [
        {"reason": reason, "count": count, "percentage": round(float(100 * count / total), 2)}
        for reason, count in sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
    ]
    return {"total_rmas": total, "reasons": lines}


def carriers(figures: Mapping[Figure, Number], days: Days) -> JSON:
    """Build a `CarriersReport` from the figures of shipments, with the most used carrier first."""
    names = ("shipments", "delivered", "transit", "exceptions")
    shipments, delivered, transit, exceptions = (_words(figures, name, days) for name in names)
    lines = [
        {
            "carrier": name,
            "shipments": count,
            "delivered": delivered.get(name, 0),
            "exceptions": exceptions.get(name, 0),
            "average_transit_days": (
                round(float(transit.get(name, 0) / delivered[name] / _DAY), 2) if name in delivered else None
            ),
        }
        for name, count in sorted(shipments.items(), key=lambda pair: (-pair[1], pair[0]))
    ]
    return {"total_shipments": sum(shipments.values()), "carriers": lines}


def customer(rows: Iterable[Row], orders: int) -> JSON:
    """Build a customer's `CustomerStats` from the rows of the customer's returns.

    `orders` is the number of the customer's orders.
    """
    listed = list(rows)
    returned = len({row.order_number for row in listed})
    refunds = [refund for row in listed if (refund := orjson.loads(row.document)["refund"])]
    return {
        "total_returns": len(listed),
        "total_refunded": float(sum((Decimal(str(refund["amount"])) for refund in refunds), Decimal(0))),
        "return_rate": round(100 * returned / max(orders, returned, 1), 2),
        "last_return": timestamp(max(row.created_at for row in listed)) if listed else None,
    }


def _words(figures: Mapping[Figure, Number], name: str, days: Days) -> dict[str, Number]:
    """Sum the figures with a name over the days, per word, such as a status or a carrier."""
    sums: dict[str, Number] = {}
    for (kind, day, word), number in figures.items():
        if kind == name and days.has(int(day)):
            sums[str(word)] = sums.get(str(word), 0) + number
    return dict(sorted(sums.items()))


def _periods(figures: Mapping[Figure, Number], days: Days, first_day: Callable[[date], date]) -> list[JSON]:
    sums: dict[date, dict[str, Number]] = {}
    for (kind, day, _), number in figures.items():
        if kind in {"status", "refunded"} and days.has(int(day)):
            period = sums.setdefault(first_day(_EPOCH + timedelta(days=int(day))), {})
            period[str(kind)] = period.get(str(kind), 0) + number
    return [
        {
            "start": start.isoformat(),
            "total_rmas": period["status"],
            "total_refunded": float(period.get("refunded", 0)),
        }
        for start, period in sorted(sums.items())
    ]
