"""The vendor-neutral data classes of generated returns; each vendor converts them to its own documents.

Times are microseconds since the Unix epoch, in whole seconds. Amounts are `Decimal`, in the return's
currency.
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
    """A customer. `orders` is the number of orders they have placed, at least one per return."""

    name: str
    email: str
    phone: str
    address: SeedAddress
    orders: int


@dataclass(frozen=True, slots=True)
class SeedItem:
    """A returned line item; `size` and `comment`, which the customer wrote, can be ""."""

    sku: str
    name: str
    size: str
    quantity: int
    unit_price: Decimal
    reason: Reason
    comment: str


@dataclass(frozen=True, slots=True)
class SeedMove:
    """A change of a return's status, expressed as the neutral state that the return enters."""

    at: int
    state: State


@dataclass(frozen=True, slots=True)
class SeedScan:
    """A carrier's scan of a parcel; `location` can be ""."""

    at: int
    status: Scanned
    description: str
    location: str


@dataclass(frozen=True, slots=True)
class SeedShipment:
    """The parcel in which a customer sends items back. Its first scan is `label_created`, at `created_at`."""

    created_at: int
    carrier: str
    service: str
    tracking_number: str
    scans: tuple[SeedScan, ...]


@dataclass(frozen=True, slots=True)
class SeedNote:
    """A note written by the shop's staff; customers do not see notes that are `internal`."""

    at: int
    content: str
    internal: bool
    author: str


@dataclass(frozen=True, slots=True)
class SeedRefund:
    """The refund of a completed return; an exchange has no refund.

    `status` is "failed" if the payment did not go through, and "awaited" if an integrator has to make the
    payment.
    """

    at: int
    amount: Decimal
    method: Literal["original_payment", "store_credit"]
    status: RefundStatus


@dataclass(frozen=True, slots=True)
class SeedReturn:
    """One return with its history; `number` counts a tenant's returns from 1, oldest first.

    `ordered` contains the SKU and quantity of every item in the order, `items` the returned items. `moves`
    starts with `requested` at `created_at` and ends with the current state. `partly` means that only some
    items have arrived. A `staged` return was generated to show a particular stage (see `stages`), so vendors
    must not vary it.
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
        """The current neutral state."""
        return self.moves[-1].state
