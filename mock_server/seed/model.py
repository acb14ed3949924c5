"""What a seed consists of, in neutral words; each vendor lays it out in its own.

Times are µs since 1970 in UTC, whole seconds. Money is Decimal, in the return's currency.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

State = Literal[
    "requested",
    "approved",
    "label_sent",
    "in_transit",
    "received",
    "inspected",
    "completed",
    "rejected",
    "cancelled",
]
Reason = Literal["changed_mind", "wrong_size", "wrong_item", "damaged", "defective", "not_as_described"]
ReturnType = Literal["refund", "exchange", "store_credit"]
RefundStatus = Literal["paid", "failed", "awaited"]
Scanned = Literal["label_created", "picked_up", "in_transit", "out_for_delivery", "delivered", "exception"]


@dataclass(frozen=True, slots=True)
class SeedAddress:
    """Where a customer lives; the streets are invented, the suburbs too."""

    street: str
    suburb: str
    region: str
    postcode: str
    country: str


@dataclass(frozen=True, slots=True)
class SeedCustomer:
    """A customer; `orders` is how many orders they ever placed (at least one per return)."""

    name: str
    email: str
    phone: str
    address: SeedAddress
    orders: int


@dataclass(frozen=True, slots=True)
class SeedItem:
    """A line item that comes back; `size` is "" for what has none, `comment` the customer's words or ""."""

    sku: str
    name: str
    size: str
    quantity: int
    unit_price: Decimal
    reason: Reason
    comment: str


@dataclass(frozen=True, slots=True)
class SeedMove:
    """The return reached a neutral state."""

    at: int
    state: State


@dataclass(frozen=True, slots=True)
class SeedScan:
    """The carrier saw the parcel; `location` is a suburb, or "" where there is none."""

    at: int
    status: Scanned
    description: str
    location: str


@dataclass(frozen=True, slots=True)
class SeedShipment:
    """The parcel of a return. The first scan is `label_created`, at `created_at`."""

    created_at: int
    carrier: str
    service: str
    tracking_number: str
    scans: tuple[SeedScan, ...]


@dataclass(frozen=True, slots=True)
class SeedNote:
    """A remark of the shop's staff; internal ones are not for the customer."""

    at: int
    content: str
    internal: bool
    author: str


@dataclass(frozen=True, slots=True)
class SeedRefund:
    """The refund of a completed return; an exchange has none.

    `status`: "failed" when the payment did not go through, "awaited" while somebody outside has to make it.
    """

    at: int
    amount: Decimal
    method: Literal["original_payment", "store_credit"]
    status: RefundStatus


@dataclass(frozen=True, slots=True)
class SeedReturn:
    """One return and its history. `number` counts from 1, oldest first.

    `ordered` are all items of the order (quantity by SKU), `items` those that come back. `moves`
    start with `requested` at `created_at`; the last one is where the return stands. `partly`: only some of
    its items arrived so far. `staged`: it was laid out to stand where it does, so vendors leave it as it is.
    """

    number: int
    created_at: int
    ordered_at: int
    order_number: str
    ordered: tuple[tuple[str, int], ...]
    customer: SeedCustomer
    return_type: ReturnType
    currency: str
    items: tuple[SeedItem, ...]
    moves: tuple[SeedMove, ...]
    shipment: SeedShipment | None
    notes: tuple[SeedNote, ...]
    refund: SeedRefund | None
    partly: bool = False
    staged: bool = False

    @property
    def state(self) -> State:
        """Where the return stands."""
        return self.moves[-1].state
