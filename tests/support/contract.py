"""Holds every request of the connector against the vendor's specification, on its way out.

It reads the document by itself: neither the connector's reader nor the sandbox's engine is asked, so that a
mistake of one is not excused by the same mistake of the other.
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
from connector.transport.addresses import address, origin, transport_for
from connector.transport.client import Client

PLAIN_HEADERS = {"host", "accept", "accept-encoding", "connection", "user-agent"}
METHODS = ("get", "put", "post", "delete", "patch")
Json = Mapping[str, Any]


class ContractBroken(Exception):  # noqa: N818 - what happened
    """The specification does not allow a request. No `AssertionError`: mutants have to raise those."""


class Contract:
    """The requests that one vendor's document allows.

    `names_only` lets wrong values and missing logins through: an app leaves those to the vendor to refuse.
    """

    def __init__(self, vendor: str, *, names_only: bool = False) -> None:
        self._document = openapi.read(vendor)
        self._names_only = names_only

    def check(self, request: httpx.Request, base_path: str) -> None:
        """Raise `ContractBroken` unless an operation takes this request, below `base_path`."""
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
        for template, item in sorted(paths, key=lambda one: one[0].count("{")):  # what is fixed goes first
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
        validator = jsonschema_rs.Draft4Validator(self._strict(schema), validate_formats=True)
        for error in validator.iter_errors(value):
            if not self._names_only or error.kind.name == "additionalProperties":
                raise ContractBroken(f"{what}: {error.message}")

    def _strict(self, schema: Json) -> dict[str, Any]:
        """The schema without references and with nothing allowed that it does not name (OpenAPI 3.0.3)."""
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
    """What a text of the query is, where the schema wants no text; itself where it is no such thing."""
    if schema.get("type") not in {"integer", "number", "boolean"}:
        return text
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def _login_header(scheme: Json) -> str:
    return "authorization" if scheme["type"] == "http" else str(scheme["name"]).lower()


class Checked(httpx.AsyncBaseTransport):
    """Lets through what the contract allows, and whatever goes to somebody else."""

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
    """Put the check in the way of every connection of this process until the block ends."""
    contracts = {vendor: Contract(vendor) for vendor in openapi.vendors()}
    make = Client.__init__

    def checked(self: Client, integration: Any, **how: Any) -> None:
        inner = how.pop("transport") or transport_for(address(how["base_url"]))
        contract = contracts.get(integration.vendor.id)  # a vendor that a test made up has none
        transport = Checked(inner, contract, self) if contract else inner
        make(self, integration, transport=transport, **how)

    with mock.patch.object(Client, "__init__", checked):
        yield
