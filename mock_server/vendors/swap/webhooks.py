"""Swap's webhooks: events, payloads in two versions, and the JSON Web Token that signs them.

The vendor's webhook documentation describes the events, the conditions, the token and its claims, the
secret's format and the number of retries. It lists the payload fields that are new in version 2, but shows no
complete payload. The remaining fields are assumed to be the same as in the API.
"""

import secrets
from collections.abc import Mapping
from typing import Any, Final

import orjson

from mock_server.seed.requests import sample_request
from mock_server.vendors.swap import documents
from mock_server.vendors.swap.facts import NAME, VERSION_1
from mock_server.vendors.swap.version1 import as_version_1
from mock_server.webhooks.format import (
    Event,
    Kind,
    Message,
    Record,
    header_problem,
    hmac_base64,
    seconds,
)

CREATED: Final = "returnCreated"
PROCESSED: Final = "returnProcessed"
TOKEN_SECONDS: Final = 300
SIGNATURE: Final = "x-swap-signature-sha256"
"""The header with the signature of a version 2 delivery. The name is assumed, because Swap's shipping
webhooks use it."""
_ALGORITHM: Final = "HS256"
_CLAIMS: Final = ("exp", "iat", "nonce", "return_id", "order_id", "store_id", "event")
_RENAMED: Final = {
    "shipping_status": "delivery_status",
    "status": "return_status",
    "shipments": "return_shipments",
    "exchange_items": "exchange_products",
}
"""The field names in version 2 of the payload, keyed by the field names in the API."""


class SwapWebhooks:
    """Builds, signs and verifies Swap's webhooks; implements `WebhookFormat`."""

    vendor = NAME
    kinds = (Kind(CREATED), Kind(PROCESSED))
    versions = (2, 1)
    delays = (1, 10, 60)
    own_api = ""

    def payload(self, event: Event, record: Record) -> dict[str, Any]:
        if event.version == 1:
            old = as_version_1(dict(record))
            shipping_status, status = old.pop("delivery_status"), old.pop("return_status")
            return {"return": {**old, "shipping_status": shipping_status, "status": status}}
        renamed = {_RENAMED.get(name, name): value for name, value in record.items()}
        return {**renamed, "result_type": record["type_string"]}

    def sign(self, kind: str, payload: bytes, secret: str, at: int, nonce: str) -> Message:
        import jwt  # not imported until the first token: it loads a cryptography library if there is one

        content = orjson.loads(payload)
        record = content.get("return", content)
        claims = {
            "exp": seconds(at) + TOKEN_SECONDS,
            "iat": seconds(at),
            "nonce": nonce,
            **{name: record[name] for name in ("return_id", "order_id", "store_id")},
            "event": kind,
        }
        body = orjson.dumps({**content, "jwt": jwt.encode(claims, secret, algorithm=_ALGORITHM)})
        is_version_1 = "return" in content
        return Message({} if is_version_1 else {SIGNATURE: hmac_base64(secret, body)}, body)

    def signature_problem(self, headers: Mapping[str, str], body: bytes, secret: str, at: int) -> str:
        import jwt

        try:
            content = orjson.loads(body)
            token = content["jwt"]
            claims = _read_token(token, secret)
        except (ValueError, TypeError, KeyError):
            return "The body has no field jwt."
        except jwt.InvalidTokenError as error:
            return f"The token in the field jwt is not valid: {error}."
        record = content.get("return", content)
        if any(claims[name] != record.get(name) for name in ("return_id", "order_id", "store_id")):
            return "The token in the field jwt was issued for another return."
        if not claims["iat"] - TOKEN_SECONDS <= seconds(at) < claims["exp"]:
            return "The token in the field jwt has expired."
        return "" if "return" in content else header_problem(headers, SIGNATURE, hmac_base64(secret, body))

    def new_secret(self) -> str:
        return f"whsk_{secrets.token_hex(24)}"

    def sample(self, kind: str, number: int, at: int) -> Record:
        requested = sample_request(number)
        document = documents.new_return(number, requested, at)
        documents.pack(document, requested, split=False)
        if kind == PROCESSED:
            documents.set_shipping_status(document, ["delivered"], at)
            documents.move(document, "completed", at, "Example Merchant")
        return document

    def wants(self, conditions: Mapping[str, Any], record: Record) -> bool:
        checks = []
        if "shipping_status" in conditions:
            checks.append(VERSION_1[record["shipping_status"]] in conditions["shipping_status"])
        if "type" in conditions:
            checks.append(any(name in conditions["type"] for name in record["type"]))
        if not checks:
            return True
        return any(checks) if conditions.get("operator") == "or" else all(checks)


WEBHOOKS: Final = SwapWebhooks()


def _read_token(token: Any, secret: str) -> dict[str, Any]:
    """Verify a token's signature, and return its claims; the caller checks the times in the claims."""
    import jwt

    claims: dict[str, Any] = jwt.decode(
        token,
        secret,
        algorithms=[_ALGORITHM],
        options={"require": list(_CLAIMS), "verify_exp": False, "verify_iat": False},
    )
    return claims
