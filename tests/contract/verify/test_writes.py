"""`returns verify --write`: only on the named record; each write leaves it as it is, or adds a note."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import orjson
import pytest
from support.each import each
from support.verifying import TENANT, Answering, planned

import openapi
from connector.definition import facts as account
from connector.definition.compiler import integration as compiled
from connector.verify.writes import TEXT, NoValue, values, writes

if TYPE_CHECKING:
    from pathlib import Path

    from support.drift import DriftedSandbox
    from support.verifying import Accounts, Command

VENDORS = openapi.vendors()
WRITABLE = [vendor for vendor in VENDORS if writes(compiled(vendor)).operations]
HISTORY = {"timeline", "comments", "notes", "updated_at", "lastUpdated"}
"""Members of a record in which a note or an update is recorded."""


def document(accounts: Accounts, vendor: str, record: str) -> dict[str, Any]:
    row = accounts.sandbox.world.store.row(TENANT, vendor, "return", record)
    assert row is not None
    found: dict[str, Any] = orjson.loads(row.document)
    return found


def records(accounts: Accounts, vendor: str) -> list[str]:
    return [row.id for row in accounts.sandbox.world.store.rows(TENANT, vendor, "return")]


def sent(transport: DriftedSandbox) -> list[httpx.Request]:
    return [request for request in transport.requests if request.method != "GET"]


def test_some_vendors_have_writes_and_others_do_not() -> None:
    assert WRITABLE
    assert set(WRITABLE) < set(VENDORS)


@pytest.mark.parametrize("vendor", VENDORS)
def test_writes_neither_create_records_nor_move_money_nor_delete(vendor: str) -> None:
    made = compiled(vendor)
    risks = {action.operation: action.risk for action in made.actions.values()}
    for operation in planned(vendor).writes.operations:  # may be empty: not every vendor has such writes
        assert risks[operation.id] == "write"
        assert operation.method in ("PUT", "PATCH", "POST")
        assert "{" in operation.path
        required = (
            [field.type for field in operation.body.children if field.required] if operation.body else []
        )
        assert operation.method != "POST" or set(required) == {"text"}


@pytest.mark.parametrize("vendor", WRITABLE)
def test_writes_leave_the_test_record_as_it_is(command: Command, accounts: Accounts, vendor: str) -> None:
    record, *others = records(accounts, vendor)
    before = {one: document(accounts, vendor, one) for one in (record, *others)}
    transport = command.transport = accounts.transport(vendor)
    done = command.run(vendor, "--write", "--record", record)
    assert done.code == 0, done.out
    names = [operation.id for operation in planned(vendor).writes.operations]
    assert f"some of which write to the test record ({', '.join(names)})" in done.err
    assert len(sent(transport)) == len(names)
    for one in each(others):
        assert document(accounts, vendor, one) == before[one]
    after = document(accounts, vendor, record)
    kept = [name for name in before[record] if name not in HISTORY]
    assert kept
    assert {name: after[name] for name in kept} == {name: before[record][name] for name in kept}
    assert TEXT in orjson.dumps(after).decode() or TEXT in str(everything(accounts, vendor))


def everything(accounts: Accounts, vendor: str) -> list[str]:
    return [str(event.body) for event in accounts.sandbox.world.ledger.events(TENANT)]


@pytest.mark.parametrize("vendor", WRITABLE)
def test_writes_confirm_their_inputs(
    command: Command, accounts: Accounts, vendor: str, tmp_path: Path
) -> None:
    file = tmp_path / "facts.json"
    record = records(accounts, vendor)[0]
    words = ("--write", "--record", record, "--format", "json", "--facts", str(file))
    report = orjson.loads(command.run(vendor, *words).out)
    written = {operation.id for operation in planned(vendor).writes.operations}
    confirmed = [one for one in report["confirmed"] if one["operation"] in written]
    succeeded = {one["operation"] for one in confirmed if one["part"] == "operation"}
    assert succeeded == {one["operation"] for one in confirmed if one["part"] == "input"} != set()
    facts = account.read(file).operations
    assert {name for name, known in facts.items() if known.inputs} == succeeded
    refused = {one["operation"]: one["reason"] for one in report["skipped"] if one["operation"] in written}
    assert written == succeeded | refused.keys()
    assert set(refused.values()) <= {"The write was refused with status 400."}


@pytest.mark.parametrize("vendor", WRITABLE)
def test_unknown_test_record_is_refused_before_any_write(command: Command, vendor: str) -> None:
    transport = command.transport = command.accounts.transport(vendor)
    done = command.run(vendor, "--write", "--record", "999999")
    assert done.code == 2
    assert "The test record 999999 cannot be read (status 404)." in done.err
    assert sent(transport) == []


@pytest.mark.parametrize("vendor", [vendor for vendor in VENDORS if vendor not in WRITABLE])
def test_vendor_without_such_writes_says_so(command: Command, vendor: str) -> None:
    done = command.run(vendor, "--write", "--record", "1")
    assert (done.code, done.out) == (2, "")
    assert "has no write that leaves a record as it is" in done.err


def test_lost_answer_to_a_write_ends_with_code_7(command: Command, accounts: Accounts) -> None:
    vendor = WRITABLE[0]

    def answer(request: httpx.Request, response: httpx.Response) -> httpx.Response:
        if request.method == "GET":
            return response
        raise httpx.ReadError("The connection was reset.", request=request)

    command.transport = Answering(accounts.transport(vendor), vendor, answer)
    record = records(accounts, vendor)[0]
    done = command.run(vendor, "--write", "--record", record)
    assert done.code == 7
    assert "it is not known whether it was done; look at the test record" in done.err
    assert record not in done.err


def test_record_without_a_required_value_is_not_written() -> None:
    vendor = WRITABLE[0]
    plan = planned(vendor).writes
    assert plan.reader is not None
    operation = next(one for one in plan.operations if one.method == "PUT" and one.body)
    with pytest.raises(NoValue):
        values(operation, plan.reader, {}, "1")
