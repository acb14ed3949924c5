"""The sandbox against its own OpenAPI documents, by Schemathesis: all phases, its checks and ours.

What each operation may answer is derived from its document (`contract.sandbox.expected`), so a new vendor
needs no change here.
"""

import os
from collections import Counter

import pytest
from contract.sandbox.documents import document
from contract.sandbox.run import OURS, Findings, run
from contract.sandbox.served import served
from support.each import each
from support.report_data import Row, record

import openapi
from mock_server import vendors

EXAMPLES = int(os.environ.get("CONTRACT_EXAMPLES", "8"))
"""Examples per operation and phase; `make contract` sets 200."""
LONG_RUN = 100
"""The number of examples from which every refusal that a specification states is met."""
DOCUMENTS = [*vendors.names(), openapi.CONTROL_PLANE]


def report(name: str, found: Findings) -> None:
    """Write what was checked, by operation and check, into the file of the report."""
    failed = Counter(tuple(one.split(": ")[:2]) for one in found.failed)
    rows = [
        Row(name, operation, check, "failed" if failed[operation, check] else "held", f"{count} answers")
        for (check, operation), count in found.checked.items()
    ]
    for operation in document(name).operations.values():
        label = f"{operation.method} {operation.path}"
        if "x-refuses" in operation.raw and label not in found.refused:
            detail = "No generated request meets what x-refuses describes."
            rows.append(Row(name, label, "x-refuses", "not reachable", detail))
    record("sandbox", "The sandbox against its documents", rows)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_api_conforms_to_its_document(name: str) -> None:
    with served(name, limits="on") as api:
        found = run(api, EXAMPLES)
        report(name, found)
        assert found.failed == [], "\n".join(found.failed[:20])
        assert name == openapi.CONTROL_PLANE or api.differences() == []
    assert found.phases == {"examples", "coverage", "fuzzing", "stateful"}
    called = {operation for _, operation in found.checked}
    described = {
        f"{one.method} {one.path}" for one in document(name).operations.values() if not one.is_stream
    }
    assert called == described
    may_refuse = {
        f"{one.method} {one.path}" for one in document(name).operations.values() if "x-refuses" in one.raw
    }
    if EXAMPLES >= LONG_RUN:  # few examples need not meet a state that forbids a valid request
        assert bool(found.refused & may_refuse) == bool(may_refuse), "x-refuses is not needed."
    for check in each(OURS):
        assert any(one == check for one, _ in found.checked), check
