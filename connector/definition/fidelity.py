"""Counts the documented, observed and assumed entries in a vendor's specification (`returns fidelity`)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from connector.definition import specification

if TYPE_CHECKING:
    from connector.definition.model import Provenance


def shares(vendor: str) -> dict[str, Counter[Provenance]]:
    """Count a vendor's operations, parameters and schema fields by provenance.

    The result is keyed by "operations", "parameters" and "fields". Raises `CatalogError` if the vendor's
    specification is missing or invalid.
    """
    spec = specification.parsed(specification.read(vendor), f"openapi/{vendor}.yaml")
    operations = spec.operations.values()
    return {
        "operations": Counter(operation.provenance for operation in operations),
        "parameters": Counter(
            parameter.field.provenance for operation in operations for parameter in operation.parameters
        ),
        "fields": Counter(
            field.provenance for name in spec.schema_names for field in spec.schema(name).children
        ),
    }
