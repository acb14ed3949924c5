"""ReturnMate's webhooks: events, payloads and signatures.

The vendor's help page "Webhooks Reference" describes the events. The page "Webhooks & REST API" describes the
signature and the IDs by which receivers recognize repeated events, and says that failed deliveries are not
retried. The payload is assumed.
"""

import secrets
from collections.abc import Mapping
from typing import Any, Final

from mock_server.clock import timestamp
from mock_server.seed.requests import sample_request
from mock_server.vendors.returnmate import documents
from mock_server.vendors.returnmate.facts import NAME
from mock_server.webhooks.format import Event, Kind, Message, Record, header_problem, hmac_hex

SIGNATURE: Final = "x-webhook-signature"
_OF_STATUSES: Final = ("approved", "rejected", "received", "inspected", "completed", "cancelled")
_OCCURRING: Final = (
    "rma.created", "rma.updated", "rma.status_changed", *(f"rma.{status}" for status in _OF_STATUSES),
    "shipment.created", "shipment.in_transit", "shipment.delivered", "shipment.exception",
    "refund.initiated", "refund.completed", "credit.issued", "inspection.completed",
)  # fmt: skip
_NEVER: Final = (
    "refund.failed", "inspection.started", "inspection.issue_found",
    "warranty.created", "warranty.approved", "warranty.resolved",
)  # fmt: skip
"""Events that never occur in the sandbox, for example because no refund fails and there are no warranties."""
_LIFE: Final = ("approved", "label_sent", "in_transit", "received", "inspected", "completed")


class ReturnMateWebhooks:
    """Builds, signs and verifies ReturnMate's webhooks; implements `WebhookFormat`."""

    vendor = NAME
    kinds = (*(Kind(name) for name in _OCCURRING), *(Kind(name, occurs=False) for name in _NEVER))
    versions: tuple[int, ...] = ()
    delays: tuple[int, ...] = ()
    own_api = ""

    def payload(self, event: Event, record: Record) -> dict[str, Any]:
        data: dict[str, Any] = {"shipment" if event.kind.startswith("shipment.") else "rma": record}
        if event.kind == "rma.status_changed":
            statuses = [entry["status"] for entry in record["timeline"] if entry["status"]]
            data["previous_status"] = statuses[-2]
        return {
            "id": event.id,
            "event": event.kind,
            "created_at": timestamp(event.at),
            "data": data,
        }

    def sign(self, kind: str, payload: bytes, secret: str, at: int, nonce: str) -> Message:  # noqa: ARG002 - the signature covers the body only
        return Message({SIGNATURE: hmac_hex(secret, payload)}, payload)

    def signature_problem(self, headers: Mapping[str, str], body: bytes, secret: str, at: int) -> str:  # noqa: ARG002 - the signature has no time
        return header_problem(headers, SIGNATURE, hmac_hex(secret, body))

    def new_secret(self) -> str:
        return secrets.token_hex(32)

    def sample(self, kind: str, number: int, at: int) -> Record:
        requested = sample_request(number)
        if kind == "credit.issued":
            requested["return_type"] = "store_credit"
        document = documents.new_return("sample", number, requested, at)
        if kind.startswith("shipment."):
            shipment = documents.new_shipment(document, {"carrier": "australia_post"}, _label_url, at)
            status = kind.partition(".")[2]
            if status != "created":
                documents.move_shipment(shipment, status, at)
            return shipment
        for status in _history(kind):
            documents.move(document, status, at)
        return document

    def wants(self, conditions: Mapping[str, Any], record: Record) -> bool:  # noqa: ARG002 - there are no conditions
        return True


WEBHOOKS: Final = ReturnMateWebhooks()


def kinds_of_move(document: Record) -> tuple[str, ...]:
    """List the events that report a return's change to its current status, in the order of sending."""
    status, refund = document["status"], document["refund"]
    kinds = ["rma.status_changed"]
    if status in _OF_STATUSES:
        kinds.append(f"rma.{status}")
    if status == "inspected":
        kinds.append("inspection.completed")
    if status == "completed" and refund:
        credit = refund["method"] == "store_credit"
        kinds += ["credit.issued"] if credit else ["refund.initiated", "refund.completed"]
    return tuple(kinds)


def _label_url(shipment_id: str) -> str:
    return f"https://labels.example.com/{shipment_id}.pdf"


def _history(kind: str) -> tuple[str, ...]:
    """List the statuses, after the initial one, of the sample return for an event."""
    group, _, name = kind.partition(".")
    if name in {"rejected", "cancelled"}:
        return (name,)
    if group in {"refund", "credit"}:
        return _LIFE
    last = {"inspection": "inspected"}.get(group, "approved" if name == "status_changed" else name)
    return _LIFE[: _LIFE.index(last) + 1] if last in _LIFE else ()
