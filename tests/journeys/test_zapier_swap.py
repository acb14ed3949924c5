"""Swap's app in Zapier's core, against the running sandbox."""

from collections import Counter
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from support.each import each
from support.sandbox import Sandbox
from support.zapier import Shop, Zap, ZapierApp, ZapierError

from connector.definition.compiler import integration

VENDOR = "swap"
OFFER = integration(VENDOR)
OFFERED = {key for key, one in OFFER.triggers.items() if "zapier" in one.guarantees}
SKU = "TEE-NVY-M"
_numbers = count(1)


@pytest.fixture(scope="module")
def app(zapier_apps: Callable[[str], ZapierApp]) -> ZapierApp:
    return zapier_apps(VENDOR)


def opened(app: ZapierApp, sandbox: Sandbox, **options: object) -> Shop:
    tenant = sandbox.tenant(f"zapier-{VENDOR}-{next(_numbers)}", limits="off", **options)
    fields = sandbox.credentials(VENDOR, tenant)["fields"]
    return Shop(app, sandbox, tenant, {**fields, "environment": "sandbox"}, VENDOR)


@pytest.fixture(scope="module")
def seeded(app: ZapierApp, sandbox: Sandbox) -> Shop:
    """A tenant with 150 seeded returns; tests only read from it."""
    return opened(app, sandbox)


@pytest.fixture
def shop(app: ZapierApp, sandbox: Sandbox) -> Shop:
    """A new tenant without returns."""
    return opened(app, sandbox, seed_size=0)


def inspect(shop: Shop, order: str, **options: Any) -> dict[str, Any]:
    found = {"order_number": order, "sku": SKU, "condition": "Sellable", "quantity": "1"}
    return shop.create("update_quality_control", **{**found, **options})


def zap(shop: Shop, key: str) -> Zap:
    identity = tuple(path[0] for path in OFFER.triggers[key].guarantees["zapier"].dedupe)
    return Zap(shop, key, identity).switch_on()


def test_app_is_valid_and_contains_everything_in_the_catalog(app: ZapierApp) -> None:
    assert app.call(command="validate") == []
    definition = app.call(command="definition")
    shown = {key for key, one in definition["triggers"].items() if not one["display"].get("hidden")}
    assert shown == OFFERED
    assert definition["creates"].keys() == OFFER.actions.keys()
    assert definition["searches"].keys() == OFFER.searches.keys()
    assert "throttle" not in definition, "no limit is documented"


def test_login_is_verified_and_named_by_its_store(app: ZapierApp, seeded: Shop) -> None:
    assert app.run("authentication.test", auth=seeded.auth) == {"account": "store_123abc (Sandbox)"}


@pytest.mark.parametrize("key", sorted(OFFERED))
def test_poll_returns_what_the_definition_declares(seeded: Shop, app: ZapierApp, key: str) -> None:
    operation = app.call(command="definition")["triggers"][key]["operation"]
    identity = [field["key"] for field in operation["outputFields"] if field.get("primary")]
    assert identity == [path[0] for path in OFFER.triggers[key].guarantees["zapier"].dedupe]
    rows = seeded.trigger(key)
    assert max(Counter(tuple(row[name] for name in identity) for row in rows).values(), default=1) == 1
    for row in each(rows):
        assert operation["sample"].keys() - {"summary"} <= row.keys()
    assert len(seeded.trigger(key, limit=1)) == min(1, len(rows))
    updated = [row["date_updated"] for row in seeded.trigger("return_status_changed")]
    assert updated == sorted(updated, reverse=True)


def test_quality_control_is_recorded_and_fires(shop: Shop) -> None:
    made, other = shop.create_return("#1"), shop.create_return("#2")
    keys = ("quality_control_passed", "quality_control_failed", "quality_control_changed", "return_completed")
    zaps = {key: zap(shop, key) for key in keys}
    shop.advance(60)
    assert inspect(shop, "#1") == {"message": f"Quality control of {made['rma_number']} was updated."}
    inspect(shop, "#2", condition="Damaged")
    fired = {key: {row["return_id"] for row in watching.poll()} for key, watching in zaps.items()}
    one, two = made["return_id"], other["return_id"]
    assert fired == {keys[0]: {one}, keys[1]: {two}, keys[2]: {one, two}, keys[3]: {one}}
    assert [watching.poll() for watching in zaps.values()] == [[]] * 4


def test_searches_find_by_number_order_customer_and_date(seeded: Shop) -> None:
    wanted = seeded.trigger("new_return")[-1]
    order = {"order_number": wanted["shopify_order_name"]}
    for given in (order, *({key: wanted[key]} for key in ("rma_number", "customer_email"))):
        found = seeded.search("find_return", **given)
        assert wanted["return_id"] in {row["return_id"] for row in found}
    assert seeded.search("find_return", rma_number="RMA-1999-001") == []
    with pytest.raises(ZapierError, match="Fill in at least one"):
        seeded.search("find_return")
    since = wanted["submission_date"]
    rows = seeded.search("list_submitted_returns", submitted_after=since)
    assert all(row["submission_date"] > since for row in each(rows))
    assert seeded.search("list_submitted_returns", submitted_after=since, submitted_before=since) == []
