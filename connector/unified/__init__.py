"""Converts returns from all vendors to one common model, and polls a trigger on several connections.

In this example, `rm` and `swap` are connections to two vendors:

    polled = await rm.triggers["new_return"].poll(cursor)
    for event in polled.events:
        unified = unified_event(rm.integration, event)
        print(unified.kind, unified.record.status, unified.record.vendor_status, unified.raw)

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
