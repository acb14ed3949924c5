"""A sandbox whose answers follow a drifted specification, for tests of `returns verify`.

A drift is an edit of a vendor's document, such as another name of a field. `DriftedSandbox` sends requests to
the real sandbox and changes its answers where the drifted document differs from the published one.
"""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import orjson

import openapi

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from connector.definition.model import Integration
    from connector.verify.report import Kind

JSON = "application/json"
EXAMPLES = {
    "string": "text",
    "integer": 7,
    "number": 7.5,
    "boolean": True,
    "array": [],
    "object": {},
}


@dataclass(frozen=True)
class Drift:
    """An edit of a vendor's document, and the kind and place (its last name) of the difference it causes."""

    name: str
    kind: Kind
    place: str
    edit: Callable[[dict[str, Any]], None]


class Document:
    """A specification, with references resolved on demand."""

    def __init__(self, raw: dict[str, Any]) -> None:
        self.raw = raw

    def resolved(self, node: Any) -> Any:
        while isinstance(node, dict) and "$ref" in node:
            target: Any = self.raw
            for step in node["$ref"].removeprefix("#/").split("/"):
                target = target[step]
            node = target
        return node

    def schema(self, node: Any) -> dict[str, Any]:
        """Return a schema with its references and `allOf` merged."""
        merging: dict[str, Any] = dict(self.resolved(node))
        for part in merging.pop("allOf", ()):
            other = self.schema(part)
            properties = {**other.get("properties", {}), **merging.get("properties", {})}
            merging = {**other, **merging, **({"properties": properties} if properties else {})}
        return merging

    def operation(self, method: str, path: str) -> dict[str, Any] | None:
        """Return the operation that serves a path below the base path; fixed segments come first."""
        for template, item in sorted(self.raw["paths"].items(), key=lambda one: one[0].count("{")):
            pattern = re.sub(r"\\{[^}]+\\}", "[^/]+", re.escape(template))
            if re.fullmatch(pattern, path) and method.lower() in item:
                operation: dict[str, Any] = item[method.lower()]
                return {"parameters": [], **operation, "shared": item.get("parameters", [])}
        return None

    def query(self, operation: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
        """Return the query parameters of an operation by name."""
        known = [self.resolved(one) for one in (*operation["parameters"], *operation["shared"])]
        return {one["name"]: one for one in known if one["in"] == "query"}


class DriftedSandbox(httpx.AsyncBaseTransport):
    """Answers as the sandbox would if its specification were the drifted one; records all requests."""

    def __init__(
        self, inner: httpx.AsyncBaseTransport, vendor: str, base_path: str, drift: Drift | None
    ) -> None:
        self._inner = inner
        self._base = base_path.rstrip("/")
        self._now = Document(openapi.read(vendor))
        drifted = copy.deepcopy(openapi.read(vendor))
        if drift:
            drift.edit(drifted)
        self._then = Document(drifted)
        self.requests: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        path = request.url.path.removeprefix(self._base)
        now, then = (one.operation(request.method, path) for one in (self._now, self._then))
        if now is None or then is None:
            return await self._inner.handle_async_request(request)
        answer = await self._inner.handle_async_request(self._understood(request, now, then))
        await answer.aread()
        return self._drifted(answer, now, then)

    def _understood(
        self, request: httpx.Request, now: Mapping[str, Any], then: Mapping[str, Any]
    ) -> httpx.Request:
        """Drop the query parameters that the drifted document does not have, as a lenient service does."""
        dropped = self._now.query(now).keys() - self._then.query(then).keys()
        kept = [(name, text) for name, text in request.url.params.multi_items() if name not in dropped]
        required = [name for name in dropped if self._now.query(now)[name].get("required")]
        kept += [(name, str(self._now.query(now)[name]["example"])) for name in required]
        headers = {name: text for name, text in request.headers.items() if name != "content-length"}
        url = request.url.copy_with(params=kept) if dropped else request.url
        return httpx.Request(request.method, url, headers=headers, content=request.content)

    def _drifted(
        self, answer: httpx.Response, now: Mapping[str, Any], then: Mapping[str, Any]
    ) -> httpx.Response:
        statuses = list(now["responses"])
        status = str(answer.status_code)
        if status not in statuses:
            return answer
        new_status = list(then["responses"])[statuses.index(status)]
        old, new = (
            self._now.resolved(now["responses"][status]),
            self._then.resolved(then["responses"][new_status]),
        )
        if not old.get("content") or JSON not in old["content"]:
            return answer
        ((media_type, content),) = new["content"].items()
        body = self._reshaped(orjson.loads(answer.content), old["content"][JSON]["schema"], content["schema"])
        headers = {name: text for name, text in answer.headers.items() if not name.startswith("content-")}
        return httpx.Response(
            int(new_status), headers={**headers, "content-type": media_type}, content=orjson.dumps(body)
        )

    def _reshaped(self, value: Any, old_node: Any, new_node: Any) -> Any:
        """Change a value that follows one schema so that it follows another."""
        old, new = self._now.schema(old_node), self._then.schema(new_node)
        if old.get("type") != new.get("type"):
            return EXAMPLES[new["type"]]
        if new.get("nullable") and not old.get("nullable"):
            return None
        for keyword in ("enum", "x-known-values"):
            added = [one for one in new.get(keyword, ()) if one not in old.get(keyword, ())]
            if added:
                return added[0]
        if isinstance(value, list) and "items" in new:
            return [self._reshaped(item, old.get("items", {}), new["items"]) for item in value]
        if isinstance(value, dict) and new.get("properties"):
            return dict(self._members(value, old.get("properties", {}), new["properties"]))
        return value

    def _members(
        self, value: Mapping[str, Any], old: Mapping[str, Any], new: Mapping[str, Any]
    ) -> Iterator[tuple[str, Any]]:
        for name, member in value.items():
            if name in old and name in new:
                yield name, self._reshaped(member, old[name], new[name])
            elif name not in old:
                yield name, member
        for name, schema in new.items():
            if name not in old:
                yield name, EXAMPLES[self._then.schema(schema)["type"]]


def drifts(integration: Integration) -> list[Drift]:
    """Derive one drift of each kind for a vendor: from its test operation, the list that is always read."""
    return list(_Derived(integration).drifts())


def names() -> list[str]:
    """Return the names of the drifts, which are the same for every vendor."""
    return [
        "new field", "removed field", "renamed field", "other type", "null", "new value", "error body",
        "page parameter", "page size", "success status", "content type", "payload",
    ]  # fmt: skip


class _Derived:
    """Finds the parts of a vendor's list operation that a drift changes, in any copy of its document."""

    def __init__(self, integration: Integration) -> None:
        self._vendor = integration.vendor.id
        self._operation = integration.operations[integration.authentication.test_operation]
        self._paging = integration.paging[self._operation.paging or ""]
        self._message = integration.errors.message
        unified = integration.unified
        self._words = {*unified.statuses, *unified.shipment_statuses} if unified else set()

    def drifts(self) -> Iterator[Drift]:
        plain = self._field(lambda schema: schema.get("type") == "string" and not self._is_state(schema))
        state = self._field(self._is_state)
        page, size = self._paging.page_parameter, self._paging.size_parameter
        payload = self._operation.payload
        yield Drift("new field", "undocumented_field", "warehouse", self._in_row(_add))
        yield Drift("removed field", "missing_field", plain, self._in_row(_remove, plain))
        yield Drift("renamed field", "undocumented_field", "renamed", self._in_row(_rename, plain))
        yield Drift("other type", "other_type", plain, self._in_row(_set, plain, type="boolean"))
        yield Drift("null", "other_type", plain, self._in_row(_set, plain, nullable=True))
        yield Drift("new value", "new_value", state, self._in_row(_extend, state))
        yield Drift("error body", "other_error", self._message[-1], self._rename_message)
        yield Drift("page parameter", "other_paging", page, lambda raw: self._rename_parameter(raw, page))
        yield Drift("page size", "other_paging", size, lambda raw: self._rename_parameter(raw, size))
        yield Drift("success status", "undocumented_status", "", self._change_status)
        yield Drift("content type", "other_media_type", "", self._change_media_type)
        kind: Kind = "missing_field" if payload else "other_type"
        yield Drift("payload", kind, payload[-1] if payload else "", self._change_payload)

    def _is_state(self, schema: Mapping[str, Any]) -> bool:
        known = schema.get("x-known-values", ())
        return "enum" in schema or bool(known and self._words.issuperset(known))

    def _field(self, wanted: Callable[[Mapping[str, Any]], bool]) -> str:
        """Return the last member of a row that is always a string and whose schema is wanted."""
        document = Document(openapi.read(self._vendor))
        row = document.schema(self._row(document))
        found = [
            name
            for name, node in row["properties"].items()
            if name in row["required"]
            and wanted(schema := document.schema(node))
            and not schema.get("format")
            and (self._is_state(schema) or not schema.get("nullable"))
        ]
        return str(found[-1])

    def _responses(self, document: Document) -> dict[str, Any]:
        item = document.raw["paths"][self._operation.path]
        responses: dict[str, Any] = item[self._operation.method.lower()]["responses"]
        return responses

    def _body(self, document: Document, status: str) -> dict[str, Any]:
        """Return the schema object of a response in the document itself, so that it can be edited."""
        content = document.resolved(self._responses(document)[status])["content"]
        schema: dict[str, Any] = document.resolved(content[JSON]["schema"])
        return schema

    def _row(self, document: Document) -> dict[str, Any]:
        node = self._body(document, str(self._operation.status))
        for step in self._operation.payload:
            node = document.resolved(_holder(document, node, step)["properties"][step])
        row: dict[str, Any] = document.resolved(node["items"])
        return row

    def _in_row(self, edit: Callable[..., None], *names: str, **changes: Any) -> Callable[..., None]:
        def run(raw: dict[str, Any]) -> None:
            document = Document(raw)
            edit(document, self._row(document), *names, **changes)

        return run

    def _rename_message(self, raw: dict[str, Any]) -> None:
        document = Document(raw)
        node = self._body(document, "400")
        *before, last = self._message
        for step in before:
            inside = node["items"] if step.isdecimal() else _holder(document, node, step)["properties"][step]
            node = document.resolved(inside)
        _rename(document, node, last)

    def _rename_parameter(self, raw: dict[str, Any], name: str) -> None:
        document = Document(raw)
        item = raw["paths"][self._operation.path]
        for node in (*item.get("parameters", ()), *item[self._operation.method.lower()]["parameters"]):
            parameter = document.resolved(node)
            if parameter["name"] == name:
                parameter["name"] = f"renamed_{name}"

    def _change_status(self, raw: dict[str, Any]) -> None:
        responses = self._responses(Document(raw))
        items = [("203" if status == "200" else status, node) for status, node in responses.items()]
        responses.clear()
        responses.update(items)

    def _change_media_type(self, raw: dict[str, Any]) -> None:
        document = Document(raw)
        node = document.resolved(self._responses(document)[str(self._operation.status)])
        node["content"] = {"text/html": node["content"].pop(JSON)}

    def _change_payload(self, raw: dict[str, Any]) -> None:
        document = Document(raw)
        node = self._body(document, str(self._operation.status))
        if self._operation.payload:
            for step in self._operation.payload[:-1]:
                node = document.resolved(_holder(document, node, step)["properties"][step])
            _rename(document, node, self._operation.payload[-1])
        else:
            node.update(type="object")


def _holder(document: Document, node: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the schema object that defines a member: the schema itself, or a part of its `allOf`."""
    if name in node.get("properties", {}):
        return node
    parts = [document.resolved(part) for part in node.get("allOf", ())]
    return next(part for part in parts if name in part.get("properties", {}))


def _add(document: Document, row: dict[str, Any]) -> None:
    first = next(iter(document.schema(row)["properties"]))
    _holder(document, row, first)["properties"]["warehouse"] = {"type": "integer"}


def _remove(document: Document, row: dict[str, Any], name: str) -> None:
    del _holder(document, row, name)["properties"][name]


def _rename(document: Document, row: dict[str, Any], name: str) -> None:
    properties = _holder(document, row, name)["properties"]
    properties["renamed"] = properties.pop(name)


def _set(document: Document, row: dict[str, Any], name: str, **changes: Any) -> None:
    properties = _holder(document, row, name)["properties"]
    properties[name] = {**document.schema(properties[name]), **changes}


def _extend(document: Document, row: dict[str, Any], name: str) -> None:
    properties = _holder(document, row, name)["properties"]
    schema = document.schema(properties[name])
    keyword = "enum" if "enum" in schema else "x-known-values"
    properties[name] = {**schema, keyword: [*schema[keyword], "lost in transit"]}
