"""Tenants: created, reset, deleted, and isolated from each other."""

from pathlib import Path
from typing import Any

import pytest
from support.worlds import HOUR, NOON, OpenWorld, open_world

from mock_server.ledger import Event
from mock_server.spelling import UnknownNameError, listed
from mock_server.tenants import TenantExistsError, UnknownTenantError

VENDOR = "returnmate"


def summaries(opened: OpenWorld, tenant: str) -> list[bytes]:
    return opened.world.store.page(tenant, VENDOR, "return", limit=500)[0]


def events(opened: OpenWorld, tenant: str) -> list[Event]:
    return opened.world.ledger.events(tenant)


def test_demo_always_exists() -> None:
    with open_world() as opened:
        assert [tenant.name for tenant in opened.tenants.every()] == ["demo"]
        assert len(summaries(opened, "demo")) == 5
        with pytest.raises(ValueError, match="'demo' always exists"):
            opened.tenants.delete("demo")


def test_seed_is_created_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'sandbox.db'}"
    with open_world(database=url) as first:
        before = summaries(first, "demo"), events(first, "demo")
    with open_world(database=url, seed_size=9) as again:
        assert (summaries(again, "demo"), events(again, "demo")) == before


def test_same_seed_and_first_moment_create_the_same_bytes() -> None:
    options: dict[str, Any] = {"seed": 3, "seed_size": 12, "first_moment": NOON}
    with open_world() as one, open_world() as two:
        one.tenants.create("acme", **options)
        two.tenants.create("acme", **options)
        assert summaries(one, "acme") == summaries(two, "acme")
        assert events(one, "acme") == events(two, "acme")


def test_reset_returns_to_the_chosen_moment() -> None:
    with open_world() as opened:
        opened.tenants.create("acme", first_moment=NOON, frozen=True)
        before = summaries(opened, "acme"), events(opened, "acme")
        key = opened.world.keys.key("acme", VENDOR)
        opened.world.clocks.advance("acme", NOON + HOUR)
        with opened.world.store.change() as change:
            change.record(
                "acme", VENDOR, kind="return.created", subject="more", at=NOON, body={"status": "x"}
            )
        opened.tenants.reset("acme")
        assert (summaries(opened, "acme"), events(opened, "acme")) == before
        assert opened.world.clocks.now("acme") == NOON
        assert opened.world.keys.look_up(VENDOR, key)


def test_reset_without_a_chosen_moment_starts_at_real_time() -> None:
    with open_world() as opened:
        clocks = opened.world.clocks
        opened.tenants.create("acme")
        clocks.advance("acme", clocks.now("acme") + 72 * HOUR)
        opened.tenants.reset("acme")
        assert abs(clocks.offset("acme")) < HOUR


def test_reset_restarts_rate_windows() -> None:
    with open_world() as opened:
        opened.tenants.create("acme", limits="on", first_moment=NOON, frozen=True)
        grant = opened.world.keys.look_up(VENDOR, opened.world.keys.key("acme", VENDOR))
        assert grant is not None
        used = [opened.world.limiter.take(grant, NOON) for _ in range(2)][-1]
        opened.tenants.reset("acme")
        assert opened.world.limiter.take(grant, NOON).remaining == used.remaining + 1


def test_deleted_tenant_leaves_nothing() -> None:
    with open_world() as opened:
        opened.tenants.create("acme")
        key = opened.world.keys.key("acme", VENDOR)
        opened.tenants.delete("acme")
        assert opened.world.keys.look_up(VENDOR, key) is None
        assert summaries(opened, "acme") == []
        assert events(opened, "acme") == []
        with pytest.raises(UnknownTenantError, match='There is no tenant named "acme"'):
            opened.tenants.get("acme")
        with pytest.raises(KeyError):
            opened.world.clocks.now("acme")
        assert len(summaries(opened, "demo")) == 5


@pytest.mark.parametrize("name", ["", "a", "Acme", "1st", "a" * 41, "a_b", "a/b", "acme\n"])
def test_impossible_name_is_refused(name: str) -> None:
    with open_world() as opened, pytest.raises(ValueError, match="cannot be a tenant's name"):
        opened.tenants.create(name)


def test_name_is_unique_and_the_plan_must_exist() -> None:
    with open_world() as opened:
        opened.tenants.create("acme", plan="professional")
        plans = {held.vendor: held.plan.name for held in opened.world.keys.held_by("acme")}
        offered = {name: list(vendor.plans) for name, vendor in opened.vendors.items()}
        assert plans == {
            name: "professional" if "professional" in known else known[0] for name, known in offered.items()
        }
        assert "professional" in plans.values()
        with pytest.raises(TenantExistsError, match="There is a tenant 'acme' already"):
            opened.tenants.create("acme")
        known = listed(sorted({plan for plans in offered.values() for plan in plans}))
        with pytest.raises(UnknownNameError, match=f'There is no plan named "gold". Choose {known}'):
            opened.tenants.create("other", plan="gold")


def test_tenant_whose_seed_fails_does_not_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    with open_world() as opened:

        def fail(*_: object) -> None:
            raise RuntimeError

        monkeypatch.setattr(opened.vendors[VENDOR], "write_seed", fail, raising=False)
        with pytest.raises(RuntimeError):
            opened.tenants.create("acme")
        assert [tenant.name for tenant in opened.tenants.every()] == ["demo"]
        assert opened.world.keys.held_by("acme") == []


def test_limits_mode_survives_a_restart(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'sandbox.db'}"
    with open_world(database=url) as first:
        first.tenants.create("acme", limits="off")
    with open_world(database=url) as again:
        assert not again.world.limiter.enforced("acme")
        assert again.world.limiter.enforced("demo")


def test_two_worlds_share_no_state() -> None:
    with open_world() as one, open_world() as two:
        one.tenants.create("acme")
        assert [tenant.name for tenant in two.tenants.every()] == ["demo"]
        assert two.world.keys.look_up(VENDOR, one.world.keys.key("acme", VENDOR)) is None
        one.world.clocks.freeze("demo")
        assert not two.world.clocks.frozen("demo")
