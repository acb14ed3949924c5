"""The engine's request bodies: parsing, validation, limits."""

import asyncio
from typing import Any

import pytest
from support.engine_api import BASE, Caller, Gate, Shop, build

GOOD = {"sku": "BOOT-39", "quantity": 1}


@pytest.fixture(scope="module")
def call() -> Caller:
    gate = Gate()
    gate.left = 10_000
    return Caller(build(Shop(), gate))


@pytest.mark.parametrize(
    "body",
    [
        GOOD,
        {**GOOD, "price": None, "grade": None},
        {**GOOD, "price": 0.5, "grade": "A", "tags": ["a", "b"], "owner": {"email": "ann@example.com"}},
        {**GOOD, "sku": "\\u0000 spelt"},
        {**GOOD, "tags": ["🥾"]},
    ],
)
def test_body_reaches_the_handler(call: Caller, body: dict[str, Any]) -> None:
    response = call("POST", "/items", json=body)
    assert response.status_code == 201, response.text
    assert response.json()["echo"] == body


@pytest.mark.parametrize(
    ("change", "field", "message"),
    [
        ({"quantity": 0}, "quantity", "must be at least 1"),
        ({"quantity": 101}, "quantity", "must be at most 100"),
        ({"quantity": "1"}, "quantity", "must be a whole number"),
        ({"quantity": 1.5}, "quantity", "must be a whole number"),
        ({"quantity": True}, "quantity", "must be a whole number"),
        ({"quantity": None}, "quantity", "must be a whole number"),
        ({"sku": ""}, "sku", "must have at least 1 character"),
        ({"sku": "x" * 21}, "sku", "must have at most 20 characters"),
        ({"price": 0}, "price", "must be more than 0"),
        ({"grade": "C"}, "grade", "must be one of A, B, null"),
        ({"owner": {"email": "unknown"}}, "owner.email", "must be an e-mail address"),
        ({"owner": []}, "owner", "must be an object"),
        ({"tags": ["a", 1]}, "tags[1]", "must be a string"),
        ({"tags": ["a", "a"]}, "tags", "must not repeat an entry"),
        ({"tags": ["a", "b", "c", "d"]}, "tags", "must have at most 3 entries"),
        ({"colour": "red"}, "colour", "is not a known field"),
        ({"id": "itm_1"}, "id", "is not accepted here"),
    ],
)
def test_invalid_body_is_refused_with_its_field(
    call: Caller, change: dict[str, Any], field: str, message: str
) -> None:
    response = call("POST", "/items", json={**GOOD, **change})
    assert response.status_code == 400
    assert response.json()["fields"] == {field: message}


def test_missing_fields_are_named(call: Caller) -> None:
    assert call("POST", "/items", json={}).json()["fields"] == {
        "sku": "is required",
        "quantity": "is required",
    }


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"\xff\xfe",
        b'{"sku":"\xff"}',
        b'"\\ud800"',
        b'{"sku": "\x00"}',
        b"NaN",
        b"1e999",
        b"\xef\xbb\xbf{}",
        b"[" * 100_0,
        b"[" * 500 + b"]" * 500,
        b'{"owner":' * 300 + b"1" + b"}" * 300,
        b"[]",
        b"null",
        b"123456789012345678901234567890",
    ],
)
def test_malformed_json_is_refused(call: Caller, content: bytes) -> None:
    response = call("POST", "/items", content=content, headers={"Content-Type": "application/json"})
    assert response.status_code == 400
    assert response.json()["kind"] == "invalid"
    assert len(response.content) < 1_000


@pytest.mark.parametrize(
    "content_type", [None, "", "text/plain", "application/jsonx", "application/json; charset=latin-1"]
)
def test_other_content_types_are_refused(call: Caller, content_type: str | None) -> None:
    response = call("POST", "/items", content=b"{}", headers={"Content-Type": content_type})
    assert response.json()["kind"] == "unsupported_media_type"


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "Application/JSON ; Charset=UTF-8", 'application/json; charset="utf-8"'],
)
def test_json_content_types_are_accepted(call: Caller, content_type: str) -> None:
    content = b'{"sku":"BOOT-39","quantity":1}'
    assert call("POST", "/items", content=content, headers={"Content-Type": content_type}).status_code == 201


def test_missing_body_is_refused(call: Caller) -> None:
    response = call("POST", "/items")
    assert response.json()["fields"] == {"body": "is required: send a JSON document"}


def test_body_of_a_get_is_ignored(call: Caller) -> None:
    assert call("GET", "/items", content=b"\xff" * 20_000).status_code == 200


def test_large_body_is_refused_by_its_content_length(call: Caller) -> None:
    response = call("POST", "/items", content=b" " * 10_001)
    assert response.json()["kind"] == "too_large"


def test_large_chunked_body_is_refused_while_it_arrives() -> None:
    taken = 0

    async def endless() -> dict[str, Any]:
        nonlocal taken
        taken += 1
        assert taken < 10, "the body was read beyond the limit"
        return {"type": "http.request", "body": b" " * 4_000, "more_body": True}

    assert asyncio.run(_raw(endless))[0]["status"] == 400
    assert taken == 3


def test_disconnected_client_gets_no_answer() -> None:
    messages: list[dict[str, Any]] = [
        {"type": "http.request", "body": b"{", "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    assert asyncio.run(_raw(receive)) == []


async def _raw(receive: Any) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": f"{BASE}/items",
        "query_string": b"",
        "headers": [(b"authorization", b"Bearer good"), (b"content-type", b"application/json")],
    }
    await build(Shop(), Gate())(scope, receive, send)
    return sent
