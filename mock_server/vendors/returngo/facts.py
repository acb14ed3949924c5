"""ReturnGO's words: statuses and where they lead, resolutions, reasons, policies, shops, limits, switches.

Sources: the vendor's help pages and API description; statuses of shipments and their table are documented,
the table of returns and whatever is not listed as known in `openapi/returngo.yaml` is assumed.
"""

from typing import Any, Final

from mock_server.access.plans import Plan
from mock_server.lifecycle import Lifecycle
from mock_server.recorder import Recorder
from mock_server.seed import State
from mock_server.switches import Switch

NAME: Final = "returngo"
SHOPS: Final = {
    "outfitters.myshopify.example": "Example Outfitters",
    "outlet.myshopify.example": "Example Outlet",
}
"""The shops of every tenant's account, for tenants are worlds of their own; shoppers go to the first."""
FIRST_SHOP: Final = next(iter(SHOPS))

LIFECYCLE: Final = Lifecycle(
    initial="Pending",
    states={
        "Pending": "requested",
        "Approved": "approved",
        "Received": "received",
        "Validated": "inspected",
        "Done": "completed",
        "Rejected": "rejected",
        "Canceled": "cancelled",
    },
    transitions={
        "Pending": ("Approved", "Received", "Validated", "Rejected", "Canceled"),
        "Approved": ("Received", "Validated", "Done", "Rejected", "Canceled"),
        "Received": ("Validated", "Done", "Rejected", "Canceled"),
        "Validated": ("Done", "Rejected"),
        "Done": (),
        "Rejected": (),
        "Canceled": ("Pending", "Approved"),
    },
)
RECORDER: Final = Recorder(NAME, LIFECYCLE)
STATUSES: Final[dict[State, str]] = {
    "requested": "Pending",
    "approved": "Approved",
    "label_sent": "Approved",
    "in_transit": "Approved",
    "received": "Received",
    "inspected": "Validated",
    "completed": "Done",
    "rejected": "Rejected",
    "cancelled": "Canceled",
}
"""Where a seeded return stands."""

SHIPMENT_MOVES: Final = {
    "Pending": ("LabelCreated", "Shipped", "Received", "Canceled", "Validated"),
    "LabelCreated": ("Shipped", "Received", "Canceled", "Validated"),
    "Shipped": ("Received", "Canceled", "Validated"),
    "Canceled": ("Received", "Validated"),
    "Received": ("Validated",),
    "Validated": (),
}
"""Documented, as it stands here."""
COUPLED: Final = ("Received", "Validated")
"""Statuses that a return and its shipment reach together."""
EARLY_REFUNDS: Final = ("RefundToStoreCredit",)
"""What is paid back once the goods are here, before the return is Done (observed of store credit only)."""
TRANSACTION_MOVES: Final = {"Requested": ("Success", "Failed"), "Failed": ("Success",), "Success": ()}

PLANS: Final = {"standard": Plan("standard", ((100, "second"), (2_000, "day")))}

RESOLUTIONS: Final = {
    "refund": ("RefundToPaymentMethod", "Refund to original payment", "Refund to Payment Method - Regular"),
    "store_credit": ("RefundToStoreCredit", "Store credit", "Store Credit - Regular"),
    "gift_card": ("RefundToGiftCard", "New gift card", "Gift Card - Regular"),
    "exchange": ("InstantVariantExchange", "Exchange for another variant", "Variant Exchange - Regular"),
}
"""Type, the shop's own name, the policy's rule."""
REFERENCES: Final = {
    "RefundToPaymentMethod": "PlatformRefundId",
    "RefundToStoreCredit": "StoreCreditCode",
    "RefundToGiftCard": "GiftCardCode",
    "InvoicePayment": "InvoicePaymentId",
}
"""What a transaction's reference is; the types of refunds are those of resolutions."""
METHODS: Final = {
    "RefundToPaymentMethod": "original_payment",
    "RefundToStoreCredit": "store_credit",
    "RefundToGiftCard": "gift_card",
}

SWITCHES: Final = tuple(
    Switch(name, f"Refunds to {where} are requested from the integrator, not made.", shops=tuple(SHOPS))
    for name, where in (
        ("notify_payment_method", "payment methods"),
        ("notify_gift_card", "gift cards"),
        ("notify_store_credit", "store credit"),
    )
)
"""Settings > Store Settings > API > Notify About Refunds Instead of Issuing, per shop."""
NOTIFY: Final = {
    "RefundToPaymentMethod": "notify_payment_method",
    "RefundToGiftCard": "notify_gift_card",
    "RefundToStoreCredit": "notify_store_credit",
}

ANY_CARRIER: Final = {"type": "Ship with any carrier", "name": "Post it yourself"}
NO_SHIPMENT: Final = {"type": "No shipment required", "name": "Keep it"}

REASONS: Final = {
    "changed_mind": "Not what I expected",
    "wrong_size": "Does not fit",
    "wrong_item": "Received wrong item",
    "damaged": "Item is damaged or stained",
    "defective": "Item is damaged or stained",
    "not_as_described": "Not what I expected",
}
"""Shops write their own."""
QUESTIONS: Final[dict[str, tuple[tuple[str, str, Any], ...]]] = {
    "wrong_size": (
        ("TextArray", "What does not fit?", ["Too small / tight"]),
        ("Text", "Would another size do?", "Yes"),
    ),
    "damaged": (
        ("Text", "What is wrong with it?", "The seam is open"),
        ("Media", "Please add a picture", "image/jpeg"),
    ),
    "defective": (
        ("Text", "What is wrong with it?", "It does not work"),
        ("Media", "Please add a picture", "image/jpeg"),
    ),
}
"""Kind, question and answer, by reason."""
ANSWERS: Final = {"Text": "textAnswer", "TextArray": "textArrayAnswer", "Media": "mediaAnswer"}

CARRIERS: Final = {
    "australia_post": "Australia Post",
    "startrack": "StarTrack",
    "tnt": "TNT",
    "tge": "Team Global Express",
}
HOUR: Final = 3_600_000_000
DAY: Final = 24 * HOUR
SCANS: Final = ((20 * HOUR, "InTransit"), (70 * HOUR, "Delivered"))
"""What a carrier says of a parcel that has a tracking number: µs after it got one (assumed)."""
SCANNED: Final = {"InTransit": "Shipped"}
"""What a carrier's word makes of a shipment, where it makes something."""
RETURN_PERIOD: Final = 30 * DAY

POLICIES: Final = {
    f"{kind}-{method}": (kind, method)
    for kind in ("refund", "store_credit", "exchange")
    for method in ("any-carrier", "keep-it")
}
"""Policies by id: what the customer gets, and how the item comes back."""
RETURN_METHODS: Final = {"any-carrier": ANY_CARRIER, "keep-it": NO_SHIPMENT}

EVENTS: Final = (
    "RMA_CREATED",
    "RMA_STATUS_UPDATED",
    "SHIPMENT_CREATED",
    "SHIPMENT_STATUS_UPDATED",
    "SHIPMENT_TRACKER_STATUS_UPDATED",
    "TRANSACTION_CREATED",
    "REFUND_CREATED",
)
API: Final = "ReturnGO API"
AUTOMATION: Final = "Automation"
