"""ReturnMate's documents and reports, computed from the books and the ledger."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from contract.oracle.books import Booked
from contract.oracle.history import History, Parcel
from contract.oracle.values import Like, number, utc

Entry = tuple[Booked, History]
Labels = Mapping[str, Mapping[str, Any]]
"""The carrier, service, direction and tracking number of each shipment."""
_REASONS = {"damaged": "damaged_in_transit"}
_SUMMARY = (
    "id", "rma_number", "status", "order_number", "return_type", "currency", "customer", "items",
    "created_at", "updated_at",
)  # fmt: skip
_SCANS = ((20, "picked_up"), (44, "in_transit"), (68, "out_for_delivery"), (73, "delivered"))


def detail(one: Booked, history: History, labels: Labels) -> dict[str, Any]:
    """Compute a `Return`."""
    owner = history.id.removeprefix("rma_")
    timeline = [
        (
            at,
            "system" if not place else "status",
            f"Status changed from {before} to {to}" if place else "Return requested",
            to,
        )
        for place, ((at, to), (_, before)) in enumerate(
            zip(history.steps, (history.steps[0], *history.steps), strict=False)
        )
    ]
    return {
        "id": history.id,
        "rma_number": f"RMA-{history.created_at.year}-{history.number:06d}",
        "status": history.status,
        "order_number": one.order,
        "return_type": one.type,
        "currency": one.currency,
        "customer": {"email": one.customer.email, "name": one.customer.name},
        "items": [
            {
                "id": f"itm_{owner}{place:02d}",
                "sku": item.line.sku,
                "name": f"{item.line.name} {item.line.size}".strip(),
                "quantity": item.quantity,
                "unit_price": number(item.line.price),
                "reason": reason(one, place),
                "notes": item.comment,
            }
            for place, item in enumerate(one.items)
        ],
        "created_at": utc(history.created_at),
        "updated_at": utc(history.latest),
        "notes": [],
        "shipments": [shipment(history, parcel, labels) for parcel in history.parcels],
        "timeline": [
            {
                "id": f"tml_{owner}{place:02d}",
                "type": kind,
                "message": message,
                "status": status,
                "created_at": utc(at),
            }
            for place, (at, kind, message, status) in enumerate(timeline)
        ],
        "refund": refund(one, history),
    }


def reason(one: Booked, place: int) -> str:
    """Return the vendor's word for the reason of an item: a shopper already uses it."""
    word = one.items[place].reason
    return word if one.live else _REASONS.get(word, word)


def summary(one: Booked, history: History) -> dict[str, Any]:
    """Compute a return as lists have it."""
    document = detail(one, history, {parcel.id: {} for parcel in history.parcels})
    return {name: document[name] for name in _SUMMARY}


def refund(one: Booked, history: History) -> dict[str, Any] | None:
    """Compute the refund: completing a return pays its worth in the order's currency, but no exchange."""
    at = history.reached("completed")
    if at is None or one.type == "exchange":
        return None
    return {
        "amount": number(one.worth),
        "currency": one.currency,
        "method": "store_credit" if one.type == "store_credit" else "original_payment",
        "issued_at": utc(at),
    }


def shipment(history: History, parcel: Parcel, labels: Labels) -> dict[str, Any]:
    """Compute a `Shipment`."""
    known = {"carrier": Like("[a-z_]+"), "service": Like("[a-z]+"), "direction": Like("[a-z]+")}
    return {
        "id": parcel.id,
        "rma_id": history.id,
        "rma_number": f"RMA-{history.created_at.year}-{history.number:06d}",
        **known,
        "tracking_number": Like("[A-Z]{3}[0-9]{10}"),
        **labels[parcel.id],
        "status": parcel.status,
        "label_url": Like(rf"http://127\.0\.0\.1:4010/labels/returnmate/[a-z-]+/{parcel.id}/[a-z0-9]+\.pdf"),
        "created_at": utc(parcel.steps[0][0]),
        "updated_at": utc(parcel.steps[-1][0]),
        "delivered_at": utc(parcel.reached("delivered")),
    }


def scans(history: History, parcel: Parcel, now: datetime) -> list[tuple[str, str | None]]:
    """Compute status and time of each scan of a parcel of staff; a closed return has no more scans."""
    closed = [at for at, to in history.steps if to in {"completed", "rejected", "cancelled"}]
    made, end = parcel.steps[0][0], min([now, *closed])
    return [
        ("label_created", utc(made)),
        *(
            (word, utc(made + timedelta(hours=hours)))
            for hours, word in _SCANS
            if made + timedelta(hours=hours) <= end
        ),
    ]


def within(entries: Iterable[Entry], start: date | None, end: date | None) -> list[Entry]:
    """Return the entries of a period; its last day is part of it."""
    return [one for one in entries if _is_within(one[1].created_at, start, end)]


def _is_within(at: datetime, start: date | None, end: date | None) -> bool:
    day = at.astimezone(UTC).date()
    return (start is None or start <= day) and (end is None or day <= end)


def returns_report(entries: Iterable[Entry], group_by: str | None) -> dict[str, Any]:
    """Compute a `ReturnsReport`."""
    listed = list(entries)
    report: dict[str, Any] = {
        "total_rmas": len(listed),
        "total_refunded": _paid(listed),
        "by_status": dict(Counter(history.status for _, history in listed)),
        "by_reason": dict(Counter(reason(one, 0) for one, _ in listed)),
    }
    if group_by:
        groups: dict[date, list[Entry]] = {}
        for one, history in listed:
            groups.setdefault(_first_day(history.created_at.date(), group_by), []).append((one, history))
        report["periods"] = [
            {"start": start.isoformat(), "total_rmas": len(group), "total_refunded": _paid(group)}
            for start, group in sorted(groups.items())
        ]
    return report


def _first_day(day: date, group_by: str) -> date:
    if group_by == "month":
        return date(day.year, day.month, 1)
    return day if group_by == "day" else day - timedelta(days=day.isoweekday() - 1)


def _paid(entries: Iterable[Entry]) -> float:
    paid = [one.worth for one, history in entries if refund(one, history)]
    return number(sum(paid, Decimal(0)))


def reasons_report(entries: Iterable[Entry]) -> dict[str, Any]:
    """Compute a `ReasonsReport`: the first item's reason counts, the most frequent reason is first."""
    listed = [reason(one, 0) for one, _ in entries]
    figures = [
        {"reason": word, "count": found, "percentage": round(100 * found / len(listed), 2)}
        for word, found in Counter(listed).items()
    ]
    figures.sort(key=lambda figure: (-figure["count"], figure["reason"]))  # type: ignore[operator]
    return {"total_rmas": len(listed), "reasons": figures}


def carriers_report(
    entries: Iterable[Entry], labels: Labels, start: date | None, end: date | None
) -> dict[str, Any]:
    """Compute a `CarriersReport` of the labels that were made in a period."""
    of: dict[str, list[Parcel]] = {}
    for _, history in entries:
        for parcel in history.parcels:
            if _is_within(parcel.steps[0][0], start, end):
                of.setdefault(str(labels[parcel.id]["carrier"]), []).append(parcel)
    figures = [_carrier(name, parcels) for name, parcels in of.items()]
    figures.sort(key=lambda figure: (-figure["shipments"], figure["carrier"]))
    return {"total_shipments": sum(len(parcels) for parcels in of.values()), "carriers": figures}


def _carrier(name: str, parcels: list[Parcel]) -> dict[str, Any]:
    days = [
        (arrived - parcel.steps[0][0]) / timedelta(days=1)
        for parcel in parcels
        if (arrived := parcel.reached("delivered"))
    ]
    return {
        "carrier": name,
        "shipments": len(parcels),
        "delivered": len(days),
        "exceptions": sum(parcel.status == "exception" for parcel in parcels),
        "average_transit_days": round(sum(days) / len(days), 2) if days else None,
    }


def customer_stats(entries: Iterable[Entry], orders: int) -> dict[str, Any]:
    """Compute the `CustomerStats` of a customer's returns and number of orders."""
    listed = list(entries)
    returned = len({one.order for one, _ in listed})
    return {
        "total_returns": len(listed),
        "total_refunded": _paid(listed),
        "return_rate": round(100 * returned / max(orders, returned), 2),
        "last_return": utc(max(history.created_at for _, history in listed)),
    }
