"""A step of a generated app whose answer is lost keeps the guarantee of its action, in Zapier and in Make."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from support.actions import make, zapier
from support.actions.cases import Bench, Case, Outcome
from support.actions.faults import FAULTS, TIMEOUTS, Fault
from support.actions.served import Served, serving
from support.actions.verdicts import Way, check_record, promised_again, promised_by_app, row
from support.actions.writes import Write, writes
from support.each import each
from support.matrix.make import _lines
from support.matrix.zapier import _dressed
from support.report_data import record

from connector.definition.action_guarantees import ActionGuarantee, action_guarantees
from connector.definition.compiler import integration
from connector.definition.model import Action, Runtime
from connector.generator.make.naming import camel
from mock_server import vendors

TITLE = "Writes whose answer is lost"
Run = Callable[[], Outcome]


@dataclass
class Apps:
    """The sandboxes and apps that were started so far."""

    started: ExitStack
    folder: Path
    served: dict[str, Served] = field(default_factory=dict)
    zaps: dict[str, zapier.Zap] = field(default_factory=dict)
    scenarios: dict[str, make.Scenario] = field(default_factory=dict)

    def of(self, vendor: str) -> Served:
        if vendor not in self.served:
            self.served[vendor] = self.started.enter_context(serving(vendor))
        return self.served[vendor]

    def zap(self, vendor: str) -> zapier.Zap:
        if vendor not in self.zaps:
            connected = zapier.connected(self.of(vendor), self.folder)
            self.zaps[vendor] = self.started.enter_context(connected)
        return self.zaps[vendor]

    def scenario(self, vendor: str) -> make.Scenario:
        if vendor not in self.scenarios:
            self.scenarios[vendor] = self.started.enter_context(make.connected(self.of(vendor)))
        return self.scenarios[vendor]


@pytest.fixture(scope="module")
def apps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Apps]:
    with ExitStack() as started:
        yield Apps(started, tmp_path_factory.mktemp("apps"))


def offered(runtime: Runtime) -> list[tuple[Write, Action, ActionGuarantee]]:
    """Return every write that an action of this runtime sends, with its guarantee."""
    return [
        (write, action, promise)
        for write in writes()
        for action in write.actions
        for promise in action_guarantees(action)
        if promise.runtime == runtime
    ]


def tried(runtime: Runtime) -> list[tuple[Write, Action, ActionGuarantee]]:
    """Return what `offered` does, without actions that differ only in a constant from another one."""
    return [(write, action, promise) for write, action, promise in offered(runtime) if action in write.tried]


def named(one: object) -> str:
    return f"{one.vendor}" if isinstance(one, Write) else getattr(one, "key", "")


def judged(bench: Bench, promise: ActionGuarantee, run: Run, faults: tuple[Fault, ...]) -> list[Case]:
    """Run every fault; compare what the run shows, and what is left if the platform repeats it."""
    way: Way = (promise.after_failure, promise.after_cut)
    id_path = bench.served.offer.resources[bench.write.actions[0].resource].id
    bench.measure(run)
    cases = []
    for fault in each(faults):
        case = bench.case(fault, run)
        found = (case.outcome.learned, case.effects)
        assert found in promised_by_app(way, case), (fault.name, found, case.outcome)
        assert len(case.requests) == 1, "an app sends a write once"
        if case.outcome.learned == "record":
            check_record(case, id_path)
        if case.outcome.learned == "again" and way[1] != "platform":
            second = bench.again(fault, run)
            assert (second.outcome.learned, second.effects) in promised_again(second), (fault.name, second)
        cases.append(case)
    return cases


@pytest.mark.parametrize(("write", "action", "promise"), tried("zapier"), ids=named)
def test_step_in_zapier_keeps_its_guarantee(
    apps: Apps, write: Write, action: Action, promise: ActionGuarantee
) -> None:
    zap, bench = apps.zap(write.vendor), Bench(apps.of(write.vendor), write)
    inputs = _dressed(action.inputs, bench.inputs(action))
    faults = (*FAULTS, *(one for one in TIMEOUTS if one.done))
    cases = judged(bench, promise, lambda: zap.create(action.key, inputs), faults)
    repeated = [one for one in each(cases) if one.outcome.learned == "again"]
    assert {one.effects for one in repeated} <= {"none"}, "Zapier would do it twice"
    record("actions", TITLE, [row(write, f"Zapier, {action.key}", case, "held") for case in cases])


@pytest.mark.parametrize(("write", "action", "promise"), tried("make"), ids=named)
def test_module_in_make_keeps_its_guarantee(
    apps: Apps, write: Write, action: Action, promise: ActionGuarantee
) -> None:
    scenario, bench = apps.scenario(write.vendor), Bench(apps.of(write.vendor), write)
    given = bench.inputs(action)
    inputs = {**given, **_lines(action.inputs, given)}

    cases = judged(bench, promise, lambda: scenario.act(action.key, inputs), (*FAULTS, *TIMEOUTS))
    record("actions", TITLE, [row(write, f"Make, {action.key}", case, "held") for case in cases])


@pytest.mark.parametrize("vendor", vendors.names())
def test_guarantees_name_the_steps_that_the_apps_have(apps: Apps, vendor: str) -> None:
    creates = set(apps.zap(vendor).app.definition["creates"])
    promised = {action.key for write, action, _ in offered("zapier") if write.vendor == vendor}
    actions = integration(vendor).actions
    assert creates - {key for key, one in actions.items() if one.each} == promised
    modules = set(apps.scenario(vendor).connection.app.components("module"))
    assert {camel(key) for key, one in actions.items() if not one.each} <= modules
