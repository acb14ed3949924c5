"""ReturnMate's constants: statuses, transitions, permissions, rate limits, carriers and scan times.

Sources: vendor page, sections "API Key Permissions", "Rate Limits", "Shipments"; help page "Statuses &
Timeline Events" for the transitions. The API's names for intermediate statuses are assumed.
"""

from typing import Final

from mock_server.access.plans import Plan
from mock_server.lifecycle import Lifecycle
from mock_server.recorder import Recorder
from mock_server.seed.words import ShopWords

NAME: Final = "returnmate"

LIFECYCLE = Lifecycle(
    initial="pending",
    states={
        "pending": "requested",
        "approved": "approved",
        "label_sent": "label_sent",
        "in_transit": "in_transit",
        "received": "received",
        "inspected": "inspected",
        "completed": "completed",
        "rejected": "rejected",
        "cancelled": "cancelled",
    },
    transitions={
        "pending": ("approved", "rejected", "cancelled"),
        "approved": ("label_sent", "cancelled"),
        "label_sent": ("in_transit", "cancelled"),
        "in_transit": ("received", "cancelled"),
        "received": ("inspected", "cancelled"),
        "inspected": ("completed", "rejected", "cancelled"),
        "completed": (),
        "rejected": (),
        "cancelled": (),
    },
    verbs={
        "approved": "Approve",
        "label_sent": "Send label",
        "in_transit": "Mark as in transit",
        "received": "Receive",
        "inspected": "Inspect",
        "completed": "Complete",
        "rejected": "Reject",
        "cancelled": "Cancel",
    },
)
RECORDER: Final = Recorder(NAME, LIFECYCLE)

SCOPES = (
    "rmas:read",
    "rmas:write",
    "shipments:read",
    "shipments:write",
    "customers:read",
    "reports:read",
    "settings:read",
    "settings:write",
)

PLANS = {
    "starter": Plan("starter", ((60, "minute"), (10_000, "day"))),
    "professional": Plan("professional", ((120, "minute"), (50_000, "day"))),
    "enterprise": Plan("enterprise", ((300, "minute"),)),
}

REASONS = {
    "changed_mind": "changed_mind",
    "wrong_size": "wrong_size",
    "wrong_item": "wrong_item",
    "damaged": "damaged_in_transit",
    "defective": "defective",
    "not_as_described": "not_as_described",
}
"""ReturnMate's return reasons, keyed by neutral reason."""

TRACKING_PREFIXES = {"australia_post": "APX", "startrack": "STK", "tnt": "TNT", "tge": "TGE"}

LABEL_STATUSES = {
    "return": ("approved", "label_sent", "in_transit"),
    "outbound": ("approved", "label_sent", "in_transit", "received", "inspected"),
}
"""The statuses of a return in which a label can be created, keyed by the label's direction: `return` or
`outbound` (assumed)."""

HOUR = 3_600_000_000
SCANS = (
    (20 * HOUR, "picked_up", "Picked up by the carrier"),
    (44 * HOUR, "in_transit", "Sorted at the hub"),
    (68 * HOUR, "out_for_delivery", "With the driver"),
    (73 * HOUR, "delivered", "Delivered"),
)
"""The carrier's scans, each with the time since the label was created (µs), the scan's status and a
description (assumed)."""

SHOP_WORDS: Final = ShopWords(
    statuses={state: word for word, state in LIFECYCLE.states.items()},
    own_statuses=LIFECYCLE.states,
    transitions=LIFECYCLE.transitions,
    reasons=REASONS,
)
"""The mapping of a shop's neutral terms to ReturnMate's terms."""
