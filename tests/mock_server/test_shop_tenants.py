"""Tenants created from a merchant's own shop, without HTTP: statuses, history, reset, restart and export."""

from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson
import pytest
import sqlalchemy as sa
from support.each import each
from support.shops import SMALL, every_status
from support.worlds import HOUR, NOON, OpenWorld, open_world

from mock_server import vendors
from mock_server.clock import timestamp
from mock_server.engine.problem import Problem
from mock_server.ledger import RETURN_CREATED, RETURN_STATE_CHANGED
from mock_server.seed.present import PresentReturn
from mock_server.shop import template
from mock_server.shop.mistakes import ShopError
from mock_server.store import Row, StoreError, tables

FIRST = {"first_moment": timestamp(NOON), "frozen": True}


def create(opened: OpenWorld, name: str, shop: Any, **options: Any) -> dict[str, Any]:
    reply = opened.call("create_tenant", {"name": name, "shop": shop, **FIRST, **options})
    assert reply.status == 201
    body: dict[str, Any] = reply.body
    return body


def rows(opened: OpenWorld, tenant: str, vendor: str) -> list[Row]:
    return list(opened.world.store.rows(tenant, vendor, "return"))


def content(opened: OpenWorld, tenant: str) -> dict[str, list[Any]]:
    """Return everything that a tenant has, except for the tenant's name."""
    found: dict[str, list[Any]] = {}
    for vendor in opened.vendors:
        for kind in ("return", "order", "invoice", "customer", "product", "shipment"):
            stored = opened.world.store.rows(tenant, vendor, kind)
            found[f"{vendor} {kind}"] = [(row.id, row.status, row.document) for row in stored]
    return {**found, "ledger": list(opened.world.ledger.events(tenant))}


@pytest.fixture(scope="module")
def opened() -> Any:
    with open_world(seed_size=0) as world:
        create(world, "every", every_status())
        yield world


@pytest.mark.parametrize("vendor", vendors.names())
def test_every_status_of_a_vendor_can_be_had_and_left(opened: OpenWorld, vendor: str) -> None:
    words, lifecycle = vendors.shop_words(vendor), opened.vendors[vendor].lifecycle
    expected = Counter(
        words.statuses.get(asked["status"], asked["status"])
        if asked["status"] != "refunded"
        else words.statuses["completed"]
        for asked in every_status()["returns"]
        if asked["vendors"] == vendor
    )
    found = rows(opened, "every", vendor)
    assert Counter(row.status for row in found) == expected
    for row in each(found):
        following = lifecycle.transitions[row.status]
        assert any(moved(opened, vendor, row.id, status) for status in following) or not following


def moved(opened: OpenWorld, vendor: str, id_: str, status: str) -> bool:
    """Move a return; a vendor can refuse a status that its table allows, because of the return's history."""
    try:
        body = {"vendor": vendor, "status": status}
        return opened.call("move_return", body, tenant="every", id=id_).status == 200
    except Problem:
        return False


@pytest.mark.parametrize("vendor", vendors.names())
def test_history_follows_the_lifecycle_in_order(vendor: str) -> None:
    with open_world(seed_size=0) as world:
        create(world, "every", every_status())
        lifecycle = world.vendors[vendor].lifecycle
        changes: dict[str, list[tuple[str, str, int]]] = {}
        for event in each(world.world.ledger.events("every", vendor=vendor, limit=1000)):
            if event.kind == RETURN_CREATED:
                changes[event.subject] = [("", event.body["status"], event.at)]
            elif event.kind == RETURN_STATE_CHANGED:
                changes[event.subject].append((event.body["from"], event.body["to"], event.at))
        for history in each(list(changes.values())):
            assert history[0][1] == lifecycle.initial
            assert all(at <= NOON for _, _, at in history)
            for (_, before, earlier), (left, after, at) in pairwise(history):
                assert left == before
                assert after in lifecycle.transitions[before]
                assert earlier <= at


@pytest.mark.parametrize("age", ["0s", "1s", "1h", "400d"])
def test_any_age_fits(age: str) -> None:
    orders = [{**order, "age": "500d"} for order in every_status()["orders"]]
    returns = [{**asked, "age": age} for asked in every_status()["returns"]]
    with open_world(seed_size=0) as world:
        shown = create(world, "every", {**every_status(), "orders": orders, "returns": returns})
        assert sum(shown["returns"].values()) == len(returns)


@pytest.mark.parametrize("vendor", vendors.names())
def test_nothing_happens_at_the_first_moment_and_parcels_arrive_later(vendor: str) -> None:
    asked = {**SMALL["returns"][0], "status": "in_transit", "age": "20d"}
    order = {**SMALL["orders"][0], "age": "30d"}
    with open_world(seed_size=0) as world:
        create(world, "mugs", {**SMALL, "orders": [order], "returns": [asked]})
        (row,) = rows(world, "mugs", vendor)
        assert row.status == vendors.shop_words(vendor).statuses["in_transit"]
        before = len(world.world.ledger.events("mugs", vendor=vendor))
        world.call("get_clock", tenant="mugs")
        assert len(world.world.ledger.events("mugs", vendor=vendor)) == before
        moved = world.call("advance_clock", {"seconds": 10 * 86_400}, tenant="mugs").body
        assert [ran["error"] for ran in each([ran for ran in moved["ran"] if ran["vendor"] == vendor])].count(
            None
        )


def test_same_shop_and_first_moment_create_the_same_bytes() -> None:
    # The URLs of labels depend on the secret.
    with open_world(seed_size=0, secret="s") as one, open_world(seed_size=0, secret="s") as two:
        for world in (one, two):
            create(world, "mugs", SMALL)
        assert content(one, "mugs") == content(two, "mugs")
        create(one, "later", SMALL, first_moment=timestamp(NOON + HOUR))
        assert content(one, "later") != content(one, "mugs")


def test_reset_restores_the_shop_and_equal_shops_are_stored_once() -> None:
    with open_world(seed_size=0) as world:
        create(world, "mugs", SMALL)
        create(world, "more-mugs", SMALL)
        before = content(world, "mugs")
        (row,) = rows(world, "mugs", "returnmate")
        world.call("move_return", {"vendor": "returnmate", "status": "inspected"}, tenant="mugs", id=row.id)
        assert content(world, "mugs") != before
        assert world.call("reset_tenant", tenant="mugs").body["shop"] is True
        assert content(world, "mugs") == before
        assert world.world.store.select(_count()) == [(1,)]


def _count() -> Any:
    return sa.select(sa.func.count()).select_from(tables.shops)


def test_shop_survives_a_restart_and_is_dropped_with_its_last_tenant(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'sandbox.db'}"
    with open_world(database=url, seed_size=0) as first:
        create(first, "mugs", SMALL)
        before = content(first, "mugs")
    with open_world(database=url, seed_size=0) as again:
        again.call("reset_tenant", tenant="mugs")
        assert content(again, "mugs") == before
        again.call("delete_tenant", tenant="mugs")
    with open_world(database=url, seed_size=0) as last:
        assert last.world.store.select(_count()) == [(0,)]


def test_seed_file_is_the_default_of_every_tenant(tmp_path: Path) -> None:
    file = tmp_path / "shop.yaml"
    file.write_text(template.as_yaml(SMALL, "x"))
    with open_world(seed_file=file) as world:
        assert [row.order_number for row in rows(world, "demo", "returngo")] == ["#5001"]
        world.call("create_tenant", {"name": "plain"})
        assert [row.order_number for row in rows(world, "plain", "returngo")] == ["#5001"]
        world.call("create_tenant", {"name": "generated", "seed_size": 3})
        assert len(rows(world, "generated", "returngo")) == 3


def test_other_seed_file_is_loaded_by_a_reset(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    url, file = f"sqlite:///{tmp_path / 'sandbox.db'}", tmp_path / "shop.yaml"
    with open_world(database=url, seed_size=2) as world:
        assert len(rows(world, "demo", "swap")) == 2
    file.write_text(template.as_yaml(SMALL, "x"))
    with open_world(database=url, seed_file=file) as world:
        assert "reset it to load" in caplog.text
        assert len(rows(world, "demo", "swap")) == 2
        world.call("reset_tenant", tenant="demo")
        assert [row.order_number for row in rows(world, "demo", "swap")] == ["#5001"]
    caplog.clear()
    with open_world(database=url, seed_file=file):
        assert not caplog.text


def test_broken_seed_file_stops_the_start(tmp_path: Path) -> None:
    file = tmp_path / "shop.yaml"
    file.write_text("orders: 1\n")
    with (
        pytest.raises(ShopError, match=r"shop.yaml:1:1: orders must be an array"),
        open_world(seed_file=file),
    ):
        raise StoreError


def test_wrong_shop_is_refused_with_its_fields() -> None:
    wrong = {
        **SMALL,
        "returns": [{"order": "#5001", "status": "recieved", "age": "90d"}, {"order": "1", "status": "x"}],
    }
    with open_world(seed_size=0) as world:
        with pytest.raises(Problem) as refused:
            create(world, "mugs", wrong)
        assert [one.field for one in refused.value.fields] == [
            "shop.returns[0].status",
            "shop.returns[0].age",
            "shop.returns[1].order",
            "shop.returns[1].status",
        ]
        assert refused.value.message.startswith(
            'shop.returns[0].status: There is no status named "recieved". Did you mean'
        )
        with pytest.raises(Problem, match="leave out seed and seed_size"):
            create(world, "mugs", SMALL, seed_size=3)
        assert [tenant.name for tenant in world.tenants.every()] == ["demo"]


@pytest.mark.parametrize("vendor", vendors.names())
def test_returns_of_one_vendor_only_are_loaded(vendor: str) -> None:
    orders = [{**order, "vendors": vendor} for order in SMALL["orders"]]
    shop = {**SMALL, "orders": orders, "returns": [{**one, "vendors": vendor} for one in SMALL["returns"]]}
    with open_world(seed_size=0) as world:
        create(world, "one", shop)
        create(world, "empty", {**shop, "returns": []})
        assert {name: len(rows(world, "one", name)) for name in world.vendors} == {
            name: int(name == vendor) for name in world.vendors
        }
        assert not any(rows(world, "empty", name) for name in each(world.vendors))


def test_vendors_have_only_what_is_theirs() -> None:
    returns = [
        {"order": "#5001", "status": "approved", "vendors": "returngo", "items": ["MUG-BLU"]},
        {"order": "#5001", "status": "approved", "vendors": ["swap", "returnmate"], "items": ["TEE-NVY-M"],
         "by_vendor": {"swap": {"status": "on_hold", "reason": "Colour faded", "type": "exchange"}}},
    ]  # fmt: skip
    with open_world(seed_size=0) as world:
        assert create(world, "mugs", {**SMALL, "returns": returns})["returns"] == {
            "exsited": 0, "returngo": 1, "returnlogic": 0, "returnmate": 1, "swap": 1,
        }  # fmt: skip
        (row,) = rows(world, "mugs", "swap")
        document = orjson.loads(row.document)
        assert (row.status, document["products"][0]["main_reason_text"]) == ("on_hold", "Colour faded")
        assert document["type_string"] == "Exchange"
        assert rows(world, "mugs", "returnmate")[0].status == "approved"


def test_unreturned_units_can_still_be_returned_at_the_shops_price() -> None:
    with open_world(seed_size=0) as world:
        create(world, "mugs", SMALL)
        for vendor in each(list(world.vendors)):
            request = {
                "vendor": vendor,
                "order_number": "#5001",
                "customer_email": "iris.lane@example.com",
                "items": [{"sku": "TEE-NVY-M", "quantity": 1, "reason": "wrong_size"}],
            }
            assert world.call("create_tenant_return", request, tenant="mugs").status == 201
            present = world.vendors[vendor].read_shop("mugs").returns[-1]
            assert present.order.customer.name == "Iris Lane", vendor
            assert [str(item.unit_price.normalize()) for item in present.items] == ["35.5"], vendor
            assert present.items[0].name.startswith("Cotton tee"), vendor


@pytest.mark.parametrize("size", [0, 60])
def test_exported_tenant_can_be_created_again(size: int) -> None:
    with open_world(seed_size=size) as world:
        world.call("freeze_clock", tenant="demo")
        if not size:
            create(world, "source", every_status())
        source = "source" if not size else "demo"
        now = world.call("get_tenant", tenant=source).body["now"]
        shop = world.call("export_shop", tenant=source).body
        create(world, "again", shop, first_moment=now)
        for name, vendor in each(list(world.vendors.items())):
            before, after = vendor.read_shop(source), vendor.read_shop("again")
            assert Counter(map(_told, before.returns)) == Counter(map(_told, after.returns)), name
            assert before.returns or not size
            if before.own_orders:
                assert {order.number for order in before.orders} <= {order.number for order in after.orders}
            emails = {order.customer.email.lower() for order in before.orders}
            assert emails <= {customer.email.lower() for customer in after.customers} or not emails
        assert world.call("export_shop", tenant="again").body["products"] == shop["products"]


def test_records_that_no_shop_can_contain_are_left_out_and_counted() -> None:
    odd = {"order_number": "#5001", "customer_email": "a@example.com", "items": []}
    items = [{"sku": "OTHER", "quantity": 1, "reason": "no_such_reason"}]
    with open_world(seed_size=0) as world:
        create(world, "mugs", SMALL)
        for vendor in ("returnmate", "swap"):
            request = {**odd, "vendor": vendor, "items": items}
            assert world.call("create_tenant_return", request, tenant="mugs").status == 201
        reply = world.call("export_shop", tenant="mugs")
        assert dict(reply.headers) == {b"x-sandbox-left-out": b"1"}
        returned = [asked for asked in reply.body["returns"] if asked["items"][0]["sku"] == "OTHER"]
        assert [asked["vendors"] for asked in returned] == [["swap"]]
        create(world, "again", reply.body, first_moment=world.call("get_tenant", tenant="mugs").body["now"])


def _told(found: PresentReturn) -> tuple[Any, ...]:
    units = Counter({item.sku: 0 for item in found.items})
    for item in found.items:
        units[item.sku] += item.quantity
    skus = tuple(sorted(units.items()))
    return found.order.number, found.order.customer.email.lower(), found.status, found.created_at, skus
