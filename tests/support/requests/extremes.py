"""Inputs that a specification allows although the connector may refuse them, each with its reason.

Hypothesis draws such values too, but rarely, and only in `make contract`.
"""

from __future__ import annotations

from support.limits import examples
from support.requests.inputs import Json, described, input_values
from support.schema_values import Generated

EXTREMES = ("\0", ",#", "0001-01-01", "0001-01-01T00:00:00Z", 2**53 + 2)


def extremes_of(vendor: str) -> dict[str, list[Generated]]:
    """Return the extreme values of each input that its specification allows, by operationId."""
    return {name: list(_extremes(vendor, name)) for name in described(vendor)}


def _extremes(vendor: str, name: str) -> list[Generated]:
    schema, generator = described(vendor)[name].schema, input_values(vendor)
    base: Json = next((one for one in examples(schema) if generator.is_valid(name, one)), {})
    values = [
        (f"{key}: {value!r}", {**base, key: value}) for key in schema["properties"] for value in EXTREMES
    ]
    return [Generated(case, value, True) for case, value in values if generator.is_valid(name, value)]
