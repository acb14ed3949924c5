"""Every write of every vendor, from the specifications, with values that fit the tenant's records."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from connector.definition.compiler import integration, vendors
from connector.definition.model import Action, InputField, Operation
from connector.definition.paths import at_path

METHODS = ("post", "put", "patch", "delete")


@dataclass(frozen=True)
class Write:
    """An operation that may change something; `id` is the test's id."""

    vendor: str
    operation: Operation

    @property
    def id(self) -> str:
        return f"{self.vendor}-{self.operation.id}"

    @cached_property
    def actions(self) -> tuple[Action, ...]:
        """Return the actions that send this operation once.

        `tests/matrix/test_lines.py` tests those that send it for each of several lines.
        """
        offered = integration(self.vendor).actions.values()
        return tuple(one for one in offered if one.operation == self.operation.id and not one.each)

    @property
    def tried(self) -> tuple[Action, ...]:
        """Return the actions to try: of those that differ only in the constant that they send, the first."""
        moves = [one for one in self.actions if one.constants]
        return (*(one for one in self.actions if not one.constants), *moves[:1])


@dataclass(frozen=True)
class Example:
    """The values of one call: parameters by name, and the body."""

    parameters: Mapping[str, Any]
    body: Any

    @property
    def values(self) -> dict[str, Any]:
        """Return the values by the names of parameters and body fields."""
        return {**self.parameters, **(self.body or {})}

    def inputs(self, action: Action) -> dict[str, Any]:
        """Return the values as the inputs of an action."""
        found = {one.key: self._input(one) for one in action.inputs}
        return {key: value for key, value in found.items() if value is not None}

    def _input(self, one: InputField) -> Any:
        if one.location in ("path", "query"):
            return self.parameters.get(one.path[0])
        return _given(one, at_path(self.body, one.path))


def _given(one: InputField, value: Any) -> Any:
    if not one.children or not isinstance(value, list):
        return value
    rows = [{child.key: at_path(row, child.path) for child in one.children} for row in value]
    return [{key: part for key, part in row.items() if part is not None} for row in rows]


def writes() -> list[Write]:
    """Return all operations of all vendors with a method other than GET, except requests for a token."""
    return [
        Write(vendor, one)
        for vendor in vendors()
        for one in integration(vendor).operations.values()
        if one.method != "GET" and one.id not in _token_requests(vendor)
    ]


def _token_requests(vendor: str) -> set[str]:
    tokens = integration(vendor).authentication.tokens
    return {tokens.operation} if tokens else set()


def example(document: Mapping[str, Any], write: Write) -> Example:
    """Return the first example of an operation in a document that is filled with a tenant's records."""
    described = _described(document, write.operation.id)
    login = integration(write.vendor).authentication.sends
    parameters = {
        one["name"]: _example(document, one)
        for one in described.get("parameters", ())
        if (one["in"] == "path" or one.get("required")) and one["name"] not in login
    }
    if "requestBody" not in described:
        return Example(parameters, None)
    media = _resolved(document, described["requestBody"])["content"]["application/json"]
    examples = list(media.get("examples", {}).values())
    body = _resolved(document, examples[0])["value"] if examples else media["example"]
    return Example(parameters, {key: value for key, value in body.items() if key not in login})


def creators(document: Mapping[str, Any], vendor: str) -> list[Write]:
    """Return the writes whose answer leads to another write that changes or deletes what they created."""
    found = []
    for write in writes():
        if write.vendor == vendor:
            answers = _described(document, write.operation.id)["responses"].values()
            linked = {link["operationId"] for one in answers for link in one.get("links", {}).values()}
            known = integration(vendor).operations
            if any(known[name].method in ("PUT", "PATCH", "DELETE") for name in linked):
                found.append(write)
    return found


def _described(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return next(
        item[method]
        for item in document["paths"].values()
        for method in METHODS
        if method in item and item[method]["operationId"] == name
    )


def _example(document: Mapping[str, Any], parameter: Mapping[str, Any]) -> Any:
    schema = _resolved(document, parameter["schema"])
    named = [_resolved(document, one)["value"] for one in parameter.get("examples", {}).values()]
    return next(iter([*named, *_values(parameter), *_values(schema)]))


def _values(holder: Mapping[str, Any]) -> Iterator[Any]:
    yield from (holder[key] for key in ("example", "default") if key in holder)


def _resolved(document: Mapping[str, Any], node: Any) -> Any:
    while "$ref" in node:
        target: Any = document
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        node = target
    return node
