"""Labels made from API names."""

import pytest

from connector.definition.naming import below, title


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("rma_number", "RMA Number"),
        ("orderId", "Order ID"),
        ("damaged_in_transit", "Damaged in Transit"),
        ("created_by", "Created By"),
        ("RefundToPaymentMethod", "Refund to Payment Method"),
        ("No-Value", "No Value"),
        ("PENDING", "Pending"),
        ("RMA_CREATED", "RMA Created"),
        ("FEX", "FEX"),
        ("currency.uuid", "Currency UUID"),
        ("street1", "Street 1"),
        ("v2_status", "V2 Status"),
        ("on_hold", "On Hold"),
        ("returnItemIds", "Return Item IDs"),
        ("", ""),
    ],
)
def test_title_is_made_from_a_name(name: str, words: str) -> None:
    assert title(name) == words


@pytest.mark.parametrize(
    ("heading", "label", "both"),
    [
        ("Items", "SKU", "Items SKU"),
        ("Shipments Package", "Package Dimensions", "Shipments Package Dimensions"),
        ("Billing Address", "Address 1", "Billing Address 1"),
        ("Amount", "Amount", "Amount"),
        ("Return Address", "Address Return", "Return Address Return"),
        ("Customer", "Customer Email", "Customer Email"),
        ("Order", "Ordered At", "Order Ordered At"),
        ("Exchange Orders", "Order ID", "Exchange Order ID"),
        ("Items", "Item", "Item"),
        ("Class", "Classes", "Class Classes"),
    ],
)
def test_label_of_a_member_does_not_repeat_its_parent(heading: str, label: str, both: str) -> None:
    assert below(heading, label) == both
