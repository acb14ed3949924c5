"""Snapshots and clones of a running sandbox, through the client, the command line and the vendors' APIs."""

import json
from collections.abc import Iterator

import pytest
from support.each import each
from support.sandbox import Sandbox as Running
from typer.testing import CliRunner

from mock_server.cli import commands
from mock_server.testing import Sandbox, SandboxError, Tenant
from mock_server.testing.receiver import receiving
from mock_server.testing.snapshots import Snapshot

ITEM = {"sku": "TEE-NVY-M", "quantity": 1, "reason": "wrong_size"}


@pytest.fixture
def tenant(sandbox: Running, request: pytest.FixtureRequest) -> Iterator[Tenant]:
    name = f"snap-{abs(hash(request.node.nodeid)) % 10**9}"
    with Sandbox(sandbox.url) as client:
        made = client.create_tenant(name, seed_size=5, first_moment="2026-03-02T09:00:00Z", frozen=True)
        yield made
        made.delete()


def total(tenant: Tenant) -> int:
    with tenant.client("returnmate") as http:
        found: int = http.get("/rmas").json()["meta"]["total"]
        return found


def test_snapshot_is_restored(tenant: Tenant) -> None:
    events, start = tenant.ledger(), tenant.clock.now()
    snapshot = tenant.snapshot("before")
    assert (snapshot.name, snapshot.at, snapshot.frozen) == ("before", start, True)
    assert (snapshot.events, snapshot.returns["swap"]) == (len(events), 5)
    tenant.create_return("returnmate", items=[ITEM])
    tenant.clock.advance("30d")
    tenant.clock.unfreeze()
    assert total(tenant) == 6
    snapshot.restore()
    assert (total(tenant), tenant.ledger(), tenant.clock.now()) == (5, events, start)
    assert tenant.snapshots() == [snapshot]
    with pytest.raises(SandboxError, match="has a snapshot 'before' already") as refused:
        tenant.snapshot("before")
    assert refused.value.status == 409
    snapshot.delete()
    with pytest.raises(SandboxError, match='named "before", and no other') as missing:
        snapshot.restore()
    assert missing.value.status == 404
    assert tenant.snapshots() == []


def test_clone_shares_nothing(tenant: Tenant) -> None:
    copy = tenant.clone(f"{tenant.name}-b")
    try:
        vendors = copy.call("GET", "/credentials")["vendors"]
        for vendor in each(vendors):
            assert copy.credentials(vendor).fields != tenant.credentials(vendor).fields
        assert (copy.ledger(), copy.clock.now()) == (tenant.ledger(), tenant.clock.now())
        copy.create_return("returnmate", items=[ITEM])
        assert (total(tenant), total(copy)) == (5, 6)
        with copy.client("returnmate") as http:
            label = http.get("/rmas?per_page=100").json()["data"]
            with_parcel = [http.get(f"/rmas/{one['id']}").json()["data"]["shipments"] for one in label]
            url = next(parcels[0]["label_url"] for parcels in with_parcel if parcels)
            assert f"/labels/returnmate/{copy.name}/" in url
            assert http.get(url).headers["content-type"] == "application/pdf"
        with pytest.raises(SandboxError, match="There is a tenant"):
            tenant.clone(copy.name)
    finally:
        copy.delete()


def test_restored_delivery_is_sent_again_and_a_cloned_one_is_not(tenant: Tenant) -> None:
    with receiving() as receiver:
        receiver.status = 503
        with tenant.client("returngo") as http:
            assert (
                http.post("/webhook", json={"url": receiver.url, "eventName": "RMA_CREATED"}).status_code
                == 200
            )
        tenant.create_return("returngo", items=[ITEM])
        receiver.wait(1)
        snapshot = _once_refused(tenant)
        receiver.status = 200
        copy = tenant.clone(f"{tenant.name}-b")
        tenant.clock.advance("1m")
        copy.clock.advance("1d")
        assert len(receiver.wait(2)) == 2
        assert [one.state for one in tenant.deliveries()] == ["delivered"]
        assert [(one.state, one.outcome) for one in copy.deliveries()] == [
            ("given_up", "not sent, because it belongs to the tenant that was copied")
        ]
        snapshot.restore()
        tenant.clock.advance("1m")
        assert len(receiver.wait(3)) == 3
        copy.create_return("returngo", items=[ITEM])
        assert len(receiver.wait(4)) == 4, "the webhooks of a clone work"
        copy.delete()


def _once_refused(tenant: Tenant) -> Snapshot:
    for _ in range(200):
        if tenant.deliveries()[0].attempts == 1:
            return tenant.snapshot()
    raise AssertionError("The first attempt was not recorded.")


def test_commands_take_restore_and_clone(sandbox: Running, tenant: Tenant) -> None:
    def run(*words: str) -> str:
        done = CliRunner().invoke(commands(), [*words, "--url", sandbox.url])
        assert done.exit_code == 0, done.output
        return done.stdout

    taken = json.loads(run("snapshot", "s", "--tenant", tenant.name, "--format", "json"))
    assert (taken["name"], taken["returns"]["returnmate"]) == ("s", 5)
    tenant.create_return("returnmate", items=[ITEM])
    assert "s" in run("snapshots", "--tenant", tenant.name)
    restored = json.loads(run("restore", "s", "--tenant", tenant.name, "--format", "json"))
    assert restored["returns"]["returnmate"] == 5
    run("clone", f"{tenant.name}-b", "--tenant", tenant.name)
    run("delete-tenant", f"{tenant.name}-b")
    run("delete-snapshot", "s", "--tenant", tenant.name)
    assert tenant.snapshots() == []
