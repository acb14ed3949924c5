"""After a kill during writes, the restarted sandbox has every acknowledged write and has reported it."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import httpx
from support.sandbox import Sandbox, running
from support.webhook_signatures import VERIFIERS

from mock_server.testing.receiver import WebhookReceiver, receiving

SECRET = "a-secret-of-this-test-with-32-letters"
NEW_RETURN = {
    "order_number": "#1001",
    "customer_email": "priya.nair@example.com",
    "items": [{"sku": "BOOT-CHE-39", "quantity": 1, "reason": "defective"}],
}
WRITERS, KILLS, WRITES, COPIES = 8, 5, 40, 3


def write(client: httpx.Client, acknowledged: list[str], enough: Event) -> None:
    """Create returns until the server is gone; record each acknowledged one."""
    while True:
        try:
            answer = client.post("/rmas", json=NEW_RETURN)
        except httpx.TransportError:
            return
        assert answer.status_code == 201, answer.text
        acknowledged.append(answer.json()["data"]["id"])
        if len(acknowledged) >= WRITES:
            enough.set()


def copy(sandbox: Sandbox, number: int) -> None:
    """Clone the tenant, and take, restore and delete snapshots, while the server is killed."""
    name = f"copy-{number}"
    try:
        sandbox.control.post("/tenants/demo/clone", json={"name": name}).raise_for_status()
        for _ in range(COPIES):
            for path in ("snapshots", "snapshots/snapshot-1/restore"):
                sandbox.control.post(f"/tenants/{name}/{path}", json={}).raise_for_status()
            sandbox.control.delete(f"/tenants/{name}/snapshots/snapshot-1").raise_for_status()
            sandbox.control.post("/tenants/demo/snapshots", json={}).raise_for_status()
            sandbox.control.delete("/tenants/demo/snapshots/snapshot-1").raise_for_status()
    except httpx.TransportError:
        return


def test_killed_sandbox_keeps_every_acknowledged_write(tmp_path: Path) -> None:
    kept: list[str] = []
    with receiving() as receiver:
        for kill in range(KILLS + 1):
            with running(tmp_path, "--no-rate-limits", "--seed-size", "0") as sandbox:
                if kill == 0:
                    webhook = {"vendor": "returnmate", "url": receiver.url, "secret": SECRET}
                    sandbox.control.post("/tenants/demo/webhooks", json=webhook).raise_for_status()
                assert_all_stored(sandbox, kept)
                assert_all_reported(sandbox, receiver, kept)
                if kill < KILLS:
                    kept += kill_during_writes(sandbox)
    assert len(kept) >= KILLS * WRITES


def kill_during_writes(sandbox: Sandbox) -> list[str]:
    """Kill the sandbox while clients write; return the ids of the acknowledged returns."""
    acknowledged: list[str] = []
    enough = Event()
    with sandbox.client("returnmate") as client, ThreadPoolExecutor(WRITERS + 1) as writers:
        at_work = [writers.submit(write, client, acknowledged, enough) for _ in range(WRITERS)]
        at_work.append(writers.submit(copy, sandbox, len(sandbox.control.get("/tenants").json()["tenants"])))
        assert enough.wait(timeout=120)
        sandbox.kill()
        for writer in at_work:
            writer.result()
    return acknowledged


def assert_all_reported(sandbox: Sandbox, receiver: WebhookReceiver, kept: list[str]) -> None:
    """Fail unless a signed webhook reported each acknowledged return, and each report has its return."""
    sandbox.control.post("/tenants/demo/clock/advance", json={"seconds": 0}).raise_for_status()
    received = receiver.received
    assert all(VERIFIERS["returnmate"](one.headers, one.body, SECRET) for one in received)  # may be empty
    reported = {one.json()["data"]["rma"]["id"]: one.json()["id"] for one in received}
    assert set(kept) <= set(reported)
    assert set(reported) <= {event["subject"] for event in sandbox.ledger(kind="return.created")}
    assert len(set(reported.values())) == len(reported), "each event has an ID of its own"


def assert_all_stored(sandbox: Sandbox, kept: list[str]) -> None:
    """Fail unless all acknowledged returns are in the ledger, and rows and ledger are equal."""
    for tenant in sandbox.control.get("/tenants").json()["tenants"]:
        name = tenant["name"]
        assert sandbox.control.get(f"/tenants/{name}/verify").json()["differences"] == [], name
        for snapshot in sandbox.control.get(f"/tenants/{name}/snapshots").json()["snapshots"]:
            assert sum(snapshot["returns"].values()) <= snapshot["events"]
            sandbox.control.delete(f"/tenants/{name}/snapshots/{snapshot['name']}").raise_for_status()
    told = {event["subject"] for event in sandbox.ledger(kind="return.created")}
    assert set(kept) <= told
    with sandbox.client("returnmate") as client:
        assert client.get("/rmas?per_page=1").json()["meta"]["total"] == len(told)
        assert [id_ for id_ in kept if client.get(f"/rmas/{id_}").status_code != 200] == []
