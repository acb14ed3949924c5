"""A hub that is killed in the middle of its work loses nothing and sends nothing under a second id."""

from pathlib import Path
from typing import Any

from support.hub_process import HubProcess, running_hub
from support.sandbox import Sandbox
from support.webhook_receiver import receiving

VENDOR = "swap"
"""Its limits let the hub poll every second; ReturnMate's allow a poll every 20 s."""
PATIENCE = 120.0


def create_return(sandbox: Sandbox, tenant: str) -> str:
    body = {
        "vendor": VENDOR,
        "order_number": "#1001",
        "customer_email": "iris.lane@example.com",
        "items": [{"sku": "TEE-NVY-M", "quantity": 1, "reason": "wrong_size"}],
    }
    answer = sandbox.control.post(f"/tenants/{tenant}/returns", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def deliveries(hub: HubProcess) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = hub.api.get("/deliveries").json()["deliveries"]
    return found


def test_a_killed_hub_loses_nothing(sandbox: Sandbox, tmp_path: Path) -> None:
    tenant = sandbox.tenant("killed-hub", seed_size=0)
    login = sandbox.credentials(VENDOR, tenant)
    with receiving() as receiver:
        with running_hub(tmp_path) as hub:
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
            receiver.wait(hub.has_polled, PATIENCE)
            receiver.status = 503
            first = create_return(sandbox, tenant)
            receiver.wait(lambda: bool(receiver.got), PATIENCE)
            second = create_return(sandbox, tenant)
            hub.kill()
        third = create_return(sandbox, tenant)
        receiver.status = 200
        already = len(receiver.got)
        with running_hub(tmp_path, hub.key) as hub:
            receiver.wait(lambda: len(receiver.got) >= already + 3, PATIENCE)
            hub.wait(lambda: {one["state"] for one in deliveries(hub)} == {"delivered"})
            settled = deliveries(hub)
        delivered = [body["data"]["id"] for _, body in receiver.got[already:]]
        assert sorted(delivered) == sorted([first, second, third])
        assert len({one["event_id"] for one in settled}) == len(settled) == 3
