"""The pytest plugin and its client, as a project of its own uses them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from support.each import each
from support.preloaded import FEW_PLUGINS
from support.sandbox import Sandbox as Running

from mock_server.testing import Sandbox, SandboxError, Tenant, started
from mock_server.testing.receiver import WebhookReceiver, receiving

ITEM = {"sku": "TEE-NVY-M", "quantity": 1, "reason": "wrong_size"}
PROJECT = """
import os
import pytest

def test_tenant_has_returns(returns_tenant):
    with returns_tenant.client("returnmate") as client:
        assert client.get("/rmas").json()["meta"]["total"] == 25

@pytest.mark.returns_tenant(seed_size=0)
@pytest.mark.parametrize("number", range(4))
def test_tenants_never_meet(returns_tenant, number):
    assert returns_tenant.ledger() == []
    returns_tenant.create_return("swap", items=[{"sku": "TEE-NVY-M", "quantity": 1, "reason": "wrong_size"}])
    assert [event.kind for event in returns_tenant.ledger(kind="return.created")] == ["return.created"]

def test_webhook_arrives(returns_tenant, returns_webhooks):
    with returns_tenant.client("returngo") as client:
        webhook = {"url": returns_webhooks.url, "eventName": "RMA_CREATED"}
        assert client.post("/webhook", json=webhook).status_code == 200
    item = {"sku": "TEE-NVY-M", "quantity": 1, "reason": "wrong_size"}
    created = returns_tenant.create_return("returngo", items=[item])
    (received,) = returns_webhooks.wait(1)
    assert created.id in str(received.json())

def test_repeats(returns_tenant, request):
    returns_tenant.faults.add("unavailable", vendor="returnmate", share=0.5)
    with returns_tenant.client("returnmate") as client:
        statuses = [client.get("/rmas").status_code for _ in range(20)]
    with open(os.environ["SEEN"], "a") as seen:
        print(returns_tenant.name, *statuses, file=seen)
"""


@pytest.fixture
def client(sandbox: Running) -> Iterator[Sandbox]:
    with Sandbox(sandbox.url) as found:
        yield found


@pytest.fixture
def tenant(client: Sandbox, request: pytest.FixtureRequest) -> Iterator[Tenant]:
    name = f"plugin-{abs(hash(request.node.nodeid)) % 10**9}"
    made = client.create_tenant(name, seed_size=0, first_moment="2026-03-02T09:00:00Z", frozen=True)
    yield made
    made.delete()


def test_clock_advances_by_durations_and_to_times(tenant: Tenant) -> None:
    start = datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert tenant.clock.now() == start
    assert tenant.clock.advance("1d12h") == start + timedelta(hours=36)
    assert tenant.clock.advance(timedelta(minutes=1)) == start + timedelta(hours=36, minutes=1)
    assert tenant.clock.advance(to=start + timedelta(days=9)) == start + timedelta(days=9)
    with pytest.raises(ValueError, match="is not a duration"):
        tenant.clock.advance("soon")
    with pytest.raises(SandboxError, match="to: "):
        tenant.clock.advance(to=start)


def test_return_is_created_and_moved_outside_the_api(tenant: Tenant) -> None:
    created = tenant.create_return("returnmate", items=[ITEM], customer_email="kim@example.com")
    assert created.document["status"] == "pending"
    assert tenant.move("returnmate", created.id, "approved").document["status"] == "approved"
    with pytest.raises(SandboxError) as refused:
        tenant.move("returnmate", created.id, "completed")
    assert refused.value.status == 400
    kinds = [event.kind for event in tenant.ledger(vendor="returnmate")]
    assert kinds == ["return.created", "return.state_changed"]
    with tenant.client("returnmate") as http:
        assert http.get(f"/rmas/{created.id}").json()["data"]["status"] == "approved"


def test_keys_are_created_and_changed(tenant: Tenant) -> None:
    made = tenant.create_key("returnmate", "reader", scopes=["reports:read"], plan="starter")
    assert made.credentials
    login = made.credentials
    refused = httpx.get(f"{login.base_url}/rmas", headers=dict(login.headers))
    assert refused.status_code == 403
    changed = tenant.change_key("returnmate", "reader", windows={"hour": 100})
    assert (changed.windows, changed.credentials) == ({"hour": 100}, None)
    assert [key for key in tenant.keys() if key == changed]  # noqa: SIM118 - no mapping


def test_switches_and_acts_are_listed_and_used(tenant: Tenant) -> None:
    turned = tenant.switch("returnlogic", "maintenance", on=True)
    assert turned.on
    assert turned in tenant.switches()
    with tenant.client("returnlogic") as http:
        assert http.get("/rmas").status_code == 503
    acts = {act.name: act for act in tenant.acts("returngo")}
    assert all(act.description and act.schema["type"] == "object" for act in each(acts.values()))


def test_reset_restores_the_first_state(tenant: Tenant) -> None:
    tenant.create_return("swap", items=[ITEM])
    tenant.clock.advance("1h")
    tenant.reset()
    assert (tenant.ledger(), tenant.clock.now().hour) == ([], 9)


def test_credentials_hide_their_secrets(tenant: Tenant) -> None:
    found = tenant.credentials("swap")
    assert found.headers["x-api-key"] not in repr(found)
    with pytest.raises(KeyError):
        tenant.credentials("unknown")


def test_runs_that_use_no_sandbox_load_nothing_slow() -> None:
    """pytest imports the plugin in every run, so it may not import what only its fixtures need."""
    source = "import sys, pytest; before = set(sys.modules); import mock_server.testing.plugin; "
    source += "print(*set(sys.modules) - before)"
    loaded = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True).stdout
    slow = {"httpx", "typer", "pydantic", "connexion", "sqlalchemy", "yaml", "jsonschema_rs", "uvicorn"}
    assert "mock_server.testing.plugin" in loaded.split()
    assert sorted(slow & set(loaded.split())) == []


def test_refusals_are_sentences(client: Sandbox) -> None:
    with pytest.raises(SandboxError, match='There is no tenant named "nobody-here"'):
        client.tenant("nobody-here")
    with pytest.raises(SandboxError) as taken:
        client.create_tenant("demo")
    assert taken.value.status == 409
    assert "demo" in [tenant.name for tenant in client.tenants()]
    assert client.health()["status"] == "ok"


def test_sandbox_that_cannot_start_says_why() -> None:
    with (
        pytest.raises(RuntimeError, match='no vendor named "unknown"'),
        started("--vendor", "unknown"),
    ):
        pass


def test_sandbox_that_is_not_there_is_reported_in_a_sentence(tmp_path: Path) -> None:
    output = run_project(tmp_path, "-k", "test_tenant_has_returns", RETURNS_SANDBOX_URL="http://127.0.0.1:9")
    assert "No sandbox answers at http://127.0.0.1:9 (" in output
    assert "Traceback" not in output


def test_receiver_waits_no_longer_than_asked() -> None:
    with receiving() as receiver, pytest.raises(TimeoutError, match="0 of 1 webhooks arrived"):
        receiver.wait(1, timeout=0.01)
    assert isinstance(receiver, WebhookReceiver)


def run_project(folder: Path, *options: str, **variables: str) -> str:
    """Run the project's tests, which append what `test_repeats` saw to the file `seen`; return the output."""
    (folder / "test_project.py").write_text(PROJECT)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RETURNS_")}
    command = [sys.executable, "-m", "pytest", "-q", "--strict-markers", "-p", "no:cacheprovider", *options]
    done = subprocess.run(
        command,
        cwd=folder,
        env={**kept, "PYTEST_ADDOPTS": FEW_PLUGINS, "SEEN": str(folder / "seen"), **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    return done.stdout


def test_project_uses_the_fixtures_and_every_run_is_the_same(tmp_path: Path) -> None:
    for workers in ((), ("-n", "2")):
        assert "7 passed" in (printed := run_project(tmp_path, *workers)), printed
    first, second = (tmp_path / "seen").read_text().splitlines()
    assert first == second
    assert {"200", "503"} == set(first.split()[1:])


def test_tenant_that_is_left_over_is_not_used(tmp_path: Path, client: Sandbox) -> None:
    shared = {"RETURNS_SANDBOX_URL": client.url}
    assert "1 passed" in run_project(tmp_path, "-k", "test_repeats", **shared)
    name = (tmp_path / "seen").read_text().split()[0]
    left_over = client.create_tenant(name, seed_size=0)
    try:
        assert "1 passed" in run_project(tmp_path, "-k", "test_repeats", **shared)
    finally:
        left_over.delete()
    assert (tmp_path / "seen").read_text().splitlines()[1].startswith(f"{name}-")
    assert not [tenant for tenant in client.tenants() if tenant.name.startswith(name)]


def test_plugin_can_be_switched_off(tmp_path: Path) -> None:
    printed = run_project(tmp_path, "-p", "no:returns_sandbox")
    assert "returns_tenant" in printed
    assert "passed" not in printed
