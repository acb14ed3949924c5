"""The engine's admission: credentials, rate limits, scopes, and headers of every answer."""

from collections.abc import Mapping
from typing import Any

import pytest
from support.engine_api import Caller, Gate, Shop, build

from mock_server.access.grants import Grant
from mock_server.engine.protocols import NotReady


@pytest.mark.parametrize(
    ("headers", "query", "scheme"),
    [
        ({"Authorization": "Bearer good"}, "", "bearer"),
        ({"Authorization": "bearer  good"}, "", "bearer"),
        ({"Authorization": None, "X-API-KEY": "good"}, "", "header_key"),
        ({"Authorization": None}, "?page=1&key=good", "query_key"),
    ],
)
def test_credentials_are_read_where_the_schemes_say(
    headers: dict[str, str | None], query: str, scheme: str
) -> None:
    gate = Gate()
    response = Caller(build(Shop(), gate))("GET", f"/items{query}", headers=headers)
    assert response.status_code == 200
    assert gate.presented == [{scheme: "good"}]


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic good", "good"])
def test_missing_credentials_are_refused(header: str | None) -> None:
    gate = Gate()
    response = Caller(build(Shop(), gate))("GET", "/items", headers={"Authorization": header})
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert response.headers["x-left"] == "60"
    assert gate.presented == [{}]
    assert gate.left == 60


def test_requirement_of_two_schemes_needs_both() -> None:
    def both(document: dict[str, object]) -> None:
        document["security"] = [{"bearer": [], "header_key": []}]

    gate = Gate()
    call = Caller(build(Shop(), gate, both))
    call("GET", "/items")
    call("GET", "/items", headers={"X-Api-Key": "other"})
    assert gate.presented == [{}, {"bearer": "good", "header_key": "other"}]


def test_limits_are_shown_counted_and_enforced() -> None:
    gate = Gate()
    gate.left = 2
    call = Caller(build(Shop(), gate))
    assert [call("GET", "/items").headers["x-left"] for _ in range(2)] == ["1", "0"]
    refused = call("GET", "/items")
    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "30"
    assert refused.headers["x-left"] == "0"
    assert refused.json()["message"] == (
        "The limit of 60 requests per minute is used up; try again in 30 seconds."
    )


def test_refused_input_counts_and_shows_the_limits() -> None:
    response = Caller(build(Shop(), Gate()))("GET", "/items?page=0")
    assert (response.status_code, response.headers["x-left"]) == (400, "59")


def test_missing_scope_is_reported_before_invalid_input() -> None:
    gate = Gate()
    gate.scopes = frozenset({"items:read"})
    call = Caller(build(Shop(), gate))
    response = call("POST", "/items", content=b"{")
    assert response.status_code == 403
    assert response.json()["message"] == "This key lacks the scope items:write."
    assert call("GET", "/items").status_code == 200


def test_date_header_follows_the_tenants_clock() -> None:
    response = Caller(build(Shop(), Gate()))("GET", "/items")
    assert response.headers.get_list("date") == ["Mon, 30 Dec 2024 10:30:00 GMT"]


def test_operation_without_security_needs_no_key_and_counts_for_no_tenant() -> None:
    def opened(document: dict[str, Any]) -> None:
        document["paths"]["/items/newest"]["get"]["security"] = []

    gate = Gate()
    call = Caller(build(Shop(), gate, opened))
    assert call("GET", "/items/newest", headers={"Authorization": None}).status_code == 200
    assert call("GET", "/items/newest").status_code == 200
    assert (gate.presented, gate.left) == ([], 60)
    assert call("GET", "/items", headers={"Authorization": None}).status_code == 401


def test_api_without_rate_limits_still_checks_scopes() -> None:
    gate = Gate()
    gate.left, gate.shut = 0, "Closed."
    gate.scopes = frozenset({"items:read"})
    call = Caller(build(Shop(), gate, metered=False))
    response = call("GET", "/items")
    assert (response.status_code, "x-left" in response.headers) == (200, False)
    assert call("POST", "/items", content=b"{").status_code == 403
    refused = call("GET", "/items", headers={"Authorization": None})
    assert (refused.status_code, "x-left" in refused.headers) == (401, False)


def test_request_waits_for_the_gate_and_counts_once() -> None:
    waited: list[bool] = []

    async def wait() -> None:
        waited.append(True)

    class Late(Gate):
        def admit(self, credentials: Mapping[str, str]) -> Grant:
            if not waited:
                raise NotReady(wait)
            return super().admit(credentials)

    response = Caller(build(Shop(), Late()))("POST", "/items", json={"sku": "BOOT-39", "quantity": 1})
    assert (response.status_code, waited, response.headers["x-left"]) == (201, [True], "59")
