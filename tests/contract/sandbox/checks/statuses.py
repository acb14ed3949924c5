"""Records change their status only as the document's table allows."""

from typing import Any

import schemathesis
from contract.sandbox.checks.exchange import exchange
from schemathesis import Case, CheckContext, Response

CHANGED = ".state_changed"
CREATED = ".created"


@schemathesis.check
def status_follows_the_table(ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """Each change of status is in `x-transitions`, and so is the status of a new record."""
    found = exchange(case, response)
    if found is None:
        return
    tables = found.document.raw.get("x-transitions", {})
    for event in found.seen.changes.events:
        kind = event.kind.partition(".")[0]
        if event.kind.endswith(CHANGED):
            allowed = tables[kind].get(event.body["from"], ())
            move = f"{kind} {event.subject} went from {event.body['from']} to {event.body['to']}"
            assert event.body["to"] in allowed, f"{move}; the table allows {allowed}."
        elif event.kind.endswith(CREATED) and kind in tables:
            first = tables[kind][""]
            assert event.body["status"] in first, f"A new {kind} is {event.body['status']}, not {first}."
