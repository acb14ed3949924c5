"""`returns verify` finds nothing in the sandbox, and every drift of a vendor's specification.

The drifts are derived from each vendor's document: twelve kinds, over all vendors.
"""

from __future__ import annotations

import pytest
from support.drift import drifts, names
from support.each import each
from support.report_data import Row, record
from support.verifying import Accounts, verified

import openapi
from connector.definition.compiler import integration as compiled

pytestmark = pytest.mark.anyio
VENDORS = openapi.vendors()


@pytest.mark.parametrize("vendor", VENDORS)
async def test_sandbox_does_not_differ(accounts: Accounts, vendor: str) -> None:
    transport = accounts.transport(vendor)
    verification = await verified(accounts, vendor, transport)
    report = verification.report
    assert (report.differences, report.stopped, verification.problem) == ((), "", None)
    assert report.confirmed
    assert compiled(vendor).authentication.test_operation in report.compared


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("name", names())
async def test_drift_is_found(accounts: Accounts, vendor: str, name: str) -> None:
    """The difference has the right kind and place, and the drifted part is not confirmed."""
    drift = next(one for one in drifts(compiled(vendor)) if one.name == name)
    report = (await verified(accounts, vendor, accounts.transport(vendor, drift))).report
    hits = [
        one
        for one in report.differences
        if one.kind == drift.kind and one.place.rpartition(".")[2].removesuffix("[]") == drift.place
    ]
    shown = f"{hits[0].operation}: {hits[0].place} {hits[0].detail}" if hits else "not found"
    record("verify", "Drifts", [Row(vendor, drift.name, drift.kind, "caught" if hits else "failed", shown)])
    assert hits, report.differences
    assert compiled(vendor).authentication.test_operation in {one.operation for one in hits}
    refuted = {(one.operation, one.place) for one in hits if one.kind != "undocumented_field"}
    assert not refuted & {(one.operation, one.place) for one in report.confirmed if one.place}


@pytest.mark.parametrize("vendor", VENDORS)
async def test_at_least_twenty_drifts_are_tried(vendor: str) -> None:
    assert [one.name for one in drifts(compiled(vendor))] == names()
    assert len(names()) * len(VENDORS) >= 20


@pytest.mark.parametrize("vendor", VENDORS)
async def test_only_reads_are_sent_within_the_stated_calls(accounts: Accounts, vendor: str) -> None:
    transport = accounts.transport(vendor)
    report = (await verified(accounts, vendor, transport)).report
    login = compiled(vendor).authentication.tokens
    token = compiled(vendor).operations[login.operation].path if login else None
    for request in each(transport.requests):
        assert request.method == "GET" or (token and request.url.path.endswith(token)), request.url
    assert len(transport.requests) == report.calls <= report.limit
