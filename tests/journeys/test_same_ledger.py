"""The same seed and the same calls give the same ledger, byte for byte, in two processes."""

from concurrent.futures import ThreadPoolExecutor

from support.each import each

from mock_server.testing import Tenant, started

ITEM = {"sku": "TEE-NVY-M", "quantity": 2, "reason": "damaged"}


def ledger_after_calls(options: tuple[str, ...]) -> list[bytes]:
    """Return the pages of the ledger of a tenant in a process of its own, after calls of every kind."""
    with started("--seed-size", "0", *options) as sandbox:
        tenant = sandbox.create_tenant(
            "acme", seed=7, seed_size=40, first_moment="2026-03-02T09:00:00Z", frozen=True
        )
        use(tenant)
        tenant.snapshot("s")
        tenant.clock.advance("10d")
        tenant.snapshots()[0].restore()
        use(tenant)
        assert tenant.verify().differences == ()
        return [
            sandbox._http.get("/tenants/acme/ledger", params={"after": after, "limit": 1000}).content
            for after in range(0, len(tenant.ledger()), 1000)
        ]


def use(tenant: Tenant) -> None:
    for vendor in each(tenant.call("GET", "")["returns"]):
        created = tenant.create_return(vendor, items=[ITEM], order_number="#77")
        assert created.id
    with tenant.client("returnmate") as http:
        body = {"order_number": "#78", "customer_email": "kim@example.com", "items": [ITEM]}
        made = http.post("/rmas", json=body).json()["data"]
        http.patch(f"/rmas/{made['id']}", json={"status": "approved"}).raise_for_status()
        label = {"carrier": "australia_post"}
        http.post(f"/rmas/{made['id']}/shipments", json=label).raise_for_status()
    tenant.move("swap", tenant.create_return("swap", items=[ITEM]).id, "cancelled")
    tenant.switch("returnlogic", "maintenance", on=True)
    tenant.clock.advance("3d12h")
    tenant.switch("returnlogic", "maintenance", on=False)


def test_same_seed_and_calls_give_the_same_ledger_bytes() -> None:
    with ThreadPoolExecutor(2) as processes:
        one, two = processes.map(ledger_after_calls, [(), ("--no-rate-limits",)])
    assert len(one) >= 2
    assert one == two
