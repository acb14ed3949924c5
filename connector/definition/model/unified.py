"""Models of a catalog's `unified` section, which maps a vendor's records to the common model of a return.

The classes have the same structure as the section in the catalog. A path is written with dots
(`customer.email`) and is relative to the record or, inside a list, to one item of the list. If a field has no
path, the vendor does not provide its value. `connector.definition.compiler.unified` checks the paths against
the specification, and `connector.unified` uses the tables to read records.
"""

from collections.abc import Mapping
from typing import Literal

from connector.definition.model.dotted import DottedPath
from connector.definition.model.fields import FrozenModel
from connector.definition.model.shared_steps import ActionTable, SearchTable, SharedAction, SharedSearch

ReturnStatus = Literal[
    "requested", "approved", "rejected", "label_sent", "in_transit", "received", "inspected", "processing",
    "on_hold", "completed", "cancelled", "expired", "other",
]  # fmt: skip
ShipmentStatus = Literal[
    "pending", "label_created", "in_transit", "delivered", "received", "exception", "cancelled", "other"
]
InspectionStatus = Literal["pending", "passed", "failed", "partial", "other"]
AddressRole = Literal["shipping", "billing", "sender", "recipient"]
EventKind = Literal[
    "return_created", "return_updated", "return_status_changed", "return_approved", "return_rejected",
    "return_received", "return_inspected", "return_completed", "return_cancelled", "return_on_hold",
    "shipment_created", "shipment_status_changed", "shipment_delivered", "shipment_exception",
    "inspection_changed", "inspection_passed", "inspection_failed",
    "refund_requested", "refund_issued", "transaction_created", "transaction_status_changed",
    "comment_added", "order_created", "other",
]  # fmt: skip


class MoneyTable(FrozenModel):
    """The paths of an amount and its currency.

    `currency` is relative to the object that contains the amount, and `return_currency` to the return's
    record; the latter is used if `currency` leads to no value. If both are None, the vendor does not report a
    currency.
    """

    amount: DottedPath
    currency: DottedPath | None = None
    return_currency: DottedPath | None = None


class ReasonTable(FrozenModel):
    """The paths of the reason for a return: the vendor's code, a description, or both."""

    code: DottedPath | None = None
    text: DottedPath | None = None


class AddressTable(FrozenModel):
    """The paths of an address; `lines` contains the paths of the street address lines, in order."""

    name: DottedPath | None = None
    company: DottedPath | None = None
    lines: tuple[DottedPath, ...] = ()
    city: DottedPath | None = None
    region: DottedPath | None = None
    postal_code: DottedPath | None = None
    country: DottedPath | None = None
    phone: DottedPath | None = None
    email: DottedPath | None = None


class CustomerTable(FrozenModel):
    """The paths of the ID, name, email address and phone number of the customer."""

    id: DottedPath | None = None
    name: DottedPath | None = None
    email: DottedPath | None = None
    phone: DottedPath | None = None


class ItemTable(FrozenModel):
    """How to read the items of a return from the list at `at`."""

    at: DottedPath
    id: DottedPath | None = None
    sku: DottedPath | None = None
    barcode: DottedPath | None = None
    name: DottedPath | None = None
    variant: DottedPath | None = None
    quantity: DottedPath | None = None
    quantity_received: DottedPath | None = None
    price: MoneyTable | None = None
    resolution: DottedPath | None = None
    reasons: tuple[ReasonTable, ...] = ()
    comment: DottedPath | None = None


class FlagTable(FrozenModel):
    """A condition that is true if the value at the path `at` equals `equals`."""

    at: DottedPath
    equals: str | bool


class ShipmentTable(FrozenModel):
    """How to read shipments from the list or object at `at`, or from the record itself if `at` is None."""

    at: DottedPath | None = None
    id: DottedPath | None = None
    status: DottedPath | None = None
    carrier: DottedPath | None = None
    service: DottedPath | None = None
    outbound: FlagTable | None = None
    tracking_number: DottedPath | None = None
    tracking_url: DottedPath | None = None
    label_url: DottedPath | None = None
    created_at: DottedPath | None = None
    delivered_at: DottedPath | None = None
    addresses: Mapping[AddressRole, AddressTable] = {}


class RefundTable(FrozenModel):
    """How to read refunds from the list or object at `at`; a refund is skipped if `unless` is true for it."""

    at: DottedPath
    unless: FlagTable | None = None
    id: DottedPath | None = None
    amount: MoneyTable | None = None
    method: DottedPath | None = None
    status: DottedPath | None = None
    issued_at: DottedPath | None = None


class ReturnTable(FrozenModel):
    """How to read a return from one kind of record.

    If the return is an object inside the record, `within` is the path of this object, and all other paths are
    relative to it. `link` is the path of the URL of a page about the return. `resolutions` is the only
    path that may lead through a list. A record can also be a part of a return, such as a shipment. In this
    case, `id` and `number` are the paths of the return's ID and number in the record, and the `shipments`
    table describes the record itself.
    """

    within: DottedPath | None = None
    id: DottedPath
    number: DottedPath | None = None
    order_id: DottedPath | None = None
    order_number: DottedPath | None = None
    link: DottedPath | None = None
    status: DottedPath | None = None
    shipping_status: DottedPath | None = None
    inspection_status: DottedPath | None = None
    resolutions: DottedPath | None = None
    customer: CustomerTable | None = None
    addresses: Mapping[AddressRole, AddressTable] = {}
    items: ItemTable | None = None
    shipments: ShipmentTable | None = None
    refunds: RefundTable | None = None
    total: MoneyTable | None = None
    refund_total: MoneyTable | None = None
    fee: MoneyTable | None = None
    tax: MoneyTable | None = None
    created_at: DottedPath | None = None
    updated_at: DottedPath | None = None
    received_at: DottedPath | None = None
    closed_at: DottedPath | None = None


class Unified(FrozenModel):
    """The `unified` section: how to convert one vendor's records and events to the common model.

    `statuses`, `shipment_statuses` and `inspection_statuses` map the vendor's statuses to common statuses;
    case, white space, `-` and `_` are ignored when looking up a status. `returns` contains a table for each
    resource that is a return or part of a return. `events` maps each trigger to a common event type.
    `searches` and `actions` name the vendor's steps for what vendors share.
    """

    statuses: Mapping[str, ReturnStatus]
    shipment_statuses: Mapping[str, ShipmentStatus] = {}
    inspection_statuses: Mapping[str, InspectionStatus] = {}
    returns: Mapping[str, ReturnTable]
    events: Mapping[str, EventKind]
    searches: Mapping[SharedSearch, SearchTable] = {}
    actions: Mapping[SharedAction, ActionTable] = {}
