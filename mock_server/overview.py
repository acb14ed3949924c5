"""`Overview`: a summary of a return, in the same form for all vendors."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Item:
    """A line item of a return.

    `reason` is the vendor's term for the reason. `amount` is the price of all units, or None if the return's
    document contains no price.
    """

    sku: str
    name: str
    quantity: int
    reason: str = ""
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Parcel:
    """A parcel of a return; `status` is the vendor's status."""

    id: str
    carrier: str
    tracking_number: str
    status: str


@dataclass(frozen=True, slots=True)
class Overview:
    """A summary of a return: its number, customer, value, items and parcels.

    `number` is the number that the vendor shows to customers. `amount` is the value of the returned items,
    and `currency` is its ISO 4217 code. If the value is unknown, `amount` is None and `currency` is "".
    """

    number: str
    customer_name: str
    customer_email: str
    amount: Decimal | None
    currency: str
    items: tuple[Item, ...]
    parcels: tuple[Parcel, ...] = ()
