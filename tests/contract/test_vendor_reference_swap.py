"""The fields of Swap's API reference for its two return lists, against the sandbox."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from support.each import each
from support.sandbox import Sandbox

import openapi

V1, V2 = "/v1/external/returns", "/v2/external/returns"
STORE = "store_123abc"
TEXTS_V1 = """
order_name order_id rma return_id date_created date_updated type_string delivery_status return_status store_id
store_name customer_currency customer_name customer_locale shipping_carrier tracking_number shopify_order_date
shipment_from_address_country shipment_from_address_city shipment_from_address_state tags processed
processed_by order_alt_type quality_control_status delivered_date date_closed
"""
NUMBERS_V1 = """
total handling_fee shop_now_revenue shop_later_revenue exchange_revenue refund_revenue
total_additional_payment total_credit_exchange_value total_refund_value_customer_currency
shipment_from_address_parcel_weight
"""
OPTIONAL_V1 = """
submitted_at customer_national_id billing_address shipping_address elapsed_days_purchase_to_return
elapsed_days_return_to_delivery elapsed_days_delivery_closed total_refunded_taxes total_refunded_duties
"""
REQUIRED_V1 = {*TEXTS_V1.split(), *NUMBERS_V1.split(), "type", "products"}
PRODUCT = """
product_id shopify_product_id shopify_variant_id shopify_line_item_id order_number original_order_name date
product_name variant_name full_sku_description sku item_count cost return_type currency grams barcode
main_reason_id main_reason_text sub_reason_id sub_reason_text comments vendor collection product_alt_type
intake_reason tags is_faulty refunded_taxes refunded_duties refunded_inclusive_taxes refunded_inclusive_duties
refunded_non_inclusive_taxes refunded_non_inclusive_duties original_tax_amount tax_rate tax_title
"""
MORE_V2 = """
return_id shopify_return_id intention_date submission_date submitted_at shipping_carrier tracking_number
shipment_from_address_country shipment_from_address_city shipment_from_address_state
shipment_from_address_parcel_weight total_store_credit_value_customer_currency store_credit_revenue
shopify_order_date tags exchange_items portal_quick_link
"""
EXCHANGED = """
sku product_name shopify_product_id shopify_variant_id variant_name full_sku_description grams quantity price
taxes discount collection product_alt_type vendor tags
"""


@pytest.fixture(scope="module")
def api(sandbox: Sandbox) -> Iterator[httpx.Client]:
    tenant = sandbox.tenant("swap-reference", limits="off")
    sandbox.control.post(f"/tenants/{tenant}/clock/freeze")
    with sandbox.client("swap", tenant) as client:
        yield client


@pytest.fixture(scope="module")
def orders(api: httpx.Client) -> list[dict[str, Any]]:
    return rows(api, V1, "store", "orders", 50)


@pytest.fixture(scope="module")
def returns(api: httpx.Client) -> list[dict[str, Any]]:
    return rows(api, V2, "swap_store_id", "returns", 100)


def rows(api: httpx.Client, path: str, store: str, name: str, most: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    page, more = 1, True
    while more:
        answer = api.get(path, params={store: STORE, "items_per_page": most, "page": page})
        assert answer.status_code == 200, answer.text
        found += answer.json()[name]
        page, more = page + 1, answer.json()["pagination"]["has_next_page"]
    assert len(found) == 150
    return found


def test_version_1_has_every_field_of_the_reference_in_its_type(orders: list[dict[str, Any]]) -> None:
    described = openapi.read("swap")["components"]["schemas"]["ReturnV1"]
    assert described["properties"].keys() == REQUIRED_V1 | {*OPTIONAL_V1.split()}
    assert {*described["required"]} == REQUIRED_V1
    assert len(described["properties"]) == 48
    for order in each(orders):
        assert order.keys() >= REQUIRED_V1
        assert order.keys() <= described["properties"].keys()
        assert {type(order[name]) for name in TEXTS_V1.split()} == {str}
        assert {type(order[name]) for name in NUMBERS_V1.split()} <= {int, float}
        assert order["order_id"].isdigit(), "the bare number of the platform"
        assert order["type_string"] == ", ".join(order["type"])


def test_version_1_has_every_optional_field_somewhere(orders: list[dict[str, Any]]) -> None:
    known = {name for order in orders for name in order}
    assert {*OPTIONAL_V1.split()} - known == {"customer_national_id"}, "invented customers have no such data"


def test_both_versions_list_the_same_returns(
    orders: list[dict[str, Any]], returns: list[dict[str, Any]]
) -> None:
    by_id = {row["return_id"]: row for row in returns}
    assert [order["return_id"] for order in orders] == list(by_id)
    same = (
        "type", "total", "refund_revenue", "store_id", "customer_locale", "tags", "billing_address",
        "shipment_from_address_parcel_weight", "total_refunded_taxes",
    )  # fmt: skip
    for order in each(orders):
        row = by_id[order["return_id"]]
        assert {name: order[name] for name in same} == {name: row[name] for name in same}
        assert row["order_id"] == f"gid://shopify/Order/{order['order_id']}"
        assert order["tracking_number"] == (row["tracking_number"] or "N/A")
        assert order["shipping_carrier"] == (row["shipping_carrier"] or "N/A")


@pytest.mark.parametrize("version", ["orders", "returns"])
def test_products_have_every_field_of_the_reference(request: pytest.FixtureRequest, version: str) -> None:
    for row in each(request.getfixturevalue(version)):
        for product in each(row["products"]):
            assert product.keys() == {*PRODUCT.split()}
            assert all(
                product[name]
                for name in ("product_id", "shopify_product_id", "shopify_variant_id", "barcode")
            )
            rate = product["tax_rate"]
            paid = product["cost"] * product["item_count"]
            assert product["original_tax_amount"] == pytest.approx(paid * rate / (1 + rate), abs=0.01)
        taxes = sum(product["refunded_taxes"] for product in row["products"])
        assert row["total_refunded_taxes"] == pytest.approx(taxes, abs=0.02)


def test_version_2_has_fields_missing_from_the_page(returns: list[dict[str, Any]]) -> None:
    for row in each(returns):
        assert row.keys() >= {*MORE_V2.split()}
        assert row["submitted_at"] == row["submission_date"]
        assert row["shopify_order_date"] < row["submission_date"]
        if row["shipments"]:
            first = row["shipments"][0]
            assert row["tracking_number"] == first["tracking_number"]
            assert row["shipping_carrier"] == first["display_name"]
            weight = sum(parcel["package"]["weight"] for parcel in row["shipments"])
            assert row["shipment_from_address_parcel_weight"] == pytest.approx(weight)
        else:
            assert (row["tracking_number"], row["shipment_from_address_parcel_weight"]) == (None, 0)
        assert row["shipment_from_address_country"] == row["shipping_address"]["country_code"]


def test_exchanges_describe_what_the_customer_receives(returns: list[dict[str, Any]]) -> None:
    exchanges = [row for row in returns if "Exchange" in row["type"]]
    for row in each(exchanges):
        given = [one for one in row["products"] if one["return_type"] == "EXCHANGE"]
        got = row["exchange_items"]
        assert [(one["product_name"], one["quantity"]) for one in got] == [
            (one["product_name"], one["item_count"]) for one in given
        ]
        assert all(one.keys() == {*EXCHANGED.split()} for one in got)
        value = sum(one["price"] * one["quantity"] - one["discount"] for one in got)
        assert row["total_credit_exchange_value"] == pytest.approx(value)
    other = [
        (one, new)
        for row in exchanges
        for one, new in zip(
            [one for one in row["products"] if one["return_type"] == "EXCHANGE"],
            row["exchange_items"],
            strict=True,
        )
        if one["variant_name"] and not one["is_faulty"]
    ]
    for one, new in each(other):
        assert one["variant_name"] != new["variant_name"], "another size"
        assert one["shopify_variant_id"] != new["shopify_variant_id"]
        assert one["shopify_product_id"] == new["shopify_product_id"]
    plain = [row for row in returns if "Exchange" not in row["type"]]
    assert all(row["exchange_items"] == [] for row in each(plain))


def test_store_credit_has_its_own_amounts(returns: list[dict[str, Any]]) -> None:
    credits_ = [row for row in returns if row["type"] == ["Shop Later Credit"]]
    for row in each(credits_):
        assert row["store_credit_revenue"] == row["total"]
        assert row["total_store_credit_value_customer_currency"] == row["total"]
    others = [row for row in returns if "Shop Later Credit" not in row["type"]]
    assert {row["store_credit_revenue"] for row in others} == {0}


@pytest.mark.parametrize(("size", "status"), [("1", 200), ("50", 200), ("51", 400), ("0", 400), ("", 400)])
def test_page_of_version_1_has_fifty_rows_at_most(api: httpx.Client, size: str, status: int) -> None:
    answer = api.get(V1, params={"store": STORE, "items_per_page": size})
    assert answer.status_code == status
    if status == 200:
        assert len(answer.json()["orders"]) == int(size)
