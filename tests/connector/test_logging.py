"""What the logger `returns_connector` reports: requests, attempts, waits and logins, never a secret."""

from __future__ import annotations

import json
import logging
import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from support.any_operation import opened, operations, send
from support.assistant import documented
from support.each import each
from support.fake_vendor import KEY, refusal, rows

from connector.cli.program import run
from connector.definition.compiler import integration, vendors
from connector.errors import ConnectorError, VendorUnavailable
from connector.transport.client import Client

if TYPE_CHECKING:
    from support.fake_vendor import Time, Wire

    from connector.runtime.connection import Connection

pytestmark = pytest.mark.anyio
LOGGER = "returns_connector"
SENT = re.compile(r"^\w+: (GET|POST|PUT|PATCH|DELETE) \w+, attempt \d: .+ after [\d,]+ ms\.$")


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == LOGGER]


async def test_a_request_is_reported_with_its_outcome(
    rm: Connection, wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, LOGGER)
    wire.reply(rows())
    await rm.operations.list_returns()
    (record,) = caplog.records
    assert re.fullmatch(r"returnmate: GET list_returns, attempt 1: 200 after \d+ ms\.", record.getMessage())
    seen: dict[str, Any] = vars(record)
    assert seen["operation"] == "list_returns"
    assert (seen["vendor"], seen["method"], seen["attempt"], seen["status"]) == ("returnmate", "GET", 1, 200)
    assert seen["milliseconds"] >= 0


async def test_each_attempt_and_the_wait_before_it_are_reported(
    rm: Connection, wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, LOGGER)
    wire.reply(httpx.ConnectError("no route"), refusal(503), rows())
    await rm.operations.list_returns()
    first, wait, second, pause, third = told(caplog)
    assert "attempt 1: ReturnMate cannot be reached" in first
    assert re.search(r"list_returns waits .* before it is sent, because the last attempt failed", wait)
    assert "attempt 2: 503 after" in second
    assert "waits" in pause
    assert "attempt 3: 200 after" in third


async def test_a_long_wait_is_a_warning_before_it_begins(
    rm: Connection, wire: Wire, time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    during: list[list[str]] = []

    async def waits(seconds: float) -> None:
        during.append(told(caplog))
        await time.sleep(seconds)

    rm.client.sleep = waits
    wire.reply(refusal(429, headers={"retry-after": "21"}), rows())
    await rm.operations.list_returns()
    (sentence,) = [lines[-1] for lines in during]
    assert sentence == (
        "returnmate: list_returns waits 21 seconds before it is sent, because the last attempt failed "
        "(ReturnMate limits the number of requests. It asks to wait 21 seconds)."
    )
    assert {record.levelname for record in caplog.records} == {"WARNING"}


async def test_nothing_is_reported_about_requests_by_default(
    rm: Connection, wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    wire.reply(rows())
    await rm.operations.list_returns()
    assert told(caplog) == []


@pytest.mark.parametrize("vendor", vendors())
async def test_every_operation_is_reported_without_a_secret(
    vendor: str, time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, LOGGER)

    def refuse(request: httpx.Request) -> httpx.Response:
        shown = json.dumps({name: value for name, value in request.headers.items() if name != "host"})
        return httpx.Response(418, content=shown)

    connection = opened(vendor, refuse, time)
    for operation in each(operations(connection)):
        with pytest.raises(ConnectorError):
            await send(connection, operation)
    lines = [line for line in told(caplog) if "logged in" not in line]
    assert len([line for line in lines if SENT.match(line)]) == len(lines) >= len(operations(connection))
    secrets = [value for value in connection.client.secrets() if value]
    assert not [secret for secret in each(secrets) if secret in "\n".join(told(caplog))]


async def test_a_login_is_reported_once_until_the_token_expires(
    time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, LOGGER)
    connection = documented("exsited", time)
    for _ in range(2):
        await connection.operations.list_returns()
    assert told(caplog) == ["exsited: logged in."]


async def test_a_request_without_an_answer_is_reported(
    rm: Connection, wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, LOGGER)
    wire.reply(httpx.ReadTimeout(f"late {KEY}"))
    with pytest.raises(VendorUnavailable):
        await rm.operations.list_returns()
    assert [record for record in caplog.records if vars(record).get("status", 0) is None]
    assert KEY not in "\n".join(told(caplog))


@pytest.mark.parametrize(("options", "shown"), [(["-v"], True), (["--verbose"], True), ([], False)])
def test_the_program_reports_requests_if_asked(
    options: list[str], shown: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    example = integration("returnmate").operations["get_return"].example

    async def answer(_transport: object, _request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=example)

    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", answer)
    monkeypatch.setenv("RETURNS_RETURNMATE_API_KEY", KEY)
    level = logging.getLogger(LOGGER).level
    known = f"return_id={example['data']['id']}"
    assert run([*options, "search", "returnmate", "get_return", "--input", known]) == 0
    reported = capsys.readouterr().err
    assert ("returnmate: GET get_return, attempt 1: 200 after" in reported) == shown
    assert KEY not in reported
    assert logging.getLogger(LOGGER).level == level


def test_the_program_shows_a_wait_while_it_waits(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    example = integration("returnmate").operations["get_return"].example
    answers = [httpx.Response(429, headers={"retry-after": "21"}), httpx.Response(200, json=example)]
    during: list[str] = []

    async def answer(_transport: object, _request: httpx.Request) -> httpx.Response:
        return answers.pop(0)

    async def pause(seconds: float) -> None:
        assert round(seconds) == 21
        during.append(capsys.readouterr().err)

    def pausing(*given: Any, **options: Any) -> Client:
        return Client(*given, **{**options, "sleep": pause})

    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", answer)
    monkeypatch.setattr("connector.runtime.connection.Client", pausing)
    monkeypatch.setenv("RETURNS_RETURNMATE_API_KEY", KEY)
    known = f"return_id={example['data']['id']}"
    assert run(["-v", "search", "returnmate", "get_return", "--input", known]) == 0
    (shown,) = during
    assert "returnmate: GET get_return, attempt 1: 429 after" in shown
    assert "returnmate: get_return waits 21 seconds before it is sent" in shown
    assert "attempt 2: 200 after" in capsys.readouterr().err
