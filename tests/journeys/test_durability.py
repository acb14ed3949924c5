"""A sandbox that is killed while clients write has every write that it acknowledged, in rows and ledger."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import httpx
from support.sandbox import running

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
    for _ in range(KILLS):
        acknowledged: list[str] = []
        enough = Event()
        with running(tmp_path, "--no-rate-limits", "--seed-size", "0") as sandbox:
            with sandbox.client("returnmate") as client, ThreadPoolExecutor(WRITERS) as writers:
                at_work = [writers.submit(write, client, acknowledged, enough) for _ in range(WRITERS)]
                assert enough.wait(timeout=20)
                sandbox.kill()
                for writer in at_work:
                    writer.result()
            kept += acknowledged
        with running(tmp_path, "--no-rate-limits", "--seed-size", "0") as sandbox:
            told = {event["subject"] for event in sandbox.ledger(kind="return.created")}
            with sandbox.client("returnmate") as client:
                total = client.get("/rmas?per_page=1").json()["meta"]["total"]
                lost = [id_ for id_ in acknowledged if client.get(f"/rmas/{id_}").status_code != 200]
        assert lost == []
        assert set(kept) <= told
        assert total == len(told)
