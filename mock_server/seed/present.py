"""`PresentShop`: a tenant's current records at one vendor, converted from the vendor's format."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from mock_server.seed.model import RefundStatus, SeedCustomer, SeedItem, SeedLine, SeedOrder, State


@dataclass(frozen=True, slots=True)
class PresentParcel:
    """A return's parcel; `status` is the status in the carrier's last scan. Every field can be ""."""

    carrier: str
    service: str
    tracking_number: str
    status: str = ""


@dataclass(frozen=True, slots=True)
class PresentReturn:
    """A return; `status` is the vendor's status, and `state` is the most similar neutral state.

    Times are in microseconds since the Unix epoch. An item's reason is a neutral reason or one of the
    vendor's own reasons. It is "" if the vendor has no reasons.
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
    """A tenant's products, customers, orders and returns at one vendor, oldest order and return first.

    If the vendor stores no orders, `own_orders` is False and the orders are derived from returns. If the time
    of an order is unknown, its `ordered_at` is 0.
    """

    products: tuple[SeedLine, ...]
    customers: tuple[SeedCustomer, ...]
    orders: tuple[SeedOrder, ...]
    returns: tuple[PresentReturn, ...]
    own_orders: bool = True


def order_of(
    number: str, ordered_at: int, customer: SeedCustomer, currency: str, items: Iterable[SeedItem]
) -> SeedOrder:
    """Build an order that consists of the returned items; `ordered_at` is in µs, or 0 if it is unknown."""
    lines = (SeedLine(item.sku, item.name, item.size, item.quantity, item.unit_price) for item in items)
    return SeedOrder(number, ordered_at, customer, currency, tuple(lines))


def item(  # the arguments are values from JSON, whose types are not known
    sku: str,
    name: str | None,
    size: str | None,
    quantity: int,
    price: object,
    reason: str,
    comment: str | None,
) -> SeedItem:
    """Build an item from values in a vendor's document.

    A missing name is replaced by the SKU; a missing size or comment becomes "".
    """
    return SeedItem(sku, name or sku, size or "", quantity, Decimal(str(price)), reason, comment or "")
