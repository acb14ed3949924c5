"""What requests change: only successful writes change anything, and the ledger has every change."""

from typing import Any

import schemathesis
from contract.sandbox.checks.exchange import Exchange, exchange
from contract.sandbox.state import Changed
from schemathesis import Case, CheckContext, Response

from mock_server.clock import whole_second
from mock_server.ledger import Event

RECORDED = ("return", "shipment", "transaction", "order")
"""The kinds of records whose creation and status are in the ledger."""


@schemathesis.check
def every_change_is_in_the_ledger(ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """A read or refused request changes nothing; each new record and each new status is in the ledger."""
    found = exchange(case, response)
    if found is None or found.watched.state is None:
        return
    changes = found.seen.changes
    if not found.ok or found.operation is None or found.operation.method == "GET":
        changed = [f"{one.kind} {one.id}" for one in changes.rows]
        assert not changes.any, f"A request that only reads or is refused changed {changed or 'the ledger'}."
        return
    for row in changes.rows:
        if row.kind in RECORDED:
            _check_row(found, row)
    for event in changes.events:
        assert event.at == whole_second(found.seen.at), f"The time of event {event.sequence} is not now."
        assert event.vendor == found.served.vendor, f"Event {event.sequence} names another vendor."
    _check_totals(found)


def _check_row(found: Exchange, row: Changed) -> None:
    before = row.before["status"] if row.before else None
    after = row.after["status"] if row.after else None
    if before == after:
        return
    about = [one for one in found.seen.changes.events if one.subject == row.id]
    if before is None:
        created = [one for one in about if one.kind == f"{row.kind}.created"]
        assert len(created) == 1, (
            f"{row.kind} {row.id} was created, and the ledger has {len(created)} events."
        )
        _check_creation(row, created[0], about)
        return
    moves = [one for one in about if one.kind == f"{row.kind}.state_changed"]
    assert moves, f"The ledger does not say that {row.kind} {row.id} went from {before} to {after}."
    assert moves[0].body["from"] == before, f"The ledger says that {row.id} was {moves[0].body['from']}."
    if after:  # a deleted record has no status
        assert moves[-1].body["to"] == after, f"The ledger says that {row.id} is {moves[-1].body['to']}."


def _check_creation(row: Changed, created: Event, about: list[Event]) -> None:
    assert row.after is not None
    last = [one.body.get("to", one.body.get("status")) for one in about if one.kind.startswith(row.kind)][-1]
    assert (last or "") == row.after["status"], f"The ledger says that {row.kind} {row.id} is {last}."
    assert row.after["created_at"] == created.at, f"{row.kind} {row.id} has another time than its event."


def _check_totals(found: Exchange) -> None:
    state = found.watched.state
    assert state is not None
    counted: dict[tuple[str, str], int] = {}
    for (kind, _), (status, *_rest) in state.rows.items():
        counted[kind, status] = counted.get((kind, status), 0) + 1
    assert counted == dict(state.counters), "The totals are not those of the rows."
