"""A shop's records, as the schema `Shop` in `openapi/sandbox.yaml` describes them.

The module `checking` validates the content against the schema first; these models only fill in defaults. The
fields `age` and `changed` are texts such as `3d`, which `ages.moment` parses.
"""

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict

from mock_server.seed import RefundStatus


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _as_object(given: Any) -> Any:
    """Convert the short form of a line, which is a SKU, to its long form."""
    return {"sku": given} if isinstance(given, str) else given


def _as_list(given: Any) -> Any:
    return [given] if isinstance(given, str) else given


def _exact(given: Any) -> Any:
    """Convert a float to text, so that `Decimal` gets the decimal number that was written in JSON."""
    return str(given) if isinstance(given, float) else given


Money = Annotated[Decimal, BeforeValidator(_exact)]
Vendors = Annotated[tuple[str, ...], BeforeValidator(_as_list)]


class Product(_Record):
    """A product; `price` includes tax, and `size` can be ""."""

    sku: str
    price: Money
    name: str = ""
    size: str = ""


class Address(_Record):
    """A postal address."""

    street: str = ""
    city: str = ""
    region: str = ""
    postcode: str = ""
    country: str = ""


class Customer(_Record):
    """A customer; if `name` is "", the name is derived from the e-mail address."""

    email: str
    name: str = ""
    phone: str = ""
    address: Address = Address()


class Line(_Record):
    """A line of an order; if `price` is None, the product's price applies."""

    sku: str
    quantity: int = 1
    price: Money | None = None


class Order(_Record):
    """An order; `customer` is the customer's e-mail address.

    If `vendors` is empty, all vendors have the order. If `currency` is "", the shop's currency applies.
    """

    number: str
    customer: str
    items: tuple[Annotated[Line, BeforeValidator(_as_object)], ...]
    age: str = ""
    currency: str = ""
    vendors: Vendors = ()


class ReturnItem(_Record):
    """An item of a return; if `quantity` is 0, all ordered units are returned."""

    sku: str
    quantity: int = 0
    reason: str = "changed_mind"
    comment: str = ""


class Parcel(_Record):
    """A parcel; if `tracking_number` is "", a number is derived from the order number."""

    carrier: Literal["australia_post", "startrack", "tnt", "tge"] = "australia_post"
    service: Literal["standard", "express"] = "standard"
    tracking_number: str = ""
    status: Literal["", "picked_up", "in_transit", "out_for_delivery", "delivered", "exception"] = ""


class Difference(_Record):
    """The fields of a return that differ at one vendor; "" means that the field does not differ."""

    status: str = ""
    type: str = ""
    reason: str = ""


class Return(_Record):
    """A return of the order with the number `order`; if `items` is empty, the whole order is returned.

    If `vendors` is empty, all vendors that have the order also have the return.
    """

    order: str
    status: str
    age: str = ""
    changed: str = ""
    type: str = "refund"
    refund: RefundStatus = "paid"
    items: tuple[Annotated[ReturnItem, BeforeValidator(_as_object)], ...] = ()
    parcel: Parcel | None = None
    vendors: Vendors = ()
    by_vendor: dict[str, Difference] = {}


class Shop(_Record):
    """A merchant's own shop: the seed data of a tenant, for all vendors."""

    currency: str = "AUD"
    products: tuple[Product, ...] = ()
    customers: tuple[Customer, ...] = ()
    orders: tuple[Order, ...] = ()
    returns: tuple[Return, ...] = ()
