"""Redirects are never followed: credentials or a write could reach another host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest
from support.any_operation import opened, operations, send
from support.each import each

import connector
from connector.definition.compiler import integration, vendors
from connector.errors import ConnectorError, OutcomeUnknown, UnexpectedResponse
from connector.transport.bodies import Reply
from connector.transport.redirects import redirect_target

if TYPE_CHECKING:
    from support.fake_vendor import Time

pytestmark = pytest.mark.anyio

ELSEWHERE = "https://elsewhere.example.com/list"


@pytest.mark.parametrize("status", [300, 301, 302, 303, 305, 307, 308])
@pytest.mark.parametrize("vendor", vendors())
async def test_no_operation_of_any_vendor_follows_a_redirect(vendor: str, status: int, time: Time) -> None:
    asked: list[httpx.URL] = []

    def reply(request: httpx.Request) -> httpx.Response:
        asked.append(request.url)
        return httpx.Response(status, headers={"location": ELSEWHERE}, json={"data": []})

    async with opened(vendor, reply, time) as connection:
        for operation in each(operations(connection)):
            asked.clear()
            with pytest.raises((UnexpectedResponse, OutcomeUnknown)) as caught:
                await send(connection, operation)
            assert len(asked) == 1
            assert asked[0].host == connection.client.base_url.host
            assert f"was answered with a redirect ({status}), which is not followed" in str(caught.value)
            assert str(asked[0].copy_with(query=None)) in str(caught.value)
            assert "address to use" not in str(caught.value)
            lost = status in {300, 302, 303} and operation.method != "GET"
            assert isinstance(caught.value, OutcomeUnknown) is lost, "a write may have been made before a 302"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    ("vendor", "login"),
    [
        (
            "exsited",
            {"client_id": "a", "client_secret": "sandbox-b", "redirect_uri": "https://shop.example/exsited"},
        ),
        ("returnlogic", {"client_id": "a", "client_secret": "sandbox-b", "code": "sandbox-c"}),
    ],
)
async def test_token_request_follows_no_redirect(
    vendor: str, login: dict[str, str], status: int, time: Time
) -> None:
    asked: list[httpx.Request] = []

    def reply(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(status, headers={"location": ELSEWHERE})

    how: dict[str, Any] = {"transport": httpx.MockTransport(reply), "clock": time.clock, "sleep": time.sleep}
    how |= login
    made = integration(vendor)
    async with connector.open(made, base_url="https://shop.example.com", **how) as connection:
        with pytest.raises(UnexpectedResponse, match=r"https://shop\.example\.com/.* redirect") as caught:
            await connection.check()
    assert [one.url.host for one in asked] == ["shop.example.com"]
    assert "sandbox-" not in str(caught.value)


@pytest.mark.parametrize(
    ("asked", "location", "use"),
    [
        ("http://127.0.0.1:4010/v1/rmas", "https://127.0.0.1:4010/v1/rmas", "https://127.0.0.1:4010/v1/rmas"),
        ("http://localhost/v1/rmas", "https://localhost/v1/rmas", "https://localhost/v1/rmas"),
        ("https://api.example.com/v1/rmas", "/v2/rmas", "https://api.example.com/v2/rmas"),
        ("https://api.example.com/v1/rmas", "../v2/rmas", "https://api.example.com/v2/rmas"),
        ("https://api.example.com/v1/rmas", "//api.example.com/v2/rmas", "https://api.example.com/v2/rmas"),
        ("https://api.example.com/v1/rmas", "https://API.example.com:443/v2", "https://api.example.com/v2"),
        ("https://api.example.com/v1/rmas", "/v1/rmas", None),
        ("https://api.example.com/v1/rmas", "/v1/rmas?page=2", None),
        ("https://api.example.com/v1/rmas", "http://api.example.com/v1/rmas", None),
        ("https://api.example.com/v1/rmas", "https://api.example.com:444/v1/rmas", None),
        ("https://api.example.com/v1/rmas", "https://www.example.com/v1/rmas", None),
        ("https://api.example.com/v1/rmas", "https://api.example.com.evil.example/v1/rmas", None),
        ("https://api.example.com/v1/rmas", "https://api.example.com@evil.example/v1/rmas", None),
        ("https://api.example.com/v1/rmas", "https://you:me@api.example.com/v2/rmas", None),
        ("https://api.example.com/v1/rmas", "javascript:alert(1)", None),
        ("https://api.example.com/v1/rmas", "https://[::1", None),
        ("https://api.example.com/v1/rmas", "https://xn--a/v2", None),
        ("https://api.example.com/v1/rmas", "https://xn--4t8h.dwk.io/v2", None),
        ("https://api.example.com/v1/rmas", "https://api.example.com:x/", None),
        ("https://api.example.com/v1/rmas", "/" + "a" * 70_000, None),
        ("https://api.example.com/v1/rmas", "\x00\ud800", None),
        ("https://api.example.com/v1/rmas", "", None),
    ],
)
def test_new_base_url_is_suggested_for_the_same_host_only(asked: str, location: str, use: str | None) -> None:
    reply = Reply(httpx.URL(asked), 301, httpx.Headers(), b"", location)
    found = redirect_target(reply)
    assert (None if found is None else str(found)) == use


@pytest.mark.parametrize(
    ("location", "words"),
    [
        (
            "/v2/rmas?email=kim@example.com",
            "It points to https://api.shop.example.com/v2/rmas",
        ),
        (ELSEWHERE, "which is not followed."),
        ("https://[::1", "which is not followed."),
        ("/\x1b[2J" + "a" * 5000, "which is not followed."),
        (None, "which is not followed."),
    ],
)
async def test_redirect_is_reported_without_query_and_with_any_location(
    time: Time, location: str | None, words: str
) -> None:
    headers = [] if location is None else [(b"location", location.encode())]
    asked = "https://api.shop.example.com/v1"
    async with opened(
        "returnmate", lambda _: httpx.Response(302, headers=headers), time, base_url=asked
    ) as rm:
        with pytest.raises(UnexpectedResponse) as caught:
            await rm.operations.list_returns(customer_email="kim@example.com")
    assert words in str(caught.value)
    assert caught.value.status == 302
    assert "kim" not in str(caught.value)
    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize("vendor", vendors())
async def test_304_is_no_redirect_and_leaves_a_write_in_doubt(vendor: str, time: Time) -> None:
    async with opened(vendor, lambda _: httpx.Response(304), time) as connection:
        for operation in each(operations(connection)):
            with pytest.raises(ConnectorError, match="304") as caught:
                await send(connection, operation)
            assert "redirect" not in str(caught.value)
            kind = UnexpectedResponse if operation.method == "GET" else OutcomeUnknown
            assert type(caught.value) is kind


def test_every_vendor_has_operations_to_test() -> None:
    assert len(vendors()) == 5
    assert all(len(integration(vendor).operations) >= 3 for vendor in each(vendors()))
