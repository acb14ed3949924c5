"""Validates webhook payloads against the schemas in a specification's `x-webhooks`.

The entries of `x-webhooks` have the structure of OpenAPI 3.1's `webhooks`, which OpenAPI 3.0 does not have.
Each entry has the name of its event. An older version of a payload has a separate entry, named
`<event>.v<version>`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from mock_server.engine.messages import explain
from mock_server.engine.schema import Schemas, Validator

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


EXTENSION = "x-webhooks"
CONDITIONS = "x-conditions"
"""The key in an entry whose value is the schema of a webhook's conditions; missing if there are none."""


def entry_name(kind: str, version: int) -> str:
    """Return the name of the entry for an event; `version` is 0 for the newest version of its payload."""
    return f"{kind}.v{version}" if version else kind


class Payloads:
    """The webhooks of one specification; the function `read` returns the specification as a dictionary.

    The specification is read and its schemas are compiled at the first use, because most sandboxes send no
    webhooks.
    """

    def __init__(self, read: Callable[[], Mapping[str, Any]]) -> None:
        self._read = read
        self._document: Mapping[str, Any] = {}
        self._schemas: Schemas | None = None
        self._validators: dict[str, Validator] = {}

    def problem(self, kind: str, version: int, body: bytes) -> str:
        """Validate the body of a delivery; return a sentence about the first error, or "" if it is valid."""
        name = entry_name(kind, version)
        described = self._specification().get(EXTENSION, {})
        if name not in described:
            return f"The specification describes no webhook {name}."
        errors = explain(self._validator(name, _schema(described[name])), orjson.loads(body))
        return f"The payload is not valid: {errors[0].field} {errors[0].message}." if errors else ""

    def conditions_problem(self, conditions: Mapping[str, Any]) -> str:
        """Return a sentence about the first error in a webhook's conditions, or "" if they are valid."""
        operations = [entry["post"] for entry in self._specification().get(EXTENSION, {}).values()]
        schema = next((one[CONDITIONS] for one in operations if CONDITIONS in one), None)
        if schema is None:
            return "conditions: this vendor's webhooks have no conditions." if conditions else ""
        errors = explain(self._validator(CONDITIONS, schema), conditions, "conditions")
        return f"{errors[0].field}: {errors[0].message}." if errors else ""

    def _specification(self) -> Mapping[str, Any]:
        self._document = self._document or self._read()
        return self._document

    def _validator(self, name: str, schema: Mapping[str, Any]) -> Validator:
        if self._schemas is None:
            self._schemas = Schemas(self._specification())
        if name not in self._validators:
            self._validators[name] = self._schemas.validator(schema, "response")
        return self._validators[name]


def _schema(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    schema: Mapping[str, Any] = entry["post"]["requestBody"]["content"]["application/json"]["schema"]
    return schema
