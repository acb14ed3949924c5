"""`Overview`: what a person wants to know about a return, in the same form for all vendors."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Item:
    """A line item of a return. `reason` is in the vendor's words; `amount` is the price of all units.

    `amount` is None if the return's document contains no price.
    """

    sku: str
    name: str
    quantity: int
    reason: str = ""
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Parcel:
    """A parcel of a return. `status` is in the vendor's words."""

    id: str
    carrier: str
    tracking_number: str
    status: str


@dataclass(frozen=True, slots=True)
class Overview:
    """A return's number, customer, value, items and parcels.

    `number` is the number that the vendor shows to customers. `amount` is the value of the returned items in
    `currency` (ISO 4217); both are None or "" if they are unknown.
    """

    number: str
    customer_name: str
    customer_email: str
    amount: Decimal | None
    currency: str
    items: tuple[Item, ...]
    parcels: tuple[Parcel, ...] = ()
