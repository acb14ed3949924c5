"""The example of every webhook shows the event that its name says, and its payload is as documented."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import pytest
from support.each import each
from support.json_schemas import webhook_errors

from mock_server import vendors
from mock_server.webhooks.format import Event

if TYPE_CHECKING:
    from mock_server.webhooks.format import WebhookFormat

AT = 1_780_000_000_000_000
SECRET = "example-secret-of-at-least-32-letters"
FORMATS = [found for name in vendors.names() if (found := vendors.webhooks_of(name)) is not None]
PENDING = {"data.rma.status": "pending", "data.rma.refund": None}
PAID = {"data.rma.status": "completed", "data.rma.refund.method": "original_payment"}
SHOWN: dict[str, dict[str, dict[str, Any]]] = {
    "returnmate": {
        "rma.created": PENDING,
        "rma.updated": PENDING,
        "rma.status_changed": {"data.rma.status": "approved", "data.previous_status": "pending"},
        "rma.approved": {"data.rma.status": "approved"},
        "rma.rejected": {"data.rma.status": "rejected"},
        "rma.received": {"data.rma.status": "received"},
        "rma.inspected": {"data.rma.status": "inspected"},
        "rma.completed": PAID,
        "rma.cancelled": {"data.rma.status": "cancelled"},
        "shipment.created": {"data.shipment.status": "label_created", "data.shipment.delivered_at": None},
        "shipment.in_transit": {"data.shipment.status": "in_transit", "data.shipment.delivered_at": None},
        "shipment.delivered": {
            "data.shipment.status": "delivered",
            "data.shipment.delivered_at": "2026-05-28T20:26:40Z",
        },
        "shipment.exception": {"data.shipment.status": "exception"},
        "refund.initiated": PAID,
        "refund.completed": PAID,
        "refund.failed": PAID,
        "credit.issued": {"data.rma.status": "completed", "data.rma.refund.method": "store_credit"},
        "inspection.started": {"data.rma.status": "inspected"},
        "inspection.issue_found": {"data.rma.status": "inspected"},
        "inspection.completed": {"data.rma.status": "inspected"},
        "warranty.created": PENDING,
        "warranty.approved": {"data.rma.status": "approved"},
        "warranty.resolved": PENDING,
    },
    "swap": {
        "returnCreated": {"return_status": "open", "delivery_status": "pre_transit", "date_closed": None},
        "returnProcessed": {
            "return_status": "completed",
            "delivery_status": "delivered",
            "rma_processed": "Yes",
            "date_closed": "2026-05-28T20:26:40Z",
        },
    },
    "returnlogic": {
        "rma.created": {"data.workflowStatus": "Requested", "data.shippingLabel": None},
        "rma.updated": {"data.workflowStatus": "Authorized"},
        "rma.deleted": {"data.workflowStatus": "Requested"},
    },
    "returngo": {
        "RMA_CREATED": {"data.status": "Pending"},
        "RMA_STATUS_UPDATED": {"data.status": "Approved"},
        "SHIPMENT_CREATED": {"data.status": "Pending"},
        "SHIPMENT_STATUS_UPDATED": {"data.status": "Shipped"},
        "SHIPMENT_TRACKER_STATUS_UPDATED": {"data.status": "InTransit"},
        "TRANSACTION_CREATED": {"data.status": "Success", "data.amount.amount": 45},
        "REFUND_CREATED": {"data.status": "Success", "data.amount.amount": 45},
    },
}
"""What each event shows, by hand: the path of a value in the newest version of its payload, and the value."""


def at(payload: Any, path: str) -> Any:
    for name in path.split("."):
        payload = payload[name]
    return payload


@pytest.mark.parametrize("format_", FORMATS, ids=lambda one: one.vendor)
def test_example_of_every_event_shows_the_event(format_: WebhookFormat) -> None:
    assert SHOWN[format_.vendor].keys() == {kind.name for kind in format_.kinds}
    for kind in each(format_.kinds):
        for number in (1, 2, 3):
            record = format_.sample(kind.name, number, AT)
            payload = format_.payload(Event(kind.name, "evt_1", AT), record)
            for path, value in SHOWN[format_.vendor][kind.name].items():
                assert at(payload, path) == value, (kind.name, path)


@pytest.mark.parametrize("format_", FORMATS, ids=lambda one: one.vendor)
def test_example_of_every_event_is_as_documented_in_every_version(format_: WebhookFormat) -> None:
    for kind in each(format_.kinds):
        record = format_.sample(kind.name, 1, AT)
        for version in each((0, *format_.versions[1:])):
            payload = orjson.dumps(format_.payload(Event(kind.name, "evt_1", AT, version), record))
            body = orjson.loads(format_.sign(kind.name, payload, SECRET, AT, "nonce").body)
            name = f"{kind.name}.v{version}" if version else kind.name
            assert webhook_errors(format_.vendor, name, body) == [], name
