"""One return, and one thing that happened to it, whichever vendor tells.

Every status has two names: the normalised one, of a closed set, and the vendor's own word beside it
(`vendor_status`), which is kept even where the normalised one is `other`. A fact that the vendor does not
tell is None, or empty; nothing is made up. `raw` is the vendor's record, whole.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    PlainSerializer,
    SerializerFunctionWrapHandler,
    computed_field,
    model_serializer,
)

from connector.definition.model import AddressRole, EventKind, InspectionStatus, ReturnStatus, ShipmentStatus


class Record(BaseModel):
    """Frozen, and refusing unknown names."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _digits(number: Decimal) -> str:
    return f"{number:f}"


Plain = Annotated[Decimal, PlainSerializer(_digits, return_type=str, when_used="json")]
"""A number that is written in plain digits, `1000`, never as `1E+3`."""


class Money(Record):
    """An amount, exact. `currency` is the vendor's code (mostly ISO 4217); None where none is told.

    `amount` is None only for a text that is no number, or could be two of them (`1,234`): then `text` is what
    the vendor gave.
    """

    amount: Plain | None
    currency: str | None = None
    text: str | None = None

    @model_serializer(mode="wrap")
    def _without_empty_text(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        found: dict[str, Any] = handler(self)
        return {name: value for name, value in found.items() if name != "text" or value is not None}


class Reason(Record):
    """Why something comes back, as the vendor codes and words it."""

    code: str | None = None
    text: str | None = None


class Address(Record):
    """An address; `lines` are the parts of its street."""

    name: str | None = None
    company: str | None = None
    lines: tuple[str, ...] = ()
    city: str | None = None
    region: str | None = None
    postal_code: str | None = None
    country: str | None = None
    phone: str | None = None
    email: str | None = None


class Customer(Record):
    """Who sends something back."""

    id: str | None = None
    name: str | None = None
    email: str | None = None
    phone: str | None = None


class Item(Record):
    """One line of a return.

    `quantity` is None where the vendor counts none (then each unit is a line). `resolution` is what the
    customer gets for it, in the vendor's word.
    """

    id: str | None = None
    sku: str | None = None
    barcode: str | None = None
    name: str | None = None
    variant: str | None = None
    quantity: Plain | None = None
    quantity_received: Plain | None = None
    price: Money | None = None
    resolution: str | None = None
    reasons: tuple[Reason, ...] = ()
    comment: str | None = None


class Shipment(Record):
    """A parcel. `outbound`: it travels to the customer; None where the vendor does not say."""

    id: str | None = None
    status: ShipmentStatus | None = None
    vendor_status: str | None = None
    carrier: str | None = None
    service: str | None = None
    outbound: bool | None = None
    tracking_number: str | None = None
    tracking_url: str | None = None
    label_url: str | None = None
    created_at: datetime | None = None
    delivered_at: datetime | None = None
    addresses: Mapping[AddressRole, Address] = {}


class Refund(Record):
    """Money given back, or asked for; `method` and `vendor_status` in the vendor's words."""

    id: str | None = None
    amount: Money | None = None
    method: str | None = None
    vendor_status: str | None = None
    issued_at: datetime | None = None


class UnifiedReturn(Record):
    """A return (RMA). `resolutions` are the vendor's words for what the customer gets, each once."""

    vendor: str
    id: str | None
    number: str | None = None
    order_id: str | None = None
    order_number: str | None = None
    status: ReturnStatus | None = None
    vendor_status: str | None = None
    shipping_status: ShipmentStatus | None = None
    vendor_shipping_status: str | None = None
    inspection_status: InspectionStatus | None = None
    vendor_inspection_status: str | None = None
    resolutions: tuple[str, ...] = ()
    customer: Customer | None = None
    addresses: Mapping[AddressRole, Address] = {}
    items: tuple[Item, ...] = ()
    shipments: tuple[Shipment, ...] = ()
    refunds: tuple[Refund, ...] = ()
    total: Money | None = None
    refund_total: Money | None = None
    fee: Money | None = None
    tax: Money | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    received_at: datetime | None = None
    closed_at: datetime | None = None
    raw: Mapping[str, Any]

    @computed_field  # type: ignore[prop-decorator]
    @property
    def reasons(self) -> tuple[Reason, ...]:
        """The reasons of all items, each once, in their order."""
        return tuple(dict.fromkeys(reason for item in self.items for reason in item.reasons))


class UnifiedEvent(Record):
    """Something that happened at one vendor, told by one of its triggers.

    `id` is the trigger's event id, the same whenever it is told again, and unique within a `profile`.
    `kind` is of a closed set, `trigger` the catalog's key. `record` is the return it is about, as far as the
    vendor's record tells of it; None where the record is no part of a return (an order). `occurred_at` is
    the vendor's time if it tells one, `observed_at` ours.
    """

    id: str
    kind: EventKind
    vendor: str
    profile: str | None = None
    trigger: str
    occurred_at: datetime | None
    observed_at: datetime
    record: UnifiedReturn | None
    raw: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        """Return JSON values: amounts as text, times in ISO 8601; `raw` once, its numbers as they came."""
        told = self.model_dump(mode="json", exclude={"raw": True, "record": {"raw"}})
        return {**told, "raw": dict(self.raw)}
