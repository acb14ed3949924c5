"""Defines the common model for returns and events from all vendors: `UnifiedReturn` and `UnifiedEvent`.

Each status has two fields: a normalized status from a fixed set of values (`status`), and the vendor's own
status word (`vendor_status`), which is kept even if the normalized status is `other`. A field that the
vendor does not provide is None or empty; no value is guessed. `raw` is the vendor's complete record.
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
    """The base class of the types in the common model, which are immutable and reject unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _digits(number: Decimal) -> str:
    return f"{number:f}"


Plain = Annotated[Decimal, PlainSerializer(_digits, return_type=str, when_used="json")]
"""A `Decimal` that is serialized to JSON as a string of plain digits (`1000`, not `1E+3`)."""


class Money(Record):
    """An exact amount of money.

    `currency` is the vendor's currency code (usually ISO 4217), or None if missing. `amount` is None only if
    the vendor's value is not a number, or is ambiguous (such as `1,234`); `text` is then the vendor's value.
    """

    amount: Plain | None
    currency: str | None = None
    text: str | None = None

    @model_serializer(mode="wrap")
    def _without_empty_text(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        fields: dict[str, Any] = handler(self)
        return {name: value for name, value in fields.items() if name != "text" or value is not None}


class Reason(Record):
    """The reason for the return of an item: the vendor's code and description."""

    code: str | None = None
    text: str | None = None


class Address(Record):
    """A postal address; `lines` contains the street address, line by line."""

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
    """The customer who returns items."""

    id: str | None = None
    name: str | None = None
    email: str | None = None
    phone: str | None = None


class Item(Record):
    """A line item in a return.

    `quantity` is None if the vendor lists each unit as a separate item and does not report quantities.
    `resolution` is the vendor's word for what the customer receives for the item, such as a refund.
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
    """A parcel that was sent for a return.

    `outbound` is true for a parcel to the customer, false for a parcel from the customer, and None if the
    direction is unknown.
    """

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
    """A refund that was issued or requested; `method` and `vendor_status` are the vendor's own words."""

    id: str | None = None
    amount: Money | None = None
    method: str | None = None
    vendor_status: str | None = None
    issued_at: datetime | None = None


class UnifiedReturn(Record):
    """A return (RMA) in the common model.

    `link` is the address of a page about the return. `resolutions` lists the vendor's words for what the
    customer receives, such as a refund. Each word is listed once.
    """

    vendor: str
    id: str | None
    number: str | None = None
    order_id: str | None = None
    order_number: str | None = None
    link: str | None = None
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
        """The reasons for all items, without duplicates, in the order of the items."""
        return tuple(dict.fromkeys(reason for item in self.items for reason in item.reasons))


class UnifiedEvent(Record):
    """An event from a vendor's trigger, in the common model.

    `id` is the ID of the trigger's event. It is unique within a `profile`, and does not change if the event
    is delivered again. `kind` is the event type, which is the same for all vendors, and `trigger` is the
    trigger's key. `record` is the return that the event is about, or None if the event is about something
    else, such as an order. `occurred_at` is the event's time according to the vendor, or None if missing.
    `observed_at` is the time at which the poll found the event, according to the local clock.
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
        """Convert the event to a JSON object.

        Amounts are strings, times are in ISO 8601 format, and `raw` is unchanged.
        """
        fields = self.model_dump(mode="json", exclude={"raw": True, "record": {"raw"}})
        return {**fields, "raw": dict(self.raw)}
