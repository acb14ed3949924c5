"""Converts returns from all vendors to one common model, and polls, searches and acts on all of them alike.

In this example, `rm` and `swap` are connections to two vendors:

    polled = await rm.triggers["new_return"].poll(cursor)
    for event in polled.events:
        unified = unified_event(rm.integration, event)
        print(unified.kind, unified.record.status, unified.record.vendor_status, unified.raw)

    result = await poll_all({"shop": rm, "outlet": swap}, "new_return", cursors)
    found = await find_all({"shop": rm, "outlet": swap}, order_number="#1001")
    await act(rm, "approve", found.returns["shop"][0])
"""

from connector.unified.acting import act
from connector.unified.finding import FindAllResult, find_all
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
from connector.unified.offers import Offer, action_offer, search_offer
from connector.unified.poll import PollAllResult, poll_all
from connector.unified.transaction import poll_transaction

__all__ = [
    "Address",
    "Customer",
    "FindAllResult",
    "Item",
    "Money",
    "Offer",
    "PollAllResult",
    "Reason",
    "Refund",
    "Shipment",
    "UnifiedEvent",
    "UnifiedReturn",
    "act",
    "action_offer",
    "find_all",
    "poll_all",
    "poll_transaction",
    "search_offer",
    "unified_event",
    "unified_return",
]
