"""Timeouts of attempts and deadlines of calls hold, even if a vendor sends data slowly or without end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from support.any_operation import opened
from support.fake_vendor import BASE_URL, KEY, Wire, refusal, rows

import connector
from connector.definition.compiler import vendors
from connector.errors import ConfigurationError, OutcomeUnknown, RateLimited, VendorUnavailable
from connector.transport.deadline import Deadline

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from support.fake_vendor import Time

    from connector.definition.model import Integration
    from connector.runtime.connection import Connection

pytestmark = pytest.mark.anyio

SHORT, LONG_ENOUGH = 0.05, 1.0
LINE = {"sku": "BOOT-39", "quantity": 1, "reason": "defective"}
ORDER = {"order_number": "#1001", "customer_email": "kim@example.com", "items": [LINE]}


class Drip(httpx.AsyncByteStream):
    """A response body that sends one byte at a time and never ends; no single read times out."""

    def __init__(self, status: list[str]) -> None:
        self._status = status

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            await asyncio.sleep(SHORT / 10)
            yield b" "

    async def aclose(self) -> None:
        self._status.append("closed")


class Slow(httpx.AsyncBaseTransport):
    """A vendor that does not answer, or sends its answer byte by byte."""

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
async def test_attempt_times_out_if_the_vendor_stalls_or_drips(
    integration: Integration, time: Time, drips: bool
) -> None:
    slow = Slow(drips=drips)
    how: dict[str, Any] = {"transport": slow, "clock": time.clock, "sleep": time.sleep, "timeout": SHORT}
    async with connector.open(integration, base_url=BASE_URL, api_key=KEY, **how) as rm:
        with pytest.raises(VendorUnavailable, match="did not answer within") as caught:
            await rm.operations.list_returns()
        assert slow.asked == 4, "a read is retried"
        assert caught.value.operation == "list_returns"
        with pytest.raises(OutcomeUnknown, match="did not answer within"):
            await rm.operations.create_return(**ORDER)
        assert slow.asked == 5, "a write is not retried"
    assert slow.status == ["closed"] * (5 if drips else 0), "no connection is left open"


@pytest.mark.parametrize("vendor", vendors())
async def test_call_deadline_holds_for_every_vendor(vendor: str, time: Time) -> None:
    """Attempts, the waits between them and the token request share one deadline."""

    def reply(_request: httpx.Request) -> httpx.Response:
        return refusal(503, headers={"retry-after": "50"})

    async with opened(vendor, reply, time) as connection:
        login = connection.integration.authentication
        with pytest.raises(VendorUnavailable):
            await connection.client.call(
                connection.integration.operations[login.test_operation], login.test_query
            )
    assert time.slept == [50, 50], "a third wait would end after the deadline of 120 seconds"


async def test_waits_of_a_token_request_count_towards_the_deadline(time: Time) -> None:
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
    assert time.slept == [50, 50], "after the slow token request there is time for one attempt"
    assert len(wire.requests) == 4


async def test_deadline_ends_an_attempt_before_its_timeout(integration: Integration, time: Time) -> None:
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


async def test_attempt_is_skipped_if_too_little_time_remains(
    integration: Integration, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connector.transport.retries.BACK_OFF", 0.0)
    slow = Slow(drips=True)
    limits: dict[str, Any] = {"timeout": LONG_ENOUGH, "deadline": LONG_ENOUGH * 1.9}
    how: dict[str, Any] = {"transport": slow, "clock": time.clock, "sleep": time.sleep, **limits}
    async with connector.open(integration, base_url=BASE_URL, api_key=KEY, **how) as rm:
        with pytest.raises(VendorUnavailable, match="did not answer within"):
            await rm.operations.list_returns()
    assert slow.asked == 1


async def test_requests_queued_for_the_rate_limit_stop_at_their_deadline(
    integration: Integration, wire: Wire
) -> None:
    """One request sleeps until the rate limit resets; the others wait for it until their own deadlines."""
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
        limiter = rm.client.pace
        with pytest.raises(RateLimited, match="for other requests of the connection"):
            await limiter.admit("list_returns", Deadline(SHORT, sleep, "returnmate"))
        held.set()
        await first
    assert len(wire.requests) == 2


async def test_cancelled_caller_is_released_at_once(integration: Integration, time: Time) -> None:
    slow = Slow(drips=True)
    how: dict[str, Any] = {"transport": slow, "clock": time.clock, "sleep": time.sleep}
    async with connector.open(integration, base_url=BASE_URL, api_key=KEY, **how) as rm:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(rm.operations.list_returns(), SHORT)
    assert slow.status == ["closed"]
    assert slow.asked == 1


@pytest.mark.parametrize("limit", ["timeout", "deadline"])
@pytest.mark.parametrize("value", [0, -1, float("inf"), float("nan"), "30", True, None])
def test_invalid_deadline_is_refused(integration: Integration, limit: str, value: Any) -> None:
    with pytest.raises(ConfigurationError, match=f"{limit} must be a number of seconds above 0"):
        connector.open(integration, api_key=KEY, **{limit: value})


async def test_deadline_counts_real_time_and_injected_sleeps() -> None:
    async def at_once(_seconds: float) -> None:
        return

    made = Deadline(60, at_once, "returnmate")
    await made.sleep(20, "list_returns", "of a test")
    assert 30 < made.left <= 40
    await asyncio.sleep(SHORT)
    assert made.left <= 40 - SHORT
    await made.sleep(100, "list_returns", "of a test")
    assert made.left == 0


async def test_closed_connection_sends_nothing(rm: Connection, wire: Wire) -> None:
    wire.reply(rows())
    await rm.client.close()
    with pytest.raises(RuntimeError, match="closed"):
        await rm.operations.list_returns()
    assert wire.requests == []
