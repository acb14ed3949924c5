"""A sandbox that is killed while clients write has every write that it acknowledged, in rows and ledger."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import httpx
from support.sandbox import Sandbox, running

WISH = {
    "order_number": "#1001",
    "customer_email": "priya.nair@example.com",
    "items": [{"sku": "BOOT-CHE-39", "quantity": 1, "reason": "defective"}],
}
WRITERS, KILLS, WRITES = 8, 5, 40


def write(client: httpx.Client, acknowledged: list[str], enough: Event) -> None:
    """Create returns until the server is gone; note each one that was acknowledged."""
    while True:
        try:
            answer = client.post("/rmas", json=WISH)
        except httpx.TransportError:
            return
        assert answer.status_code == 201, answer.text
        acknowledged.append(answer.json()["data"]["id"])
        if len(acknowledged) >= WRITES:
            enough.set()


def test_killed_sandbox_keeps_every_acknowledged_write(tmp_path: Path) -> None:
    kept: list[str] = []
    for kill in range(KILLS + 1):
        with running(tmp_path, "--no-rate-limits", "--seed-size", "0") as sandbox:
            assert_all_there(sandbox, kept)
            if kill < KILLS:
                kept += killed_at_work(sandbox)
    assert len(kept) >= KILLS * WRITES


def killed_at_work(sandbox: Sandbox) -> list[str]:
    """Kill the sandbox while clients write; returns what it had acknowledged."""
    acknowledged: list[str] = []
    enough = Event()
    with sandbox.client("returnmate") as client, ThreadPoolExecutor(WRITERS) as writers:
        at_work = [writers.submit(write, client, acknowledged, enough) for _ in range(WRITERS)]
        assert enough.wait(timeout=20)
        sandbox.kill()
        for writer in at_work:
            writer.result()
    return acknowledged


def assert_all_there(sandbox: Sandbox, kept: list[str]) -> None:
    """What was acknowledged is in the rows and in the ledger, and each is in the other."""
    told = {event["subject"] for event in sandbox.ledger(kind="return.created")}
    assert set(kept) <= told
    with sandbox.client("returnmate") as client:
        assert client.get("/rmas?per_page=1").json()["meta"]["total"] == len(told)
        assert [id_ for id_ in kept if client.get(f"/rmas/{id_}").status_code != 200] == []
