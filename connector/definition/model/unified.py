"""Where a vendor's records hold what every return has: one table per vendor, written in its catalog.

The parts are the words of the catalog's `unified` section as they stand: a path is written with dots
(`customer.email`), relative to the record, or inside a list to one of its members. A fact without a path is
one that the vendor does not tell. `connector.definition.compiler.unified` checks every path against the
description, `connector.unified` reads records by the tables.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator
from pydantic import Field as Default

from connector.definition.model.fields import Part, Path

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
    "return_received", "return_inspected", "return_completed", "return_cancelled",
    "shipment_created", "shipment_status_changed", "shipment_delivered",
    "inspection_changed", "inspection_passed", "inspection_failed",
    "refund_requested", "refund_issued", "transaction_created", "transaction_status_changed",
    "comment_added", "order_created", "other",
]  # fmt: skip


def _split(written: Any) -> Any:
    return tuple(written.split(".")) if isinstance(written, str) else written


Where = Annotated[Path, BeforeValidator(_split), Default(min_length=1)]


class MoneyTable(Part):
    """An amount and its currency: beside it at `currency`, or said once for the record at `return_currency`.

    Neither: the vendor does not say which currency it is.
    """

    amount: Where
    currency: Where | None = None
    return_currency: Where | None = None


class ReasonTable(Part):
    """Why something comes back: the vendor's code, its words, or both."""

    code: Where | None = None
    text: Where | None = None


class AddressTable(Part):
    """An address; `lines` are the parts of its street, in order."""

    name: Where | None = None
    company: Where | None = None
    lines: tuple[Where, ...] = ()
    city: Where | None = None
    region: Where | None = None
    postal_code: Where | None = None
    country: Where | None = None
    phone: Where | None = None
    email: Where | None = None


class CustomerTable(Part):
    """Who sends something back."""

    id: Where | None = None
    name: Where | None = None
    email: Where | None = None
    phone: Where | None = None


class ItemTable(Part):
    """The lines of a return, in the list at `at`."""

    at: Where
    id: Where | None = None
    sku: Where | None = None
    barcode: Where | None = None
    name: Where | None = None
    variant: Where | None = None
    quantity: Where | None = None
    quantity_received: Where | None = None
    price: MoneyTable | None = None
    resolution: Where | None = None
    reasons: tuple[ReasonTable, ...] = ()
    comment: Where | None = None


class FlagTable(Part):
    """Yes where the value at `at` is `equals`, no where it is another one."""

    at: Where
    equals: str | bool


class ShipmentTable(Part):
    """Parcels: in the list (or the one object) at `at`, or the record itself."""

    at: Where | None = None
    id: Where | None = None
    status: Where | None = None
    carrier: Where | None = None
    service: Where | None = None
    outbound: FlagTable | None = None
    tracking_number: Where | None = None
    tracking_url: Where | None = None
    label_url: Where | None = None
    created_at: Where | None = None
    delivered_at: Where | None = None
    addresses: Mapping[AddressRole, AddressTable] = {}


class RefundTable(Part):
    """Money given back: in the list (or the one object) at `at`, `unless` a member is something else."""

    at: Where
    unless: FlagTable | None = None
    id: Where | None = None
    amount: MoneyTable | None = None
    method: Where | None = None
    status: Where | None = None
    issued_at: Where | None = None


class ReturnTable(Part):
    """How one kind of record is a return.

    All paths start `within` the record, where that holds the return beside other things. `resolutions` may
    lead through a list. A record that is only a part of a return (a shipment) names the
    return by `id` and `number`, and is itself the shipment.
    """

    within: Where | None = None
    id: Where
    number: Where | None = None
    order_id: Where | None = None
    order_number: Where | None = None
    status: Where | None = None
    shipping_status: Where | None = None
    inspection_status: Where | None = None
    resolutions: Where | None = None
    customer: CustomerTable | None = None
    addresses: Mapping[AddressRole, AddressTable] = {}
    items: ItemTable | None = None
    shipments: ShipmentTable | None = None
    refunds: RefundTable | None = None
    total: MoneyTable | None = None
    refund_total: MoneyTable | None = None
    fee: MoneyTable | None = None
    tax: MoneyTable | None = None
    created_at: Where | None = None
    updated_at: Where | None = None
    received_at: Where | None = None
    closed_at: Where | None = None


class Unified(Part):
    """One vendor's table.

    `statuses`, `shipment_statuses` and `inspection_statuses` map every word of the vendor; words are
    compared without case, blanks, `-` and `_`. `returns` tells of each resource that is a return, or a part
    of one, where its facts are. `events` tells of each trigger what kind of event it is.
    """

    statuses: Mapping[str, ReturnStatus]
    shipment_statuses: Mapping[str, ShipmentStatus] = {}
    inspection_statuses: Mapping[str, InspectionStatus] = {}
    returns: Mapping[str, ReturnTable]
    events: Mapping[str, EventKind]
