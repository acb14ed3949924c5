"""Webhooks of vendors: verified, refused, and converted to the common model."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from support.each import each

import openapi
from connector.definition.compiler import CATALOGS, integration, join, vendors
from connector.definition.paths import at_path
from connector.errors import AuthenticationError, CatalogError, ConfigurationError, ValidationFailed
from connector.webhooks import parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connector.definition.model import Webhooks

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECRET = "whsk_0123456789abcdef0123456789abcdef"


def described(vendor: str) -> dict[str, Any]:
    found: dict[str, Any] = openapi.read(vendor).get("x-webhooks", {})
    return found


EVENTS = [(vendor, name) for vendor in vendors() for name in described(vendor)]
SENDERS = sorted({vendor for vendor, _ in EVENTS})


def clock() -> datetime:
    return NOW


def table_of(vendor: str) -> Webhooks:
    table = integration(vendor).webhooks
    assert table is not None
    return table


def event_of(name: str) -> str:
    """The name of an event without the version of its body, as in returnCreated.v1."""
    return name.removesuffix(".v1")


def example(vendor: str, schema: dict[str, Any]) -> Any:
    """Build a value from the examples of a schema, which may be spread over its parts."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return example(vendor, openapi.read(vendor)["components"]["schemas"][name])
    if "example" in schema or "enum" in schema:
        return schema.get("example", schema.get("enum", [None])[0])
    if "properties" in schema:
        present = {key: one for key, one in schema["properties"].items() if "not" not in one}
        return {key: example(vendor, one) for key, one in present.items()}
    if "allOf" in schema:
        return example(vendor, schema["allOf"][0])
    return [] if schema.get("type") == "array" else None


def body_of(vendor: str, name: str) -> dict[str, Any]:
    """Return an unsigned body of an event, as the vendor's document describes it."""
    table = table_of(vendor)
    media = described(vendor)[name]["post"]["requestBody"]["content"]["application/json"]
    body: dict[str, Any] = media.get("example") or example(vendor, media["schema"])
    if table.event:
        (field,) = table.event
        body[field] = event_of(name)
    return body


def signed(
    vendor: str,
    name: str,
    *,
    secret: str = SECRET,
    lives: int = 300,
    claims: Mapping[str, Any] | None = None,
) -> tuple[dict[str, str], bytes]:
    """Return the headers and the body of an event, signed as the catalog describes it."""
    table, body = table_of(vendor), body_of(vendor, name)
    if table.token:
        record = body.get("return", body)
        named = {claim: record[path[0]] for claim, path in table.token.claims.items()}
        times = {"iat": NOW, "exp": NOW + timedelta(seconds=lives), "nonce": "n"}
        own = {**times, **named, table.token.event: event_of(name), **(claims or {})}
        body[table.token.at[0]] = jwt.encode(own, secret, "HS256")
    content = json.dumps(body).encode()
    if not table.signature:
        return {}, content
    digest = hmac.new(secret.encode(), content, hashlib.sha256).digest()
    text = digest.hex() if table.signature.encoding == "hex" else base64.b64encode(digest).decode()
    return {table.signature.header.title(): text}, content


SIGNED = [vendor for vendor in SENDERS if not table_of(vendor).unsigned]
UNSIGNED = [vendor for vendor in SENDERS if table_of(vendor).unsigned]
FIRST = {vendor: next(iter(described(vendor))) for vendor in SENDERS}


@pytest.mark.parametrize("vendor", SENDERS)
def test_the_catalog_lists_exactly_the_events_of_the_document(vendor: str) -> None:
    assert set(table_of(vendor).events) == {event_of(name) for name in described(vendor)}
    headers = {
        parameter["name"].lower()
        for entry in described(vendor).values()
        for parameter in entry["post"].get("parameters", [])
    }
    signature = table_of(vendor).signature
    assert signature is None or signature.header in headers


@pytest.mark.parametrize(("vendor", "name"), EVENTS)
def test_event_is_read_into_the_common_model(vendor: str, name: str) -> None:
    headers, body = signed(vendor, name)
    secret = SECRET if vendor in SIGNED else None
    read = parse(vendor, headers, body, secret, profile="outlet", clock=clock)
    assert (read.vendor, read.event, read.verified) == (vendor, event_of(name), vendor in SIGNED)
    assert read.body == json.loads(body)
    unified = read.unified
    assert (unified.id, unified.trigger, unified.profile) == (read.id, read.event, "outlet")
    assert unified.kind == table_of(vendor).events[read.event].kind
    assert unified.observed_at == NOW
    assert unified.record is not None
    assert unified.record.id
    if "rma" in name.lower() or "return" in name:
        assert unified.record.status not in (None, "other")
        assert unified.record.order_number
    else:
        assert unified.record.shipments or "shipment" not in name.lower()


@pytest.mark.parametrize("vendor", SENDERS)
def test_ids_are_equal_for_a_repetition_only(vendor: str) -> None:
    secret = SECRET if vendor in SIGNED else None
    once, again = (
        parse(vendor, *signed(vendor, FIRST[vendor], claims={"nonce": nonce}), secret, clock=clock)
        for nonce in ("a", "b")
    )
    assert once.id == again.id
    body = body_of(vendor, FIRST[vendor])
    (first, *_) = table_of(vendor).id
    other = json.dumps(body).replace(json.dumps(at_path(body, first)), '"another"')
    assert table_of(vendor).token or parse(vendor, {}, other, None, clock=clock).id != once.id


@pytest.mark.parametrize("vendor", [vendor for vendor in SENDERS if table_of(vendor).occurred_at])
@pytest.mark.parametrize("time", ["soon", 5, None])
def test_time_that_cannot_be_read_is_missing(vendor: str, time: Any) -> None:
    body = body_of(vendor, FIRST[vendor])
    *within, last = table_of(vendor).occurred_at or ()
    assert parse(vendor, {}, json.dumps(body), None, clock=clock).unified.occurred_at is not None
    at_path(body, tuple(within))[last] = time
    assert parse(vendor, {}, json.dumps(body), None, clock=clock).unified.occurred_at is None


@pytest.mark.parametrize("vendor", SIGNED)
def test_forged_webhooks_are_refused(vendor: str) -> None:
    headers, body = signed(vendor, FIRST[vendor])
    forged = [
        (headers, body, SECRET[::-1]),
        (signed(vendor, FIRST[vendor], secret=SECRET.upper())[0], body, SECRET),
        (dict.fromkeys(headers, ""), body, SECRET),
        (dict.fromkeys(headers, "é"), body, SECRET),
        (headers, body.replace(b"{", b"{ ", 1), SECRET),
    ]
    for sent, content, secret in each(forged):
        with pytest.raises(AuthenticationError) as caught:
            parse(vendor, sent, content, secret, clock=clock)
        assert caught.value.vendor == vendor
        assert secret not in str(caught.value)


@pytest.mark.parametrize("vendor", SIGNED)
def test_webhook_without_a_signature_is_refused(vendor: str) -> None:
    table, body = table_of(vendor), body_of(vendor, FIRST[vendor])
    if table.token:
        body.pop(table.token.at[0], None)
    with pytest.raises(AuthenticationError, match="is missing"):
        parse(vendor, {}, json.dumps(body), SECRET, clock=clock)


@pytest.mark.parametrize("vendor", [vendor for vendor in SIGNED if table_of(vendor).token])
def test_token_of_another_record_or_time_is_refused(vendor: str) -> None:
    token = table_of(vendor).token
    assert token is not None
    for claim in each(token.claims):
        with pytest.raises(AuthenticationError, match="for another"):
            parse(vendor, *signed(vendor, FIRST[vendor], claims={claim: "another"}), SECRET, clock=clock)
    with pytest.raises(AuthenticationError, match="is expired"):
        parse(vendor, *signed(vendor, FIRST[vendor], lives=0), SECRET, clock=clock)
    content = json.loads(signed(vendor, FIRST[vendor])[1])
    claims = jwt.decode(content[token.at[0]], options={"verify_signature": False})
    content[token.at[0]] = jwt.encode(claims, "", "none")
    with pytest.raises(AuthenticationError, match="does not match"):
        parse(vendor, {}, json.dumps(content), SECRET, clock=clock)


@pytest.mark.parametrize("vendor", SENDERS)
def test_what_cannot_be_verified_says_so(vendor: str) -> None:
    headers, body = signed(vendor, FIRST[vendor])
    read = parse(vendor, headers, body, None, clock=clock)
    assert not read.verified
    assert read.warning
    if vendor in UNSIGNED:
        assert "does not sign" in read.warning
        with pytest.raises(ConfigurationError, match="does not sign its webhooks"):
            parse(vendor, headers, body, SECRET, clock=clock)
        return
    warning = parse(vendor, headers, body, SECRET, clock=clock).warning
    table = table_of(vendor)
    documented = any(one.provenance != "assumed" for one in (table.signature, table.token) if one)
    assert (warning is None) is documented


def test_vendor_without_described_webhooks_says_so() -> None:
    (vendor,) = set(vendors()) - set(SENDERS)
    with pytest.raises(ConfigurationError, match="No public source describes webhooks"):
        parse(vendor, {}, b"{}", None)


@pytest.mark.parametrize("vendor", SENDERS)
def test_body_that_is_no_webhook_is_refused(vendor: str) -> None:
    made, deep = integration(vendor), b'{"event":' * 100_000
    bodies: list[bytes | str] = [b"", b"[]", b"\xff", "null", "{}", deep, b'{"x": NaN}', b"9" * 5_000]
    for body in each(bodies):
        for secret in each([None, SECRET] if vendor in SIGNED else [None]):
            with pytest.raises((ValidationFailed, AuthenticationError)):
                parse(made, {}, body, secret, clock=clock)


@pytest.mark.parametrize("vendor", SIGNED)
def test_half_a_character_is_no_crash(vendor: str) -> None:
    made = integration(vendor)
    headers, body = signed(vendor, FIRST[vendor])
    odd = body.decode().replace(":", ':"\ud83d",', 1)
    for sent in each([odd, '{"jwt": "\ud83d"}', '{"jwt": "a.\ud83d.c"}']):
        with pytest.raises((ValidationFailed, AuthenticationError)):
            parse(made, headers, sent, SECRET, clock=clock)
    if made.webhooks and made.webhooks.signature:
        with pytest.raises(AuthenticationError, match="does not match"):
            parse(made, {made.webhooks.signature.header: "\udcff"}, body, SECRET, clock=clock)


@pytest.mark.parametrize("vendor", SENDERS)
def test_event_that_the_vendor_adds_later_is_other(vendor: str) -> None:
    secret = SECRET if vendor in SIGNED else None
    table = table_of(vendor)
    changed = integration(vendor).model_copy(
        update={"webhooks": table.model_copy(update={"events": {"x": next(iter(table.events.values()))}})}
    )
    read = parse(changed, *signed(vendor, FIRST[vendor]), secret, clock=clock)
    assert (read.unified.kind, read.unified.record) == ("other", None)
    assert read.record


@pytest.mark.parametrize(
    ("right", "wrong", "complaint"),
    [
        (
            "rma.created: {kind: return_created, table: return}",
            "rma.created: {kind: other, table: x}",
            "table x",
        ),
        ("  event: event\n  id: [id]", "  id: [id]", "named either at `event` or by `token`"),
        ("  signature: {header: X-Webhook-Signature, encoding: hex}\n", "", "or is `unsigned`"),
    ],
)
def test_mistakes_in_the_catalog_are_reported(right: str, wrong: str, complaint: str) -> None:
    text = (CATALOGS / "returnmate.yaml").read_text("utf-8")
    assert text.count(right) == 1
    with pytest.raises(CatalogError, match=complaint):
        join(openapi.read("returnmate"), text.replace(right, wrong), "returnmate.yaml")
