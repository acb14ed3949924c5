"""For any answer of a vendor, the connector returns a typed result or an error of its tree, in time.

Every documented response of every operation is served with all its variants, and what services send besides,
to every use of the operation: call, rows, poll, search, action, dropdown, login, unified record. The answers
are generated from the specifications, so that a new response is served without a change here.
"""

from __future__ import annotations

import pytest
from support.answers.documented import responses
from support.answers.matrix import matrix
from support.answers.undocumented import undocumented
from support.answers.unreached import WHY, unreached
from support.answers.uses import KINDS
from support.answers.variants import variants
from support.report_data import record
from support.requests.inputs import operations

import openapi
from connector.definition.compiler import integration


@pytest.mark.parametrize("vendor", openapi.vendors())
def test_every_answer_becomes_a_result_or_the_error_that_fits(vendor: str) -> None:
    found = matrix(vendor)
    record("responses", "Responses to the connector", [*found.rows(), *unreached(found)])
    assert found.problems == []


@pytest.mark.parametrize("vendor", openapi.vendors())
def test_every_documented_response_of_every_operation_has_a_cell(vendor: str) -> None:
    """The statuses are read again here, so that a response that is not served is noticed."""
    written = {
        (operation["operationId"], int(status))
        for _path, _method, _item, operation in operations(openapi.read(vendor))
        for status in operation["responses"]
    }
    assert {name for name, _status in written} == set(integration(vendor).operations)
    assert {(cell.operation, cell.status) for cell in matrix(vendor).cells} >= written


@pytest.mark.parametrize("vendor", openapi.vendors())
def test_every_variant_of_a_success_and_every_undocumented_answer_is_served(vendor: str) -> None:
    known = responses(vendor)
    served = {(cell.operation, cell.status, cell.variant) for cell in matrix(vendor).cells}
    wanted = {
        (one.operation, one.status, variant.kind)
        for one in known.listed
        if one.schema is not None and one.status < 300
        for variant in variants(known.document, one.schema, known.complete(one))
    }
    everywhere = {
        (name, wire.status, wire.kind) for name in integration(vendor).operations for wire in undocumented({})
    }
    assert wanted | everywhere <= served


@pytest.mark.parametrize("vendor", openapi.vendors())
def test_every_use_of_every_operation_is_served(vendor: str) -> None:
    made = integration(vendor)
    found = {(cell.operation, cell.use) for cell in matrix(vendor).cells}
    wanted = {
        *((name, "operation") for name in made.operations),
        *((name, "rows") for name, one in made.operations.items() if one.paging),
        *((one.source.operation, "poll") for one in made.triggers.values()),
        *((one.details.operation, "details") for one in made.triggers.values() if one.details),
        *((one.operation, "search") for one in made.searches.values()),
        *((one.operation, "action") for one in made.actions.values()),
        *((one.finding.operation, "lookup") for one in made.actions.values() if one.finding),
        *((one.operation, "dropdown") for one in made.dropdowns.values() if one.operation),
        (made.authentication.test_operation, "login"),
    }
    assert found >= wanted
    assert {use for _operation, use in found} <= set(KINDS)


@pytest.mark.parametrize("vendor", openapi.vendors())
def test_every_use_of_an_operation_is_served_or_is_named_with_the_reason(vendor: str) -> None:
    made, found = integration(vendor), matrix(vendor)
    served = {(cell.operation, cell.use) for cell in found.cells}
    named = {(row.name, row.case.removeprefix("use ")) for row in unreached(found)}
    everything = {(name, kind) for name in made.operations for kind in KINDS}
    assert served | named >= everything
    assert not served & named
    assert WHY.keys() == set(KINDS) - {"operation"}, "an operation can always be called"


def test_every_kind_of_variant_is_served() -> None:
    kinds = {cell.variant for vendor in openapi.vendors() for cell in matrix(vendor).cells}
    assert kinds >= {
        "complete",
        "null",
        "null, undocumented",
        "absent",
        "absent, undocumented",
        "no items",
        "many items",
        "another member",
        "unknown word",
        "number as text",
        "text as number",
        "flag as text",
        "empty text",
        "the login in every text",
        "Schemathesis, valid",
        "Schemathesis, invalid",
    }


def test_rows_of_the_report_cover_every_way_of_ending() -> None:
    rows = [row for vendor in openapi.vendors() for row in matrix(vendor).rows()]
    assert {row.result for row in rows} == {"held", "refused"}
    assert {row.detail.partition(" ")[0] for row in rows} >= {
        "a",
        "AuthenticationError",
        "NotFound",
        "OutcomeUnknown",
        "PermissionDenied",
        "RateLimited",
        "UnexpectedResponse",
        "ValidationFailed",
        "VendorUnavailable",
    }
