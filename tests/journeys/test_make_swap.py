"""Swap's Make app in the emulator, against the sandbox: results and refusals of each module."""

from collections.abc import Iterator
from typing import Any

import pytest
from support.each import each
from support.make.connections import connect
from support.make.requests import MakeError
from support.make.shop import MakeShop, Vendor, opened
from support.sandbox import Sandbox

SKU = "TEE-NVY-M"


@pytest.fixture(scope="module")
def vendor(sandbox: Sandbox) -> Iterator[Vendor]:
    with opened("swap", sandbox) as found:
        yield found


@pytest.fixture(scope="module")
def seeded(vendor: Vendor) -> MakeShop:
    """A tenant with 150 seeded returns; tests only read from it."""
    return vendor.shop()


@pytest.fixture
def shop(vendor: Vendor) -> MakeShop:
    """A new tenant without returns."""
    return vendor.shop(seed_size=0)


def inspect(shop: MakeShop, order: str, **options: Any) -> list[dict[str, Any]]:
    found = {"order_number": order, "sku": SKU, "condition": "Sellable", "quantity": "1"}
    return shop.make.run("updateQualityControl", **{**found, **options})


def test_connection_is_named_by_its_store_and_a_wrong_login_is_refused(
    vendor: Vendor, seeded: MakeShop
) -> None:
    assert seeded.make.shown_as == "store_123abc (Production)"
    typed = vendor.typed(seeded.fields)
    for wrong, kind in (
        ({"api_key": "unknown"}, "InvalidAccessTokenError"),
        ({"store_id": "store_none"}, "DataError"),
    ):
        with pytest.raises(MakeError) as caught:
            connect(vendor.app, seeded.make.wire, seeded.make.now, **{**typed, **wrong})
        assert caught.value.type == kind
    with pytest.raises(MakeError, match="required parameter 'store_id'"):
        connect(vendor.app, seeded.make.wire, seeded.make.now, api_key=typed["api_key"])


def test_new_return_is_emitted_once_and_not_after_changes(shop: MakeShop) -> None:
    shop.create_return("#1")
    watching = shop.watch("newReturn")
    assert len(watching.drain()) == 1
    made = [shop.create_return("#2")["return_id"], shop.create_return("#3")["return_id"]]
    assert {row["return_id"] for row in watching.poll()} == set(made)
    shop.advance(60)
    shop.move(made[0], "processing")
    assert watching.poll() == []


def test_quality_control_is_recorded_and_fires_its_trigger(shop: MakeShop) -> None:
    made, other = shop.create_return("#1"), shop.create_return("#2")
    names = ("qualityControlPassed", "qualityControlFailed", "returnCompleted")
    watching = {name: shop.watch(name) for name in names}
    assert [one.drain() for one in watching.values()] == [[], [], []]
    shop.advance(60)
    assert inspect(shop, "#1") == [{"message": f"Quality control of {made['rma_number']} was updated."}]
    inspect(shop, "#2", condition="Damaged")
    handed = {name: [row["return_id"] for row in one.poll()] for name, one in watching.items()}
    one, two = made["return_id"], other["return_id"]
    assert handed == {names[0]: [one], names[1]: [two], names[2]: [one]}
    assert [watching[name].poll() for name in names] == [[], [], []]


def test_later_change_of_a_passed_return_is_emitted_again(shop: MakeShop) -> None:
    """As the guarantee table states for Make, which cannot compare a record with its earlier state."""
    shop.create_return("#1")
    passed, completed = shop.watch("qualityControlPassed"), shop.watch("returnCompleted")
    inspect(shop, "#1")
    assert (len(passed.poll()), len(completed.poll())) == (1, 1)
    shop.advance(60)
    inspect(shop, "#1", quantity="1")
    assert len(passed.poll()) == 1
    assert completed.poll() == []
    promise = shop.vendor.offer.triggers["quality_control_passed"].guarantees["make"]
    assert promise.delivers == "while_there"
    assert "is delivered again" in promise.loses


def test_delivery_is_emitted_once(shop: MakeShop) -> None:
    made = shop.create_return("#1")
    arrived = shop.watch("returnDelivered")
    shop.advance(21 * 3600)
    assert arrived.poll() == []
    shop.advance(53 * 3600)
    assert [row["return_id"] for row in arrived.poll()] == [made["return_id"]]
    shop.move(made["return_id"], "on_hold")
    assert arrived.poll() == []


def test_searches_find_by_number_order_customer_and_date(seeded: MakeShop) -> None:
    wanted = seeded.watch("newReturn").drain()[0]
    order = {"order_number": wanted["shopify_order_name"]}
    for given in (order, *({key: wanted[key]} for key in ("rma_number", "customer_email"))):
        found = seeded.make.run("findReturn", **given)
        assert wanted["return_id"] in {row["return_id"] for row in found}
    assert seeded.make.run("findReturn", rma_number="RMA-1999-001") == []
    since = wanted["submission_date"]
    rows = seeded.make.run("listSubmittedReturns", submitted_after=since, limit=500)
    assert all(row["submission_date"] > since for row in each(rows))
    assert seeded.make.run("listSubmittedReturns", submitted_after=since, submitted_before=since) == []
    assert len(seeded.make.run("listSubmittedReturns", submitted_after="2020-01-01", limit=500)) == 150


def test_dropdown_reads_more_than_one_page(seeded: MakeShop) -> None:
    shown = seeded.make.rpc("listOrders")
    assert len(shown) == 150
    assert shown[0]["label"].startswith(f"{shown[0]['value']} · RMA-")


def test_refusal_contains_the_vendors_message(shop: MakeShop) -> None:
    with pytest.raises(MakeError, match=r"\[400\] .+") as caught:
        inspect(shop, "#1", sku="")
    assert caught.value.type == "DataError"
    assert shop.fields["api_key"] not in str(shop.make.wire.log)
