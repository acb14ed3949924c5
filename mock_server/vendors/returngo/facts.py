"""ReturnGO's constants: statuses, transitions, resolutions, policies, shops, rate limits and switches.

Sources: the vendor's help pages and API description. Shipment statuses and the transitions between them are
documented. The transitions between return statuses are assumed, and so is everything else that
`openapi/returngo.yaml` does not list as known.
"""

from typing import Any, Final

from mock_server.access.plans import Plan
from mock_server.lifecycle import Lifecycle
from mock_server.recorder import Recorder
from mock_server.seed import State
from mock_server.seed.words import ShopWords
from mock_server.switches import Switch

NAME: Final = "returngo"
SHOPS: Final = {
    "outfitters.myshopify.example": "Example Outfitters",
    "outlet.myshopify.example": "Example Outlet",
}
"""Names of the shops, keyed by `x-shop-name`. Every tenant's account has all of these shops. Returns that
shoppers request belong to the first shop."""
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
    verbs={
        "Pending": "Reopen",
        "Approved": "Approve",
        "Received": "Receive",
        "Validated": "Validate",
        "Done": "Complete",
        "Rejected": "Reject",
        "Canceled": "Cancel",
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
"""The status of a seeded return, keyed by the return's neutral state."""

SHIPMENT_MOVES: Final = {
    "Pending": ("LabelCreated", "Shipped", "Received", "Canceled", "Validated"),
    "LabelCreated": ("Shipped", "Received", "Canceled", "Validated"),
    "Shipped": ("Received", "Canceled", "Validated"),
    "Canceled": ("Received", "Validated"),
    "Received": ("Validated",),
    "Validated": (),
}
"""The statuses that may follow the current status of a shipment, keyed by the current status (documented)."""
COUPLED: Final = ("Received", "Validated")
"""Statuses that returns and their shipments share: when a return changes to one of these statuses, its
shipments do too, and when a shipment changes to one of them, its return does too."""
EARLY_REFUNDS: Final = ("RefundToStoreCredit",)
"""Resolution types that are refunded as soon as the goods are received. Other types are refunded when the
return becomes Done. This was observed for store credit only."""
TRANSACTION_MOVES: Final = {"Requested": ("Success", "Failed"), "Failed": ("Success",), "Success": ()}

PLANS: Final = {"standard": Plan("standard", ((100, "second"), (2_000, "day")))}

RESOLUTIONS: Final = {
    "refund": ("RefundToPaymentMethod", "Refund to original payment", "Refund to Payment Method - Regular"),
    "store_credit": ("RefundToStoreCredit", "Store credit", "Store Credit - Regular"),
    "gift_card": ("RefundToGiftCard", "New gift card", "Gift Card - Regular"),
    "exchange": ("InstantVariantExchange", "Exchange for another variant", "Variant Exchange - Regular"),
}
"""The resolution for each kind of return: its type, the shop's name for it, and the name of its policy
rule."""
REFERENCES: Final = {
    "RefundToPaymentMethod": "PlatformRefundId",
    "RefundToStoreCredit": "StoreCreditCode",
    "RefundToGiftCard": "GiftCardCode",
    "InvoicePayment": "InvoicePaymentId",
}
"""The type of a transaction's external reference, keyed by transaction type. A refund's transaction type is
the resolution type of the refunded items."""
METHODS: Final = {
    "RefundToPaymentMethod": "original_payment",
    "RefundToStoreCredit": "store_credit",
    "RefundToGiftCard": "gift_card",
}

SWITCHES: Final = tuple(
    Switch(name, f"Refunds to {where} are requested from the integrator, not issued.", shops=tuple(SHOPS))
    for name, where in (
        ("notify_payment_method", "payment methods"),
        ("notify_gift_card", "gift cards"),
        ("notify_store_credit", "store credit"),
    )
)
"""One switch for each refund type; each shop has its own setting. In ReturnGO's portal, the setting is under
Settings > Store Settings > API > Notify About Refunds Instead of Issuing."""
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
"""Return reasons as shown to customers, keyed by neutral reason. At ReturnGO, each shop defines its own
reasons."""
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
"""Follow-up questions, keyed by neutral reason. Each contains the type of the answer, the question and the
answer."""
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
"""The carrier's scans, each with the time since the shipment got its tracking number (µs), and the status
that the carrier reports (assumed)."""
SCANNED: Final = {"InTransit": "Shipped"}
"""The shipment status that results from a carrier status. Other carrier statuses do not change the
shipment."""
RETURN_PERIOD: Final = 30 * DAY
MAX_UNITS: Final = 500
"""The maximum number of units in a return (assumed). A return contains an entry for each unit; with this
limit, the document stays below 1 MB, and reading and writing it takes less than 20 ms."""

POLICIES: Final = {
    f"{kind}-{method}": (kind, method)
    for kind in ("refund", "store_credit", "exchange")
    for method in ("any-carrier", "keep-it")
}
"""The kind of return and the return method that each policy allows, keyed by policy ID."""
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

SHOP_WORDS: Final = ShopWords(
    statuses=STATUSES,
    own_statuses=LIFECYCLE.states,
    transitions=LIFECYCLE.transitions,
    reasons=REASONS,
    any_reason=True,
    types=("refund", "exchange", "store_credit", "gift_card"),
    max_units=MAX_UNITS,
)
"""The mapping of a shop's neutral terms to ReturnGO's terms. Each shop at ReturnGO defines its own
reasons."""
