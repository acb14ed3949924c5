"""What has to hold after a write whose answer was lost."""

import json
from typing import Any

from connector.definition.action_guarantees import AfterLoss
from connector.definition.model import Operation
from connector.definition.paths import at_path
from support.actions.cases import Case, Learned
from support.actions.writes import Write
from support.report_data import Result, Row

Way = tuple[AfterLoss, AfterLoss]
"""What a guarantee says: what happens after a failure, and after a lost connection."""


def promised(way: Way, case: Case, *, logs_in_again: bool) -> set[tuple[Learned, str]]:
    """Return the allowed pairs of what the caller learns and how many effects there are."""
    pairs = _promised(way, case, logs_in_again=logs_in_again)
    return pairs if case.changes else {(learned, "none") for learned, _effects in pairs}


def _promised(way: Way, case: Case, *, logs_in_again: bool) -> set[tuple[Learned, str]]:
    fault = case.fault
    if not fault.lost:
        return _known(case, logs_in_again=logs_in_again)
    done = "one" if fault.done else "none"
    after = way[0] if fault.lost == "failure" else way[1]
    if after == "repeats":
        return {("record", "one"), ("record", "noted")}
    if after == "looks" and fault.done:
        return {("record", "one")}
    return {("unknown", done)}


def promised_by_app(way: Way, case: Case) -> set[tuple[Learned, str]]:
    """Return the allowed pairs for one run of a generated app's step; the platform may run it `again`."""
    fault = case.fault
    done = "one" if fault.done and case.changes else "none"
    after = way[0] if fault.lost == "failure" else way[1]
    if not fault.lost:
        learned: tuple[Learned, ...] = (
            ("record", "unknown") if fault.done else ("again", "refused", "unknown")
        )
    else:
        learned = ("unknown",) if after == "reports" else ("again", "unknown")
    return {(one, done) for one in learned}


def promised_again(case: Case) -> set[tuple[Learned, str]]:
    """Return the allowed pairs for a second run, after the platform repeated a step."""
    return {("record", "one"), ("record", "noted")} if case.changes else {("record", "none")}


def _known(case: Case, *, logs_in_again: bool) -> set[tuple[Learned, str]]:
    fault = case.fault
    if fault.done:
        return {("record", "one")}
    repeated = fault.again and (fault.what != "expired_login" or logs_in_again)
    return {("record", "one")} if repeated else {("refused", "none")}


def check_sent(case: Case, operation: Operation) -> None:
    """Check that an unknown outcome names what was sent, so that the caller can look for it."""
    sent, arrived = case.outcome.sent, case.request
    assert sent["operation"] == operation.id
    assert operation.id in case.outcome.message
    assert (sent["method"], sent["path"]) == (arrived.method, arrived.path)
    assert json.loads(json.dumps(sent["body"], default=float)) == arrived.body


def check_record(case: Case, id_path: tuple[str, ...] | None) -> None:
    """Check that the record that the caller got is the one that the write made."""
    made, got = case.clean.record, case.outcome.record
    identity = at_path(made, id_path) if id_path else None
    if identity in (None, ""):
        assert got == made
    else:
        assert at_path(got, id_path or ()) == identity


def row(write: Write, runtime: str, case: Case, result: Result) -> Row:
    """Describe a case for the report."""
    words: dict[Any, str] = {
        "record": "The caller got the record",
        "unknown": "The caller learned that the outcome is unknown, and what was sent",
        "again": "The platform may send it again",
        "refused": f"The caller got an error ({case.outcome.message.partition(':')[0]})",
    }
    detail = f"{words[case.outcome.learned]}; effects: {case.effects}; requests: {len(case.requests)}."
    return Row(write.vendor, write.operation.id, f"{runtime}, {case.fault.name}", result, detail)
