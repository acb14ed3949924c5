"""A hub that is killed in the middle of its work loses nothing and sends nothing under a second id."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from support.sandbox import Sandbox
from support.webhook_receiver import receiving

VENDOR = "returnmate"
PATIENCE = 30.0


@dataclass
class Process:
    """A running `returns hub`, and a client of its API."""

    process: subprocess.Popen[str]
    api: httpx.Client

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@contextmanager
def running_hub(folder: Path, key: str = "") -> Iterator[tuple[Process, str]]:
    """Run a hub on a free port until the block ends; yield it with its admin key."""
    command = [str(Path(sys.executable).with_name("returns")), "hub", "--port", "0", "--interval", "1"]
    command += ["--database", f"sqlite:///{folder / 'hub.sqlite3'}", "--key-file", str(folder / "hub.key")]
    command += ["--webhook-allow", "127.0.0.1"]
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env={**os.environ, "NO_COLOR": "1"}
    )
    try:
        assert process.stderr
        url = ""
        while not url or not key:
            line = process.stderr.readline()
            assert line, "the hub ended"
            if found := re.search(r"listens on (http\S+)\.$", line):
                url = found[1]
            if found := re.search(r"shown only now: (\S+)", line):
                key = found[1]
        client = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, verify=False)
        with client as api:
            yield Process(process, api), key
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()


def create_return(sandbox: Sandbox, tenant: str) -> str:
    body = {
        "vendor": VENDOR,
        "order_number": "#1001",
        "customer_email": "iris.lane@example.com",
        "items": [{"sku": "TEE-NVY-M", "quantity": 1, "reason": "wrong_size"}],
    }
    answer = sandbox.control.post(f"/tenants/{tenant}/returns", json=body)
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()["document"]
    return str(created["id"])


def polled(hub: Process) -> bool:
    [connection] = hub.api.get("/connections").json()["connections"]
    return all(one["polled_at"] for one in connection["lists"])


def test_a_killed_hub_loses_nothing(sandbox: Sandbox, tmp_path: Path) -> None:
    tenant = sandbox.tenant("killed-hub", seed_size=0)
    login = sandbox.credentials(VENDOR, tenant)
    with receiving() as receiver:
        with running_hub(tmp_path) as (hub, key):
            body = {
                "vendor": VENDOR,
                "name": "shop",
                "base_url": login["base_url"],
                "fields": login["fields"],
            }
            answer = hub.api.post("/connections", json=body)
            assert answer.status_code == 201, answer.text
            answer = hub.api.post(
                "/subscriptions", json={"trigger": "return_created", "target": receiver.url}
            )
            assert answer.status_code == 201, answer.text
            receiver.wait(lambda: polled(hub), PATIENCE)
            receiver.status = 503
            first = create_return(sandbox, tenant)
            receiver.wait(lambda: bool(receiver.got), PATIENCE)
            second = create_return(sandbox, tenant)
            hub.kill()
        third = create_return(sandbox, tenant)
        receiver.status = 200
        already = len(receiver.got)
        with running_hub(tmp_path, key) as (hub, _key):
            receiver.wait(lambda: len(receiver.got) >= already + 3, PATIENCE)
            time.sleep(0.2)
            deliveries = hub.api.get("/deliveries").json()["deliveries"]
        delivered = [body["data"]["id"] for _, body in receiver.got[already:]]
        assert sorted(delivered) == sorted([first, second, third])
        assert {one["state"] for one in deliveries} == {"delivered"}
        assert len({one["event_id"] for one in deliveries}) == len(deliveries) == 3
