"""`returns sandbox add-fault`, `faults`, `fault-kinds` and `scenario`, in this process against a sandbox."""

import json
import re
from collections.abc import Iterator

import pytest
import typer
from support.faulty import tenant_of
from support.sandbox import Sandbox as Running
from typer.testing import CliRunner, Result

from mock_server.cli.serve import register
from mock_server.faults.kinds import KINDS
from mock_server.faults.scenarios import SCENARIOS
from mock_server.testing import Sandbox, Tenant

MISUSED, MISSING = 2, 4


@pytest.fixture(scope="module")
def tenant(sandbox: Running) -> Iterator[Tenant]:
    with Sandbox(sandbox.url) as client, tenant_of(client, seed_size=0) as made:
        yield made


def returns(sandbox: Running, *words: str) -> Result:
    app = typer.Typer()
    register(app)
    return CliRunner().invoke(app, ["sandbox", *words, "--url", sandbox.url], env={"COLUMNS": "200"})


def test_fault_is_added_shown_and_deleted(sandbox: Running, tenant: Tenant) -> None:
    words = ("latency", "--vendor", "swap", "-p", "milliseconds=5", "--every", "2", "--after", "1")
    added = returns(sandbox, "add-fault", *words, "--tenant", tenant.name, "--format", "json")
    assert added.exit_code == 0, added.output
    (fault,) = tenant.faults.list()
    assert json.loads(added.output)["id"] == fault.id
    assert (fault.vendor, fault.parameters, fault.when) == (
        "swap",
        {"milliseconds": 5},
        {"every": 2, "after": 1, "seed": 1},
    )
    shown = returns(sandbox, "fault", fault.id, "--tenant", tenant.name)
    assert "latency" in shown.output
    assert fault.id in returns(sandbox, "faults", "--tenant", tenant.name).output
    assert returns(sandbox, "delete-fault", fault.id, "--tenant", tenant.name).exit_code == 0
    assert tenant.faults.list() == []
    assert returns(sandbox, "fault", fault.id, "--tenant", tenant.name).exit_code == MISSING


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("latensy",), MISUSED, 'Did you mean "latency"?'),
        (("cut", "--operation", "list_rma"), MISUSED, 'Did you mean "list_rmas"?'),
        (("latency", "-p", "milliseconds=soon"), MISUSED, "must be of type integer"),
        (("latency", "-p", "millis=5"), MISUSED, 'Did you mean "milliseconds"?'),
    ],
)
def test_mistake_is_explained(
    sandbox: Running, tenant: Tenant, words: tuple[str, ...], code: int, sentence: str
) -> None:
    refused = returns(sandbox, "add-fault", *words, "--tenant", tenant.name)
    assert (refused.exit_code, sentence in refused.output) == (code, True), refused.output


def test_fault_is_shown_without_settings_that_have_no_effect(sandbox: Running, tenant: Tenant) -> None:
    for words, kept, left_out in (
        (("rate_limited",), "fault", ("seed", "format")),
        (("rate_limited", "-p", "retry_after=5", "--share", "0.5"), "format seconds", ()),
        (("latency", "-p", "milliseconds=1", "-p", "max_milliseconds=2"), "seed", ("format",)),
    ):
        added = returns(sandbox, "add-fault", *words, "--vendor", "swap", "--tenant", tenant.name)
        fault = tenant.faults.list()[-1]
        shown = returns(sandbox, "fault", fault.id, "--tenant", tenant.name)
        assert added.output == shown.output
        assert kept in f"fault {shown.output}"
        assert not set(left_out) & set(re.findall(r"\w+", shown.output))
        assert "seed" in fault.when  # the control plane shows every setting
    tenant.faults.clear()
    nothing = returns(sandbox, "faults", "--tenant", tenant.name)
    assert nothing.output == "There are no faults to show.\n"


def test_scenario_is_started_and_ended(sandbox: Running, tenant: Tenant) -> None:
    started = returns(sandbox, "scenario", "outage", "--vendor", "swap", "--tenant", tenant.name)
    assert "unavailable" in started.output
    assert [fault.scenario for fault in tenant.faults.list()] == ["outage"]
    assert returns(sandbox, "delete-faults", "--tenant", tenant.name).exit_code == 0
    assert tenant.faults.list() == []


def test_kinds_and_scenarios_are_listed(sandbox: Running) -> None:
    shown = returns(sandbox, "fault-kinds").output
    assert [name for name in (*KINDS, *SCENARIOS) if name not in shown] == []
    assert "retry_after" in shown
