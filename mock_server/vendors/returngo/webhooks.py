"""ReturnGO's webhooks: events and payloads; deliveries are not signed.

The vendor documents the names of the events and the payload's field `eventName`, which contains the name. The
rest of the payload is assumed. The vendor describes no signature; instead, receivers can add a secret to the
query of their URL.
"""

from collections.abc import Mapping
from typing import Any, Final

from mock_server.seed.requests import sample_request
from mock_server.vendors.returngo import documents
from mock_server.vendors.returngo.documents import JSON, moment, money
from mock_server.vendors.returngo.facts import FIRST_SHOP, NAME
from mock_server.webhooks.format import Event, Kind, Message, Record
from mock_server.webhooks.retry_schedule import DELAYS

RMA_CREATED: Final = "RMA_CREATED"
RMA_STATUS_UPDATED: Final = "RMA_STATUS_UPDATED"
SHIPMENT_CREATED: Final = "SHIPMENT_CREATED"
SHIPMENT_STATUS_UPDATED: Final = "SHIPMENT_STATUS_UPDATED"
TRACKER_UPDATED: Final = "SHIPMENT_TRACKER_STATUS_UPDATED"
TRANSACTION_CREATED: Final = "TRANSACTION_CREATED"
REFUND_CREATED: Final = "REFUND_CREATED"
_NAMES: Final = (
    RMA_CREATED, RMA_STATUS_UPDATED, SHIPMENT_CREATED, SHIPMENT_STATUS_UPDATED, TRACKER_UPDATED,
    TRANSACTION_CREATED, REFUND_CREATED,
)  # fmt: skip


class ReturnGOWebhooks:
    """Defines ReturnGO's events and builds their payloads; implements `WebhookFormat`.

    The record of an event contains the shop's name as `shopName`, and the result of `rma_data`,
    `shipment_data` or `transaction_data`.
    """

    vendor = NAME
    kinds = tuple(Kind(name) for name in _NAMES)
    versions: tuple[int, ...] = ()
    delays = DELAYS
    own_api = "create_webhook"

    def payload(self, event: Event, record: Record) -> dict[str, Any]:
        return {"eventName": event.kind, "data": {**record, "eventDate": moment(event.at)}}

    def sign(self, kind: str, payload: bytes, secret: str, at: int, nonce: str) -> Message:  # noqa: ARG002 - there is no signature
        return Message({}, payload)

    def signature_problem(self, headers: Mapping[str, str], body: bytes, secret: str, at: int) -> str:  # noqa: ARG002 - there is no signature
        return "ReturnGO does not sign its deliveries, so there is nothing to verify."

    def new_secret(self) -> str:
        return ""

    def sample(self, kind: str, number: int, at: int) -> Record:
        rma = documents.new_rma(number, FIRST_SHOP, sample_request(number), at)
        (shipment,) = rma["shipments"]
        id_ = rma["rmaSummary"]["rmaId"]
        data = {
            RMA_CREATED: rma_data(rma),
            RMA_STATUS_UPDATED: rma_data(rma) | {"status": "Approved"},
            SHIPMENT_CREATED: shipment_data(shipment, id_),
            SHIPMENT_STATUS_UPDATED: shipment_data(shipment, id_) | {"status": "Shipped"},
            TRACKER_UPDATED: shipment_data(shipment, id_) | {"status": "InTransit"},
        }
        refund = transaction_data(_sample_refund(number), rma)
        return {"shopName": FIRST_SHOP, **data.get(kind, refund)}

    def wants(self, conditions: Mapping[str, Any], record: Record) -> bool:  # noqa: ARG002 - there are no conditions
        return True


WEBHOOKS: Final = ReturnGOWebhooks()


def rma_data(rma: JSON) -> JSON:
    """Build the data of an event about a return."""
    return {name: rma["rmaSummary"][name] for name in ("rmaId", "status", "order_name")}


def shipment_data(shipment: JSON, rma: str) -> JSON:
    """Build the data of an event about a shipment of the return with the ID `rma`."""
    return {**{name: shipment[name] for name in ("shipmentId", "status", "trackingNumber")}, "rmaId": rma}


def transaction_data(transaction: JSON, rma: JSON) -> JSON:
    """Build the data of an event about a transaction of the return `rma`."""
    return {
        "transactionId": transaction["id"],
        "rmaId": rma["rmaSummary"]["rmaId"],
        "status": transaction["status"],
        "amount": transaction["amount"],
    }


def _sample_refund(number: int) -> JSON:
    return {"id": 6_070_000 + 7 * number, "status": "Success", "amount": money(45, "AUD")}
