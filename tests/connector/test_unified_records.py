"""Every value of a unified return comes from the right field: no two values of the vendor's record are equal.

Each table is written by hand: the path in the unified return, and the path in the vendor's record. `*` is the
same place in both lists; a value after `=` is a constant.
"""

from __future__ import annotations

from typing import Any

import pytest
from support.distinct import distinct, leaves
from support.each import each

from connector.definition.compiler import integration, vendors
from connector.unified import unified_return

KEPT = frozenset(
    (
        "status", "type", "type_string", "return_type", "returnType", "shipping_status", "currency",
        "quality_control_status", "shopCurrency", "customer_currency", "direction", "resolutionType",
        "customer_return_status", "workflowStatus",
    )
)  # fmt: skip
AT = "2026-05-01T00:00:00Z"
MONEY = {"amount": 1.5, "currency": "AUD", "shopAmount": 2.5, "shopCurrency": "NZD"}
MORE: dict[str, dict[str, Any]] = {
    "returnmate": {"refund": {"amount": 1.5, "currency": "NZD", "method": "card", "issued_at": AT}},
    "returngo": {
        "transactions": [
            {
                "id": 6,
                "type": "RefundToStoreCredit",
                "amount": MONEY,
                "status": "Success",
                "createdAt": "2026-05-01T00:00:00Z",
            }
        ]
    },
}
"""Parts that the specification's example of a return lacks."""
TABLES: dict[tuple[str, str], str] = {
    ("exsited", "return"): """
        vendor =exsited; id uuid; number id; status =requested; vendor_status customer_return_status
        items.*.id returns.*.uuid; items.*.sku returns.*.item_id; items.*.name returns.*.item_name
        items.*.quantity returns.*.rma_requested; items.*.quantity_received returns.*.rma_returned
        created_at created_on; updated_at last_updated_on
    """,
    ("returngo", "return_details"): """
        vendor =returngo; id rmaSummary.rmaId; number rmaSummary.rmaId; order_id orderDetails.orderId
        order_number orderDetails.order_name; status =approved; vendor_status rmaSummary.status
        resolutions.0 =RefundToPaymentMethod
        items.*.id items.*.returnedItemId; items.*.sku items.*.sku; items.*.barcode items.*.barcode
        items.*.name items.*.productName; items.*.variant items.*.variantName
        items.*.price.amount items.*.paidPrice.amount; items.*.price.currency items.*.paidPrice.currency
        items.*.resolution items.*.resolutionType; items.*.reasons.0.text items.*.returnReason
        items.*.comment items.*.extendedReason
        shipments.*.id shipments.*.shipmentId; shipments.*.status =label_created
        shipments.*.vendor_status shipments.*.status; shipments.*.carrier shipments.*.carrierName
        shipments.*.service shipments.*.actualServiceLevel; shipments.*.outbound shipments.*.isOutbound
        shipments.*.tracking_number shipments.*.trackingNumber
        shipments.*.tracking_url shipments.*.trackingURL; shipments.*.label_url shipments.*.labelURL
        shipments.*.addresses.sender.name shipments.*.customerAddress.name
        shipments.*.addresses.sender.lines.0 shipments.*.customerAddress.street1
        shipments.*.addresses.sender.city shipments.*.customerAddress.city
        shipments.*.addresses.sender.region shipments.*.customerAddress.state
        shipments.*.addresses.sender.postal_code shipments.*.customerAddress.zip
        shipments.*.addresses.sender.country shipments.*.customerAddress.country
        shipments.*.addresses.sender.phone shipments.*.customerAddress.phone
        shipments.*.addresses.sender.email shipments.*.customerAddress.email
        shipments.*.addresses.recipient.name shipments.*.returnAddress.name
        shipments.*.addresses.recipient.lines.0 shipments.*.returnAddress.street1
        shipments.*.addresses.recipient.city shipments.*.returnAddress.city
        shipments.*.addresses.recipient.region shipments.*.returnAddress.state
        shipments.*.addresses.recipient.postal_code shipments.*.returnAddress.zip
        shipments.*.addresses.recipient.country shipments.*.returnAddress.country
        shipments.*.addresses.recipient.phone shipments.*.returnAddress.phone
        shipments.*.addresses.recipient.email shipments.*.returnAddress.email
        refunds.*.id transactions.*.id; refunds.*.amount.amount transactions.*.amount.amount
        refunds.*.amount.currency transactions.*.amount.currency; refunds.*.method transactions.*.type
        refunds.*.vendor_status transactions.*.status; refunds.*.issued_at transactions.*.createdAt
        fee.amount cancellationFee; created_at createdAt; updated_at lastUpdated
    """,
    ("returnlogic", "rma"): """
        vendor =returnlogic; id rlRmaId; number rlRmaId; order_number orderName; status =received
        vendor_status workflowStatus; resolutions.0 =Refund; customer.name customerName
        customer.email customerEmail
        items.*.id rmaItems.*.rmaItemId; items.*.sku rmaItems.*.sku; items.*.name rmaItems.*.name
        items.*.variant rmaItems.*.variantName; items.*.quantity rmaItems.*.quantity
        items.*.resolution rmaItems.*.returnType; items.*.reasons.0.text rmaItems.*.returnReasonDescription
        items.*.comment rmaItems.*.returnReasonComment
        shipments.0.carrier shippingLabel.carrier; shipments.0.tracking_number shippingLabel.trackingNumber
        shipments.0.tracking_url shippingLabel.trackingUrl; refund_total.amount totals.refund.total
        created_at timeline.createDate; updated_at timeline.updateDate
    """,
    ("returnmate", "return_detail"): """
        vendor =returnmate; id id; number rma_number; order_number order_number; status =in_transit
        vendor_status status; resolutions.0 return_type; customer.name customer.name
        customer.email customer.email
        items.*.id items.*.id; items.*.sku items.*.sku; items.*.name items.*.name
        items.*.quantity items.*.quantity; items.*.price.amount items.*.unit_price
        items.*.price.currency currency; items.*.reasons.0.code items.*.reason
        items.*.comment items.*.notes
        shipments.*.id shipments.*.id; shipments.*.status =in_transit
        shipments.*.vendor_status shipments.*.status; shipments.*.carrier shipments.*.carrier
        shipments.*.service shipments.*.service; shipments.*.outbound =False
        shipments.*.tracking_number shipments.*.tracking_number
        shipments.*.label_url shipments.*.label_url; shipments.*.created_at shipments.*.created_at
        refunds.0.amount.amount refund.amount; refunds.0.amount.currency refund.currency
        refunds.0.method refund.method; refunds.0.issued_at refund.issued_at
        created_at created_at; updated_at updated_at
    """,
    ("swap", "return"): """
        vendor =swap; id return_id; number rma_number; order_id order_id; order_number shopify_order_name
        link portal_quick_link
        status =completed; vendor_status status; shipping_status =delivered
        vendor_shipping_status shipping_status; inspection_status =passed
        vendor_inspection_status quality_control_status; resolutions.0 =Refund
        customer.name customer_name; customer.email customer_email
        addresses.billing.name billing_address.name; addresses.billing.lines.0 billing_address.address1
        addresses.billing.city billing_address.city
        addresses.billing.region billing_address.state_province_code
        addresses.billing.postal_code billing_address.postcode
        addresses.billing.country billing_address.country_code
        addresses.shipping.name shipping_address.name; addresses.shipping.lines.0 shipping_address.address1
        addresses.shipping.city shipping_address.city
        addresses.shipping.region shipping_address.state_province_code
        addresses.shipping.postal_code shipping_address.postcode
        addresses.shipping.country shipping_address.country_code
        items.*.id products.*.product_id; items.*.sku products.*.sku; items.*.barcode products.*.barcode
        items.*.name products.*.product_name; items.*.variant products.*.variant_name
        items.*.quantity products.*.item_count; items.*.price.amount products.*.cost
        items.*.price.currency products.*.currency; items.*.resolution products.*.return_type
        items.*.reasons.0.code products.*.main_reason_id; items.*.reasons.0.text products.*.main_reason_text
        items.*.reasons.1.code products.*.sub_reason_id; items.*.reasons.1.text products.*.sub_reason_text
        items.*.comment products.*.comments
        shipments.*.id shipments.*.shipment_id; shipments.*.carrier shipments.*.display_name
        shipments.*.service shipments.*.shipping_service
        shipments.*.tracking_number shipments.*.tracking_number
        shipments.*.tracking_url shipments.*.tracking_url
        total.amount total; refund_total.amount total_refund_value_customer_currency
        refund_total.currency customer_currency; fee.amount handling_fee; tax.amount total_refunded_taxes
        created_at date_created; updated_at date_updated; received_at delivered_date; closed_at date_closed
    """,
}


def record(vendor: str, resource: str) -> dict[str, Any]:
    """Return the richest example of a resource, with a different value at every path."""
    made = integration(vendor)
    steps: list[Any] = [*made.triggers.values(), *made.searches.values(), *made.actions.values()]
    samples = [step.sample for step in steps if step.resource == resource]
    richest = max(samples, key=lambda sample: len(str(sample)))
    found: dict[str, Any] = distinct({**richest, **MORE.get(vendor, {})}, KEPT)
    return found


def expected(vendor: str, resource: str, raw: dict[str, Any]) -> dict[str, str]:
    """Return the value of every path of the unified return."""
    values = {path: text(value) for path, value in leaves(raw)}
    pairs = [entry.split() for line in TABLES[vendor, resource].splitlines() for entry in line.split(";")]
    found: dict[str, str] = {}
    for path, source in (pair for pair in pairs if pair):
        for place in range(2) if "*" in path else range(1):
            at = source.replace("*", str(place))
            found[path.replace("*", str(place))] = at[1:] if at.startswith("=") else values[at]
    return found


def text(value: Any) -> str:
    return str(value).replace("+00:00", "Z").replace(" 00:00:00", "")


@pytest.mark.parametrize(("vendor", "resource"), TABLES)
def test_every_value_comes_from_its_field(vendor: str, resource: str) -> None:
    raw = record(vendor, resource)
    made = unified_return(integration(vendor), resource, raw)
    assert made is not None
    dumped = made.model_dump(exclude={"raw", "reasons"}, exclude_none=True, mode="json")
    actual = {path: text(value) for path, value in leaves(dumped)}
    assert actual == expected(vendor, resource, raw)
    items = [reason for item in made.items for reason in item.reasons]
    assert list(made.reasons) == items


def test_every_vendor_has_a_table() -> None:
    assert {vendor for vendor, _resource in TABLES} == set(vendors())


def test_values_of_a_record_differ() -> None:
    for vendor, resource in each(TABLES):
        values = [
            text(value)
            for path, value in leaves(record(vendor, resource))
            if path.rpartition(".")[2] not in KEPT
            and not isinstance(value, bool)
            and value != ""
            and not (path.split(".")[-1].isdigit() and path.split(".")[-2] in KEPT)
        ]
        assert len(set(values)) == len(values)
