"""Each of our checks notices a fault planted for it: without the fault the same run finds nothing."""

from collections.abc import Callable
from typing import Any

import pytest
from contract.sandbox.run import run
from contract.sandbox.served import served

from mock_server.recorder import Recorder
from mock_server.store import Change, Filters, Store
from mock_server.vendors import returnmate, swap
from mock_server.vendors.returnmate import documents, reports
from mock_server.vendors.returnmate.webhooks import ReturnMateWebhooks

Patch = pytest.MonkeyPatch


def error_without_code(patch: Patch) -> None:
    """A 404 has the code of a 400."""
    patch.setitem(returnmate._CODES, 404, "VALIDATION_ERROR")


def error_with_another_status(patch: Patch) -> None:
    """The body shows another status than that of the answer."""
    problem = swap.Swap.problem

    def shifted(self: Any, found: Any) -> Any:
        reply = problem(self, found)
        reply.body["status"] = 400
        return reply

    patch.setattr(swap.Swap, "problem", shifted)


def note_that_is_lost(patch: Patch) -> None:
    """The answer shows a note that the return does not keep."""
    patch.setattr(documents, "put_return", lambda *_: None)


def change_without_event(patch: Patch) -> None:
    """A new return is not in the ledger."""
    patch.setattr(Recorder, "return_created", lambda *_, **__: None)


def status_outside_the_table(patch: Patch) -> None:
    """A new return has another status than the first of the table."""
    record = Change.record

    def other(self: Any, *of: Any, kind: str, body: Any, **named: Any) -> Any:
        return record(self, *of, kind=kind, body={**body, "status": "approved"}, **named)

    patch.setattr(Change, "record", other)


def header_of_another_window(patch: Patch) -> None:
    """The headers show how many requests were sent, not how many are left."""
    headers = returnmate.ReturnMate.limit_headers

    def wrong(self: Any, verdict: Any) -> Any:
        return headers(self, verdict._replace(remaining=verdict.limit - verdict.remaining))

    patch.setattr(returnmate.ReturnMate, "limit_headers", wrong)


def page_of_another_offset(patch: Patch) -> None:
    """Pages overlap by one row."""
    page = Store.page

    def shifted(self: Any, *of: Any, offset: int = 0, **named: Any) -> Any:
        return page(self, *of, offset=max(0, offset - 1), **named)

    patch.setattr(Store, "page", shifted)


def filter_that_is_dropped(patch: Patch) -> None:
    """The list is not filtered."""
    page = Store.page

    def unfiltered(self: Any, tenant: str, vendor: str, kind: str, _: Any, **named: Any) -> Any:
        return page(self, tenant, vendor, kind, Filters(), **named)

    patch.setattr(Store, "page", unfiltered)


def total_of_other_records(patch: Patch) -> None:
    """A report counts other returns than its parts do."""
    returns = reports.returns
    patch.setattr(reports, "returns", lambda *of: {**returns(*of), "total_rmas": 99})


def payload_without_a_field(patch: Patch) -> None:
    """A delivery lacks the time of its event."""
    payload = ReturnMateWebhooks.payload

    def cut(self: Any, event: Any, found: Any) -> Any:
        return {name: value for name, value in payload(self, event, found).items() if name != "created_at"}

    patch.setattr(ReturnMateWebhooks, "payload", cut)


FAULTS: dict[Callable[[Patch], None], tuple[str, str, str, tuple[str, ...]]] = {
    error_without_code: ("errors_use_the_vendor_envelope", "returnmate", "fuzzing", ("get_return",)),
    error_with_another_status: ("errors_use_the_vendor_envelope", "swap", "fuzzing", ("list_returns",)),
    note_that_is_lost: (
        "created_can_be_read", "returnmate", "stateful", ("create_return", "add_return_note", "get_return"),
    ),
    change_without_event: ("every_change_is_in_the_ledger", "returnmate", "examples", ("create_return",)),
    page_of_another_offset: ("pages_cover_the_list", "returnmate", "examples", ("list_returns",)),
    filter_that_is_dropped: ("filters_hold_on_every_page", "returnlogic", "examples", ("list_orders",)),
    total_of_other_records: ("reports_add_up", "returnmate", "examples", ("get_returns_report",)),
    payload_without_a_field: ("deliveries_match_x_webhooks", "returnmate", "examples", ("create_return",)),
    header_of_another_window: ("rate_headers_are_true", "returnmate", "examples", ("list_shipments",)),
    status_outside_the_table: ("status_follows_the_table", "returnmate", "examples", ("create_return",)),
}  # fmt: skip
"""The faults, each with the check that has to notice it, the vendor, the phase and the operations to call."""


@pytest.mark.parametrize("plant", FAULTS, ids=lambda plant: plant.__name__)
def test_check_notices_a_planted_fault(plant: Callable[[Patch], None], monkeypatch: Patch) -> None:
    check, vendor, phase, operations = FAULTS[plant]
    with served(vendor, limits="on") as api:
        plant(monkeypatch)
        found = run(api, 3, only=operations, phases=(phase,))
    assert check in {one.split(": ")[1] for one in found.failed}, found.failed
