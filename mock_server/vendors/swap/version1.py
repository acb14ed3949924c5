"""Version 1's view of a return: other names, statuses in capitals, dates for people.

Source: the vendor's API description for the names, its clients for the form of statuses and dates (observed).
"""

from mock_server.clock import instant, moment
from mock_server.vendors.swap.documents import JSON
from mock_server.vendors.swap.words import VERSION_1

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sept", "Oct", "Nov", "Dec")
_NONE = "N/A"
_SAME = (
    "type_string",
    "total",
    "handling_fee",
    "store_id",
    "store_name",
    "customer_name",
    "customer_currency",
)
_PRODUCT = ("product_name", "variant_name", "sku", "item_count", "cost", "main_reason_text", "comments")


def as_version_1(document: JSON) -> JSON:
    """A `Return` as `ReturnV1`."""
    dates = ("date_created", "date_updated", "delivered_date", "date_closed")
    return {
        "rma": document["rma_number"],
        "order_name": document["shopify_order_name"],
        **{name: written(document[name]) for name in dates},
        **{name: document[name] for name in _SAME},
        "delivery_status": VERSION_1[document["shipping_status"]],
        "return_status": VERSION_1[document["status"]],
        "processed": document["rma_processed"],
        "processed_by": document["processed_by"] or _NONE,
        "order_alt_type": document["order_alt_type"] or _NONE,
        "quality_control_status": VERSION_1[document["quality_control_status"]],
        "products": [
            {
                **{name: one[name] for name in _PRODUCT},
                "return_type": one["return_type"].replace("_", " ").title(),
            }
            for one in document["products"]
        ],
    }


def written(text: str | None) -> str:
    """A moment as version 1 writes it: `23 Sept 2025, 14:52:21`, or `N/A`."""
    if text is None:
        return _NONE
    when = moment(instant(text))
    return f"{when.day} {_MONTHS[when.month - 1]} {when.year}, {when:%H:%M:%S}"
