"""The records of a seed in vendor-neutral terms; each vendor converts them to its own documents.

Times are µs since 1970 in UTC, in whole seconds. Amounts are Decimal, in the return's currency.
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
    """A customer's address, with an invented street and suburb."""

    street: str
    suburb: str
    region: str
    postcode: str
    country: str


@dataclass(frozen=True, slots=True)
class SeedCustomer:
    """A customer; `orders` counts all their orders, at least one per return."""

    name: str
    email: str
    phone: str
    address: SeedAddress
    orders: int


@dataclass(frozen=True, slots=True)
class SeedItem:
    """A returned line item; `size` and the customer's `comment` may be ""."""

    sku: str
    name: str
    size: str
    quantity: int
    unit_price: Decimal
    reason: Reason
    comment: str


@dataclass(frozen=True, slots=True)
class SeedMove:
    """A return's move to a neutral state."""

    at: int
    state: State


@dataclass(frozen=True, slots=True)
class SeedScan:
    """A carrier's scan of a parcel; `location` may be ""."""

    at: int
    status: Scanned
    description: str
    location: str


@dataclass(frozen=True, slots=True)
class SeedShipment:
    """The parcel of a return. Its first scan is `label_created`, at `created_at`."""

    created_at: int
    carrier: str
    service: str
    tracking_number: str
    scans: tuple[SeedScan, ...]


@dataclass(frozen=True, slots=True)
class SeedNote:
    """A note by the shop's staff; customers do not see `internal` ones."""

    at: int
    content: str
    internal: bool
    author: str


@dataclass(frozen=True, slots=True)
class SeedRefund:
    """The refund of a completed return; an exchange has none.

    `status` is "failed" if the payment did not go through, "awaited" if an integrator has to make it.
    """

    at: int
    amount: Decimal
    method: Literal["original_payment", "store_credit"]
    status: RefundStatus


@dataclass(frozen=True, slots=True)
class SeedReturn:
    """One return and its history. `number` counts from 1, oldest first.

    `ordered` lists all items of the order (SKU and quantity), `items` the returned ones. `moves` start with
    `requested` at `created_at` and end with the current state. `partly` means that only some items have
    arrived. `staged` returns show one stage on purpose (see `stages`), so vendors do not vary them.
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
        """Return the current state."""
        return self.moves[-1].state
