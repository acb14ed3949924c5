"""ReturnLogic's app in Zapier's core: as committed, and without previews."""

from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from support import zapier
from support.checking_proxy import listening
from support.sandbox import Sandbox
from support.zapier import Shop, Zap, ZapierApp, ZapierError

from connector.definition.compiler import integration
from connector.generator import write
from connector.generator.zapier import render

if TYPE_CHECKING:
    from pathlib import Path

VENDOR = "returnlogic"
OFFER = integration(VENDOR)
LEFT_OUT = {"create_order"}
PREVIEWS = {
    *("new_order", "new_rma", "rma_status_changed"),
    *("find_order", "list_created_orders", "get_rma", "create_order"),
}
ORDER = {
    "external_order_id": "5002001",
    "order_number": "2001",
    "order_name": "#2001",
    "customer_email": "iris.lane@example.com",
    "currency": "USD",
    "total_price": "42.5",
    "tax_price": "0",
    "taxes_included": "no",
    "shipping_price": "0",
    "fees": "0",
    "refund_amount": "0",
    "financial_status": "paid",
    "items": [{"external_product_id": "7001", "quantity": "1", "price": "42.5"}],
}
_numbers = count(1)


@pytest.fixture(scope="module")
def app(sandbox: Sandbox) -> Iterator[ZapierApp]:
    with (
        listening(VENDOR, sandbox.credentials(VENDOR)["base_url"]) as proxy,
        zapier.started(zapier.APPS / VENDOR, RETURNLOGIC_BASE_URL=proxy.url) as started,
    ):
        yield started
    assert proxy.passed > 0
    assert proxy.broken == []


@pytest.fixture(scope="module")
def whole(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ZapierApp]:
    """Return the app that also contains writes on assumed paths (`--include-assumed`)."""
    folder: Path = tmp_path_factory.mktemp("everything") / VENDOR
    write.write_files(render(OFFER, selection="everything"), folder)
    (folder / "node_modules").symlink_to(zapier.APPS / VENDOR / "node_modules")
    with zapier.started(folder, RETURNLOGIC_BASE_URL=sandbox.credentials(VENDOR)["base_url"]) as started:
        yield started


@pytest.fixture(scope="module")
def certain(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ZapierApp]:
    """Return the app that `returns generate zapier --documented-only` renders."""
    folder: Path = tmp_path_factory.mktemp("documented") / VENDOR
    write.write_files(render(OFFER, selection="documented"), folder)
    (folder / "node_modules").symlink_to(zapier.APPS / VENDOR / "node_modules")
    with zapier.started(folder, RETURNLOGIC_BASE_URL=sandbox.credentials(VENDOR)["base_url"]) as started:
        yield started


def opened(app: ZapierApp, sandbox: Sandbox, **options: object) -> Shop:
    tenant = sandbox.tenant(f"zapier-{VENDOR}-{next(_numbers)}", **{"limits": "off", **options})
    return Shop(app, sandbox, tenant, sandbox.credentials(VENDOR, tenant)["fields"], VENDOR)


@pytest.fixture
def shop(app: ZapierApp, sandbox: Sandbox) -> Shop:
    return opened(app, sandbox, seed_size=0)


@pytest.fixture
def whole_shop(whole: ZapierApp, sandbox: Sandbox) -> Shop:
    return opened(whole, sandbox, seed_size=0)


def orders(shop: Shop, **query: Any) -> list[dict[str, Any]]:
    with shop.sandbox.client(VENDOR, shop.tenant) as client:
        found: list[dict[str, Any]] = client.get("/orders", params=query).json()
    return found


def test_app_contains_previews_unless_asked_not_to(app: ZapierApp, certain: ZapierApp) -> None:
    for one, left_out in ((app, LEFT_OUT), (certain, PREVIEWS)):
        assert one.call(command="validate") == []
        definition = one.call(command="definition")
        shown = {key for key, each in definition["triggers"].items() if not each["display"].get("hidden")}
        assert shown == OFFER.triggers.keys() - left_out
        assert definition["creates"].keys() == OFFER.actions.keys() - left_out
        assert definition["searches"].keys() == OFFER.searches.keys() - left_out
        assert definition["throttle"] == {"window": 1, "limit": 2, "scope": ["auth"]}


def test_login_is_verified_and_a_wrong_key_is_refused(app: ZapierApp, shop: Shop) -> None:
    named = {**shop.auth, "store_name": "Example Outfitters"}
    assert app.run("authentication.test", auth=named) == {"account": "Example Outfitters"}
    assert app.run("authentication.test", auth=shop.auth) == {"account": "no order yet"}
    with pytest.raises(ZapierError, match="did not accept the key") as caught:
        app.run("authentication.test", auth={"api_key": "unknown"})
    assert caught.value.name == "ExpiredAuthError"


def test_order_is_created_fires_once_and_is_found(whole_shop: Shop) -> None:
    whole_shop.create_return("#1")
    watching = Zap(whole_shop, "new_order", ("rlOrderId",)).switch_on()
    made = whole_shop.create("create_order", **ORDER)
    assert orders(whole_shop, orderNumber="2001") == [made]
    assert (made["totalPrice"], made["taxesIncluded"], made["tags"]) == (42.5, False, [])
    assert [row["rlOrderId"] for row in watching.poll()] == [made["rlOrderId"]]
    assert watching.poll() == []
    for options in (
        {"order_name": "#2001"},
        {"customer_email": "IRIS.LANE@example.com", "order_number": "2001"},
    ):
        assert whole_shop.search("find_order", **options) == [made]
    assert whole_shop.search("find_order", order_number="9") == []
    with pytest.raises(ZapierError, match="Fill in at least one"):
        whole_shop.search("find_order", financial_status="paid")
    listed = whole_shop.search("list_created_orders", created_after=made["createDate"])
    assert made in listed


def test_orders_beyond_the_first_page_fire(app: ZapierApp, sandbox: Sandbox) -> None:
    shop = opened(app, sandbox, seed_size=0)
    watching = Zap(shop, "new_order", ("rlOrderId",)).switch_on()
    with sandbox.client(VENDOR, shop.tenant) as client:
        required = {
            "externalOrderId": "1", "orderName": "#1", "tags": [], "taxesIncluded": True, "fees": 0,
            "shopCurrencyCode": "USD", "totalPrice": 1, "taxPrice": 0, "shippingPrice": 0, "refundAmount": 0,
        }  # fmt: skip
        for number in range(270):
            client.post("/orders", json={**required, "orderNumber": str(number)}).raise_for_status()
    assert {row["orderNumber"] for row in watching.poll()} == {str(number) for number in range(270)}
    assert watching.poll() == []


def test_rmas_are_found_by_customer_without_paging(shop: Shop) -> None:
    made = shop.create_return("#7")
    found = shop.search("find_rmas", customer_email="Iris.Lane@example.com")
    assert [row["rlRmaId"] for row in found] == [made["rlRmaId"]]
    assert shop.search("find_rmas", customer_email="unknown@example.com") == []


def test_refusals_reach_the_user_as_sentences(whole_shop: Shop) -> None:
    with pytest.raises(ZapierError, match="ReturnLogic did not accept the input") as caught:
        whole_shop.create("create_order", **{**ORDER, "currency": "EURO"})
    assert caught.value.details["status"] == 400
    turned = {"vendor": VENDOR, "name": "maintenance", "on": True}
    assert (
        whole_shop.sandbox.control.put(f"/tenants/{whole_shop.tenant}/switches", json=turned).status_code
        == 200
    )
    with pytest.raises(ZapierError, match=r"reported a problem on its side \(status 503\)"):
        whole_shop.trigger("new_order")


def test_line_items_have_one_of_two_forms(whole_shop: Shop) -> None:
    product = {"external_product_id": "7001", "quantity": "1", "price": "40", "name": ""}
    wrap = {"name": "Gift wrap", "quantity": 1, "price": 2.5}
    made = whole_shop.create("create_order", **{**ORDER, "items": [product, wrap]})
    assert [(one["externalProductId"], one["name"], one["price"]) for one in made["orderItems"]] == [
        ("7001", None, 40),
        (None, "Gift wrap", 2.5),
    ]
    for wrong, words in (
        ({"quantity": 1, "price": 1}, "External Product ID is missing"),
        (
            {**wrap, "external_product_id": "7001"},
            "looks like a product, but Item Name does not belong to it",
        ),
    ):
        with pytest.raises(ZapierError, match=words):
            whole_shop.create("create_order", **{**ORDER, "items": [wrong]})
    assert len(orders(whole_shop)) == 1


def test_new_rma_fires_once_and_is_found_by_id(shop: Shop) -> None:
    watching = Zap(shop, "new_rma", ("rlRmaId",)).switch_on()
    made = [shop.create_return(f"#{number}")["rlRmaId"] for number in range(3)]
    assert {row["rlRmaId"] for row in watching.poll()} == set(made)
    shop.move(made[0], "Authorized")
    assert watching.poll() == []
    (found,) = shop.search("get_rma", return_id=made[0])
    assert found["workflowStatus"] == "Authorized"
    with pytest.raises(ZapierError, match=r"no such record.*returns verify returnlogic"):
        shop.search("get_rma", return_id="7")
