"""How much of each vendor's specification the recorded rows cover, and how well it is known."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import openapi
from connector.definition.compiler import integration
from connector.definition.fidelity import shares

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connector.definition.model import Integration
    from report.parts import Part

SIDES = {"requests": "connector", "responses": "connector", "sandbox": "sandbox"}
"""The parts whose rows are about operations, and the side that each of them tests."""


@dataclass(frozen=True)
class Covered:
    """The operations of one vendor that a part covers, out of all, and those that it does not."""

    count: int
    total: int
    missing: Sequence[str]


@dataclass(frozen=True)
class VendorCoverage:
    """One vendor: what each part covers, and the provenance of its specification in numbers."""

    vendor: str
    title: str
    parts: Mapping[str, Covered]
    fidelity: Mapping[str, Mapping[str, int]]


def coverage(parts: Sequence[Part]) -> list[VendorCoverage]:
    """Return the coverage of every vendor that has a specification."""
    return [_of(integration(vendor), parts) for vendor in openapi.vendors()]


def _of(made: Integration, parts: Sequence[Part]) -> VendorCoverage:
    operations = _operations_by_word(made)
    covered = {}
    for part in parts:
        if part.about.id in SIDES:
            rows = [
                row for row in part.rows if row.vendor == made.vendor.id and row.result != "not reachable"
            ]
            words = {word for row in rows for word in row.name.split()}
            found = {name for word in words for name in operations.get(word, ())}
            missing = [name for name in made.operations if name not in found]
            covered[part.about.id] = Covered(len(found), len(made.operations), missing)
    counted = shares(made.vendor.id)
    whole = {**counted, "all": sum(counted.values(), Counter())}
    fidelity = {name: {str(word): count for word, count in counts.items()} for name, counts in whole.items()}
    return VendorCoverage(made.vendor.id, made.vendor.title, covered, fidelity)


def _operations_by_word(made: Integration) -> dict[str, set[str]]:
    """Return the operations that a word in a row's name means: an operation, or a step of the catalog."""
    found = {name: {name} for name in made.operations}
    for key, trigger in made.triggers.items():
        used = {trigger.source.operation, *([trigger.details.operation] if trigger.details else [])}
        found.setdefault(key, set()).update(used)
    for action in made.actions.values():
        found.setdefault(action.key, set()).add(action.operation)
    for search in made.searches.values():
        found.setdefault(search.key, set()).add(search.operation)
    for key, dropdown in made.dropdowns.items():
        found.setdefault(key, set()).update([dropdown.operation] if dropdown.operation else [])
    return found
