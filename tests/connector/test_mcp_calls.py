"""Calls of the tools of `returns mcp`: short results, whole records, sentences of errors, and no secret."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from support.any_operation import TYPED, opened
from support.assistant import assistant, data_of, documented, inputs_of, steps_of, text_of, tools_of
from support.each import each
from support.fake_vendor import one, refusal

import connector
from connector.definition.compiler import integration, vendors
from connector.errors import ConnectorError, UnknownKey
from connector.mcp.calls import ASK_FIRST
from connector.mcp.summaries import WHOLE, Records
from connector.mcp.tools import FULL_RECORDS

if TYPE_CHECKING:
    from support.fake_vendor import Time, Wire

    from connector.definition.model import Search
    from connector.runtime.connection import Connection

pytestmark = pytest.mark.anyio
ORDER = {
    "order_number": "#1001",
    "customer_email": "iris.lane@example.com",
    "items": [{"sku": "TEE-NVY-M", "quantity": 1, "reason": "wrong_size"}],
}


@pytest.mark.parametrize("vendor", vendors())
async def test_every_tool_answers_as_the_connection_does(vendor: str, time: Time) -> None:
    connection = documented(vendor, time)
    made = connection.integration
    async with assistant(connection) as client:
        for key, search in each(made.searches.items()):
            inputs = inputs_of(made, search)
            expected = await connection.searches[key](**inputs)
            found = data_of(await client.call_tool(f"{vendor}_{key}", inputs))
            assert found["found"] == len(found["records"]) == len(expected)
        for key, action in each(made.actions.items()):
            done = data_of(await client.call_tool(f"{vendor}_{key}", inputs_of(made, action)))
            assert isinstance(done, dict)


def long_return(vendor: str, time: Time) -> tuple[Connection, Search, dict[str, Any]]:
    """Return a connection whose records are long, and a search for returns."""
    connection = documented(vendor, time, lambda record: {**record, "remarks": "x" * WHOLE})
    made = connection.integration
    tables = made.unified.returns if made.unified else {}
    whole = [key for key, table in tables.items() if table.within is None]
    search = next(search for search in made.searches.values() if search.resource in whole)
    return connection, search, inputs_of(made, search)


@pytest.mark.parametrize("vendor", vendors())
async def test_a_long_record_is_shortened_and_shown_on_request(vendor: str, time: Time) -> None:
    connection, search, inputs = long_return(vendor, time)
    (expected, *_) = await connection.searches[search.key](**inputs)
    async with assistant(connection) as client:
        result = await client.call_tool(f"{vendor}_{search.key}", inputs)
        short = data_of(result)["records"][0]
        assert "x" * WHOLE not in text_of(result)
        assert {"id", "status"} <= set(short)
        whole = data_of(await client.call_tool(FULL_RECORDS, {"records": [short["record"]]}))
    shown = whole["records"][short["record"]]
    assert set(shown) == set(expected)
    assert shown["remarks"] == expected["remarks"]


async def test_a_record_that_is_not_kept_is_named() -> None:
    records = Records(size=2)
    names = [records.keep({"number": number}) for number in range(3)]
    assert [records.get(name) for name in names] == [None, {"number": 1}, {"number": 2}]
    async with assistant() as client:
        result = await client.call_tool(FULL_RECORDS, {"records": ["r9"]})
    assert result.is_error
    assert "r9, which is not kept; run the search again" in text_of(result)


async def test_no_more_records_are_returned_than_the_limit(rm: Connection, wire: Wire) -> None:
    found = [{"id": f"ret_{number}", "status": "pending"} for number in range(30)]
    wire.reply(httpx.Response(200, json={"success": True, "data": found, "meta": {"total": 30}}))
    async with assistant(rm) as client:
        usual = data_of(
            await client.call_tool("returnmate_list_customer_returns", {"customer_email": "a@b.c"})
        )
        few = data_of(
            await client.call_tool(
                "returnmate_list_customer_returns", {"customer_email": "a@b.c", "limit": 3}
            )
        )
    assert (usual["found"], few["found"]) == (10, 3)
    assert few["note"] == "There may be more: only 3 were requested."


@pytest.mark.parametrize("answer", [refusal(401), refusal(404), refusal(422, message="No."), refusal(429)])
async def test_the_sentence_of_an_error_is_the_connectors_own(
    answer: httpx.Response, rm: Connection, wire: Wire
) -> None:
    wire.reply(answer)
    with pytest.raises(ConnectorError) as expected:
        await rm.actions["create_return"](**ORDER)
    async with assistant(rm) as client:
        result = await client.call_tool("returnmate_create_return", ORDER)
    assert result.is_error
    assert text_of(result) == str(expected.value)


async def test_wrong_inputs_are_all_named_before_anything_is_sent(rm: Connection, wire: Wire) -> None:
    async with assistant(rm) as client:
        result = await client.call_tool("returnmate_create_return", {"order_numbr": "#1001", "items": []})
    assert result.is_error
    for part in ("order_number", "customer_email is required", "items", "was not run"):
        assert part in text_of(result)
    assert wire.requests == []


async def test_an_unknown_outcome_shows_the_request_and_warns_of_a_repetition(
    rm: Connection, wire: Wire
) -> None:
    wire.reply(httpx.ReadTimeout("late"))
    async with assistant(rm) as client:
        result = await client.call_tool("returnmate_create_return", ORDER)
    assert result.is_error
    assert "The request was: POST /rmas." in text_of(result)
    assert text_of(result).endswith(ASK_FIRST)


async def test_a_fault_of_the_program_does_not_end_the_server(
    rm: Connection, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire.reply(one(id="ret_1"))

    def fails(*_: object) -> None:
        raise LookupError("no summary")

    async with assistant(rm) as client:
        monkeypatch.setattr("connector.mcp.calls.summary", fails)
        result = await client.call_tool("returnmate_get_return", {"return_id": "ret_1"})
        assert "This program failed (LookupError: no summary)." in text_of(result)
        assert await tools_of(client)


async def test_an_unknown_tool_is_answered_with_the_nearest_one(rm: Connection) -> None:
    async with assistant(rm) as client:
        result = await client.call_tool("returnmate_find_retrun", {})
    assert result.is_error
    assert text_of(result) == (
        'There is no tool named "returnmate_find_retrun". Did you mean "returnmate_find_return"?'
    )


async def test_a_tool_that_was_not_allowed_cannot_be_called(time: Time) -> None:
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200)

    risky = [
        (vendor, action)
        for vendor in vendors()
        for action in integration(vendor).actions.values()
        if action.risk in {"financial", "destructive"}
    ]
    for vendor, action in each(risky):
        connection = opened(vendor, answer, time)
        async with assistant(connection, allowed=("read", "write")) as client:
            result = await client.call_tool(f"{vendor}_{action.key}", inputs_of(integration(vendor), action))
        assert result.is_error
        assert "There is no tool named" in text_of(result)
    assert sent == []


def of_shop(shop: str, record: dict[str, Any]) -> dict[str, Any]:
    return {**record, "shop": shop}


async def test_one_of_several_connections_is_chosen_by_its_profile(time: Time) -> None:
    shops = [documented("returnmate", time, partial(of_shop, shop)) for shop in "ab"]
    made = shops[0].integration
    inputs = inputs_of(made, made.searches["get_return"])
    async with assistant(*shops) as client:
        schema = (await tools_of(client))["returnmate_get_return"].input_schema
        assert schema["properties"]["profile"]["enum"] == ["first", "second"]
        assert "profile" in schema["required"]
        second = await client.call_tool("returnmate_get_return", {**inputs, "profile": "second"})
        missing = await client.call_tool("returnmate_get_return", inputs)
        record = data_of(second)["records"][0]
        whole = data_of(await client.call_tool(FULL_RECORDS, {"records": [record["record"]]}))
    assert whole["records"][record["record"]]["shop"] == "b"
    assert missing.is_error
    assert "Choose first or second." in text_of(missing)


@pytest.mark.parametrize("vendor", vendors())
async def test_no_result_shows_a_secret_that_the_vendor_repeats(vendor: str, time: Time) -> None:
    made = integration(vendor)
    fields = made.authentication.fields
    login: dict[str, Any] = {one.key: TYPED.get(one.key, f"sandbox-{one.key}-4d1e8f60b2") for one in fields}
    secrets = [login[key] for key in made.authentication.secrets if key in login]
    if made.authentication.tokens and not made.authentication.field:
        secrets.append("sandbox-token")  # as `opened` answers a request for one
    echo = {"echo": f"{secrets} again", **{secret: secret for secret in secrets}, "remarks": "x" * WHOLE}

    connection = documented(vendor, time, lambda record: {**record, **echo})
    connection.client._credentials = login
    async with assistant(connection) as client:
        for key, step in each(steps_of(made)):
            result = await client.call_tool(f"{vendor}_{key}", inputs_of(made, step))
            shown = data_of(result)
            records = shown.get("records", [shown])
            names = [record["record"] for record in records]
            whole = text_of(await client.call_tool(FULL_RECORDS, {"records": names}))
            assert "***" in whole
            assert not [secret for secret in secrets if secret in text_of(result) + whole]


async def test_choices_are_listed_with_their_labels(time: Time) -> None:
    connection = documented("exsited", time)
    expected = await connection.dropdowns["invoice"]()
    async with assistant(connection) as client:
        found = data_of(await client.call_tool("exsited_list_choices", {"list": "invoice"}))
        wrong = await client.call_tool("exsited_list_choices", {"list": "nothing"})
    assert found["choices"] == [{"value": one.value, "label": one.label} for one in expected.options]
    assert found["choices"]
    with pytest.raises(UnknownKey) as unknown:
        connection.dropdowns["nothing"]
    assert text_of(wrong) == str(unknown.value)


def test_opening_a_connection_needs_no_protocol() -> None:
    assert connector.open("returnmate", api_key="sandbox-key").integration.vendor.id == "returnmate"
