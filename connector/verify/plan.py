"""Plans the requests that a verification sends, and computes their maximum number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from connector.definition import specification
from connector.definition.responses import documented
from connector.verify.records import path_parameters
from connector.verify.writes import Writes, writes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from connector.definition.model import Integration, Operation
    from connector.definition.responses import Response

CANDIDATES = 2
"""How many records are read with an operation whose path contains an ID."""
PAGES = 2
"""How many small pages of a list are read in addition to the large one."""
NOT_FOUND, BAD_REQUEST = "404", "400"
REFUSALS = (NOT_FOUND, BAD_REQUEST)


@dataclass(frozen=True, slots=True)
class Plan:
    """The requests of a verification.

    `reads` are the operations that change nothing. `responses` maps each operation to its documented
    responses, keyed by status. `refusals` are the operations that are called with an unknown ID ("404") or an
    invalid value ("400"), one for each distinct error body. `writes` are sent only if the user names a test
    record. `calls` is the maximum number of requests except writes, including the token request.
    """

    reads: tuple[Operation, ...]
    responses: Mapping[str, Mapping[str, Response]]
    refusals: tuple[tuple[str, Operation], ...]
    writes: Writes
    calls: int


def plan(integration: Integration) -> Plan:
    """Plan the verification of one vendor; raise `CatalogError` if its specification is invalid."""
    vendor = integration.vendor.id
    spec = specification.parsed(specification.read(vendor), f"openapi/{vendor}.yaml")
    operations = integration.operations.values()
    responses = {operation.id: documented(spec, operation) for operation in operations}
    reads = tuple(operation for operation in operations if operation.method == "GET")
    refusals = tuple(_refusals(reads, responses))
    login = integration.authentication
    tokens = 1 if login.tokens else 0
    calls = tokens + sum(map(_calls, reads)) + len(refusals)
    return Plan(reads, responses, refusals, writes(integration), calls)


def _calls(operation: Operation) -> int:
    first = CANDIDATES if path_parameters(operation) else 1
    return first + (PAGES if operation.paging else 0)


def _refusals(
    reads: Iterable[Operation], responses: Mapping[str, Mapping[str, Response]]
) -> Iterable[tuple[str, Operation]]:
    known: set[tuple[str, str]] = set()
    for status in REFUSALS:
        for operation in reads:
            response = responses[operation.id].get(status)
            if response is None or not response.body or not _can_be_refused(operation, status):
                continue
            body = response.body.model_dump_json(include={"type", "children", "provenance"})
            if (status, body) not in known:
                known.add((status, body))
                yield status, operation


def _can_be_refused(operation: Operation, status: str) -> bool:
    return bool(path_parameters(operation)) if status == NOT_FOUND else bool(operation.paging)
