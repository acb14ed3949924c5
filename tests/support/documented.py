"""A control plane that answers with the examples of `openapi/sandbox.yaml`, and records what is called."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import orjson

import openapi
from mock_server.engine.schema import Schemas

_BASE = "/__sandbox"
_METHODS = ("get", "put", "post", "patch", "delete")


@dataclass(frozen=True)
class _Operation:
    id: str
    method: str
    path: re.Pattern[str]
    parameters: frozenset[str]
    body: Mapping[str, Any]
    responses: Mapping[str, Any]


class DocumentedControlPlane:
    """Answers each request with the first documented example; `called` lists the operations, in order.

    A request that the document does not describe fails the test: another path or method, an unknown query
    parameter, or a body that its schema does not allow.
    """

    def __init__(self) -> None:
        document = openapi.read(openapi.CONTROL_PLANE)
        self.called: list[str] = []
        self._schemas = Schemas(document)
        self._operations = list(self._read(document))

    @property
    def operations(self) -> list[str]:
        """The operationIds of the document, in its order."""
        return [operation.id for operation in self._operations]

    def transport(self, *_: object) -> httpx.MockTransport:
        """Return a transport for a synchronous client."""
        return httpx.MockTransport(self._answer)

    def _read(self, document: Mapping[str, Any]) -> Iterator[_Operation]:
        for path, item in document["paths"].items():
            pattern = re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(_BASE + path)))
            for method in _METHODS:
                if method in item:
                    operation = item[method]
                    declared = [*item.get("parameters", ()), *operation.get("parameters", ())]
                    names = [self._schemas.resolve(one) for one in declared]
                    query = frozenset(one["name"] for one in names if one["in"] == "query")
                    body = self._schemas.resolve(operation.get("requestBody", {}))
                    yield _Operation(
                        operation["operationId"], method.upper(), pattern, query, body, operation["responses"]
                    )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path.decode().partition("?")[0]
        found = [one for one in self._operations if one.method == request.method and one.path.fullmatch(path)]
        if len(found) > 1:  # a literal segment takes precedence over a parameter
            found = [min(found, key=lambda one: one.path.pattern.count("[^/]+"))]
        assert len(found) == 1, f"The document describes no {request.method} {path}."
        (operation,) = found
        self.called.append(operation.id)
        unknown = set(request.url.params) - operation.parameters
        assert not unknown, f"{operation.id} has no parameters {sorted(unknown)}."
        self._check_body(operation, request)
        return self._example(operation)

    def _check_body(self, operation: _Operation, request: httpx.Request) -> None:
        contents = operation.body.get("content", {})
        if not contents:
            assert request.content == b"", f"{operation.id} has no body."
        elif request.content or operation.body.get("required"):
            kind = request.headers["content-type"].partition(";")[0]
            assert kind in contents, f"{operation.id} accepts no {kind}."
            if kind == "application/json":
                validator = self._schemas.validator(contents[kind]["schema"], "request")
                problems = [error.message for error in validator.iter_errors(orjson.loads(request.content))]
                assert problems == [], f"{operation.id}: {problems}"

    def _example(self, operation: _Operation) -> httpx.Response:
        status = min(code for code in operation.responses if code.startswith("2"))
        contents = self._schemas.resolve(operation.responses[status]).get("content", {})
        if not contents:
            return httpx.Response(int(status))
        kind, content = next(iter(contents.items()))
        examples = [one["value"] for one in content.get("examples", {}).values()]
        example = content["example"] if "example" in content else examples[0]
        if kind == "application/json":
            return httpx.Response(int(status), json=example)
        return httpx.Response(int(status), text=example, headers={"content-type": kind})
