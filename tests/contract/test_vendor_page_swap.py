"""Every documented behaviour of Swap's returns page and of its quality control, against the sandbox."""

import argparse
import shlex
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import httpx
import pytest
from support.each import each
from support.sandbox import Sandbox

import openapi

V1, V2, QC = "/v1/external/returns", "/v2/external/returns", "/v1/external/quality-control/update"
STORE = "store_123abc"
FOUND = {"condition": "Sellable", "return_qty": 1}
NICE = {"sku": "A", "condition": "Nice", "return_qty": 1}
PAGINATION = {
    "page", "items_per_page", "total_pages", "total_items", "has_next_page", "has_previous_page",
    "current_page_size", "items_in_remaining_pages",
}  # fmt: skip
CURL = """
curl -G "https://api-mfdugldntq-nw.a.run.app/v2/external/returns" \\
-H "x-api-key: your_api_token_here" \\
--data-urlencode "swap_store_id=store_123abc" \\
--data-urlencode "from_return_submission_date=2024-01-01T00:00:00Z" \\
--data-urlencode "to_return_submission_date=2034-01-31T23:59:59Z" \\
--data-urlencode "page=1" \\
--data-urlencode "items_per_page=25" \\
--data-urlencode "api_version=2"
"""
TABLES = """
rma_number return_id shopify_order_name order_id date_created date_updated submission_date intention_date
type_string type shipping_status status total handling_fee store_id store_name total_additional_payment
total_credit_exchange_value total_refund_value_customer_currency shop_now_revenue shop_later_revenue
exchange_revenue refund_revenue customer_name customer_email customer_national_id customer_locale
customer_currency rma_processed processed_by order_alt_type quality_control_status delivered_date date_closed
elapsed_days_purchase_to_return elapsed_days_return_to_delivery elapsed_days_delivery_closed
billing_address.name billing_address.address1 billing_address.address2 billing_address.city
billing_address.postcode billing_address.state_province_code billing_address.country_code
shipping_address.name shipping_address.address1 shipping_address.address2 shipping_address.city
shipping_address.postcode shipping_address.state_province_code shipping_address.country_code
shipments.shipment_id shipments.location_id shipments.destination_location_id
shipments.display_name_returns_portal shipments.carrier_id shipments.postage_fee shipments.label_type
shipments.shipping_service shipments.display_name shipments.using_split_shipment shipments.label_provider_type
shipments.tracking_number shipments.tracking_url shipments.package shipments.items
products.product_id products.shopify_product_id products.shopify_variant_id products.order_number
products.original_order_name products.date products.product_name products.variant_name
products.full_sku_description products.sku products.barcode products.item_count products.cost
products.return_type products.currency products.main_reason_id products.main_reason_text
products.sub_reason_id products.sub_reason_text products.comments products.vendor products.collection
products.product_alt_type products.grams products.intake_reason products.tags products.is_faulty
total_refunded_taxes total_refunded_duties refunded_inclusive_taxes refunded_inclusive_duties
refunded_non_inclusive_taxes refunded_non_inclusive_duties portal_quick_link
"""


@pytest.fixture
def tenant(sandbox: Sandbox, request: pytest.FixtureRequest) -> str:
    """A new tenant with the full seed and a frozen clock."""
    letters = [letter if letter.isalnum() else "-" for letter in request.node.name.lower()]
    name = "swap-" + "".join(letters)[5:38].strip("-")
    made = sandbox.tenant(name, limits="off")
    sandbox.control.post(f"/tenants/{made}/clock/freeze")
    return made


@pytest.fixture
def api(sandbox: Sandbox, tenant: str) -> Iterator[httpx.Client]:
    found = sandbox.credentials("swap", tenant)
    with httpx.Client(base_url=found["base_url"], headers=found["headers"]) as client:
        yield client


def body(answer: httpx.Response, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()


def listed(api: httpx.Client, **query: Any) -> list[dict[str, Any]]:
    answer = body(api.get(V2, params={"swap_store_id": STORE, "items_per_page": 100, **query}))
    rows: list[dict[str, Any]] = answer["returns"]
    return rows


def everything(api: httpx.Client) -> list[dict[str, Any]]:
    return [*listed(api, page=1), *listed(api, page=2)]


def one(api: httpx.Client, number: str) -> dict[str, Any]:
    (found,) = listed(api, rma_number=number)
    return found


def check_product(api: httpx.Client, row: dict[str, Any], product: dict[str, Any], **options: Any) -> str:
    update = {
        "store_id": STORE,
        "condition": "Sellable",
        "return_qty": product["item_count"],
        "shopify_order_name": row["shopify_order_name"],
        "sku": product["sku"],
    }
    message: str = body(api.post(QC, json={**update, **options}))["message"]
    return message


def open_return(api: httpx.Client, products: int = 1) -> dict[str, Any]:
    return next(
        row
        for row in everything(api)
        if row["status"] in {"open", "processing"}
        and row["quality_control_status"] == "pending"
        and len(row["products"]) == products
    )


def test_curl_line_works_with_sandbox_key_and_host(sandbox: Sandbox) -> None:
    found = sandbox.credentials("swap")
    line = CURL.strip().replace("https://api-mfdugldntq-nw.a.run.app", found["base_url"]).replace("\\\n", "")
    curl = argparse.ArgumentParser()
    curl.add_argument("-G", action="store_true")
    curl.add_argument("-H", dest="headers", action="append")
    curl.add_argument("--data-urlencode", dest="data", action="append")
    curl.add_argument("url")
    typed = curl.parse_args(shlex.split(line.replace("your_api_token_here", found["fields"]["api_key"]))[1:])
    headers = dict(header.split(": ", 1) for header in typed.headers)
    query = dict(pair.split("=", 1) for pair in typed.data)
    answer = body(httpx.get(typed.url, params=query, headers=headers))
    assert answer.keys() == {"returns", "version", "query_params", "pagination"}
    assert len(answer["returns"]) == 25
    assert answer["query_params"] == {**query, "page": 1, "items_per_page": 25, "api_version": 2}


def test_every_field_of_the_tables_is_described_and_sent(api: httpx.Client) -> None:
    schemas = openapi.read("swap")["components"]["schemas"]
    places = {"shipments": "Shipment", "products": "Product", "billing_address": "Address"}
    places["shipping_address"] = "Address"
    row = next(row for row in everything(api) if row["shipments"])
    for path in each(TABLES.split()):
        outer, _, inner = path.partition(".")
        assert outer in schemas["Return"]["properties"], path
        assert outer in row, path
        if inner:
            held = row[outer][0] if isinstance(row[outer], list) else row[outer]
            assert inner in schemas[places[outer]]["properties"], path
            assert inner in held, path


def test_pages_have_the_eight_keys_and_add_up(api: httpx.Client) -> None:
    query: dict[str, Any] = {"swap_store_id": STORE, "items_per_page": 40}
    pages = [body(api.get(V2, params={**query, "page": page})) for page in (1, 2, 3, 4, 5)]
    for page in each(pages):
        assert page["pagination"].keys() == PAGINATION
    shown = [page["pagination"] for page in pages]
    assert [one["current_page_size"] for one in shown] == [40, 40, 40, 30, 0]
    assert [one["items_in_remaining_pages"] for one in shown] == [110, 70, 30, 0, 0]
    assert [one["has_next_page"] for one in shown] == [True, True, True, False, False]
    assert [one["has_previous_page"] for one in shown] == [False, True, True, True, True]
    assert {(one["total_pages"], one["total_items"]) for one in shown} == {(4, 150)}
    assert len({row["return_id"] for page in pages for row in page["returns"]}) == 150
    assert body(api.get(V2, params={"swap_store_id": STORE}))["pagination"]["items_per_page"] == 50


def test_filters_match_and_combine_with_and(api: httpx.Client) -> None:
    rows = everything(api)
    wanted = rows[60]
    assert listed(api, rma_number=wanted["rma_number"]) == [wanted]
    assert listed(api, rma_number="RMA-1999-001") == listed(api, rma_number="150") == []
    by_order = listed(api, shopify_order_name=wanted["shopify_order_name"])
    assert by_order == [row for row in rows if row["shopify_order_name"] == wanted["shopify_order_name"]]
    by_person = listed(api, customer_email=wanted["customer_email"].upper())
    assert by_person == [row for row in rows if row["customer_email"] == wanted["customer_email"]]
    other = next(row for row in rows if row["customer_email"] != wanted["customer_email"])
    both = {"customer_email": other["customer_email"], "rma_number": wanted["rma_number"]}
    assert listed(api, **both) == []


def test_from_and_to_bounds_are_inclusive_and_after_and_before_exclusive(api: httpx.Client) -> None:
    rows = everything(api)
    when = rows[80]["submission_date"]

    def kept(**query: Any) -> set[str]:
        first = body(api.get(V2, params={"swap_store_id": STORE, "items_per_page": 100, **query}))
        more = listed(api, **query, page=2)
        return {row["submission_date"] for row in [*first["returns"], *more]}

    moments = {row["submission_date"] for row in rows}
    assert kept(from_return_submission_date=when) == {one for one in moments if one >= when}
    assert kept(to_return_submission_date=when) == {one for one in moments if one <= when}
    assert kept(submitted_at_from=when) == {one for one in moments if one > when}
    assert kept(submitted_at_to=when) == {one for one in moments if one < when}
    updated = sorted(row["date_updated"] for row in rows)[100]
    found = listed(api, last_RMA_updated_date=updated)
    assert {row["return_id"] for row in found} == {
        row["return_id"] for row in rows if row["date_updated"] > updated
    }


def test_amounts_types_and_parcels_are_consistent(api: httpx.Client) -> None:
    rows = everything(api)
    for row in each(rows):
        assert row["type_string"] == ", ".join(row["type"])
        assert row["total"] == pytest.approx(sum(one["cost"] * one["item_count"] for one in row["products"]))
        packed = [item for parcel in row["shipments"] for item in parcel["items"]]
        assert packed == (row["products"] if row["shipments"] else [])
        assert (
            (row["date_closed"] is not None)
            == (row["status"] == "completed")
            == (row["rma_processed"] == "Yes")
        )
        assert (row["delivered_date"] is not None) == (row["shipping_status"] == "delivered")
    split = [row for row in rows if len(row["shipments"]) > 1]
    assert split
    assert all(parcel["using_split_shipment"] for row in each(split) for parcel in row["shipments"])
    assert {product["return_type"] for row in rows for product in row["products"]} >= {"REFUND", "EXCHANGE"}


def test_split_return_can_have_two_types_as_in_the_pages_example(api: httpx.Client) -> None:
    mixed = [row for row in everything(api) if row["type"] == ["Refund", "Exchange"]]
    assert {row["type_string"] for row in mixed} == {"Refund, Exchange"}
    assert any(len(row["shipments"]) > 1 for row in mixed)
    for row in each(mixed):
        worth = {
            kind: sum(
                one["cost"] * one["item_count"] for one in row["products"] if one["return_type"] == kind
            )
            for kind in ("REFUND", "EXCHANGE")
        }
        assert all(worth.values()), "each product has its own type"
        for name in ("refund_revenue", "total_refund_value_customer_currency"):
            assert row[name] == pytest.approx(worth["REFUND"])
        for name in ("exchange_revenue", "total_credit_exchange_value"):
            assert row[name] == pytest.approx(worth["EXCHANGE"])
        paid_back = worth["REFUND"] if row["status"] == "completed" else 0
        share = {"AUD": 1 / 11, "NZD": 3 / 23}[row["customer_currency"]]
        assert row["total_refunded_taxes"] == pytest.approx(paid_back * share, abs=0.01)
    assert any(row["status"] == "completed" for row in mixed)
    old = body(api.get(V1, params={"store": STORE, "items_per_page": 50}))["orders"]
    told = [order for order in old if order["type_string"] == "Refund, Exchange"]
    assert told
    for order in each(told):
        assert {product["return_type"] for product in order["products"]} == {"Refund", "Exchange"}


def test_version_1_of_the_output_has_no_shipments(api: httpx.Client) -> None:
    answer = body(api.get(V2, params={"swap_store_id": STORE, "api_version": 1}))
    assert answer["version"] == 1
    assert all("shipments" not in row for row in each(answer["returns"]))


def test_version_1_formats_names_statuses_and_dates_for_people(api: httpx.Client) -> None:
    answer = body(api.get(V1, params={"store": STORE, "items_per_page": 50}))
    assert answer.keys() == {"orders", "version", "query_params", "pagination"}
    rows = {row["rma_number"]: row for row in everything(api)}
    for order in each(answer["orders"]):
        row = rows[order["rma"]]
        written = order["date_created"].replace("Sept", "Sep")
        assert f"{datetime.strptime(written, '%d %b %Y, %H:%M:%S').isoformat()}Z" == row["date_created"]  # noqa: DTZ007 - in UTC
        assert (order["date_closed"] == "N/A") == (row["date_closed"] is None)
        assert order["return_status"] in {"Open", "Needs Review", "On Hold", "Closed", "Cancelled", "Expired"}
        assert (order["return_status"] == "Closed") == (row["status"] == "completed")
        assert "customer_email" not in order
        assert "shipments" not in order
    refused = api.get(V1, params={"store": STORE, "items_per_page": 51})
    assert refused.status_code == 400


def test_version_1_uses_the_most_specific_of_its_date_filters(api: httpx.Client) -> None:
    late, far = everything(api)[10]["submission_date"], "2199-01-01T00:00:00Z"

    def total(**query: str) -> int:
        found: int = body(api.get(V1, params={"store": STORE, **query}))["pagination"]["total_items"]
        return found

    assert total(submitted_at_from=late) == 10
    assert total(submitted_at_from=late, last_updated_date=far, from_date=far) == 10
    assert total(last_updated_date=far, from_date=late) == 0
    changed = [row for row in everything(api) if row["date_updated"] >= late]
    assert total(from_date=late) == len(changed) > 11, "created or modified"
    assert total(from_date=late, submitted_at_to=late) == total(submitted_at_to=late)
    old = everything(api)[100]["date_updated"]
    after = total(last_updated_date=old)
    assert total(last_updated_date=old, from_date=far, to_date="2000-01-01T00:00:00Z") == after
    assert total(last_updated_date=old, submitted_at_from=far) == 0
    early = [row for row in changed if row["date_created"] <= everything(api)[5]["date_created"]]
    assert total(from_date=late, to_date=everything(api)[5]["date_created"]) == len(early) < len(changed)


def test_all_passed_is_processed(api: httpx.Client) -> None:
    row = open_return(api, products=2)
    first, second = row["products"]
    assert check_product(api, row, first) == f"Quality control of {row['rma_number']} was updated."
    assert one(api, row["rma_number"])["quality_control_status"] == "pending"
    options = {"sku": "ignored", "shopify_line_item_id": second["shopify_line_item_id"]}
    check_product(api, row, second, **options, shopify_order_name="", shopify_order_id=row["order_id"])
    after = one(api, row["rma_number"])
    assert (after["quality_control_status"], after["status"]) == ("passed", "completed")
    assert after["date_closed"] == after["date_updated"] > row["date_updated"]
    assert {product["intake_reason"] for product in after["products"]} == {"Sellable"}


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"condition": "Damaged"}, "Damaged"),
        ({"return_qty": 0}, "Missing"),
        ({"return_qty": 99}, "Qty Mismatch"),
    ],
)
def test_any_failed_needs_review(api: httpx.Client, options: dict[str, Any], reason: str) -> None:
    row = open_return(api)
    check_product(api, row, row["products"][0], **options)
    after = one(api, row["rma_number"])
    assert (after["quality_control_status"], after["status"]) == ("failed", "needs_review")
    assert after["products"][0]["intake_reason"] == reason
    check_product(api, row, row["products"][0])
    assert one(api, row["rma_number"])["status"] == "completed", "the latest result counts"


def test_quality_control_without_updates_for_48_hours_is_partial(
    api: httpx.Client, sandbox: Sandbox, tenant: str
) -> None:
    row = open_return(api, products=2)
    check_product(api, row, row["products"][0])
    sandbox.control.post(f"/tenants/{tenant}/clock/advance", json={"seconds": 48 * 3600 - 1})
    assert one(api, row["rma_number"])["quality_control_status"] == "pending"
    sandbox.control.post(f"/tenants/{tenant}/clock/advance", json={"seconds": 1})
    after = one(api, row["rma_number"])
    assert (after["quality_control_status"], after["status"]) == ("partial", "needs_review")


def test_unexpected_product_changes_nothing(api: httpx.Client) -> None:
    row = open_return(api)
    before = everything(api)
    for options in ({"sku": "NOTHING"}, {"shopify_order_name": "#9"}, {"shopify_order_name": ""}):
        assert "unexpected" in check_product(api, row, row["products"][0], **options)
    assert everything(api) == before


def test_parcels_are_shipped_and_delivered_over_time(
    api: httpx.Client, sandbox: Sandbox, tenant: str
) -> None:
    options = {
        "vendor": "swap",
        "order_number": "#7001",
        "customer_email": "priya.nair@example.com",
        "items": [{"sku": "BOOT-CHE-39", "quantity": 1, "reason": "wrong_size"}],
    }
    sandbox.control.post(f"/tenants/{tenant}/returns", json=options)
    (made,) = listed(api, shopify_order_name="#7001")
    assert (made["status"], made["shipping_status"], len(made["shipments"])) == ("open", "pre_transit", 1)
    sandbox.control.post(f"/tenants/{tenant}/clock/advance", json={"seconds": 21 * 3600})
    (sent,) = listed(api, shopify_order_name="#7001")
    assert (sent["status"], sent["shipping_status"]) == ("processing", "in_transit")
    sandbox.control.post(f"/tenants/{tenant}/clock/advance", json={"seconds": 60 * 3600})
    (there,) = listed(api, shopify_order_name="#7001")
    assert there["shipping_status"] == "delivered"
    assert there["elapsed_days_return_to_delivery"] == 3


@pytest.mark.parametrize(
    ("method", "path", "options", "status", "reason"),
    [
        ("GET", V2, {}, 400, "BAD_REQUEST"),
        ("GET", f"{V2}?swap_store_id=store_none", {}, 404, "NOT_FOUND"),
        ("GET", f"{V2}?swap_store_id={STORE}&items_per_page=101", {}, 400, "BAD_REQUEST"),
        ("GET", f"{V2}?swap_store_id={STORE}&page=0", {}, 400, "BAD_REQUEST"),
        ("GET", f"{V2}?swap_store_id={STORE}&last_RMA_updated_date=yesterday", {}, 400, "BAD_REQUEST"),
        ("GET", f"{V2}?swap_store_id={STORE}", {"headers": {"x-api-key": "unknown"}}, 401, "UNAUTHORIZED"),
        ("GET", f"{V1}?store=store_none", {}, 404, "NOT_FOUND"),
        ("POST", QC, {"json": {**FOUND, "store_id": STORE}}, 400, "BAD_REQUEST"),
        ("POST", QC, {"json": {**NICE, "store_id": STORE}}, 400, "BAD_REQUEST"),
        ("POST", QC, {"json": {**FOUND, "store_id": "store_none", "sku": "A"}}, 404, "NOT_FOUND"),
        ("DELETE", V2, {}, 405, "METHOD_NOT_ALLOWED"),
        ("GET", "/v3/external/returns", {}, 404, "NOT_FOUND"),
    ],
)  # fmt: skip
def test_error_has_the_observed_form(
    sandbox: Sandbox, method: str, path: str, options: dict[str, Any], status: int, reason: str
) -> None:
    found = sandbox.credentials("swap")
    with httpx.Client(base_url=found["base_url"], headers=found["headers"]) as api:
        answer = api.request(method, path, **options)
    said = body(answer, status)
    assert (said["status"], said["reason"]) == (status, reason)
    assert said["error"]["message"].startswith("Error: ")
    assert said["error"]["customMessage"] == ""
    if status == 401:
        assert said["error"]["message"] == "Error: Invalid API key"


def test_no_rate_limits_are_shown_or_enforced(api: httpx.Client) -> None:
    answers = [api.get(V2, params={"swap_store_id": STORE, "items_per_page": 1}) for _ in range(150)]
    assert {answer.status_code for answer in answers} == {200}
    assert not [name for name in answers[-1].headers if "limit" in name or name == "retry-after"]
