"""Translates OpenAPI 3.0 schemas to JSON Schema draft 4, on which OpenAPI 3.0 is based.

According to OpenAPI 3.0.3, "Schema Object", `nullable` also allows null, `readOnly` properties are not
allowed in requests, and `writeOnly` properties are not allowed in responses. Two other rules already exist in
draft 4 and need no translation: `exclusiveMinimum` is a boolean, and keywords next to `$ref` are ignored.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import jsonschema_rs
import orjson

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

Direction = Literal["request", "response"]
Schema = dict[str, Any]

_VERBATIM = {
    *("$ref", "type", "enum", "format", "pattern", "required", "multipleOf", "uniqueItems"),
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength"),
    *("minItems", "maxItems", "minProperties", "maxProperties"),
}
_ANNOTATIONS = {
    *("title", "description", "default", "example", "deprecated", "externalDocs", "xml"),
    *("discriminator", "nullable", "readOnly", "writeOnly"),
}
_HIDDEN = {"request": "readOnly", "response": "writeOnly"}
_NOTHING: Schema = {"not": {}}
_NAMED = "#/components/schemas/"

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)


def is_uuid(text: str) -> bool:
    """Return True if `text` is a UUID with hyphens, in lower or upper case."""
    return _UUID.fullmatch(text) is not None


def translate(schema: Mapping[str, Any], direction: Direction) -> Schema:
    """Translate an OpenAPI schema to JSON Schema; raise `ValueError` for an unsupported keyword."""
    result: Schema = {}
    for keyword, value in schema.items():
        if keyword in _VERBATIM:
            result[keyword] = value
        elif keyword in {"allOf", "anyOf", "oneOf"}:
            result[keyword] = [translate(member, direction) for member in value]
        elif keyword in {"items", "not"}:
            result[keyword] = translate(value, direction)
        elif keyword == "additionalProperties":
            result[keyword] = value if isinstance(value, bool) else translate(value, direction)
        elif keyword == "properties":
            result[keyword] = {name: _property(member, direction) for name, member in value.items()}
        elif keyword not in _ANNOTATIONS and not keyword.startswith("x-"):
            raise ValueError(
                f"The schema keyword {keyword!r} is not supported; remove it or add it to the engine."
            )
    _drop_hidden_required(result, schema, direction)
    return _nullable(result) if schema.get("nullable") and "$ref" not in schema else result


def _property(schema: Mapping[str, Any], direction: Direction) -> Schema:
    return dict(_NOTHING) if schema.get(_HIDDEN[direction]) else translate(schema, direction)


def _drop_hidden_required(result: Schema, schema: Mapping[str, Any], direction: Direction) -> None:
    """Remove `readOnly` properties (requests) or `writeOnly` properties (responses) from `required`."""
    properties = schema.get("properties", {})
    required = [
        name for name in result.pop("required", []) if not properties.get(name, {}).get(_HIDDEN[direction])
    ]
    if required:  # draft 4 does not allow an empty list
        result["required"] = required


def _nullable(schema: Schema) -> Schema:
    # Adding "null" to `type` keeps error messages short. It is not enough if another keyword refuses null.
    if "type" not in schema or schema.keys() & {"allOf", "anyOf", "oneOf", "not"}:
        return {"anyOf": [schema, {"type": "null"}]}
    widened = {**schema, "type": [schema["type"], "null"]}
    if "enum" in schema and None not in schema["enum"]:
        widened["enum"] = [*schema["enum"], None]
    return widened


class Validator:
    """A validator for one schema; it is compiled at its first use, because most requests need few of them.

    `is_valid` and `iter_errors` are those of `jsonschema_rs.Draft4Validator`.
    """

    is_valid: Callable[[Any], bool]
    iter_errors: Callable[[Any], Iterator[jsonschema_rs.ValidationError]]

    def __init__(self, schema: Schema) -> None:
        self._schema = schema

    def __getattr__(self, name: str) -> Any:
        """Compile the validator when one of its methods is read for the first time."""
        if name not in {"is_valid", "iter_errors"}:
            raise AttributeError(name)
        self.compile()
        return getattr(self, name)

    def compile(self) -> None:
        """Compile the validator now; raise `ValueError` if the schema is not valid."""
        compiled = jsonschema_rs.Draft4Validator(
            self._schema,
            validate_formats=True,
            formats={"uuid": is_uuid},  # draft 4 does not define this format
        )
        self.is_valid, self.iter_errors = compiled.is_valid, compiled.iter_errors


class Schemas:
    """The schemas of one OpenAPI document: resolves references and compiles validators.

    If `lazy` is False, a validator is compiled when it is requested, so that an error in the document is
    found then, and not when the validator is used.
    """

    def __init__(self, document: Mapping[str, Any], *, lazy: bool = False) -> None:
        self._document = document
        self._lazy = lazy
        self._validators: dict[tuple[Direction, bytes], Validator] = {}

    @cached_property
    def _named(self) -> dict[Direction, dict[str, Schema]]:
        named = self._document.get("components", {}).get("schemas", {})
        directions: tuple[Direction, ...] = ("request", "response")
        return {
            direction: {name: translate(schema, direction) for name, schema in named.items()}
            for direction in directions
        }

    def resolve(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the object that the `$ref` of `node` points to, or `node` itself if it has no `$ref`."""
        while "$ref" in node:
            target: Any = self._document
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part.replace("~1", "/").replace("~0", "~")]
            node = target
        return node

    def validator(self, schema: Mapping[str, Any], direction: Direction) -> Validator:
        """Return the validator for an OpenAPI schema, which also checks formats.

        Equal schemas have the same validator: many operations share parameters and errors.
        """
        key = direction, orjson.dumps(schema)
        if key not in self._validators:
            translated = translate(schema, direction)
            named = self._named[direction]
            used = {name: named[name] for name in _used(translated, named) if name in named}
            validator = Validator({**translated, "components": {"schemas": used}})
            if not self._lazy:
                validator.compile()
            self._validators[key] = validator
        return self._validators[key]

    def compile(self) -> None:
        """Compile all validators that were requested so far; raise `ValueError` if a schema is not valid."""
        for validator in self._validators.values():
            validator.compile()


def _used(schema: Schema, named: Mapping[str, Schema]) -> Iterable[str]:
    """Return the names of the schemas that a translated schema refers to, directly or indirectly."""
    found: dict[str, None] = {}
    waiting: list[Any] = [schema]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += node
        elif isinstance(node, dict):
            waiting += node.values()
            name = node["$ref"].removeprefix(_NAMED) if isinstance(node.get("$ref"), str) else None
            if name is not None and name not in found:
                found[name] = None
                waiting.append(named.get(name))
    return found
