"""Counts the documented, observed and assumed entries in a vendor's specification (`returns fidelity`)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from connector.definition import facts as account
from connector.definition import specification

if TYPE_CHECKING:
    from connector.definition.facts import Facts
    from connector.definition.model import Provenance


def shares(vendor: str, facts: Facts | None = None) -> dict[str, Counter[Provenance]]:
    """Count a vendor's operations, parameters and schema fields by provenance.

    The result is keyed by "operations", "parameters" and "fields". With `facts`, assumed parts that they
    confirm count as observed. Raises `CatalogError` if the vendor's specification is missing or invalid.
    """
    spec = specification.parsed(specification.read(vendor), f"openapi/{vendor}.yaml")
    confirmed = account.confirmed_members(spec, facts) if facts else set()
    if facts:
        account.apply(spec, facts)
    operations = spec.operations.values()
    return {
        "operations": Counter(operation.provenance for operation in operations),
        "parameters": Counter(
            parameter.field.provenance for operation in operations for parameter in operation.parameters
        ),
        "fields": Counter(
            "observed"
            if field.provenance == "assumed" and (name, field.key) in confirmed
            else field.provenance
            for name in spec.schema_names
            for field in spec.schema(name).children
        ),
    }
