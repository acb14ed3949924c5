"""ReturnMate's Make app in the emulator, against the sandbox: results and refusals of each module."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from support.make.connections import connect
from support.make.requests import MakeError
from support.make.shop import MakeShop, Vendor, opened
from support.sandbox import Sandbox

ITEM = {"sku": "BOOT-CHE-39", "quantity": "2", "reason": "defective", "notes": ""}


@pytest.fixture(scope="module")
def vendor(sandbox: Sandbox) -> Iterator[Vendor]:
    with opened("returnmate", sandbox) as found:
        yield found


@pytest.fixture(scope="module")
def seeded(vendor: Vendor) -> MakeShop:
    """A tenant with 150 seeded returns; tests only read from it."""
    return vendor.shop()


@pytest.fixture
def shop(vendor: Vendor) -> MakeShop:
    """A new tenant without returns."""
    return vendor.shop(seed_size=0)


def test_connection_is_named_and_a_wrong_key_is_refused(vendor: Vendor, seeded: MakeShop) -> None:
    assert seeded.make.shown_as == "ReturnMate (Production)"
    typed = {"api_key": "unknown", "store_name": "Example Outfitters", "environment": "sandbox"}
    with pytest.raises(MakeError, match=r"\[401\] ") as caught:
        connect(vendor.app, seeded.make.wire, seeded.make.now, **typed)
    assert caught.value.type == "InvalidAccessTokenError"
    typed["api_key"] = seeded.fields["api_key"]
    made = connect(vendor.app, seeded.make.wire, seeded.make.now, **typed)
    assert made.shown_as == "Example Outfitters (Sandbox)"


def test_environment_selects_the_base_url(vendor: Vendor, seeded: MakeShop) -> None:
    typed = {"api_key": seeded.fields["api_key"], "environment": "sandbox"}
    made = connect(vendor.app, seeded.make.wire, seeded.make.now, **typed)
    made.run("findReturn", limit=1)
    assert made.wire.log[-1]["request"]["url"] == "https://api.sandbox.returnmate.io/v1/rmas"


def test_new_return_is_emitted_once_and_not_after_changes(shop: MakeShop) -> None:
    shop.create_return("#1")
    watching = shop.watch("newReturn", shop.make.now + timedelta(seconds=1))
    shop.advance(60)
    assert watching.poll() == []
    made = [shop.create_return("#2")["id"], shop.create_return("#3")["id"]]
    assert {row["id"] for row in watching.poll()} == set(made)
    shop.move(made[0], "approved")
    assert watching.poll() == []


def test_returns_with_equal_timestamps_are_emitted_once_each(shop: MakeShop) -> None:
    moment = shop.make.now.strftime("%Y-%m-%dT%H:%M:%SZ")
    made = {shop.create_return(f"#{number}", created_at=moment)["id"] for number in range(5)}
    watching = shop.watch("newReturn", limit=2)
    handed = [row["id"] for _ in range(4) for row in watching.poll()]
    assert (len(handed), set(handed)) == (5, made)
    late = shop.create_return("#9", created_at=moment)["id"]
    assert [row["id"] for row in watching.poll()] == [late]


def test_more_than_a_page_is_emitted_oldest_first(shop: MakeShop) -> None:
    made = [shop.create_return(f"#{number}")["id"] for number in range(130)]
    assert {row["id"] for row in shop.watch("newReturn", limit=500).poll()} == set(made)
    few = shop.watch("newReturn", limit=60)
    handed = [row["id"] for row in few.drain()]
    assert (len(handed), set(handed)) == (130, set(made))


def test_record_that_appears_after_a_newer_one_was_delivered_is_missed(shop: MakeShop) -> None:
    """This is the gap that the guarantee table states for Make."""
    watching = shop.watch("newReturn")
    shop.create_return("#1")
    assert len(watching.poll()) == 1
    earlier = (shop.make.now - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    shop.create_return("#2", created_at=earlier)
    assert watching.poll() == []


def test_shipment_is_emitted_when_created_and_when_delivered(shop: MakeShop) -> None:
    made = shop.create_return()
    shop.move(made["id"], "approved")
    new, delivered = shop.watch("newShipment"), shop.watch("shipmentDelivered")
    (label,) = shop.make.run("createShippingLabel", return_id=made["id"], carrier="australia_post")
    assert [row["id"] for row in new.poll()] == [label["id"]]
    assert delivered.poll() == []
    shop.advance(4 * 86_400)
    assert [row["id"] for row in delivered.poll()] == [label["id"]]
    assert new.poll() == delivered.poll() == []
    (shipment,) = shop.make.run("getShipment", shipment_id=label["id"])
    assert shipment["status"] == "delivered"
    assert len(shop.make.run("trackShipment", shipment_id=label["id"])) > 1
    assert len(shop.make.run("trackShipment", shipment_id=label["id"], limit=1)) == 1


def test_return_is_created_updated_and_noted(shop: MakeShop) -> None:
    (made,) = shop.make.run(
        "createReturn",
        order_number="#1001",
        customer_email="iris.lane@example.com",
        items=[ITEM, {**ITEM, "sku": "X"}],
    )
    assert [(one["sku"], one["quantity"]) for one in made["items"]] == [("BOOT-CHE-39", 2), ("X", 2)]
    assert made["return_type"] == "refund"
    (moved,) = shop.make.run("updateReturnStatus", return_id=made["id"], status="approved", note="Fine")
    assert moved["status"] == "approved"
    (note,) = shop.make.run("addNote", return_id=made["id"], note="Call back", internal=False)
    assert (note["content"], note["internal"]) == ("Call back", False)
    (found,) = shop.make.run("getReturn", return_id=made["id"])
    assert {"Fine", "Call back"} <= {one["content"] for one in found["notes"]}
    (history,) = shop.make.run("getCustomerStats", customer_email="iris.lane@example.com")
    assert history["total_returns"] == 1
    assert [
        row["id"] for row in shop.make.run("listCustomerReturns", customer_email="iris.lane@example.com")
    ] == [made["id"]]


def test_refusal_names_the_invalid_field(shop: MakeShop) -> None:
    with pytest.raises(MakeError) as caught:
        shop.make.run("createReturn", order_number="#1", customer_email="unknown", items=[ITEM])
    assert (caught.value.type, caught.value.status) == ("DataError", 400)
    assert "customer_email" in caught.value.message
    with pytest.raises(MakeError, match="required parameter 'order_number'"):
        shop.make.run("createReturn", customer_email="iris.lane@example.com", items=[ITEM])
    with pytest.raises(MakeError, match=r"\[404\]") as caught:
        shop.make.run("getReturn", return_id="rma_none")
    assert caught.value.type == "DataError"
    for elsewhere in ("..", "a/b", "a?b", "a#b", "%2e%2e"):
        with pytest.raises(MakeError, match="BundleValidationError"):
            shop.make.run("getReturn", return_id=elsewhere)


def test_searches_find_by_number_order_and_customer(seeded: MakeShop) -> None:
    rows = seeded.watch("newReturn", limit=200).poll()
    oldest = rows[0]
    assert [row["id"] for row in seeded.make.run("findReturn", rma_number=oldest["rma_number"].lower())] == [
        oldest["id"]
    ]
    for key, value in (
        ("order_number", oldest["order_number"]),
        ("customer_email", oldest["customer"]["email"]),
    ):
        assert oldest["id"] in {row["id"] for row in seeded.make.run("findReturn", **{key: value})}
    assert seeded.make.run("findReturn", rma_number="RMA-1999-000001") == []
    assert len(seeded.make.run("findReturn", limit=120)) == 120
    assert len(seeded.make.run("findReturn")) == 10


def test_reports_cover_the_requested_days(seeded: MakeShop) -> None:
    (every,) = seeded.make.run("getReturnsReport")
    (one,) = seeded.make.run(
        "getReturnsReport", start_date="2020-01-01", end_date="2020-01-02", group_by="day"
    )
    assert every["total_rmas"] == 150
    assert one["total_rmas"] == 0
    assert seeded.make.wire.log[-1]["request"]["qs"]["start_date"] == "2020-01-01"
    assert seeded.make.run("getReasonsReport")
    assert seeded.make.run("getCarriersReport")


def test_dropdown_reads_more_than_one_page(seeded: MakeShop) -> None:
    shown = seeded.make.rpc("listReturns")
    assert len({one["value"] for one in shown}) == 150
    assert shown[0]["label"].startswith("RMA-")
    assert " · " in shown[0]["label"]


def test_rate_limit_and_revoked_key_stop_a_scenario(vendor: Vendor) -> None:
    shop = vendor.shop(seed_size=0, limits="on", plan="starter", frozen=True)
    with pytest.raises(MakeError) as caught:
        [shop.make.run("findReturn", limit=1) for _ in range(70)]
    assert (caught.value.type, caught.value.status) == ("RateLimitError", 429)
    shop.make.connection["api_key"] = "revoked"
    with pytest.raises(MakeError) as caught:
        shop.make.poll("newReturn", shop.watch("newReturn").state, limit=1)
    assert caught.value.type == "InvalidAccessTokenError"
    assert "revoked" not in str(shop.make.wire.log)
