"""ReturnLogic's webhooks: events, payloads and signatures.

The vendor's overview mentions events for RMAs that are created, updated or deleted, and says that deliveries
can arrive in a different order than the events. Everything else is assumed: the names of the events, the
payload, the headers, the signature and the retries.
"""

import secrets
from collections.abc import Mapping
from typing import Any, Final

from mock_server.clock import timestamp
from mock_server.seed.requests import sample_request
from mock_server.vendors.returnlogic import documents
from mock_server.vendors.returnlogic.facts import NAME
from mock_server.webhooks.format import Event, Kind, Message, Record, header_problem, hmac_base64
from mock_server.webhooks.retry_schedule import DELAYS

CREATED: Final = "rma.created"
UPDATED: Final = "rma.updated"
DELETED: Final = "rma.deleted"
SIGNATURE: Final = "x-returnlogic-hmac-sha256"
TOPIC: Final = "x-returnlogic-topic"


class ReturnLogicWebhooks:
    """Builds, signs and verifies ReturnLogic's webhooks; implements `WebhookFormat`."""

    vendor = NAME
    kinds = (Kind(CREATED), Kind(UPDATED), Kind(DELETED, occurs=False))
    versions: tuple[int, ...] = ()
    delays = DELAYS
    own_api = ""

    def payload(self, event: Event, record: Record) -> dict[str, Any]:
        return {"id": event.id, "topic": event.kind, "createdAt": timestamp(event.at), "data": record}

    def sign(self, kind: str, payload: bytes, secret: str, at: int, nonce: str) -> Message:  # noqa: ARG002 - the signature covers the body only
        return Message({TOPIC: kind, SIGNATURE: hmac_base64(secret, payload)}, payload)

    def signature_problem(self, headers: Mapping[str, str], body: bytes, secret: str, at: int) -> str:  # noqa: ARG002 - the signature has no time
        return header_problem(headers, SIGNATURE, hmac_base64(secret, body))

    def new_secret(self) -> str:
        return secrets.token_hex(32)

    def sample(self, kind: str, number: int, at: int) -> Record:
        document = documents.new_rma(number, sample_request(number), at)
        if kind == UPDATED:
            document["workflowStatus"] = "Authorized"
            document["shippingLabel"] = documents.new_label(document["rlRmaId"], {})
        return document

    def wants(self, conditions: Mapping[str, Any], record: Record) -> bool:  # noqa: ARG002 - there are no conditions
        return True


WEBHOOKS: Final = ReturnLogicWebhooks()
