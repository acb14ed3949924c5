"""Checks every request of the connector against the vendor's OpenAPI document before it is sent.

The check reads the document by itself, without the connector's reader and the sandbox's engine, so that
a mistake in one of them does not hide the same mistake in the other.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from unittest import mock
from urllib.parse import unquote

import httpx
import jsonschema_rs
import orjson

import openapi
from connector.transport.addresses import origin, parse_base_url, transport_for
from connector.transport.client import Client
from connector.transport.sharing import SharedTransports

PLAIN_HEADERS = {"host", "accept", "accept-encoding", "connection", "user-agent"}
METHODS = ("get", "put", "post", "delete", "patch")
Json = Mapping[str, Any]


class ContractBroken(Exception):  # noqa: N818 - what happened
    """The document does not allow a request. No `AssertionError`: tests of mutants expect those."""


class Contract:
    """The requests that one vendor's document allows.

    `names_only` accepts invalid values and missing credentials, which an app leaves to the vendor to refuse.
    """

    def __init__(self, vendor: str, *, names_only: bool = False) -> None:
        self._document = openapi.read(vendor)
        self._names_only = names_only
        self._validators: dict[int, jsonschema_rs.Draft4Validator] = {}

    def check(self, request: httpx.Request, base_path: str) -> None:
        """Raise `ContractBroken` unless an operation accepts this request, below `base_path`."""
        path = request.url.raw_path.decode().partition("?")[0]
        if not path.startswith(f"{base_path}/"):
            raise ContractBroken(f"{path} does not lie below {base_path}.")
        item, operation, filling = self._operation(request.method, path.removeprefix(base_path))
        parameters = [self._resolved(one) for one in (*item.get("parameters", ()), *operation["parameters"])]
        self._check_path(parameters, filling)
        self._check_query(parameters, list(request.url.params.multi_items()))
        self._check_headers(parameters, request, operation)
        self._check_body(operation, request)

    def _operation(self, method: str, path: str) -> tuple[Json, Json, dict[str, str]]:
        segments = path.split("/")
        paths = self._document["paths"].items()
        for template, item in sorted(paths, key=lambda one: one[0].count("{")):  # fixed segments first
            parts = template.split("/")
            blanks = {
                part[1:-1]: segment for part, segment in zip(parts, segments, strict=False) if part[:1] == "{"
            }
            if len(parts) == len(segments) and all(
                part == segment or part[:1] == "{" for part, segment in zip(parts, segments, strict=True)
            ):
                if method.lower() not in METHODS or method.lower() not in item:
                    raise ContractBroken(f"{method} is not possible at {template}.")
                return item, {"parameters": [], **item[method.lower()]}, blanks
        raise ContractBroken(f"No operation has the path {path}.")

    def _check_path(self, parameters: Sequence[Json], filling: Mapping[str, str]) -> None:
        for parameter in parameters:
            if parameter["in"] == "path":
                self._fits(parameter["name"], parameter["schema"], unquote(filling[parameter["name"]]))

    def _check_query(self, parameters: Sequence[Json], sent: Sequence[tuple[str, str]]) -> None:
        known = {parameter["name"]: parameter for parameter in parameters if parameter["in"] == "query"}
        for name in {name for name, _value in sent}:
            if name not in known:
                raise ContractBroken(f"The query parameter {name} is not documented.")
            texts = [value for one, value in sent if one == name]
            schema = self._resolved(known[name]["schema"])
            if schema.get("type") == "array":
                items = self._resolved(schema["items"])
                self._fits(name, schema, [_read(items, text) for text in texts])
            elif len(texts) > 1:
                raise ContractBroken(f"The query parameter {name} is sent {len(texts)} times.")
            else:
                self._fits(name, schema, _read(schema, texts[0]))
        for name, parameter in known.items():
            if parameter.get("required") and name not in dict(sent):
                raise ContractBroken(f"The query parameter {name} is missing.")

    def _check_headers(self, parameters: Sequence[Json], request: httpx.Request, operation: Json) -> None:
        documented = {one["name"].lower() for one in parameters if one["in"] == "header"}
        if "requestBody" in operation:
            documented |= {"content-type", "content-length"}
        schemes = self._document["components"]["securitySchemes"]
        logins = [
            {_login_header(schemes[name]) for name in one}
            for one in operation.get("security", self._document["security"])
        ]
        sent = set(request.headers)
        if logins and not self._names_only and not any(login <= sent for login in logins):
            raise ContractBroken("No documented credential is sent.")
        if strange := sent - documented - PLAIN_HEADERS - set().union(*logins):
            raise ContractBroken(f"Headers that are not documented: {', '.join(sorted(strange))}.")

    def _check_body(self, operation: Json, request: httpx.Request) -> None:
        described = self._resolved(operation.get("requestBody", {}))
        if not request.content:
            if described.get("required"):
                raise ContractBroken("The body is missing.")
            return
        media = request.headers.get("content-type", "").partition(";")[0]
        if media not in described.get("content", {}):
            raise ContractBroken(f"A body of {media or 'no type'} is not documented.")
        self._fits("body", described["content"][media]["schema"], orjson.loads(request.content))

    def _fits(self, what: str, schema: Json, value: Any) -> None:
        for error in self._validator(schema).iter_errors(value):
            if not self._names_only or error.kind.name == "additionalProperties":
                raise ContractBroken(f"{what}: {error.message}")

    def _validator(self, schema: Json) -> jsonschema_rs.Draft4Validator:
        """Return the validator of a schema of the document, which is compiled once.

        The document lives as long as its contract, so an id stands for the same schema all the time.
        """
        if id(schema) not in self._validators:
            strict = self._strict(schema)
            self._validators[id(schema)] = jsonschema_rs.Draft4Validator(strict, validate_formats=True)
        return self._validators[id(schema)]

    def _strict(self, schema: Json) -> dict[str, Any]:
        """Return the schema with references resolved and undeclared members forbidden (OpenAPI 3.0.3)."""
        strict = dict(self._resolved(schema))
        for keyword in ("allOf", "anyOf", "oneOf"):
            if keyword in strict:
                strict[keyword] = [self._strict(one) for one in strict[keyword]]
        if "items" in strict:
            strict["items"] = self._strict(strict["items"])
        if "properties" in strict:
            strict["properties"] = {name: self._strict(one) for name, one in strict["properties"].items()}
            strict.setdefault("additionalProperties", False)
        return {"anyOf": [strict, {"type": "null"}]} if strict.pop("nullable", False) else strict

    def _resolved(self, node: Json) -> Json:
        while "$ref" in node:
            target: Any = self._document
            for step in node["$ref"].removeprefix("#/").split("/"):
                target = target[step]
            node = target
        return node


def _read(schema: Json, text: str) -> Any:
    """Parse a query text as the schema's type; return it unchanged if that is not possible."""
    if schema.get("type") not in {"integer", "number", "boolean"}:
        return text
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def _login_header(scheme: Json) -> str:
    return "authorization" if scheme["type"] == "http" else str(scheme["name"]).lower()


class Checked(httpx.AsyncBaseTransport):
    """A transport that lets through what the contract allows, and requests to other hosts."""

    def __init__(self, inner: httpx.AsyncBaseTransport, contract: Contract, client: Client) -> None:
        self._inner = inner
        self._contract = contract
        self._client = client

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        base = self._client.base_url
        if origin(request.url) == origin(base):
            self._contract.check(request, base.path.rstrip("/"))
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self._inner.aclose()


@contextmanager
def enforced() -> Iterator[None]:
    """Check the requests of every connection of this process until the block ends."""
    contracts = {vendor: Contract(vendor) for vendor in openapi.vendors()}
    make = Client.__init__

    def checked(self: Client, integration: Any, **how: Any) -> None:
        given, url = how.pop("transport"), parse_base_url(how["base_url"])
        if isinstance(given, SharedTransports):
            given = given.transport(integration.vendor.id, url)
        inner = given or transport_for(url)
        contract = contracts.get(integration.vendor.id)  # a vendor invented by a test has no document
        transport = Checked(inner, contract, self) if contract else inner
        make(self, integration, transport=transport, **how)

    with mock.patch.object(Client, "__init__", checked):
        yield
