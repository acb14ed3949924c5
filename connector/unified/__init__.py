"""Returns of all vendors in one form, and their triggers polled together.

for event in polled.events:
told = unified_event(rm.integration, event)    # what happened, and to which return, in one form
told.kind, told.record.status, told.record.vendor_status, told.raw

polled = await poll_all({"shop": rm, "outlet": swap}, "new_return", cursors)
"""

from connector.unified.mapping import unified_event, unified_return
from connector.unified.model import (
    Address,
    Customer,
    Item,
    Money,
    Reason,
    Refund,
    Shipment,
    UnifiedEvent,
    UnifiedReturn,
)
from connector.unified.poll import PollAllResult, poll_all

__all__ = [
    "Address",
    "Customer",
    "Item",
    "Money",
    "PollAllResult",
    "Reason",
    "Refund",
    "Shipment",
    "UnifiedEvent",
    "UnifiedReturn",
    "poll_all",
    "unified_event",
    "unified_return",
]
