"""Swap's constants: statuses, transitions, return types, reasons, carriers and store settings.

Sources: vendor page, section "Example Response"; help pages on return statuses and quality control. The
vendor page's examples do not show all statuses; the others are spelled in the same style (assumed).
"""

from typing import Final

from mock_server.access.plans import Plan
from mock_server.lifecycle import Lifecycle
from mock_server.recorder import Recorder
from mock_server.seed import State
from mock_server.seed.words import ShopWords

NAME: Final = "swap"
STORE_ID: Final = "store_123abc"
"""The ID of every tenant's store. Tenants share no data, so their stores can have the same ID."""
STORE_NAME: Final = "Example Outfitters"

LIFECYCLE: Final = Lifecycle(
    initial="open",
    states={
        "open": "requested",
        "processing": "in_transit",
        "needs_review": "inspected",
        "on_hold": "received",
        "completed": "completed",
        "cancelled": "cancelled",
        "expired": "cancelled",
    },
    transitions={
        "open": ("processing", "needs_review", "on_hold", "completed", "cancelled", "expired"),
        "processing": ("needs_review", "on_hold", "completed", "cancelled"),
        "needs_review": ("processing", "on_hold", "completed", "cancelled"),
        "on_hold": ("processing", "needs_review", "completed", "cancelled"),
        "completed": (),
        "cancelled": (),
        "expired": (),
    },
    verbs={
        "processing": "Process",
        "needs_review": "Send to review",
        "on_hold": "Put on hold",
        "completed": "Complete",
        "cancelled": "Cancel",
        "expired": "Expire",
    },
)
RECORDER: Final = Recorder(NAME, LIFECYCLE)
STATUSES: Final[dict[State, str]] = {
    "requested": "open",
    "approved": "open",
    "label_sent": "open",
    "in_transit": "processing",
    "received": "processing",
    "inspected": "processing",
    "completed": "completed",
    "rejected": "needs_review",
    "cancelled": "cancelled",
}
"""The status of a seeded return, keyed by the neutral state of the return. `seeding.py` handles the
exceptions."""

PLANS: Final = {"standard": Plan("standard", ())}
"""The vendor documents no rate limit."""

TYPES: Final = {"refund": "Refund", "exchange": "Exchange", "store_credit": "Shop Later Credit"}
REASONS: Final = {
    "changed_mind": ("Changed my mind", "No longer needed"),
    "wrong_size": ("Wrong size", "Does not fit"),
    "wrong_item": ("Wrong item", "Not what was ordered"),
    "damaged": ("Damaged", "Arrived damaged"),
    "defective": ("Defective", "Does not work"),
    "not_as_described": ("Not as described", "Looks different"),
}
"""Main reason and sub-reason as shown to customers, keyed by neutral reason. At Swap, each store defines its
own reasons."""
FAULTY: Final = ("damaged", "defective")

SIZES: Final = {
    "XS": "S", "S": "M", "M": "L", "L": "XL", "XL": "L",
    "S/M": "M/L", "M/L": "S/M",
    **{str(size): str(size + 1) for size in range(34, 47)},
}  # fmt: skip
"""The size of the replacement, keyed by the size of the exchanged product. For any other size, the
replacement has the same size as the product."""

CARRIERS: Final = {
    "australia_post": "Australia Post",
    "startrack": "StarTrack",
    "tnt": "TNT",
    "tge": "Team Global Express",
}
TRACKING_PREFIXES: Final = {"australia_post": "APX", "startrack": "STK", "tnt": "TNT", "tge": "TGE"}
MOVED: Final = {"picked_up": "in_transit", "out_for_delivery": "in_transit", "exception": "in_transit"}
"""The shipment status that results from a scan status. For any other scan status, the shipment status is the
same as the scan status."""

PASSES: Final = ("Sellable",)
"""Product conditions that pass quality control. At Swap, each store defines its own conditions."""
UNDECIDED: Final = "Pending"

HOUR: Final = 3_600_000_000
SCANS: Final = ((20 * HOUR, "in_transit"), (73 * HOUR, "delivered"))
"""The carrier's scans, each with the time since the label was created (µs) and the shipment's new status
(assumed)."""
QUALITY_CONTROL_RUNS: Final = 48 * HOUR
"""How long a return's quality control lasts after the first update for this return, in microseconds
(assumed)."""

VERSION_1: Final = {
    "open": "Open",
    "processing": "Open",
    "needs_review": "Needs Review",
    "on_hold": "On Hold",
    "completed": "Closed",
    "cancelled": "Cancelled",
    "expired": "Expired",
    "pre_transit": "Pre-Transit",
    "in_transit": "In-Transit",
    "delivered": "Delivered",
    "pending": "Pending",
    "passed": "Passed",
    "failed": "Failed",
    "partial": "Partial",
}
"""The spelling of each status in version 1 of the API and on the help pages, keyed by the spelling in version
2."""

SHOP_WORDS: Final = ShopWords(
    statuses={state: word for state, word in STATUSES.items() if state != "rejected"},
    own_statuses=LIFECYCLE.states,
    transitions=LIFECYCLE.transitions,
    reasons={neutral: main for neutral, (main, _) in REASONS.items()},
    any_reason=True,
)
"""The mapping of a shop's neutral terms to Swap's terms. Swap has no status for a rejected return, and each
store defines its own reasons."""
