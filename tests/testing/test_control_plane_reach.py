"""Every operation of the control plane can be called with `returns …` and with `mock_server.testing`."""

import shlex
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer
from support.documented import DocumentedControlPlane
from typer.main import get_command
from typer.testing import CliRunner

from mock_server import proxies
from mock_server.cli.serve import register
from mock_server.testing import Sandbox, Tenant

ITEM = {"sku": "TEE-NVY-M", "quantity": 1, "reason": "wrong_size"}
URL = "https://hooks.example.com/in"
ITEM_INPUTS = "-i items[0].sku=TEE-NVY-M -i items[0].quantity=1 -i items[0].reason=wrong_size"


@dataclass(frozen=True)
class Reach:
    """How an operation is called: a command line after `returns`, and a call of the client."""

    command: str
    call: Callable[[Sandbox], Any]


def tenant(sandbox: Sandbox) -> Tenant:
    return Tenant(sandbox, "acme")


DUMP = Path(tempfile.mkdtemp()) / "acme.json"
"""The file that `dump` writes and `load` reads."""
REACH = {
    "get_health": Reach("sandbox health", lambda s: s.health()),
    "list_tenants": Reach("sandbox tenants", lambda s: s.tenants()),
    "create_tenant": Reach(
        "sandbox create-tenant acme --seed-size 5 --frozen",
        lambda s: s.create_tenant("acme", seed_size=5, frozen=True),
    ),
    "get_tenant": Reach("sandbox tenant acme", lambda s: s.tenant("acme")),
    "delete_tenant": Reach("sandbox delete-tenant acme", lambda s: tenant(s).delete()),
    "export_shop": Reach("sandbox export --tenant acme", lambda s: tenant(s).export_shop()),
    "reset_tenant": Reach("sandbox reset acme", lambda s: tenant(s).reset()),
    "clone_tenant": Reach("sandbox clone acme-2 --tenant acme", lambda s: tenant(s).clone("acme-2")),
    "list_snapshots": Reach("sandbox snapshots", lambda s: tenant(s).snapshots()),
    "take_snapshot": Reach("sandbox snapshot before-refunds", lambda s: tenant(s).snapshot("before-refunds")),
    "restore_snapshot": Reach("sandbox restore before-refunds", lambda s: tenant(s).snapshots()[0].restore()),
    "delete_snapshot": Reach(
        "sandbox delete-snapshot before-refunds", lambda s: tenant(s).snapshots()[0].delete()
    ),
    "dump_tenant": Reach(f"sandbox dump {DUMP}", lambda s: tenant(s).dump()),
    "load_tenant": Reach(f"sandbox load {DUMP} --name acme", lambda s: s.load(tenant(s).dump(), "acme")),
    "verify_tenant": Reach("sandbox verify", lambda s: tenant(s).verify()),
    "list_keys": Reach("sandbox keys", lambda s: tenant(s).keys()),
    "create_key": Reach(
        "sandbox create-key returnmate reader --scope rmas:read --plan starter",
        lambda s: tenant(s).create_key("returnmate", "reader", scopes=["rmas:read"], plan="starter"),
    ),
    "change_key": Reach(
        "sandbox plan returnmate --hour 100 --key reader",
        lambda s: tenant(s).change_key("returnmate", "reader", windows={"hour": 100}),
    ),
    "list_switches": Reach("sandbox switches", lambda s: tenant(s).switches()),
    "turn_switch": Reach(
        "sandbox switch returnlogic maintenance on",
        lambda s: tenant(s).switch("returnlogic", "maintenance", on=True),
    ),
    "get_credentials": Reach("credentials", lambda s: tenant(s).credentials("returnmate")),
    "list_ledger_events": Reach(
        "sandbox ledger --last 5 --kind return.created --vendor returnmate",
        lambda s: tenant(s).ledger(kind="return.created", vendor="returnmate"),
    ),
    "get_clock": Reach("sandbox clock", lambda s: tenant(s).clock.now()),
    "advance_clock": Reach("sandbox advance 3d", lambda s: tenant(s).clock.advance("3d")),
    "freeze_clock": Reach("sandbox freeze", lambda s: tenant(s).clock.freeze()),
    "unfreeze_clock": Reach("sandbox unfreeze", lambda s: tenant(s).clock.unfreeze()),
    "create_tenant_return": Reach(
        f"sandbox create-return returnmate {ITEM_INPUTS}",
        lambda s: tenant(s).create_return("returnmate", items=[ITEM]),
    ),
    "move_return": Reach(
        "sandbox move returnmate rma_abc123 approved",
        lambda s: tenant(s).move("returnmate", "rma_abc123", "approved"),
    ),
    "list_acts": Reach("sandbox acts returnmate", lambda s: tenant(s).acts("returnmate")),
    "run_act": Reach(
        "sandbox act returnmate knock_on_wood -i times=3",
        lambda s: tenant(s).act("returnmate", "knock_on_wood", times=3),
    ),
    "list_requests": Reach("sandbox requests --status 4xx", lambda s: tenant(s).requests(status="4xx")),
    "stream_requests": Reach("sandbox requests --follow", lambda s: list(tenant(s).requests.follow())),
    "get_request": Reach("sandbox request 41", lambda s: tenant(s).requests.get(41)),
    "delete_requests": Reach("sandbox clear-requests", lambda s: tenant(s).requests.clear()),
    "forget_customer": Reach(
        "sandbox forget iris.lane@example.com", lambda s: tenant(s).forget("iris.lane@example.com")
    ),
    "list_requests_without_tenant": Reach("sandbox requests --no-tenant", lambda s: s.requests()),
    "get_request_without_tenant": Reach("sandbox request 41 --no-tenant", lambda s: s.requests.get(41)),
    "delete_requests_without_tenant": Reach(
        "sandbox clear-requests --no-tenant", lambda s: s.requests.clear()
    ),
    "list_webhook_events": Reach("sandbox webhook events swap", lambda s: tenant(s).webhooks.events("swap")),
    "list_webhooks": Reach("sandbox webhooks", lambda s: tenant(s).webhooks.list()),
    "create_webhook": Reach(
        f"sandbox webhook add swap {URL} --event returnCreated --version 1 --condition type[0]=Refund",
        lambda s: tenant(s).webhooks.add(
            "swap", URL, events=["returnCreated"], version=1, conditions={"type": ["Refund"]}
        ),
    ),
    "change_webhook": Reach(
        "sandbox webhook pause wh_swap_1", lambda s: tenant(s).webhooks.pause("wh_swap_1")
    ),
    "delete_webhook": Reach(
        "sandbox webhook delete wh_swap_1", lambda s: tenant(s).webhooks.delete("wh_swap_1")
    ),
    "send_test_event": Reach(
        "sandbox test-event wh_swap_1 returnCreated",
        lambda s: tenant(s).webhooks.test("wh_swap_1", "returnCreated"),
    ),
    "list_deliveries": Reach(
        "sandbox deliveries --last 5 --vendor swap --state given_up",
        lambda s: tenant(s).deliveries(vendor="swap", state="given_up"),
    ),
    "get_delivery": Reach("sandbox delivery 7", lambda s: tenant(s).delivery(7)),
    "resend_delivery": Reach("sandbox resend 7", lambda s: tenant(s).resend(7)),
    "resend_deliveries": Reach(
        "sandbox resend --vendor swap --after 6 --until 9",
        lambda s: tenant(s).resend_all(vendor="swap", after=6, until=9),
    ),
    "list_next": Reach("sandbox next", lambda s: tenant(s).next()),
    "list_returns": Reach(
        "sandbox returns --vendor swap --search kim",
        lambda s: tenant(s).returns(vendor="swap", search="kim"),
    ),
    "get_return": Reach("sandbox return swap 1001", lambda s: tenant(s).get_return("swap", "1001")),
    "list_fault_kinds": Reach("sandbox fault-kinds", lambda s: s.fault_kinds()),
    "list_faults": Reach("sandbox faults", lambda s: tenant(s).faults.list()),
    "create_fault": Reach(
        "sandbox add-fault rate_limited --operation create_return --next 3",
        lambda s: tenant(s).faults.add("rate_limited", operation="create_return", next=3),
    ),
    "get_fault": Reach("sandbox fault flt_1", lambda s: tenant(s).faults.get("flt_1")),
    "delete_fault": Reach("sandbox delete-fault flt_1", lambda s: tenant(s).faults.delete("flt_1")),
    "delete_faults": Reach("sandbox delete-faults", lambda s: tenant(s).faults.clear()),
    "set_scenario": Reach("sandbox scenario flaky", lambda s: tenant(s).faults.scenario("flaky")),
}
"""One row per operation of openapi/sandbox.yaml."""
WITHOUT_AN_OPERATION: set[str] = {"seed-template"}
"""Commands of `returns sandbox` that call no operation of their own."""


@pytest.fixture
def plane() -> DocumentedControlPlane:
    return DocumentedControlPlane()


def test_every_operation_has_a_command_and_a_method(plane: DocumentedControlPlane) -> None:
    missing = [operation for operation in plane.operations if operation not in REACH]
    assert missing == [], (
        f"openapi/sandbox.yaml describes {', '.join(missing)}. For each, add a command to mock_server/cli/, "
        "a method to mock_server/testing/, and a row with both to REACH in this file."
    )
    gone = [operation for operation in REACH if operation not in plane.operations]
    assert gone == [], (
        f"openapi/sandbox.yaml no longer describes {', '.join(gone)}; remove the rows from REACH."
    )


def test_every_command_calls_an_operation() -> None:
    group = get_command(program()).commands["sandbox"]  # type: ignore[attr-defined]
    rows = [shlex.split(reach.command) for reach in REACH.values()]
    used = {words[1] for words in rows if words[0] == "sandbox"} | WITHOUT_AN_OPERATION
    unknown = sorted(set(group.commands) - used)
    assert unknown == [], f"`returns sandbox` has {unknown}: add a row to REACH, or to WITHOUT_AN_OPERATION."
    assert sorted(used - set(group.commands)) == []


@pytest.mark.parametrize("operation", list(REACH))
def test_command_calls_the_operation(
    operation: str, plane: DocumentedControlPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proxies, "network", plane.transport)
    words = shlex.split(REACH[operation].command)
    done = CliRunner().invoke(program(), words, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert operation in plane.called, f"`returns {REACH[operation].command}` calls {plane.called}."


@pytest.mark.parametrize("operation", list(REACH))
def test_method_calls_the_operation(operation: str, plane: DocumentedControlPlane) -> None:
    with Sandbox("http://127.0.0.1:4010") as sandbox:
        sandbox._http = httpx.Client(transport=plane.transport(), base_url="http://127.0.0.1:4010/__sandbox")
        REACH[operation].call(sandbox)
    assert operation in plane.called, f"The method calls {plane.called}."


def program() -> typer.Typer:
    app = typer.Typer()
    register(app)
    return app
