"""How much of a vendor's description is documented, observed or assumed."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import openapi
from connector.definition.document import Spec

if TYPE_CHECKING:
    from connector.definition.model import Provenance


def shares(vendor: str) -> dict[str, Counter[Provenance]]:
    """Count the provenance of operations, of their parameters, and of the fields of all schemas."""
    spec = Spec(openapi.read(vendor))
    operations = spec.operations.values()
    return {
        "operations": Counter(one.provenance for one in operations),
        "parameters": Counter(
            parameter.field.provenance for one in operations for parameter in one.parameters
        ),
        "fields": Counter(
            field.provenance for name in spec.schema_names for field in spec.schema(name).children
        ),
    }
