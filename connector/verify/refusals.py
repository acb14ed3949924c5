"""Builds requests that the vendor should refuse: one for an unknown record, one with an invalid value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connector.definition.model import Bounds
from connector.verify.plan import NOT_FOUND
from connector.verify.records import path_parameters

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connector.definition.model import Integration, Operation, Parameter

INVALID = "verify"
"""The invalid value of a page size."""
HALF = 5


def refused_request(
    integration: Integration, status: str, operation: Operation, known: Mapping[str, str]
) -> tuple[Operation, dict[str, Any]]:
    """Return a copy of an operation, and values for it that the vendor should refuse with `status`.

    The copy does not validate the values, so that the client sends them. `known` contains values for the path
    parameters from the account's records; for any other path parameter, the example in the specification is
    used. For status "404", the last ID is changed to one that should not exist; for "400", the page size is
    invalid.
    """
    names = path_parameters(operation)
    values: dict[str, Any] = {name: known.get(name) or _example(operation, name) for name in names}
    paging = integration.paging.get(operation.paging or "")
    if status == NOT_FOUND:
        values[names[-1]] = unknown(str(values[names[-1]]))
    if paging:
        values[paging.size_parameter] = paging.size if status == NOT_FOUND else INVALID
    relaxed = tuple(
        _relaxed(parameter) if parameter.name in values else parameter for parameter in operation.parameters
    )
    return operation.model_copy(update={"parameters": relaxed}), values


def unknown(value: str) -> str:
    """Change an ID to one of the same form: each digit is replaced by another digit.

    An ID without digits gets the prefix `unknown-`.
    """
    changed = "".join(
        str((int(letter) + HALF) % 10) if letter in "0123456789" else letter for letter in value
    )
    return changed if changed != value else f"unknown-{value}"


def _example(operation: Operation, name: str) -> str:
    parameter = operation.parameter(name)
    return str(parameter.field.example) if parameter and parameter.field.example else "1"


def _relaxed(parameter: Parameter) -> Parameter:
    field = parameter.field.model_copy(
        update={"type": "string", "bounds": Bounds(), "choices": (), "known_values": ()}
    )
    return parameter.model_copy(update={"field": field})
