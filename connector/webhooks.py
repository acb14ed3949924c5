"""Verifies and reads the webhooks of vendors.

    webhook = connector.webhooks.parse("returnmate", request.headers, request.body, secret)
    if webhook.id not in seen:
        print(webhook.event, webhook.unified.record.status)

A webhook that does not arrive is lost, and several can overtake each other: poll the trigger of the same
event type as well (`webhook.unified.kind`), for example once an hour. docs/python/webhooks.md lists the
vendors.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from connector import clock as _clock
from connector.definition.compiler import integration as compiled
from connector.definition.paths import at_path
from connector.errors import AuthenticationError, ConfigurationError, ValidationFailed, attributed_to
from connector.transport.times import parse_time
from connector.unified.mapping import return_of
from connector.unified.model import UnifiedEvent

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from connector.clock import Clock
    from connector.definition.model import BodySignature, BodyToken, Integration, Webhooks

__all__ = ["Webhook", "parse"]


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook that `parse` has read.

    `event` is the vendor's name of the event, and `id` identifies it: it is the same if the vendor sends
    the event again. `verified` is true if the secret proves that the vendor sent the webhook; otherwise
    `warning` is a sentence that says why it does not. `warning` is also set if the vendor does not document
    the signature. `record` is the vendor's record, and `body` the whole JSON object of the request.
    `unified` is the event in the common model; its `record` is None if the event is about something else
    than a return, and its fields are None if the vendor does not send them.
    """

    vendor: str
    event: str
    id: str
    verified: bool
    warning: str | None
    record: Mapping[str, Any]
    body: Mapping[str, Any]
    unified: UnifiedEvent


def parse(
    vendor: str | Integration,
    headers: Mapping[str, str],
    body: bytes | str,
    secret: str | None,
    *,
    profile: str | None = None,
    clock: Clock = _clock.now,
) -> Webhook:
    """Verify a webhook with the secret from the vendor's settings, and read it.

    `headers` and `body` are those of the request. Pass the body as received: a body that was parsed and
    serialized again has another signature. `profile` names the connection in `unified`.

    With `secret=None`, nothing is verified, and the result says so. Raises `AuthenticationError` if the
    signature is missing or wrong, or if the token is expired: answer with 401. Raises `ValidationFailed` if
    the body is not a JSON object that names an event, and `ConfigurationError` if no public source
    describes webhooks of this vendor, or if a secret is passed for a vendor that does not sign them.
    """
    made = compiled(vendor) if isinstance(vendor, str) else vendor
    table, title = made.webhooks, made.vendor.title
    with attributed_to(made.vendor.id, profile):
        if table is None:
            raise ConfigurationError(f"No public source describes webhooks of {title}. Poll its triggers.")
        if table.unsigned and secret is not None:
            raise ConfigurationError(f"{table.unsigned} Pass None as the secret.")
        content = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else bytes(body)
        read = _read(content)
        record = _record(table, read)
        claims: Mapping[str, Any] = {}
        if secret is not None:
            known = {name.lower(): value for name, value in headers.items()}
            if table.signature:
                _check_signature(table.signature, known, content, secret, title)
            if table.token:
                claims = _checked_claims(table.token, read, record, secret, clock)
        elif table.token:
            claims = _claims(table.token, read, None)
        event = claims.get(table.token.event) if table.token else at_path(read, table.event or ())
        if not isinstance(event, str) or not event:
            raise ValidationFailed(f"The body is not a webhook of {title}: it names no event.", fields=[])
    unified = _unified(made, table, event, read, record, profile, clock)
    return Webhook(
        vendor=made.vendor.id,
        event=event,
        id=unified.id,
        verified=secret is not None,
        warning=_warning(table, title, verified=secret is not None),
        record=record,
        body=read,
        unified=unified,
    )


def _read(content: bytes) -> dict[str, Any]:
    try:
        read = json.loads(content, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):  # RecursionError: nested too deeply
        read = None
    if not isinstance(read, dict):
        raise ValidationFailed("The body is not a webhook: it is not a JSON object.", fields=[])
    return read


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")  # Python accepts NaN and Infinity, RFC 8259 does not


def _record(table: Webhooks, body: dict[str, Any]) -> dict[str, Any]:
    """Return the record of a webhook, with the names that the API has."""
    found = (at_path(body, path) for path in table.record)
    record = next((value for value in found if isinstance(value, dict)), body)
    renamed = {new: record[old] for old, new in table.renamed.items() if old in record and new not in record}
    return {**record, **renamed}


def _check_signature(
    signature: BodySignature, headers: Mapping[str, str], body: bytes, secret: str, title: str
) -> None:
    sent = headers.get(signature.header)
    if sent is None and signature.optional:
        return
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    expected = digest.hex() if signature.encoding == "hex" else base64.b64encode(digest).decode()
    if sent is None or not hmac.compare_digest(
        sent.strip().encode("utf-8", "surrogatepass"), expected.encode()
    ):
        problem = "is missing" if sent is None else "does not match the body and the secret"
        hint = "" if signature.provenance != "assumed" else f" {title} does not document this signature."
        raise AuthenticationError(f"The signature in {signature.header} {problem}.{hint}")


def _claims(token: BodyToken, body: dict[str, Any], secret: str | None) -> Mapping[str, Any]:
    """Return the claims of the token; verify its signature if there is a secret."""
    import jwt

    text = at_path(body, token.at)
    place = ".".join(token.at)
    if not isinstance(text, str):
        raise AuthenticationError(f"The token in {place} is missing.")
    options: Any = {"verify_signature": secret is not None, "verify_exp": False, "verify_iat": False}
    try:
        return dict(jwt.decode(text, secret or "", algorithms=["HS256"], options=options))
    except jwt.PyJWTError as problem:
        raise AuthenticationError(f"The token in {place} does not match the secret ({problem}).") from problem
    except (ValueError, RecursionError) as problem:  # not text of a token, or JSON that is nested too deeply
        raise AuthenticationError(f"The token in {place} is not a token.") from problem


def _checked_claims(
    token: BodyToken, body: dict[str, Any], record: Mapping[str, Any], secret: str, clock: Clock
) -> Mapping[str, Any]:
    claims = _claims(token, body, secret)
    expires = claims.get("exp")
    if not isinstance(expires, int | float) or expires <= clock().timestamp():
        raise AuthenticationError(f"The token in {'.'.join(token.at)} is expired.")
    for claim, path in token.claims.items():
        if claims.get(claim) != at_path(record, path):
            raise AuthenticationError(f"The token was issued for another {claim.replace('_', ' ')}.")
    return claims


def _warning(table: Webhooks, title: str, *, verified: bool) -> str | None:
    if table.unsigned:
        return table.unsigned
    if not verified:
        return "It was not verified, because no secret was passed."
    documented = [one for one in (table.signature, table.token) if one and one.provenance != "assumed"]
    return (
        None if documented else f"{title} does not document how it signs webhooks; the signature is assumed."
    )


def _unified(
    made: Integration,
    table: Webhooks,
    event: str,
    body: Mapping[str, Any],
    record: Mapping[str, Any],
    profile: str | None,
    clock: Clock,
) -> UnifiedEvent:
    kind = table.events.get(event)
    parts = [at_path(body, path) or at_path(record, path) for path in table.id]
    known = [str(part) for part in parts if part is not None]
    name = known[0] if len(table.id) == 1 and known else ":".join([event, *known])
    returns = made.unified.returns if made.unified else {}
    paths = {**returns, **table.returns}.get(kind.table or "") if kind else None
    return UnifiedEvent(
        id=f"{made.vendor.id}:webhook:{name}",
        kind=kind.kind if kind else "other",
        vendor=made.vendor.id,
        profile=profile,
        trigger=event,
        occurred_at=_moment(at_path(body, table.occurred_at)) if table.occurred_at else None,
        observed_at=clock(),
        record=return_of(made, paths, record) if paths else None,
        raw=record,
    )


def _moment(value: Any) -> datetime | None:
    """Return a time; None if the vendor sends something else."""
    try:
        return parse_time(value) if isinstance(value, str) else None
    except ValueError:
        return None
