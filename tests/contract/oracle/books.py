"""The books of an invented shop: every order and return that the oracle knows, before any vendor sees them.

All prices and all worths of returns differ, the quantities in a return differ, and so do all times, so that
swapped fields, lost line items and wrong dates change a figure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

START = datetime(2026, 3, 17, 9, 0, tzinfo=UTC)
"""When the clock of the shop starts."""
CURRENCIES = ("AUD", "NZD", "EUR")
SHOPPERS = ("refund", "exchange", "store_credit")
"""The types that a shopper can ask for; a file can have others."""
_GOODS = (
    ("LMP-OAK", "Oak lamp", "", "8.05"),
    ("TEE-NVY-M", "Navy tee", "M", "6.40"),
    ("MUG", "Mug", "", "3.15"),
)
_REASONS = (
    "changed_mind", "wrong_size", "wrong_item", "damaged", "defective", "not_as_described",
)  # fmt: skip
_CARRIERS = ("australia_post", "startrack", "tnt", "tge")


@dataclass(frozen=True)
class Line:
    """A line of an order; `price` is the price of one unit, with tax."""

    sku: str
    name: str
    size: str
    ordered: int
    price: Decimal


@dataclass(frozen=True)
class Item:
    """A returned part of an order's line."""

    line: Line
    quantity: int
    reason: str
    comment: str

    @property
    def worth(self) -> Decimal:
        return self.line.price * self.quantity


@dataclass(frozen=True)
class Customer:
    name: str
    email: str
    phone: str


@dataclass(frozen=True)
class Booked:
    """A return and its order, in neutral words; `status` is the vendor's word for the status to reach.

    A return that is `live` is requested by a shopper while the clock runs; the others are in the shop's file.
    """

    place: int
    order: str
    ordered_at: datetime
    currency: str
    customer: Customer
    lines: tuple[Line, ...]
    type: str
    items: tuple[Item, ...]
    status: str
    live: bool
    created_at: datetime
    carrier: str
    tracking_number: str

    @property
    def refund(self) -> str:
        """How the refund of a completed return of the file went."""
        return ("paid", "failed", "awaited")[(self.place // 3 + self.place) % 3]

    @property
    def worth(self) -> Decimal:
        return sum((item.worth for item in self.items), Decimal(0))


HOMES = {
    "street": "12 Harbour Street", "city": "Marlow Bend", "region": "NSW", "postcode": "2009",
    "country": "AU",
}  # fmt: skip
CUSTOMERS = (
    Customer("Iris Lane", "iris.lane@example.com", "+61 2 5550 0142"),
    Customer("Noah Reed", "noah.reed@example.org", "+61 3 5550 0177"),
)


def booked(types: Sequence[str], seeded: Sequence[str], live: Sequence[str]) -> list[Booked]:
    """Return one return for each type, currency and status, with the statuses of the file and of staff."""
    places = count()
    return [
        _one(next(places), type_, currency, status, live=is_live)
        for is_live, statuses in ((False, seeded), (True, live))
        for status in statuses
        for type_ in types
        if not is_live or type_ in SHOPPERS
        for currency in CURRENCIES
    ]


def _one(place: int, type_: str, currency: str, status: str, *, live: bool) -> Booked:
    lines = tuple(
        Line(sku, name, size, 9 + number, Decimal(1237 + 391 * (3 * place + number)) / 100)
        for number, (sku, name, size, _) in enumerate(_GOODS)
    )
    quantities = (1 + place % 3, 5 + place % 4)
    items = tuple(
        Item(line, quantity, _REASONS[(place + number) % 6], f"Comment {place}-{number}")
        for number, (line, quantity) in enumerate(zip(lines[:2], quantities, strict=True))
    )
    created = START - timedelta(days=20, minutes=97 * place)
    return Booked(
        place=place,
        order=f"#{5001 + place}",
        ordered_at=created - timedelta(days=3 + place % 5, minutes=41 * place, seconds=17),
        currency=currency,
        customer=CUSTOMERS[place % 2],
        lines=lines,
        type=type_,
        items=items,
        status=status,
        live=live,
        created_at=created,
        carrier=_CARRIERS[place % 4],
        tracking_number=f"TRACK{place:05d}",
    )


def changed_at(one: Booked) -> datetime:
    """Return when a return of the file gets its status."""
    return one.created_at + timedelta(days=4, minutes=13 * one.place)


def as_file(books: Sequence[Booked], with_parcel: Sequence[str], vendor: str) -> dict[str, Any]:
    """Write a vendor's books as a shop's file; returns in one of the statuses `with_parcel` have a parcel."""
    return {
        "currency": "USD",  # no order has it, so it may not appear anywhere
        "products": [
            {"sku": sku, "name": name, "price": float(price), **({"size": size} if size else {})}
            for sku, name, size, price in _GOODS
        ],
        "customers": [
            {"email": one.email, "name": one.name, "phone": one.phone, "address": HOMES} for one in CUSTOMERS
        ],
        "orders": [
            {
                "number": one.order,
                "vendors": vendor,
                "customer": one.customer.email,
                "age": one.ordered_at.isoformat(),
                "currency": one.currency,
                "items": [
                    {"sku": line.sku, "quantity": line.ordered, "price": float(line.price)}
                    for line in one.lines
                ],
            }
            for one in books
        ],
        "returns": [{**_returned(one, with_parcel), "vendors": vendor} for one in books if not one.live],
    }


def _returned(one: Booked, with_parcel: Sequence[str]) -> dict[str, Any]:
    parcel = {"carrier": one.carrier, "service": "express", "tracking_number": one.tracking_number}
    return {
        "order": one.order,
        "status": one.status,
        "type": one.type,
        "refund": one.refund,
        "age": one.created_at.isoformat(),
        "changed": changed_at(one).isoformat(),
        "items": requested_items(one, "comment"),
        **({"parcel": parcel} if one.status in with_parcel else {}),
    }


def requested_items(one: Booked, comment: str) -> list[dict[str, Any]]:
    """Return a return's items as a request has them; `comment` is the name of the comment's field."""
    return [
        {"sku": item.line.sku, "quantity": item.quantity, "reason": item.reason, comment: item.comment}
        for item in one.items
    ]
