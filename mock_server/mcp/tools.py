"""Describes the operations of the control plane (`openapi/sandbox.yaml`) as tools for AI assistants."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from mcp_types import Tool, ToolAnnotations

import openapi
from mock_server.mcp.schemas import json_schema, resolved

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

PREFIX: Final = "sandbox_"
TENANT: Final = "tenant"
DEFAULT_TENANT: Final = "demo"
USUAL_LIMIT: Final = 20
_METHODS: Final = ("get", "post", "put", "patch", "delete")
_SAFE: Final = "GET"
_SHOWS_KEYS = "It shows or creates API keys; use `returns credentials` or `returns sandbox create-key`."
_WHOLE_TENANT = "It transfers a whole tenant, which is too long for an assistant; use `returns sandbox`."
EXCLUDED: Final[Mapping[str, str]] = {
    "get_credentials": _SHOWS_KEYS,
    "create_key": _SHOWS_KEYS,
    "list_keys": _SHOWS_KEYS,
    "change_key": _SHOWS_KEYS,
    "dump_tenant": _WHOLE_TENANT,
    "load_tenant": _WHOLE_TENANT,
    "export_shop": _WHOLE_TENANT,
    "stream_requests": "Its response never ends; use `list_requests`, which returns the same requests.",
}
"""The reasons why some operations are not offered, keyed by operationId."""
EXCLUDED_INPUTS: Final[Mapping[tuple[str, str], str]] = {
    ("create_tenant", "shop"): "A shop is in a file; use `returns sandbox create-tenant --seed-file`.",
}
"""The reasons why some inputs are not offered, keyed by operationId and the input's name."""
DESTRUCTIVE: Final = frozenset({"reset_tenant", "restore_snapshot", "forget_customer"})
"""Operations that discard data although their method is not DELETE."""
HARMLESS: Final = frozenset({"delete_fault", "delete_faults"})
"""Operations that discard no data although their method is DELETE: they only stop faults."""
REPEATABLE: Final = frozenset({"PUT", "DELETE"})


@dataclass(frozen=True, slots=True)
class Offer:
    """A tool, and the request that it sends.

    `path` is a template relative to the control plane, and `queries` are the names of its query parameters.
    Inputs that are neither in the path nor in `queries` are fields of the body.
    """

    tool: Tool
    method: str
    path: str
    queries: frozenset[str]
    has_body: bool
    details: str = ""
    """For a list, the name of the tool that shows one of its entries, or "" if there is none."""


def offers(*, allow_writes: bool, allow_destructive: bool) -> dict[str, Offer]:
    """Describe the tools, keyed by name.

    Without `allow_writes`, only operations that read are offered. Operations that discard data also need
    `allow_destructive`.
    """
    document = openapi.read(openapi.CONTROL_PLANE)
    found = {}
    for path, method, item, operation in _operations(document):
        name = operation["operationId"]
        is_read = method == _SAFE
        if name in EXCLUDED or not (is_read or allow_writes):
            continue
        if is_destructive(name, method) and not allow_destructive:
            continue
        offer = _offer(document, path, method, item, operation)
        found[offer.tool.name] = offer
    return {name: replace(offer, details=_details(offer, found)) for name, offer in found.items()}


def _details(offer: Offer, found: Mapping[str, Offer]) -> str:
    """Return the name of the tool that reads one entry of the list that `offer` reads, or "" if none does."""
    entry = re.compile(re.escape(offer.path) + r"(/\{\w+\})+")
    return next(
        (
            name
            for name, other in found.items()
            if offer.method == other.method == _SAFE and entry.fullmatch(other.path)
        ),
        "",
    )


def is_destructive(operation: str, method: str) -> bool:
    """Return True if an operation discards data that cannot be restored."""
    return operation in DESTRUCTIVE or (method == "DELETE" and operation not in HARMLESS)


def _operations(
    document: Mapping[str, Any],
) -> Iterator[tuple[str, str, Mapping[str, Any], Mapping[str, Any]]]:
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                yield path, method.upper(), item, item[method]


def _offer(
    document: Mapping[str, Any],
    path: str,
    method: str,
    item: Mapping[str, Any],
    operation: Mapping[str, Any],
) -> Offer:
    parameters = [
        resolved(document, one) for one in (*item.get("parameters", ()), *operation.get("parameters", ()))
    ]
    body = _body(document, operation)
    name = operation["operationId"]
    properties = {one["name"]: _parameter(document, one) for one in parameters}
    required = [one["name"] for one in parameters if one.get("required") and one["name"] != TENANT]
    if body:
        required += [name for name in body.get("required", ()) if name not in properties]
        properties = {**body.get("properties", {}), **properties}
    properties = {key: schema for key, schema in properties.items() if (name, key) not in EXCLUDED_INPUTS}
    tool = Tool(
        name=PREFIX + name,
        title=f"Sandbox: {operation['summary']}",
        description=_description(operation, method),
        input_schema={
            "type": "object",
            "properties": properties,
            **({"required": required} if required else {}),
            "additionalProperties": bool(body and body.get("additionalProperties", True)),
        },
        annotations=_hints(name, method),
    )
    queries = frozenset(one["name"] for one in parameters if one["in"] == "query")
    return Offer(tool, method, path, queries, body is not None)


def _body(document: Mapping[str, Any], operation: Mapping[str, Any]) -> dict[str, Any] | None:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    return json_schema(document, content["schema"]) if content else None


def _parameter(document: Mapping[str, Any], parameter: Mapping[str, Any]) -> dict[str, Any]:
    schema = json_schema(document, parameter.get("schema", {}))
    about = {"description": parameter["description"]} if "description" in parameter else {}
    if parameter["name"] == TENANT and parameter["in"] == "path":
        return {**schema, **about, "default": DEFAULT_TENANT}
    return {**schema, **about}


def _description(operation: Mapping[str, Any], method: str) -> str:
    text = " ".join(f"{operation['summary']}. {operation.get('description', '')}".split())
    if is_destructive(operation["operationId"], method):
        return f"{text} Discards data: ask the user before each call."
    return text


def _hints(operation: str, method: str) -> ToolAnnotations:
    is_read = method == _SAFE
    return ToolAnnotations(
        read_only_hint=is_read,
        destructive_hint=is_destructive(operation, method),
        idempotent_hint=is_read or method in REPEATABLE,
        open_world_hint=False,
    )


def risks(allowed: Collection[str]) -> dict[str, bool]:
    """Convert the risks that `returns mcp` allows, such as "write", to the options of `offers`."""
    return {"allow_writes": "write" in allowed, "allow_destructive": "destructive" in allowed}
