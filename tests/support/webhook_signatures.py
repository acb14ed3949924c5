"""Verifies the signatures of webhooks as a receiver would, from the vendors' descriptions only.

Nothing here comes from the sandbox, and a JSON Web Token is taken apart by hand (RFC 7519).
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any

Headers = Mapping[str, str]


def _mac(secret: str, body: bytes) -> bytes:
    return hmac.new(secret.encode(), body, hashlib.sha256).digest()


def _unpadded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def claims_of(body: bytes, secret: str) -> dict[str, Any] | None:
    """Return the claims of the token in a Swap webhook, or None if its signature is wrong."""
    head, claims, signature = json.loads(body)["jwt"].split(".")
    if json.loads(_unpadded(head))["alg"] != "HS256":
        return None
    if not hmac.compare_digest(_unpadded(signature), _mac(secret, f"{head}.{claims}".encode())):
        return None
    read: dict[str, Any] = json.loads(_unpadded(claims))
    return read


def _swap(headers: Headers, body: bytes, secret: str) -> bool:
    claims = claims_of(body, secret)
    if claims is None or claims["exp"] - claims["iat"] != 300 or not claims["nonce"]:
        return False
    content = json.loads(body)
    record = content.get("return", content)
    if any(claims[name] != record[name] for name in ("return_id", "order_id", "store_id")):
        return False
    if "return" in content:
        return "x-swap-signature-sha256" not in headers
    return headers["x-swap-signature-sha256"] == base64.b64encode(_mac(secret, body)).decode()


def _returnmate(headers: Headers, body: bytes, secret: str) -> bool:
    return headers["x-webhook-signature"] == _mac(secret, body).hex()


def _returnlogic(headers: Headers, body: bytes, secret: str) -> bool:
    return headers["x-returnlogic-hmac-sha256"] == base64.b64encode(_mac(secret, body)).decode()


VERIFIERS: dict[str, Callable[[Headers, bytes, str], bool]] = {
    "swap": _swap,
    "returnmate": _returnmate,
    "returnlogic": _returnlogic,
}
