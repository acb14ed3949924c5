"""Errors name the connection they concern: the vendor, and the profile if one is used."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from support.any_operation import opened
from support.each import each
from support.fake_vendor import KEY, refusal

import connector
from connector.cli.program import run
from connector.cli.reports import log_to_terminal
from connector.definition.compiler import integration, vendors
from connector.errors import ConfigurationError, ConnectorError, OutcomeUnknown, UnknownKey, VendorUnavailable
from connector.runtime.connection import connect

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from support.fake_vendor import Time, Wire
    from support.sandbox import Sandbox

    from connector.runtime.connection import Connection

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("vendor", vendors())
async def test_error_answer_names_the_vendor(vendor: str, time: Time) -> None:
    def reply(_request: httpx.Request) -> httpx.Response:
        return refusal(503, message="Busy")

    async with opened(vendor, reply, time) as connection:
        login = connection.integration.authentication
        for call in (
            connection.client.call(connection.integration.operations[login.test_operation], login.test_query),
            connection.check(),
            connection.triggers[next(iter(connection.triggers))].poll(),
        ):
            with pytest.raises(VendorUnavailable) as caught:
                await call
            assert caught.value.vendor == vendor
            assert str(caught.value) == f"{vendor}: {caught.value.message}"
            assert vendor not in caught.value.message, "the plain message can be embedded in another"


async def test_profile_is_named_with_the_vendor(wire: Wire, time: Time) -> None:
    wire.reply(refusal(401, message="No"))
    made: dict[str, Any] = {"clock": time.clock, "sleep": time.sleep, "base_url": None}
    transport, login = httpx.MockTransport(wire), {"api_key": KEY}
    async with connect("returnmate", transport=transport, credentials=login, profile="acme", **made) as rm:
        with pytest.raises(ConnectorError, match=r"^returnmate, profile acme: No\.$"):
            await rm.operations.list_returns()
    with pytest.raises(ConfigurationError, match=r"^returnmate, profile acme: ReturnMate needs api_key"):
        connect("returnmate", transport=transport, credentials={}, profile="acme", **made)


@pytest.mark.parametrize("vendor", vendors())
async def test_every_method_of_a_connection_names_the_vendor(vendor: str, time: Time) -> None:
    """This includes errors the connector detects itself, before or after the request."""

    def reply(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"odd": True})

    async with opened(vendor, reply, time) as connection:
        asked: list[Callable[..., Awaitable[Any]]] = [
            *connection.actions.values(),
            *connection.searches.values(),
            *(one.poll_list for one in connection.triggers.values()),
        ]
        lists = [one for one in connection.dropdowns.values() if one.dropdown.operation]
        for call in each(asked):
            with pytest.raises(ConnectorError, match=f"^{vendor}: ") as caught:
                await call(nonsense="x")
            assert caught.value.vendor == vendor
        for dropdown in lists:
            with pytest.raises(ConnectorError, match=f"^{vendor}: "):
                await dropdown()
    assert len(asked) > 3


async def test_lost_write_that_is_not_found_names_the_vendor(rm: Connection, wire: Wire) -> None:
    line = {"sku": "BOOT-39", "quantity": 1, "reason": "defective"}
    order: dict[str, Any] = {"order_number": "#1001", "customer_email": "kim@example.com", "items": [line]}
    wire.reply(httpx.Response(204))
    with pytest.raises(OutcomeUnknown, match=r"^returnmate: create_return was sent") as caught:
        await rm.actions["create_return"](**order)
    assert str(caught.value).count("returnmate: ") == 1


async def test_unknown_key_names_the_vendor(rm: Connection) -> None:
    with pytest.raises(UnknownKey, match=r"^returnmate: .*Did you mean \"new_return\"\?") as caught:
        _ = rm.triggers["new_retrun"]
    assert isinstance(caught.value, KeyError)
    with pytest.raises(UnknownKey, match=r"^returnmate: .*Did you mean \"list_returns\"\?"):
        _ = rm.operations["list_retruns"]


async def test_shop_of_a_login_without_shops_names_the_vendor(rm: Connection) -> None:
    with pytest.raises(ConfigurationError, match=r"^returnmate: A login of ReturnMate is for one shop"):
        rm.shop("b.myshopify.example")


async def test_errors_of_the_caller_keep_their_message(rm: Connection) -> None:
    """An error of another connection, or of the caller's own code, is not the vendor's."""
    with pytest.raises(ConfigurationError, match=r"^No table named returns\.$") as caught:
        async with rm:
            raise ConfigurationError("No table named returns.")
    assert caught.value.vendor is None


def test_error_without_a_vendor_prints_its_sentence_only() -> None:
    assert str(ConnectorError("It failed.")) == "It failed."
    with pytest.raises(ConfigurationError, match=r"^returnlogic: "):
        connector.open(integration("returnlogic"), base_url="nowhere", api_key=KEY)


def test_command_line_names_vendor_and_profile(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RETURNS_SANDBOX_URL", sandbox.url)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert run(["search", "returnmate", "find_return"]) == 5
    assert capsys.readouterr().err.startswith("returnmate, profile sandbox: find_return was not run")


def test_log_messages_reach_the_terminal_only_while_a_command_runs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log = logging.getLogger("returns_connector")
    with log_to_terminal():
        log.warning("%s waits 7 seconds.\x1b[2J", "returnmate")
    log.info("after the end")
    told = capsys.readouterr()
    assert told.err == "returnmate waits 7 seconds.�[2J\n"
    assert told.out == ""
    assert log.handlers == []
