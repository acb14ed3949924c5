"""Converts Swap's returns to the format of API version 1, with its field names, statuses and dates.

Sources: the vendor's API description for the field names, and its clients for the format of statuses and
dates (observed).
"""

from mock_server.clock import instant, moment
from mock_server.vendors.swap.documents import JSON
from mock_server.vendors.swap.facts import VERSION_1

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sept", "Oct", "Nov", "Dec")
_NONE = "N/A"
_UNCHANGED = (
    "return_id", "type_string", "type", "total", "handling_fee", "shop_now_revenue", "shop_later_revenue",
    "exchange_revenue", "refund_revenue", "store_id", "store_name", "total_additional_payment",
    "total_credit_exchange_value", "total_refund_value_customer_currency", "customer_currency",
    "customer_name", "customer_locale", "shipment_from_address_parcel_weight", "tags",
    "billing_address", "shipping_address", "total_refunded_taxes", "total_refunded_duties",
)  # fmt: skip
_OPTIONAL = (
    "customer_national_id", "elapsed_days_purchase_to_return", "elapsed_days_return_to_delivery",
    "elapsed_days_delivery_closed",
)  # fmt: skip
"""Fields that are left out if they have no value."""
_OR_NONE = (
    "shipping_carrier", "tracking_number", "shipment_from_address_country", "shipment_from_address_city",
    "shipment_from_address_state", "processed_by", "order_alt_type",
)  # fmt: skip
_DATES = (
    "date_created", "date_updated", "submitted_at", "shopify_order_date", "delivered_date", "date_closed",
)  # fmt: skip


def as_version_1(document: JSON) -> JSON:
    """Convert a `Return` document to a `ReturnV1` document."""
    return {
        "rma": document["rma_number"],
        "order_name": document["shopify_order_name"],
        "order_id": document["order_id"].rpartition("/")[2],
        **{name: display_date(document[name]) for name in _DATES},
        **{name: document[name] for name in _UNCHANGED},
        **{name: document[name] for name in _OPTIONAL if document[name] is not None},
        **{name: document[name] or _NONE for name in _OR_NONE},
        "delivery_status": VERSION_1[document["shipping_status"]],
        "return_status": VERSION_1[document["status"]],
        "processed": document["rma_processed"],
        "quality_control_status": VERSION_1[document["quality_control_status"]],
        "products": [_product(product) for product in document["products"]],
    }


def _product(product: JSON) -> JSON:
    return_type = product["return_type"].replace("_", " ").title()
    return {**product, "date": display_date(product["date"]), "return_type": return_type}


def display_date(text: str | None) -> str:
    """Format a date-time in the style of version 1, such as `23 Sept 2025, 14:52:21`; None becomes `N/A`."""
    if text is None:
        return _NONE
    when = moment(instant(text))
    return f"{when.day} {_MONTHS[when.month - 1]} {when.year}, {when:%H:%M:%S}"
