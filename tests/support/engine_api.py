"""A small API for the engine's tests, with every kind of parameter, body and reply."""

import asyncio
import copy
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from mock_server.access.grants import Grant
from mock_server.access.plans import Plan
from mock_server.access.ratelimit import Verdict
from mock_server.engine.call import Call
from mock_server.engine.connexion_parts import ConnexionMiddleware, Resolver
from mock_server.engine.middleware import Engine
from mock_server.engine.problem import Problem
from mock_server.engine.reply import Document, Documents, Reply

BASE = "/shop/v1"
NOW = 1_735_554_600_000_000  # 2024-12-30T10:30:00Z
PLAN = Plan("small", ((60, "minute"),))
_ROW = b'{"id":"itm_1","sku":"BOOT-39","quantity":1,"made_at":"2024-12-30T10:30:00Z"}'
_REFUSALS = {
    "unauthenticated": 401,
    "forbidden": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "rate_limited": 429,
    "server_error": 500,
}


def _json(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"description": "x", "content": {"application/json": {"schema": schema}}}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _replies(status: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {
        status: _json(schema),
        **{code: _json(_ref("Error")) for code in ("400", "401", "403", "404", "429")},
    }


def _query(name: str, schema: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, **more}


DOCUMENT: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Shop", "version": "1"},
    "servers": [{"url": "https://shop.example.com/v1"}],
    "security": [{"bearer": []}, {"header_key": []}, {"query_key": []}],
    "components": {
        "securitySchemes": {
            "bearer": {"type": "http", "scheme": "bearer"},
            "header_key": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
            "query_key": {"type": "apiKey", "in": "query", "name": "key"},
        },
        "parameters": {
            "Page": _query("page", {"type": "integer", "minimum": 1, "maximum": 1000, "default": 1})
        },
        "schemas": {
            "Error": {
                "type": "object",
                "required": ["kind", "message", "fields"],
                "properties": {
                    "kind": {"type": "string"},
                    "message": {"type": "string"},
                    "fields": {"type": "object"},
                },
            },
            "Item": {
                "type": "object",
                "required": ["id", "sku", "quantity", "made_at"],
                "properties": {
                    "id": {"type": "string", "readOnly": True},
                    "sku": {"type": "string", "minLength": 1, "maxLength": 20},
                    "quantity": {"type": "integer", "minimum": 1, "maximum": 100},
                    "price": {"type": "number", "minimum": 0, "exclusiveMinimum": True, "nullable": True},
                    "made_at": {"type": "string", "format": "date-time", "readOnly": True},
                    "grade": {"type": "string", "enum": ["A", "B"], "nullable": True},
                    "owner": {
                        "type": "object",
                        "properties": {"email": {"type": "string", "format": "email"}},
                    },
                    "tags": {
                        "type": "array",
                        "maxItems": 3,
                        "uniqueItems": True,
                        "items": {"type": "string"},
                    },
                },
                "additionalProperties": False,
            },
        },
    },
    "paths": {
        "/items": {
            "get": {
                "operationId": "list_items",
                "x-required-scope": "items:read",
                "parameters": [
                    {"$ref": "#/components/parameters/Page"},
                    _query("per_page", {"type": "integer", "minimum": 1, "maximum": 100, "default": 25}),
                    _query("status", {"type": "string", "enum": ["new", "sold"]}),
                    _query(
                        "status[]", {"type": "array", "items": {"type": "string", "enum": ["new", "sold"]}}
                    ),
                    _query(
                        "since",
                        {"type": "string", "anyOf": [{"format": "date-time"}, {"format": "date"}]},
                    ),
                    _query("ids", {"type": "array", "items": {"type": "integer"}}, explode=False),
                    _query("cheap", {"type": "boolean"}),
                    _query("below", {"type": "number"}),
                    _query("q", {"type": "string", "maxLength": 50}),
                    _query("sold_at", {"type": "integer", "minimum": 1}, **{"x-max-values": 2}),
                    {"name": "X-Trace", "in": "header", "schema": {"type": "string", "format": "uuid"}},
                ],
                "responses": _replies(
                    "200",
                    {
                        "type": "object",
                        "required": ["data", "page"],
                        "properties": {
                            "data": {"type": "array", "maxItems": 3, "items": _ref("Item")},
                            "page": {"type": "integer"},
                            "echo": {},
                        },
                    },
                ),
            },
            "post": {
                "operationId": "create_item",
                "x-required-scope": "items:write",
                "requestBody": {"required": True, "content": {"application/json": {"schema": _ref("Item")}}},
                "responses": _replies(
                    "201", {"type": "object", "properties": {"data": _ref("Item"), "echo": {}}}
                ),
            },
        },
        "/items/newest": {"get": {"operationId": "get_newest", "responses": _replies("200", _ref("Item"))}},
        "/items/{id}": {
            "parameters": [
                {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "maxLength": 30}}
            ],
            "get": {
                "operationId": "get_item",
                "responses": _replies(
                    "200", {"type": "object", "properties": {"data": _ref("Item"), "echo": {}}}
                ),
            },
            "delete": {"operationId": "delete_item", "responses": {"204": {"description": "gone"}}},
        },
    },
}


class Shop:
    """Handlers that echo what they receive; a test replaces them to misbehave."""

    name = "shop"

    def list_items(self, call: Call) -> Reply:
        return Reply(200, {"data": Documents([_ROW]), "page": call.query["page"], "echo": dict(call.query)})

    def create_item(self, call: Call) -> Reply:
        return Reply(201, {"data": Document(_ROW), "echo": call.body})

    def get_newest(self, _call: Call) -> Reply:
        return Reply(200, Document(_ROW))

    def get_item(self, call: Call) -> Reply:
        return Reply(200, {"data": Document(_ROW), "echo": dict(call.path)})

    def delete_item(self, _call: Call) -> Reply:
        return Reply(204, None)

    def problem(self, problem: Problem) -> Reply:
        fields = {field.field: field.message for field in problem.fields}
        body = {"kind": problem.kind, "message": problem.message, "fields": fields}
        return Reply(_REFUSALS.get(problem.kind, 400), body, problem.headers)

    def limit_headers(self, verdict: Verdict) -> tuple[tuple[bytes, bytes], ...]:
        return ((b"x-left", b"%d" % verdict.remaining),)


class Gate:
    """Accepts the key `good`; counts down from `left`."""

    def __init__(self) -> None:
        self.left = 60
        self.shut = ""
        self.scopes = frozenset({"items:read", "items:write"})
        self.presented: list[dict[str, str]] = []
        self.writing: list[str] = []
        self.asked = 0

    def admit(self, credentials: Mapping[str, str]) -> Grant:
        self.presented.append(dict(credentials))
        if "good" not in credentials.values():
            raise Problem("unauthenticated", "Who are you?")
        return Grant("demo", "shop", "default", self.scopes, PLAN)

    def take(self, _grant: Grant) -> Verdict:
        allowed = self.left > 0
        self.left -= allowed
        return Verdict(allowed, 60, self.left, NOW // 1_000_000 + 30, 0 if allowed else 30, "minute", ())

    def closed(self, _grant: Grant) -> str:
        return self.shut

    def anonymous(self) -> Verdict:
        return Verdict(True, 60, 60, NOW // 1_000_000 + 30, 0, "minute", ())

    def pending(self) -> None:
        return None

    def hold(self) -> None:
        self.writing.append("hold")

    def release(self) -> None:
        self.writing.append("release")

    def marks(self) -> tuple[int, int]:
        self.asked += 1
        return self.asked, 0  # always another version of the store: no response is kept

    def undo_held(self) -> None:
        self.writing.append("undo")

    def now(self, _grant: Grant | None) -> int:
        return NOW


async def fallback(scope: Any, receive: Any, send: Any) -> None:
    """Answers 299 to every request that the engine passes on."""
    await send({"type": "http.response.start", "status": 299, "headers": []})
    await send({"type": "http.response.body", "body": b"behind the engine"})


def build(
    service: Any,
    gate: Any,
    change: Callable[[dict[str, Any]], None] | None = None,
    max_body: int = 10_000,
    *,
    metered: bool = True,
    injector: Any = None,
) -> ConnexionMiddleware:
    """Build the API as an application; `change` may alter its document first."""
    meter = gate if metered else None
    document = copy.deepcopy(DOCUMENT)
    if change:
        change(document)

    def engine(app: Any) -> Engine:
        return Engine(app, max_body=max_body, base_url="http://sandbox", passes=("/ui",))

    app = ConnexionMiddleware(fallback, import_name="shop", middlewares=[engine])
    resolver = Resolver(lambda operation: getattr(service, operation))
    how = {"service": service, "gate": gate, "meter": meter, "injector": injector}
    app.add_api(document, base_path=BASE, resolver=resolver, **how)
    return app


class Caller:
    """Sends requests to an application in this process, by default with credentials."""

    def __init__(self, app: Any) -> None:
        self._app = app

    def __call__(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"Authorization": "Bearer good", **options.pop("headers", {})}
        headers = {name: value for name, value in headers.items() if value is not None}
        return asyncio.run(self._send(method, path, headers=headers, **options))

    async def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self._app)
        async with httpx.AsyncClient(transport=transport, base_url=f"http://sandbox{BASE}") as client:
            return await client.request(method, path, **options)
