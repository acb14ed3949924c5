"""ReturnLogic's constants: RMA statuses, transitions, return types, carriers, rate limits and maintenance.

Sources: the sections "Error Codes", "Rate Limiting" and "Order" of the vendor page. RMA statuses are
documented on the vendor's website; the transitions between them are inferred from the vendor's help pages
(assumed).
"""

from typing import Final

from mock_server.access.plans import Plan
from mock_server.lifecycle import Lifecycle
from mock_server.recorder import Recorder
from mock_server.seed import State
from mock_server.seed.words import ShopWords
from mock_server.switches import Switch

NAME: Final = "returnlogic"

LIFECYCLE: Final = Lifecycle(
    initial="Requested",
    states={
        "Requested": "requested",
        "Authorized": "approved",
        "In Transit": "in_transit",
        "Received": "received",
        "Delivered": "received",
        "Partially Received": "received",
        "Processed": "inspected",
        "Partially Processed": "inspected",
        "Complete": "completed",
        "Rejected": "rejected",
        "Canceled": "cancelled",
        "Abandoned": "cancelled",
    },
    transitions={
        "Requested": ("Authorized", "Rejected", "Canceled", "Abandoned"),
        "Authorized": ("In Transit", "Delivered", "Partially Received", "Received", "Canceled", "Abandoned"),
        "In Transit": ("Delivered", "Partially Received", "Received", "Canceled"),
        "Delivered": ("Partially Received", "Received", "Rejected"),
        "Partially Received": ("Received", "Partially Processed", "Processed", "Rejected"),
        "Received": ("Partially Processed", "Processed", "Rejected"),
        "Partially Processed": ("Processed",),
        "Processed": ("Complete",),
    },
    verbs={
        "Authorized": "Authorize",
        "In Transit": "Mark as in transit",
        "Delivered": "Mark as delivered",
        "Partially Received": "Receive a part",
        "Received": "Receive",
        "Partially Processed": "Process a part",
        "Processed": "Process",
        "Complete": "Complete",
        "Rejected": "Reject",
        "Canceled": "Cancel",
        "Abandoned": "Abandon",
    },
)
RECORDER: Final = Recorder(NAME, LIFECYCLE)
STATUSES: Final[dict[State, str]] = {
    "requested": "Requested",
    "approved": "Authorized",
    "label_sent": "Authorized",
    "in_transit": "In Transit",
    "received": "Received",
    "inspected": "Processed",
    "completed": "Complete",
    "rejected": "Rejected",
    "cancelled": "Canceled",
}
"""The status of a seeded return's RMA, keyed by the return's neutral state."""

PLANS: Final = {"default": Plan("default", ((2, "second"), (120, "minute")))}
MAINTENANCE: Final = Switch(
    "maintenance",
    "ReturnLogic is down for maintenance: every call returns 503.",
    closes="ReturnLogic is down for maintenance.",
)

TYPES: Final = {"refund": "Refund", "exchange": "Exchange", "store_credit": "Store Credit"}
TOTALS: Final = {"Refund": "refund", "Exchange": "exchange", "Store Credit": "giftCard"}
"""The field of an RMA's `totals` that contains the amount, keyed by return type."""
REASONS: Final = {
    "changed_mind": "Changed my mind",
    "wrong_size": "Wrong size",
    "wrong_item": "Wrong item",
    "damaged": "Damaged",
    "defective": "Defective",
    "not_as_described": "Not as described",
}
"""Return reasons as shown to customers, keyed by neutral reason. At ReturnLogic, each store defines its own
reasons."""

CARRIERS: Final = {
    "australia_post": "Australia Post",
    "startrack": "StarTrack",
    "tnt": "TNT",
    "tge": "Team Global Express",
}
TRACKING_PREFIXES: Final = {"australia_post": "APX", "startrack": "STK", "tnt": "TNT", "tge": "TGE"}

HOUR: Final = 3_600_000_000
SCANS: Final = ((20 * HOUR, "In Transit"), (73 * HOUR, "Delivered"))
"""The carrier's scans, each with the time since the RMA was authorized (µs) and the RMA's new status
(assumed)."""

SHOP_WORDS: Final = ShopWords(
    statuses=STATUSES,
    own_statuses=LIFECYCLE.states,
    transitions=LIFECYCLE.transitions,
    reasons=REASONS,
    any_reason=True,
)
"""The mapping of a shop's neutral terms to ReturnLogic's terms. Each store at ReturnLogic defines its own
reasons."""
