"""Every operation of the control plane has an effect that is seen from outside, over HTTP."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.each import each
from support.sandbox import Sandbox

import openapi
from mock_server.testing.receiver import WebhookReceiver

METHODS = {"get", "put", "post", "patch", "delete"}
TENANT = "effects"
COPIES = ("effects-clone", "effects-loaded")
ITEM = {"sku": "TEE-NVY-M", "quantity": 1, "reason": "wrong_size"}
EMAIL = "iris.lane@example.com"


def operations() -> dict[str, tuple[str, str]]:
    """Return the method and the path of each operation of the control plane."""
    return {
        operation["operationId"]: (method.upper(), path)
        for path, item in openapi.read(openapi.CONTROL_PLANE)["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    }


class Plane:
    """Calls the control plane by operationId."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self.operations = operations()

    def __call__(self, operation: str, body: Any = None, *, query: Any = None, **names: Any) -> Any:
        method, path = self.operations[operation]
        address = path.format(**{"tenant": TENANT, **names})
        answer = self.client.request(method, address, json=body, params=query)
        assert answer.is_success, f"{operation}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None


@pytest.fixture(scope="module")
def plane(sandbox: Sandbox) -> Iterator[Plane]:
    control = Plane(sandbox.control)
    options = {"seed_size": 3, "first_moment": "2026-03-02T09:00:00Z", "frozen": True, "limits": "off"}
    made = control("create_tenant", {"name": TENANT, **options})
    assert made["returns"]["swap"] == 3
    yield control
    for name in (TENANT, *COPIES):
        sandbox.control.delete(f"/tenants/{name}")


@pytest.fixture
def rmas(plane: Plane) -> Iterator[httpx.Client]:
    """A client of ReturnMate's API, logged in as the tenant."""
    login = plane("get_credentials")["vendors"]["returnmate"]
    with httpx.Client(base_url=login["base_url"], headers=login["headers"]) as client:
        yield client


def names(plane: Plane) -> list[str]:
    return [tenant["name"] for tenant in plane("list_tenants")["tenants"]]


def new_return(plane: Plane, vendor: str = "returnmate") -> str:
    body = {"vendor": vendor, "order_number": "#2001", "customer_email": EMAIL, "items": [ITEM]}
    id_: str = plane("create_tenant_return", body)["id"]
    return id_


def test_tenants(plane: Plane) -> None:
    assert plane("get_health")["status"] == "ok"
    assert TENANT in names(plane)
    shop = plane("export_shop")
    assert len(shop["returns"]) >= 3
    dump = plane("dump_tenant")
    plane("load_tenant", dump, query={"name": COPIES[1]})
    plane("clone_tenant", {"name": COPIES[0]})
    assert set(COPIES) < set(names(plane))
    assert plane("verify_tenant", tenant=COPIES[1])["ok"]
    before = plane("list_ledger_events", query={"last": 1000})
    assert plane("list_ledger_events", tenant=COPIES[1], query={"last": 1000}) == before
    plane("delete_tenant", tenant=COPIES[0])
    assert COPIES[0] not in names(plane)


def test_snapshots_and_reset(plane: Plane) -> None:
    before = plane("get_tenant")["returns"]["returnmate"]
    plane("take_snapshot", {"name": "before"})
    new_return(plane)
    assert plane("get_tenant")["returns"]["returnmate"] == before + 1
    assert [one["name"] for one in plane("list_snapshots")["snapshots"]] == ["before"]
    plane("restore_snapshot", name="before")
    assert plane("get_tenant")["returns"]["returnmate"] == before
    plane("delete_snapshot", name="before")
    assert plane("list_snapshots")["snapshots"] == []
    new_return(plane)
    plane("reset_tenant")
    assert plane("get_tenant")["returns"]["returnmate"] == before


def test_clock(plane: Plane) -> None:
    start = plane("get_clock")["now"]
    upcoming = plane("list_next")["next"]
    assert upcoming[0]["at"] >= start
    plane("advance_clock", {"until": "next"})
    assert plane("get_clock")["now"] == upcoming[0]["at"]
    plane("unfreeze_clock")
    assert plane("get_clock")["frozen"] is False
    plane("freeze_clock")
    assert plane("get_clock")["frozen"] is True


def test_keys_and_switches(plane: Plane, rmas: httpx.Client) -> None:
    made = plane("create_key", {"vendor": "returnmate", "name": "reader", "scopes": ["reports:read"]})
    login = made["credentials"]
    assert httpx.get(f"{login['base_url']}/rmas", headers=login["headers"]).status_code == 403
    plane("change_key", {"windows": {"hour": 7}}, vendor="returnmate", name="reader")
    windows = {
        key["name"]: key["windows"] for key in plane("list_keys")["keys"] if key["vendor"] == "returnmate"
    }
    assert windows["reader"] == {"hour": 7}
    plane("turn_switch", {"vendor": "returnlogic", "name": "maintenance", "on": True})
    on = [switch["name"] for switch in plane("list_switches")["switches"] if switch["on"]]
    assert on == ["maintenance"]
    closed = plane("get_credentials")["vendors"]["returnlogic"]
    assert httpx.get(f"{closed['base_url']}/rmas", headers=closed["headers"]).status_code == 503
    plane("turn_switch", {"vendor": "returnlogic", "name": "maintenance", "on": False})
    assert rmas.get("/rmas").status_code == 200


def test_returns(plane: Plane, rmas: httpx.Client) -> None:
    id_ = new_return(plane)
    found = plane("list_returns", query={"vendor": "returnmate", "search": EMAIL})["returns"]
    assert [one["id"] for one in found] == [id_]
    moves = plane("get_return", vendor="returnmate", id=id_)["moves"]
    assert "approved" in [move["status"] for move in moves]
    plane("move_return", {"vendor": "returnmate", "status": "approved"}, id=id_)
    assert rmas.get(f"/rmas/{id_}").json()["data"]["status"] == "approved"
    acts = [act["name"] for act in plane("list_acts", vendor="returnlogic")["acts"]]
    assert "install_app" in acts
    inputs = {"redirect_uri": "https://app.example.com/"}
    installed = plane("run_act", inputs, vendor="returnlogic", act="install_app")["document"]
    assert installed["redirect_to"].startswith("https://app.example.com/?")


def test_webhooks(plane: Plane, sandbox: Sandbox, receiver: WebhookReceiver) -> None:
    assert plane("list_webhook_events", vendor="swap")["events"]
    added = plane("create_webhook", {"vendor": "returnmate", "url": receiver.url})
    assert [one["id"] for one in plane("list_webhooks")["webhooks"]] == [added["id"]]
    plane("send_test_event", {}, webhook=added["id"])
    new_return(plane)
    assert len(receiver.wait(2)) == 2
    sandbox.control.post(f"/tenants/{TENANT}/clock/advance", json={"seconds": 1}).raise_for_status()
    first = plane("list_deliveries")["deliveries"][0]["id"]
    assert plane("get_delivery", delivery=first)["state"] == "delivered"
    plane("resend_delivery", delivery=first)
    assert len(receiver.wait(3)) == 3
    sandbox.control.post(f"/tenants/{TENANT}/clock/advance", json={"seconds": 1}).raise_for_status()
    assert first in plane("resend_deliveries", {"state": "delivered", "until": first})["resent"]
    assert len(receiver.wait(4)) == 4
    plane("change_webhook", {"active": False}, webhook=added["id"])
    new_return(plane)
    plane("delete_webhook", webhook=added["id"])
    assert plane("list_webhooks")["webhooks"] == []
    assert len(receiver.received) == 4


def test_requests(plane: Plane, rmas: httpx.Client) -> None:
    plane("delete_requests")
    rmas.get("/rmas")
    (seen,) = plane("list_requests")["requests"]
    assert plane("get_request", id=seen["id"])["operation"] == "list_returns"
    method, path = plane.operations["stream_requests"]
    with plane.client.stream(method, path.format(tenant=TENANT), params={"after": seen["id"] - 1}) as answer:
        data = next(line for line in answer.iter_lines() if line.startswith("data: "))
    assert json.loads(data.removeprefix("data: "))["id"] == seen["id"]
    plane("delete_requests_without_tenant")
    httpx.get(f"{rmas.base_url}rmas", headers={"Authorization": "Bearer unknown"})
    (lost,) = plane("list_requests_without_tenant")["requests"]
    assert plane("get_request_without_tenant", id=lost["id"])["status"] == 401
    plane("delete_requests")
    assert plane("list_requests")["requests"] == []


def test_forgotten_customer(plane: Plane, rmas: httpx.Client) -> None:
    id_ = new_return(plane)
    assert EMAIL in rmas.get(f"/rmas/{id_}").text
    plane("forget_customer", {"email": EMAIL})
    assert EMAIL not in rmas.get(f"/rmas/{id_}").text


def test_faults(plane: Plane, rmas: httpx.Client) -> None:
    assert "unavailable" in [kind["what"] for kind in plane("list_fault_kinds")["kinds"]]
    made = plane("create_fault", {"what": "unavailable", "vendor": "returnmate", "when": {"next": 1}})
    assert rmas.get("/rmas").status_code == 503
    assert plane("get_fault", fault=made["id"])["fired"] == 1
    plane("delete_fault", fault=made["id"])
    assert plane("list_faults")["faults"] == []
    plane("set_scenario", {"name": "outage"})
    assert rmas.get("/rmas").status_code == 503
    plane("delete_faults")
    assert rmas.get("/rmas").status_code == 200


def named(node: ast.AST) -> set[str]:
    """Return the operations that a piece of code calls: `plane("…")` and `plane.operations["…"]`."""
    found: set[str] = set()
    for one in ast.walk(node):
        if (
            isinstance(one, ast.Call)
            and isinstance(one.func, ast.Name)
            and one.func.id in {"plane", "control"}
        ):
            found |= {str(word.value) for word in one.args[:1] if isinstance(word, ast.Constant)}
        elif isinstance(one, ast.Subscript) and isinstance(one.slice, ast.Constant):
            found |= {str(one.slice.value)} if ast.unparse(one.value) == "plane.operations" else set()
    return found


def test_every_operation_is_called_by_a_test() -> None:
    """Read from the source of this file, so that it does not matter which tests have run."""
    functions = [
        one for one in ast.parse(Path(__file__).read_text()).body if isinstance(one, ast.FunctionDef)
    ]
    called = {operation for one in each(functions) for operation in named(one)}
    assert sorted(operations().keys() - called) == []
    assert sorted(called - operations().keys()) == []
