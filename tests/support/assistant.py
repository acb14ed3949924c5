"""An assistant: the client of the protocol's own SDK, in this process, with tools of any vendor."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx
from mcp import Client

from connector.definition.model import Action
from connector.definition.paths import at_path, everything_at
from connector.mcp.server import serve_connections
from support.any_operation import opened
from support.example_inputs import required_inputs

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection

    from mcp_types import CallToolResult, Tool

    from connector.definition.model import Integration, Operation, Path, Risk, Search
    from connector.runtime.connection import Connection
    from support.fake_vendor import Time

ALL: tuple[Risk, ...] = ("read", "write", "financial", "destructive")


@asynccontextmanager
async def assistant(*connections: Connection, allowed: Collection[Risk] = ALL) -> AsyncIterator[Client]:
    """Connect a client to a server for these connections, over streams in memory.

    The profiles of a vendor are named first, second and so on.
    """
    by_vendor: dict[str, dict[str, Connection]] = {}
    for connection in connections:
        of_vendor = by_vendor.setdefault(connection.integration.vendor.id, {})
        of_vendor[("first", "second", "third")[len(of_vendor)]] = connection
    async with Client(serve_connections(by_vendor, allowed), mode="legacy") as client:
        yield client


async def tools_of(client: Client) -> dict[str, Tool]:
    return {tool.name: tool for tool in (await client.list_tools()).tools}


def text_of(result: CallToolResult) -> str:
    """Return the only text of a result."""
    (content,) = result.content
    assert content.type == "text"
    return content.text


def data_of(result: CallToolResult) -> dict[str, Any]:
    """Return the data of a result; fail with its text if it is an error."""
    assert not result.is_error, text_of(result)
    data: dict[str, Any] = json.loads(text_of(result))
    assert data == result.structured_content
    return data


def documented(vendor: str, time: Time, change: Callable[[Any], Any] = lambda record: record) -> Connection:
    """Connect to a vendor that answers each operation with its example, changed by `change`."""

    def reply(request: httpx.Request) -> httpx.Response:
        path = request.url.path
        found = [one for one in made.operations.values() if answers(one, request.method, path)]
        operation = max(found, key=lambda one: len(one.path.replace("{", "")))
        following = made.paging[operation.paging].next if operation.paging else None
        return httpx.Response(operation.status, json=changed(operation, change, following))

    connection = opened(vendor, reply, time)
    made = connection.integration
    return connection


def answers(operation: Operation, method: str, path: str) -> bool:
    """Return True if a request goes to this operation."""
    parts, wanted = path.split("/"), operation.path.split("/")
    tail = parts[-len(wanted) + 1 :] if len(wanted) > 1 else parts
    pairs = zip(tail, wanted[1:], strict=False)
    return method == operation.method and all(one == part or part.startswith("{") for one, part in pairs)


def changed(operation: Operation, change: Callable[[Any], Any], following: Path | None) -> Any:
    """Return the example of an operation, with `change` applied to its record or records.

    `following` is the path of the next page's cursor, which is left out: the page is the only one.
    """

    def at(value: Any, path: tuple[str, ...]) -> Any:
        if path:
            return {**value, path[0]: at(value[path[0]], path[1:])}
        return [change(one) for one in value] if isinstance(value, list) else change(value)

    whole = at(operation.example, operation.payload)
    return {key: value for key, value in whole.items() if (key,) != following} if following else whole


def steps_of(integration: Integration) -> list[tuple[str, Search | Action]]:
    """Return all searches and actions with their keys."""
    return [*integration.searches.items(), *integration.actions.items()]


def inputs_of(integration: Integration, step: Search | Action) -> dict[str, Any]:
    """Return the inputs that a step needs; those of a search fit the record in its operation's example."""
    alternatives = [one.model_copy(update={"required": True}) for one in step.inputs if one.required_without]
    inputs = {**required_inputs(alternatives), **required_inputs(step.inputs)}
    if isinstance(step, Action):
        return inputs
    operation = integration.operations[step.operation]
    row = at_path(operation.example, operation.payload)
    record = row[0] if isinstance(row, list) else row
    for field in step.inputs:
        if field.key in inputs or field.key in step.at_least_one[:1]:
            places = field.found_at or ((field.path,) if field.location == "match" else ())
            stored = [value for path in places for value in everything_at(record, path)]
            inputs[field.key] = stored[0] if stored else inputs.get(field.key, "A-1")
    return inputs
