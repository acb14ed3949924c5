"""Reads the limits for values, such as `maximum` and `pattern`, from a schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connector.definition.model import Bounds

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMAT_PATTERNS = {"email": r"^[^@\s]+@[^@\s]+$"}
"""The pattern for each `format` keyword; it is loose, as only the vendor can check an address completely."""


def bounds(schema: Mapping[str, Any]) -> Bounds:
    """Return the limits that a schema sets for values, such as `maximum`, `maxLength` and `pattern`."""
    return Bounds(
        minimum=schema.get("minimum"),
        maximum=schema.get("maximum"),
        exclusive_minimum=bool(schema.get("exclusiveMinimum")),
        exclusive_maximum=bool(schema.get("exclusiveMaximum")),
        multiple_of=schema.get("multipleOf"),
        min_length=schema.get("minLength"),
        max_length=schema.get("maxLength"),
        pattern=schema.get("pattern", FORMAT_PATTERNS.get(schema.get("format", ""))),
        min_items=schema.get("minItems"),
        max_items=schema.get("maxItems"),
        unique_items=bool(schema.get("uniqueItems")),
        min_properties=schema.get("minProperties"),
    )
