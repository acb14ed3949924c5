"""The documented responses of each operation, with generated bodies."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

import openapi
from support.requests.inputs import operations, resolved
from support.schema_values import SchemaValues

if TYPE_CHECKING:
    from collections.abc import Mapping

JSON = "application/json"
FULL = "full"


@dataclass(frozen=True)
class Documented:
    """One response of an operation; `schema` is None for one without JSON.

    `first` is true for the first response with this schema in the document.
    """

    operation: str
    status: int
    media_type: str
    schema: Mapping[str, Any] | None
    name: str
    first: bool


class Responses:
    """The responses of one vendor's operations: `listed` in the document's order, and values for them."""

    def __init__(self, vendor: str) -> None:
        self.document = openapi.read(vendor)
        self.listed: list[Documented] = []
        self._names: dict[str, str] = {}
        for _path, _method, _item, operation in operations(self.document):
            for status, answer in operation["responses"].items():
                self.listed.append(self._documented(operation["operationId"], status, answer))

    def _documented(self, operation: str, status: str, answer: Any) -> Documented:
        content = resolved(self.document, answer).get("content", {})
        media_type = JSON if JSON in content or not content else next(iter(content))
        schema = content.get(JSON, {}).get("schema")
        written = json.dumps(schema)
        first = written not in self._names
        name = self._names.setdefault(written, f"{operation}-{status}")
        return Documented(operation, int(status.replace("XX", "00")), media_type, schema, name, first)

    @cached_property
    def values(self) -> SchemaValues:
        """Generates bodies by the name of a response; `<name>-full` has every optional member."""
        with_json = {one.name: one.schema for one in self.listed if one.schema is not None}
        complete = {f"{name}-{FULL}": full(self.document, schema) for name, schema in with_json.items()}
        return SchemaValues({**with_json, **complete}, self.document["components"], most_items=2)

    def complete(self, one: Documented) -> Any:
        """Return a valid body with every member, one item in each list, and no null."""
        return self._complete[one.name]

    @cached_property
    def _complete(self) -> dict[str, Any]:
        names = {one.name for one in self.listed if one.schema is not None}
        return {name: self.values.first(f"{name}-{FULL}") for name in names}


@cache
def responses(vendor: str) -> Responses:
    return Responses(vendor)


def full(document: Any, node: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema that requires every member, at least one item in each list, and forbids null."""
    made = dict(resolved(document, node))
    made.pop("nullable", None)
    for keyword in ("allOf", "anyOf"):
        if keyword in made:
            made[keyword] = [full(document, one) for one in made[keyword]]
    if "oneOf" in made:
        made["oneOf"] = [full(document, made["oneOf"][0])]
    if "enum" in made:
        made["enum"] = [value for value in made["enum"] if value is not None]
    if "items" in made:
        made["items"] = full(document, made["items"])
        made["minItems"] = max(1, made.get("minItems", 0))
        made["maxItems"] = made["minItems"]
    if "properties" in made:
        made["properties"] = {name: full(document, one) for name, one in made["properties"].items()}
        made["required"] = list(made["properties"])
    return made
