"""The tools of `returns mcp --sandbox`: every operation of the control plane, or why it is left out."""

from __future__ import annotations

import json
import re
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from jsonschema_rs import Draft202012Validator, meta
from mcp import Client
from support.assistant import data_of, text_of, tools_of
from support.documented import DocumentedControlPlane
from support.each import each

import openapi
from mock_server.app import create_app
from mock_server.mcp.server import serve_control_plane
from mock_server.mcp.tools import DESTRUCTIVE, EXCLUDED, EXCLUDED_INPUTS, HARMLESS, PREFIX
from mock_server.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Iterator

    from mcp_types import Tool

    from mock_server.app import Sandbox

pytestmark = pytest.mark.anyio
ALL = ("read", "write", "financial", "destructive")
DRAFT = "https://json-schema.org/draft/2020-12/schema"
NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
WEBHOOK = {"vendor": "swap", "url": "http://127.0.0.1:9/hook"}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def app() -> Iterator[Sandbox]:
    sandbox = create_app(Settings(vendor="swap", seed_size=2, database="sqlite://"))
    yield sandbox
    sandbox.world.close()


@asynccontextmanager
async def assistant(
    transport: httpx.AsyncBaseTransport, allowed: Collection[str] = ALL, **environment: str
) -> AsyncIterator[Client]:
    async with Client(serve_control_plane(environment, allowed, transport), mode="legacy") as client:
        yield client


def described() -> dict[str, tuple[str, Any]]:
    """Return the method and the description of each operation of the control plane."""
    paths = openapi.read(openapi.CONTROL_PLANE)["paths"].values()
    return {
        operation["operationId"]: (method, operation)
        for item in paths
        for method, operation in item.items()
        if isinstance(operation, dict) and "operationId" in operation
    }


def operations() -> dict[str, str]:
    """Return the method of each operation of the control plane."""
    return {name: method for name, (method, _operation) in described().items()}


def examples(tool: Tool) -> dict[str, Any]:
    """Return the example of the body, and a value that its schema allows for each other required input."""
    operation = described()[tool.name.removeprefix(PREFIX)][1]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    several = [one["value"] for one in body.get("examples", {}).values()]
    found = dict(body.get("example") or (several[0] if several else {}))
    for name in set(tool.input_schema.get("required", ())) - set(found):
        schema = tool.input_schema["properties"][name]
        values = [*schema.get("enum", ()), "a-1", 1, True, "a@example.com", "http://a.example.com", [], {}]
        found[name] = next(value for value in values if Draft202012Validator(schema).is_valid(value))
    return found


@pytest.mark.parametrize("allowed", [("read",), ("read", "write"), ALL])
async def test_every_operation_is_a_tool_or_named_as_left_out(allowed: tuple[str, ...]) -> None:
    expected = {
        PREFIX + name
        for name, method in operations().items()
        if name not in EXCLUDED
        and (method == "get" or "write" in allowed)
        and ("destructive" in allowed or name in HARMLESS or (method != "delete" and name not in DESTRUCTIVE))
    }
    async with assistant(httpx.MockTransport(lambda _request: httpx.Response(500)), allowed) as client:
        assert set(await tools_of(client)) == expected
    assert len(expected) > 20


def test_what_is_left_out_exists_and_has_a_reason() -> None:
    assert set(EXCLUDED) | DESTRUCTIVE | HARMLESS <= set(operations())
    assert all(reason.endswith(".") for reason in each([*EXCLUDED.values(), *EXCLUDED_INPUTS.values()]))


async def test_every_tool_sends_its_operation() -> None:
    plane = DocumentedControlPlane()
    async with assistant(plane.transport()) as client:
        for name, tool in each((await tools_of(client)).items()):
            assert NAME.fullmatch(name)
            assert tool.annotations
            meta.validate({"$schema": DRAFT, **tool.input_schema})
            assert "$ref" not in json.dumps(tool.input_schema)
            data_of(await client.call_tool(name, examples(tool)))
    assert set(plane.called) == set(plane.operations) - set(EXCLUDED)


async def test_hints_say_what_only_reads_and_what_discards_data() -> None:
    async with assistant(httpx.MockTransport(lambda _request: httpx.Response(500))) as client:
        tools = await tools_of(client)
    methods = operations()
    for name, tool in each(tools.items()):
        operation = name.removeprefix(PREFIX)
        hints = tool.annotations
        assert hints
        assert hints.read_only_hint == (methods[operation] == "get")
        discards = operation in DESTRUCTIVE or (methods[operation] == "delete" and operation not in HARMLESS)
        assert hints.destructive_hint == discards
        assert ("Discards data" in (tool.description or "")) == discards


async def test_an_assistant_plays_a_return_through_the_sandbox(app: Sandbox) -> None:
    async with assistant(httpx.ASGITransport(app)) as client:

        async def run(operation: str, **inputs: Any) -> dict[str, Any]:
            return data_of(await client.call_tool(PREFIX + operation, {"tenant": "agent", **inputs}))

        created = await client.call_tool(
            f"{PREFIX}create_tenant", {"name": "agent", "seed_size": 1, "frozen": True}
        )
        assert data_of(created)["name"] == "agent"
        (known,) = (await run("list_returns"))["returns"]
        details = await run("get_return", vendor="swap", id=known["id"])
        move = details["moves"][0]["status"]
        await run("move_return", vendor="swap", id=known["id"], status=move)
        moved = await run("get_return", vendor="swap", id=known["id"])
        assert moved["status"] == move
        before = (await run("get_clock"))["now"]
        await run("advance_clock", seconds=3_600)
        assert (await run("get_clock"))["now"] > before
        await run("set_scenario", name="flaky")
        assert (await run("list_faults"))["faults"]
        await run("delete_faults")
        assert (await run("list_faults"))["faults"] == []
        kinds = [event["kind"] for event in (await run("list_ledger_events", last=5))["events"]]
        assert kinds
        await run("delete_tenant")
        gone = await client.call_tool(f"{PREFIX}get_tenant", {"tenant": "agent"})
    assert gone.is_error
    assert "agent" in text_of(gone)


async def test_lists_leave_out_long_members_and_name_the_tool_that_shows_them(app: Sandbox) -> None:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:4010") as vendor:
        await vendor.get("/api/v1/returns", headers={"x-api-key": "sandbox-" + "k" * 40})
    async with assistant(transport) as client:
        short = data_of(await client.call_tool(f"{PREFIX}list_requests_without_tenant", {}))
        (entry,) = short["requests"]
        whole = data_of(await client.call_tool(f"{PREFIX}get_request_without_tenant", {"id": entry["id"]}))
    left_out = set(whole) - set(entry)
    assert all(name in short["note"] for name in each(left_out))
    assert f"{PREFIX}get_request_without_tenant shows an entry as a whole." in short["note"]


async def test_the_secret_of_a_webhook_is_not_shown(app: Sandbox) -> None:
    async with assistant(httpx.ASGITransport(app)) as client:
        secret = "swap-secret-" + 32 * "7"
        created = await client.call_tool(f"{PREFIX}create_webhook", {**WEBHOOK, "secret": secret})
        assert data_of(created)["secret"].startswith("***")
        listed = await client.call_tool(f"{PREFIX}list_webhooks", {})
    assert secret not in text_of(created) + text_of(listed)


@pytest.mark.parametrize(
    ("tool", "inputs", "sentence"),
    [
        ("get_return", {"vendor": "swap"}, "sandbox_get_return was not run: id is required."),
        ("advance_clock", {"secons": 5}, 'There is no input named "secons". Did you mean "seconds"?'),
        ("advance_clock", {"seconds": "x"}, "seconds must be a number."),
        ("get_clok", {}, 'There is no tool named "sandbox_get_clok". Did you mean "sandbox_get_clock"?'),
        ("get_tenant", {"tenant": "nobody"}, "nobody"),
        ("get_credentials", {}, "There is no tool named"),
    ],
)
async def test_a_wrong_call_is_explained(
    tool: str, inputs: dict[str, Any], sentence: str, app: Sandbox
) -> None:
    async with assistant(httpx.ASGITransport(app)) as client:
        result = await client.call_tool(PREFIX + tool, inputs)
    assert result.is_error
    assert sentence in text_of(result)


async def test_a_sandbox_that_does_not_answer_is_explained() -> None:
    def refuse(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    def late(_request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("late")

    for failing, sentence in (
        (refuse, "start one with `returns serve`"),
        (late, "does not answer within 60"),
    ):
        async with assistant(httpx.MockTransport(failing)) as client:
            result = await client.call_tool(f"{PREFIX}get_health", {})
        assert result.is_error
        assert sentence in text_of(result)


async def test_the_control_token_is_sent_and_never_shown() -> None:
    token = "control-token-5f1e2d"

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"] == f"Bearer {token}"
        return httpx.Response(401, json={"error": {"code": "x", "message": "Refused."}})

    async with assistant(
        httpx.MockTransport(answer),
        RETURNS_CONTROL_TOKEN=token,
        RETURNS_SANDBOX_URL="https://box.example.com",
    ) as client:
        result = await client.call_tool(f"{PREFIX}get_health", {})
    assert text_of(result) == "Refused. Set RETURNS_CONTROL_TOKEN; `returns serve` printed the token."


def test_a_wrong_address_is_refused_at_the_start() -> None:
    with pytest.raises(ValueError, match="is not a valid address"):
        serve_control_plane({"RETURNS_SANDBOX_URL": "http://"}, ALL)
