"""Converts returns from all vendors to one common model, and polls a trigger on several connections.

event = unified_event(rm.integration, event_of_a_trigger)
print(event.kind, event.record.status, event.record.vendor_status, event.raw)

result = await poll_all({"shop": rm, "outlet": swap}, "new_return", cursors)
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
