"""Every kind of failure at every entry point: its error, the number of requests and each pause, exactly."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from support.any_operation import opened
from support.example_inputs import required_inputs
from support.fake_vendor import Time

from connector.definition.compiler import integration, vendors
from connector.errors import (
    AuthenticationError,
    ConnectorError,
    NotFound,
    OutcomeUnknown,
    PermissionDenied,
    RateLimited,
    UnexpectedResponse,
    ValidationFailed,
    VendorUnavailable,
)
from connector.runtime.cursors import Cursors
from connector.runtime.runner import Runner

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from connector.runtime.connection import Connection

pytestmark = pytest.mark.anyio

BACK_OFF = [0.5, 1.0, 2.0]
"""The longest back-offs after the first three attempts; the test chooses the longest of the random waits."""
INTERVAL = 45.0
UNDOCUMENTED = {("returnlogic", 403): UnexpectedResponse, ("swap", 403): UnexpectedResponse}
"""Statuses that a vendor does not document, so their meaning is not known."""


@dataclass(frozen=True)
class Kind:
    """A failure: its answer, the error of a read, and the pauses between the attempts of a read.

    A `lost` write may have been done. Otherwise a write fails as a read does, and pauses as a read does if
    `repeats_writes` is true.
    """

    answer: httpx.Response | Exception
    error: type[ConnectorError]
    pauses: tuple[float, ...] = ()
    lost: bool = False
    repeats_writes: bool = False
    asks: float | None = None


def status(code: int, error: type[ConnectorError], *pauses: float, **more: Any) -> Kind:
    return Kind(httpx.Response(code, headers=more.pop("headers", {})), error, pauses, **more)


def page(code: int, content: bytes, error: type[ConnectorError], *pauses: float, lost: bool) -> Kind:
    headers = {"content-type": "text/html"}
    return Kind(httpx.Response(code, headers=headers, content=content), error, pauses, lost=lost)


def after(seconds: float) -> dict[str, str]:
    return {"retry-after": f"{seconds:g}"}


KINDS: dict[str, Kind] = {
    "400": status(400, ValidationFailed),
    "401": status(401, AuthenticationError),
    "403": status(403, PermissionDenied),
    "404": status(404, NotFound),
    "405": status(405, UnexpectedResponse),
    "409": status(409, UnexpectedResponse),
    "429": status(429, RateLimited, *BACK_OFF, repeats_writes=True),
    "429 for 0 s": status(429, RateLimited, *BACK_OFF, repeats_writes=True, headers=after(0), asks=0),
    "429 for 0.7 s": status(
        429, RateLimited, 0.7, 1.0, 2.0, repeats_writes=True, headers=after(0.7), asks=0.7
    ),
    "429 for 7 s": status(429, RateLimited, 7, 7, 7, repeats_writes=True, headers=after(7), asks=7),
    "429 for 50 s": status(429, RateLimited, 50, 50, repeats_writes=True, headers=after(50), asks=50),
    "429 for 91 s": status(429, RateLimited, headers=after(91), asks=91),
    "500": status(500, VendorUnavailable, *BACK_OFF, lost=True),
    "502": page(502, b"<h1>Bad gateway</h1>", VendorUnavailable, *BACK_OFF, lost=True),
    "503 for 9 s": status(503, VendorUnavailable, 9, 9, 9, lost=True, headers=after(9), asks=9),
    "504": status(504, VendorUnavailable, *BACK_OFF, lost=True),
    "no connection": Kind(
        httpx.ConnectError("refused"), VendorUnavailable, tuple(BACK_OFF), repeats_writes=True
    ),
    "connection lost": Kind(httpx.ReadError("reset"), VendorUnavailable, tuple(BACK_OFF), lost=True),
    "cut": Kind(httpx.RemoteProtocolError("closed"), VendorUnavailable, tuple(BACK_OFF), lost=True),
    "no answer in time": Kind(httpx.ReadTimeout("late"), VendorUnavailable, tuple(BACK_OFF), lost=True),
    "302": status(302, UnexpectedResponse, lost=True, headers={"location": "https://elsewhere.example.com/"}),
    "303": status(303, UnexpectedResponse, lost=True, headers={"location": "/elsewhere"}),
    "web page": page(200, b"<h1>Welcome</h1>", UnexpectedResponse, lost=True),
    "half a body": page(200, b'{"data": [', UnexpectedResponse, lost=True),
    "empty body": page(200, b"", UnexpectedResponse, lost=True),
    "other JSON": page(200, b'"other"', UnexpectedResponse, lost=True),
}


class Failing:
    """Answers every request by the failure, and records the requests."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.kind.answer
        if isinstance(answer, Exception):
            raise type(answer)(str(answer))  # one exception raised twice would be its own context
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)


@pytest.fixture(autouse=True)
def _longest_back_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connector.transport.retries.random.uniform", lambda _least, most: most)


def error_of(vendor: str, kind: Kind) -> type[ConnectorError]:
    answer = kind.answer
    code = answer.status_code if isinstance(answer, httpx.Response) else 0
    return UNDOCUMENTED.get((vendor, code), kind.error)


def connected(vendor: str, name: str) -> tuple[Connection, Failing, Time]:
    failing, time = Failing(KINDS[name]), Time()
    return opened(vendor, failing, time), failing, time


def check(vendor: str, failing: Failing, time: Time, problem: ConnectorError) -> None:
    """Check the error of a read, its requests and its pauses."""
    kind = failing.kind
    assert type(problem) is error_of(vendor, kind)
    assert time.slept == list(kind.pauses)
    again = expired(vendor, kind)
    assert len(failing.requests) == len(kind.pauses) + 1 + again
    assert getattr(problem, "retry_after", None) == kind.asks
    answer = kind.answer
    assert problem.status == (answer.status_code if isinstance(answer, httpx.Response) else None)
    assert problem.vendor == vendor


def expired(vendor: str, kind: Kind) -> int:
    """Return 1 if the vendor's token may have expired, so that a new one is tried once."""
    login = integration(vendor).authentication
    return int(bool(login.tokens) and not login.field and kind.error is AuthenticationError)


def is_empty_list(connection: Connection, kind: Kind) -> bool:
    """Return True if the vendor answers 404 for an empty list."""
    paging = connection.integration.paging.values()
    return kind.error is NotFound and any(one.missing_is_empty for one in paging)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("vendor", vendors())
async def test_call(vendor: str, name: str) -> None:
    connection, failing, time = connected(vendor, name)
    login = connection.integration.authentication
    operation = connection.integration.operations[login.test_operation]
    with pytest.raises(ConnectorError) as caught:
        await connection.client.call(operation, login.test_query)
    check(vendor, failing, time, caught.value)
    assert caught.value.operation == operation.id


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("vendor", vendors())
async def test_poll(vendor: str, name: str) -> None:
    connection, failing, time = connected(vendor, name)
    trigger = connection.triggers[next(iter(connection.triggers))]
    if is_empty_list(connection, failing.kind):
        assert (await trigger.poll()).events == ()
        return
    with pytest.raises(ConnectorError) as caught:
        await trigger.poll()
    check(vendor, failing, time, caught.value)


class Enough(Exception):  # noqa: N818
    """Ends a watch."""


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("vendor", vendors())
async def test_watch(vendor: str, name: str, tmp_path: Path) -> None:
    """A watch goes on if the vendor is unavailable or limits requests, after its interval or the wait."""
    connection, failing, time = connected(vendor, name)
    trigger = connection.triggers[next(iter(connection.triggers))]
    empty = is_empty_list(connection, failing.kind)
    pauses: list[float] = []
    problems: list[ConnectorError] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        time.now += timedelta(seconds=seconds)
        if len(pauses) == 2:
            raise Enough

    async def hand_over(_event: Any) -> None:
        raise AssertionError("there is no event")

    fails = failing.kind.error in {VendorUnavailable, RateLimited}
    goes_on = fails or empty
    with Cursors(tmp_path / "cursors") as cursors:
        runner = Runner(trigger, cursors, profile="p", handler=hand_over)
        with pytest.raises(Enough if goes_on else error_of(vendor, failing.kind)):
            await runner.watch(interval=INTERVAL, sleep=sleep, on_error=problems.append)
    rounds = 2 if goes_on else 1
    assert pauses == ([max(INTERVAL, failing.kind.asks or 0)] * 2 if goes_on else [])
    assert [type(problem) for problem in problems] == [failing.kind.error] * (2 if fails else 0)
    assert time.slept == list(failing.kind.pauses) * rounds
    assert len(failing.requests) == rounds * (len(failing.kind.pauses) + 1) + expired(vendor, failing.kind)


ACTIONS = [(vendor, key) for vendor in vendors() for key in integration(vendor).actions]
LOOKS = [1.0, 3.0, 6.0]


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize(("vendor", "key"), ACTIONS)
async def test_action(vendor: str, key: str, name: str) -> None:
    """A lost write is repeated only if that is harmless; a created record is looked for."""
    connection, failing, time = connected(vendor, name)
    action, kind = connection.actions[key], failing.kind
    with pytest.raises(ConnectorError) as caught:
        await action(**required_inputs(action.action.inputs))
    problem, method = caught.value, connection.integration.operations[action.action.operation].method
    writes = [request for request in failing.requests if request.method == method]
    looks = [request for request in failing.requests if request.method != method]
    if not kind.lost:
        pauses = list(kind.pauses) if kind.repeats_writes else []
        assert type(problem) is error_of(vendor, kind)
        assert (len(writes), looks) == (len(pauses) + 1 + expired(vendor, kind), [])
        assert time.slept == pauses
        return
    assert type(problem) is OutcomeUnknown
    sent = problem.sent
    assert (sent["operation"], sent["method"]) == (action.action.operation, method)
    attempts, looked, slept = EXPECTED[action.action.after_timeout](kind)
    assert (len(writes), len(looks), time.slept) == (attempts, looked, slept)


def _found(kind: Kind) -> tuple[int, int, list[float]]:
    """The first look fails as the write did, which ends the search."""
    return 1, len(kind.pauses) + 1, [LOOKS[0], *kind.pauses]


EXPECTED: dict[str, Callable[[Kind], tuple[int, int, list[float]]]] = {
    "ask": lambda _kind: (1, 0, []),
    "repeat": lambda _kind: (3, 0, LOOKS[:2]),
    "find": _found,
}
"""The number of writes and of looks, and the pauses, by what the catalog says of a lost write."""


def test_actions_treat_a_lost_write_in_every_way() -> None:
    assert {integration(vendor).actions[key].after_timeout for vendor, key in ACTIONS} == set(EXPECTED)
