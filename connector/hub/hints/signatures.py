"""Verifies a post as its vendor documents it, and reads which records it is about."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connector.definition.model import Webhooks, WebhookSignature, WebhookToken

CLOCK_SKEW = timedelta(minutes=5)
"""How much the vendor's clock may differ from the hub's."""
MOST_RECORDS = 20
"""The most records of one post that are read."""

Hint = tuple[str, str]
"""A resource and the ID of a record."""


class RefusedHintError(Exception):
    """Raised if a post is not genuine; the message is a sentence."""


def verify(webhooks: Webhooks, headers: Mapping[str, str], body: bytes, secret: str, now: datetime) -> None:
    """Verify the signature and the token of a post with the webhook's secret.

    `headers` has names in lower case. Raises `RefusedHintError` if one of them is missing or wrong, or if the
    token has expired.
    """
    if webhooks.token:
        _verify_token(webhooks.token, _parsed(body), secret, now)
    if webhooks.signature:
        _verify_signature(webhooks.signature, headers, body, secret)


def records(webhooks: Webhooks, body: bytes) -> set[Hint]:
    """Return the records that a post is about; the set is empty if the body has an unknown structure."""
    content = _parsed(body)
    found = set()
    for resource, paths in webhooks.records.items():
        for path in paths:
            value = _at(content, path)
            if isinstance(value, str | int) and not isinstance(value, bool) and 0 < len(str(value)) <= 200:  # noqa: PLR2004 - longer than any ID
                found.add((resource, str(value)))
    return set(sorted(found)[:MOST_RECORDS])


def _verify_signature(
    signature: WebhookSignature, headers: Mapping[str, str], body: bytes, secret: str
) -> None:
    received = headers.get(signature.header.lower())
    if received is None:
        if signature.required:
            raise RefusedHintError(f"The header {signature.header} with the signature is missing.")
        return
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    expected = digest.hex() if signature.encoding == "hex" else base64.b64encode(digest).decode()
    if not hmac.compare_digest(expected.encode(), received.strip().encode()):
        raise RefusedHintError(
            f"The signature in the header {signature.header} is wrong. Check the secret of the webhook."
        )


def _verify_token(token: WebhookToken, content: Any, secret: str, now: datetime) -> None:
    """Verify a JSON Web Token (RFC 7519) with the algorithm HS256."""
    field = ".".join(token.field)
    written = _at(content, token.field)
    if not isinstance(written, str) or written.count(".") != 2:  # noqa: PLR2004 - head, claims and signature
        raise RefusedHintError(f"The body has no token in {field}.")
    signed, _, signature = written.rpartition(".")
    head, claims = map(_decoded, signed.split("."))
    expected = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest()
    unpadded = base64.urlsafe_b64encode(expected).rstrip(b"=")
    if head.get("alg") != "HS256" or not hmac.compare_digest(unpadded, signature.encode()):
        raise RefusedHintError(f"The token in {field} is wrong. Check the secret of the webhook.")
    ends = claims.get("exp")
    if not isinstance(ends, int) or _instant(ends) < now - CLOCK_SKEW:
        raise RefusedHintError(f"The token in {field} has expired.")
    part = _at(content, token.within) if token.within else None
    record = part if isinstance(part, dict) else content
    if any(claims.get(name) != record.get(name) for name in token.claims):
        raise RefusedHintError(f"The token in {field} belongs to another record.")


def _decoded(part: str) -> dict[str, Any]:
    try:
        decoded = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except ValueError:
        return {}
    return decoded if isinstance(decoded, dict) else {}


def _instant(seconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return datetime.min.replace(tzinfo=UTC)


def _parsed(body: bytes) -> Any:
    """Parse a JSON body; return None if it is not valid JSON."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _at(content: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        content = content.get(step) if isinstance(content, dict) else None
    return content
