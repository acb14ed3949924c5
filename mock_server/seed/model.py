"""Vendor-neutral data classes for seed data; each vendor converts them to its own documents.

Times are in microseconds since the Unix epoch, and are multiples of one second. Amounts are `Decimal`, in the
return's currency.
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
    """A customer's postal address, with an invented street and suburb."""

    street: str
    suburb: str
    region: str
    postcode: str
    country: str


@dataclass(frozen=True, slots=True)
class SeedCustomer:
    """A customer; `orders` is the number of orders that they have placed."""

    name: str
    email: str
    phone: str
    address: SeedAddress
    orders: int


@dataclass(frozen=True, slots=True)
class SeedItem:
    """A returned line item; `comment` is the customer's explanation.

    `comment` and `size` can be "". `reason` is a `Reason`, or one of the vendor's own reasons.
    """

    sku: str
    name: str
    size: str
    quantity: int
    unit_price: Decimal
    reason: str
    comment: str


@dataclass(frozen=True, slots=True)
class SeedMove:
    """A change of a return's status; `state` is the return's new vendor-neutral state.

    `status` is the vendor's status after the change. If it is "", the vendor derives it from `state`.
    """

    at: int
    state: State
    status: str = ""


@dataclass(frozen=True, slots=True)
class SeedScan:
    """A carrier's scan of a parcel; `location` can be ""."""

    at: int
    status: Scanned
    description: str
    location: str


@dataclass(frozen=True, slots=True)
class SeedShipment:
    """The parcel that a customer sends back. Its first scan is `label_created`, at `created_at`."""

    created_at: int
    carrier: str
    service: str
    tracking_number: str
    scans: tuple[SeedScan, ...]


@dataclass(frozen=True, slots=True)
class SeedNote:
    """A note written by the shop's staff; notes that are `internal` are not shown to customers."""

    at: int
    content: str
    internal: bool
    author: str


@dataclass(frozen=True, slots=True)
class SeedRefund:
    """The refund for a completed return; an exchange has no refund.

    `status` is "failed" if the payment did not go through, and "awaited" if an integrator still has to make
    the payment.
    """

    at: int
    amount: Decimal
    method: Literal["original_payment", "store_credit"]
    status: RefundStatus


@dataclass(frozen=True, slots=True)
class SeedLine:
    """A product with its price, or a line of an order; only the line of an order uses `quantity`.

    `size` can be "".
    """

    sku: str
    name: str
    size: str
    quantity: int
    unit_price: Decimal


@dataclass(frozen=True, slots=True)
class SeedOrder:
    """An order in a merchant's own shop; it can have any number of returns."""

    number: str
    ordered_at: int
    customer: SeedCustomer
    currency: str
    lines: tuple[SeedLine, ...]


@dataclass(frozen=True, slots=True)
class SeedShop:
    """The products, customers and orders of a merchant's own shop at one vendor, oldest order first."""

    products: tuple[SeedLine, ...]
    customers: tuple[SeedCustomer, ...]
    orders: tuple[SeedOrder, ...]


@dataclass(frozen=True, slots=True)
class SeedReturn:
    """One return with its history; a tenant's returns are numbered from 1 (`number`), oldest first.

    `ordered` contains the SKU and quantity of every item in the order, and `items` contains the returned
    items. `moves` starts with the state `requested` at `created_at`, and ends with the current state. If
    `partly` is True, only some items have arrived. If `staged` is True, the return was generated to be in a
    certain stage (see `stages`), so vendors must not add variations of their own to it.

    `return_type` is a `ReturnType`, or one of the vendor's own types. If `from_shop` is True, the return
    comes from a `SeedShop`: its moves have statuses, and vendors must not add or change anything.
    """

    number: int
    created_at: int
    ordered_at: int
    order_number: str
    ordered: tuple[tuple[str, int], ...]
    customer: SeedCustomer
    return_type: str
    currency: str
    items: tuple[SeedItem, ...]
    moves: tuple[SeedMove, ...]
    shipment: SeedShipment | None
    notes: tuple[SeedNote, ...]
    refund: SeedRefund | None
    partly: bool = False
    staged: bool = False
    from_shop: bool = False

    @property
    def state(self) -> State:
        """The return's current vendor-neutral state."""
        return self.moves[-1].state
