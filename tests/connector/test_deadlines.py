"""Every attempt ends, and every call: whatever a vendor sends, and however slowly."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from support.strangers import opened
from support.wire import BASE_URL, KEY, Wire, refusal, rows

import connector
from connector.definition.compiler import vendors
from connector.errors import ConfigurationError, OutcomeUnknown, RateLimited, VendorUnavailable
from connector.transport.deadline import Deadline

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from support.wire import Time

    from connector.definition.model import Integration

pytestmark = pytest.mark.anyio

SHORT, LONG_ENOUGH = 0.05, 0.2
LINE = {"sku": "BOOT-39", "quantity": 1, "reason": "defective"}
ORDER = {"order_number": "#1001", "customer_email": "kim@example.com", "items": [LINE]}


class Drip(httpx.AsyncByteStream):
    """A body that comes byte by byte and never ends; each byte is in time."""

    def __init__(self, status: list[str]) -> None:
        self._status = status

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            await asyncio.sleep(SHORT / 10)
            yield b" "

    async def aclose(self) -> None:
        self._status.append("closed")


class Slow(httpx.AsyncBaseTransport):
    """A vendor that is silent, or that drips."""

    def __init__(self, *, drips: bool) -> None:
        self.drips = drips
        self.asked = 0
        self.status: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        del request
        self.asked += 1
        if not self.drips:
            await asyncio.sleep(60)
        return httpx.Response(200, stream=Drip(self.status))


@pytest.mark.parametrize("drips", [True, False], ids=["drips", "is silent"])
async def test_an_attempt_ends_whatever_the_vendor_does(
    integration: Integration, time: Time, drips: bool
) -> None:
    slow = Slow(drips=drips)
    how: dict[str, Any] = {"transport": slow, "clock": time.clock, "sleep": time.sleep, "timeout": SHORT}
    async with connector.open(integration, base_url=BASE_URL, api_key=KEY, **how) as rm:
        with pytest.raises(VendorUnavailable, match="did not answer within") as caught:
            await rm.operations.list_returns()
        assert slow.asked == 4, "a read is repeated"
        assert caught.value.operation == "list_returns"
        with pytest.raises(OutcomeUnknown, match="did not answer within"):
            await rm.operations.create_return(**ORDER)
        assert slow.asked == 5, "a write is not"
    assert slow.status == ["closed"] * (5 if drips else 0), "no connection is left open"


@pytest.mark.parametrize("vendor", vendors())
async def test_a_call_ends_for_every_vendor(vendor: str, time: Time) -> None:
    """Attempts, the waits between them and the token request count together."""

    def reply(_request: httpx.Request) -> httpx.Response:
        return refusal(503, headers={"retry-after": "50"})

    async with opened(vendor, reply, time) as connection:
        login = connection.integration.authentication
        with pytest.raises(VendorUnavailable):
            await connection.client.call(
                connection.integration.operations[login.test_operation], login.test_query
            )
    assert time.slept == [50, 50], "a third wait would end after the deadline of 120 seconds"


async def test_the_waits_of_a_token_request_count_too(time: Time) -> None:
    wire = Wire([refusal(503, headers={"retry-after": "50"})])
    login: dict[str, Any] = {
        "client_id": "a",
        "client_secret": "sandbox-b",
        "redirect_uri": "https://shop.example/exsited",
    }
    how: dict[str, Any] = {"transport": httpx.MockTransport(wire), "clock": time.clock, "sleep": time.sleep}
    async with connector.open("exsited", base_url="https://shop.example.com", **how, **login) as connection:
        with pytest.raises(VendorUnavailable):
            await connection.check()
    assert time.slept == [50, 50]
    assert {request.url.path.rpartition("/")[2] for request in wire.requests} == {"token"}
    token = httpx.Response(200, json={"access_token": "sandbox-token", "expires_in": 3600})
    busy = refusal(503, headers={"retry-after": "50"})
    wire.reply(busy, busy, token, busy)
    wire.requests.clear()
    time.slept.clear()
    async with connector.open("exsited", base_url="https://shop.example.com", **how, **login) as connection:
        with pytest.raises(VendorUnavailable):
            await connection.check()
    assert time.slept == [50, 50], "the token took so long that the request is sent once"
    assert len(wire.requests) == 4


async def test_a_deadline_ends_an_attempt_that_its_timeout_would_not(
    integration: Integration, time: Time
) -> None:
    slow = Slow(drips=True)
    how: dict[str, Any] = {
        "transport": slow,
        "clock": time.clock,
        "sleep": time.sleep,
        "deadline": LONG_ENOUGH,
    }
    async with connector.open(integration, base_url=BASE_URL, api_key=KEY, **how) as rm:
        with pytest.raises(VendorUnavailable, match="did not answer within"):
            await rm.operations.list_returns()
    assert slow.asked == 1


async def test_an_attempt_that_could_not_take_its_time_is_not_made(
    integration: Integration, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connector.transport.client.BACK_OFF", 0.0)
    slow = Slow(drips=True)
    limits: dict[str, Any] = {"timeout": LONG_ENOUGH, "deadline": LONG_ENOUGH * 1.9}
    how: dict[str, Any] = {"transport": slow, "clock": time.clock, "sleep": time.sleep, **limits}
    async with connector.open(integration, base_url=BASE_URL, api_key=KEY, **how) as rm:
        with pytest.raises(VendorUnavailable, match="did not answer within"):
            await rm.operations.list_returns()
    assert slow.asked == 1


async def test_those_who_wait_for_the_limit_give_up_at_their_deadline(
    integration: Integration, wire: Wire
) -> None:
    """A wait for the limit is one request's; the others wait for it, and not for ever."""
    used_up = rows()
    used_up.headers.update({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "50"})
    wire.reply(used_up, rows())
    asleep, held = asyncio.Event(), asyncio.Event()

    async def sleep(_seconds: float) -> None:
        asleep.set()
        await held.wait()

    how: dict[str, Any] = {"transport": httpx.MockTransport(wire), "sleep": sleep}
    async with connector.open(integration, base_url=BASE_URL, api_key=KEY, **how) as rm:
        await rm.operations.list_returns()
        first = asyncio.create_task(rm.operations.list_returns())
        await asleep.wait()
        limiter = rm.client._limiter
        with pytest.raises(RateLimited, match="other requests of this connection went first"):
            await limiter.admit("list_returns", Deadline(SHORT, sleep, "returnmate"))
        held.set()
        await first
    assert len(wire.requests) == 2


async def test_a_caller_who_gives_up_is_not_held_back(integration: Integration, time: Time) -> None:
    slow = Slow(drips=True)
    how: dict[str, Any] = {"transport": slow, "clock": time.clock, "sleep": time.sleep}
    async with connector.open(integration, base_url=BASE_URL, api_key=KEY, **how) as rm:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(rm.operations.list_returns(), SHORT)
    assert slow.status == ["closed"]
    assert slow.asked == 1


@pytest.mark.parametrize("limit", ["timeout", "deadline"])
@pytest.mark.parametrize("value", [0, -1, float("inf"), float("nan"), "30", True, None])
def test_a_limit_that_limits_nothing_is_refused(integration: Integration, limit: str, value: Any) -> None:
    with pytest.raises(ConfigurationError, match=f"{limit} must be a number of seconds above 0"):
        connector.open(integration, api_key=KEY, **{limit: value})


async def test_a_deadline_counts_real_time_and_waits_that_took_none() -> None:
    async def at_once(_seconds: float) -> None:
        return

    made = Deadline(60, at_once, "returnmate")
    await made.sleep(20, "list_returns", "of a test")
    assert 30 < made.left <= 40
    await asyncio.sleep(SHORT)
    assert made.left <= 40 - SHORT
    await made.sleep(100, "list_returns", "of a test")
    assert made.left == 0
