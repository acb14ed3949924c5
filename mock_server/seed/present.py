"""`PresentShop`: what a vendor's records say about a shop, in neutral words; the reverse of seeding."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from mock_server.seed.model import RefundStatus, SeedCustomer, SeedItem, SeedLine, SeedOrder, State


@dataclass(frozen=True, slots=True)
class PresentParcel:
    """A return's parcel: `carrier` and `service` in neutral words, and the last scan; each can be ""."""

    carrier: str
    service: str
    tracking_number: str
    status: str = ""


@dataclass(frozen=True, slots=True)
class PresentReturn:
    """A return as a vendor has it now; `status` is the vendor's status, and `state` the closest neutral one.

    Times are in microseconds since the Unix epoch. An item's reason is neutral, or the vendor's own, or ""
    if the vendor has no reasons.
    """

    order: SeedOrder
    status: str
    state: State
    created_at: int
    changed_at: int
    return_type: str
    items: tuple[SeedItem, ...]
    parcel: PresentParcel | None = None
    refund: RefundStatus = "paid"


@dataclass(frozen=True, slots=True)
class PresentShop:
    """A vendor's products, customers, orders and returns; `orders` and `returns` are in order of creation.

    If the vendor has no orders of its own (`own_orders` is False), they are put together from returns. An
    `ordered_at` of 0 is unknown.
    """

    products: tuple[SeedLine, ...]
    customers: tuple[SeedCustomer, ...]
    orders: tuple[SeedOrder, ...]
    returns: tuple[PresentReturn, ...]
    own_orders: bool = True


def order_of(
    number: str, ordered_at: int, customer: SeedCustomer, currency: str, items: Iterable[SeedItem]
) -> SeedOrder:
    """Put an order together from the items of a return."""
    lines = (SeedLine(item.sku, item.name, item.size, item.quantity, item.unit_price) for item in items)
    return SeedOrder(number, ordered_at, customer, currency, tuple(lines))


def item(  # a function, because the types of JSON values are unknown
    sku: str,
    name: str | None,
    size: str | None,
    quantity: int,
    price: object,
    reason: str,
    comment: str | None,
) -> SeedItem:
    """Build an item from the values of a vendor's document, of which some can be missing."""
    return SeedItem(sku, name or sku, size or "", quantity, Decimal(str(price)), reason, comment or "")
