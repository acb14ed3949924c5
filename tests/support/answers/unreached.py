"""Cells of the matrix of responses that do not exist, each with the reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector.definition.compiler import integration
from support.answers.documented import responses
from support.answers.uses import KINDS
from support.report_data import Row

if TYPE_CHECKING:
    from collections.abc import Mapping

    from support.answers.matrix import Matrix

WHY: Mapping[str, str] = {
    "rows": "Its answer has no pages.",
    "login": "The login is tested with another operation.",
    "token": "It grants no token.",
    "poll": "No trigger polls it.",
    "details": "No trigger reads details with it.",
    "poll_all": "No trigger polls it.",
    "search": "No search sends it.",
    "action": "No action sends it.",
    "lookup": "No action looks for a lost write with it.",
    "dropdown": "No dropdown lists its records.",
}
"""Why an operation has no use of a kind; every operation can be called."""
WITHOUT_JSON = "The response has no JSON, so that nothing in it can vary."


def unreached(found: Matrix) -> list[Row]:
    """Return a row for each use that an operation does not have, and for each response without JSON."""
    used = {(cell.operation, cell.use) for cell in found.cells}
    rows = [
        Row(found.vendor, operation, f"use {kind}", "not reachable", WHY[kind])
        for operation in integration(found.vendor).operations
        for kind in KINDS
        if (operation, kind) not in used
    ]
    return rows + [
        Row(found.vendor, one.operation, f"{one.status} variants", "not reachable", WITHOUT_JSON)
        for one in responses(found.vendor).listed
        if one.schema is None
    ]
