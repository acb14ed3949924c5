"""A write whose answer is lost has exactly one effect, or the caller learns that its outcome is unknown."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest
from support.actions.cases import Bench, Case, Outcome
from support.actions.faults import FAULTS, TIMEOUTS
from support.actions.python import Caller, calling
from support.actions.served import Served, serving
from support.actions.verdicts import Way, check_record, check_sent, promised, row
from support.actions.writes import Write, writes
from support.each import each
from support.report_data import record

from connector.definition.action_guarantees import action_guarantees
from connector.definition.model import Action

TITLE = "Writes whose answer is lost"


@dataclass
class Sandboxes:
    """The sandboxes that were started so far, each with a connection."""

    started: ExitStack
    served: dict[str, tuple[Served, Caller]] = field(default_factory=dict)

    def of(self, vendor: str) -> tuple[Served, Caller]:
        if vendor not in self.served:
            served = self.started.enter_context(serving(vendor))
            self.served[vendor] = (served, self.started.enter_context(calling(served)))
        return self.served[vendor]


@pytest.fixture(scope="module")
def sandboxes() -> Iterator[Sandboxes]:
    with ExitStack() as started:
        yield Sandboxes(started)


def judged(
    case: Case, write: Write, way: Way, id_path: tuple[str, ...] | None, *, logs_in_again: bool
) -> None:
    """Compare a case with what is promised."""
    found = (case.outcome.learned, case.effects)
    assert found in promised(way, case, logs_in_again=logs_in_again), (case.fault.name, found, case.outcome)
    if case.outcome.learned == "unknown":
        check_sent(case, write.operation)
    elif case.outcome.learned == "record":
        check_record(case, id_path)
    most = 3 if "repeats" in way else 1
    repeated = case.fault.again and case.outcome.learned == "record"
    assert len(case.requests) == (2 if repeated else case_requests(case, way)) <= max(most, 2), case


def case_requests(case: Case, way: Way) -> int:
    """Return how many writes may arrive: a second one only if it is harmless."""
    after = way[0] if case.fault.lost == "failure" else way[1]
    return 2 if case.fault.lost and after == "repeats" else 1


@pytest.mark.parametrize("write", writes(), ids=lambda one: one.id)
def test_operation_is_done_once_or_its_outcome_is_unknown(sandboxes: Sandboxes, write: Write) -> None:
    served, caller = sandboxes.of(write.vendor)
    bench, logs_in_again = Bench(served, write), caller.connection.client.tokens is not None

    def run() -> Outcome:
        return caller.call(write.operation.id, bench.example.values)

    bench.measure(run)
    cases = [bench.case(one, run) for one in (*FAULTS, *TIMEOUTS)]
    for case in each(cases):
        judged(case, write, ("reports", "reports"), None, logs_in_again=logs_in_again)
    record("actions", TITLE, [row(write, "Python, call", case, "held") for case in cases])


ACTIONS = [(write, action) for write in writes() for action in write.tried]


@pytest.mark.parametrize(("write", "action"), ACTIONS, ids=lambda one: getattr(one, "id", "") or one.key)
def test_action_keeps_its_guarantee(sandboxes: Sandboxes, write: Write, action: Action) -> None:
    served, caller = sandboxes.of(write.vendor)
    bench, logs_in_again = Bench(served, write), caller.connection.client.tokens is not None
    promise = next(one for one in action_guarantees(action) if one.runtime == "python")
    way: Way = (promise.after_failure, promise.after_cut)
    id_path = served.offer.resources[action.resource].id

    def run() -> Outcome:
        return caller.act(action.key, bench.inputs(action))

    bench.measure(run)
    cases = [bench.case(one, run) for one in (*FAULTS, *TIMEOUTS)]
    for case in each(cases):
        judged(case, write, way, id_path, logs_in_again=logs_in_again)
    record("actions", TITLE, [row(write, f"Python, {action.key}", case, "held") for case in cases])
