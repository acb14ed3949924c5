"""Every documented and observed behaviour of ReturnGO's page and API, against the sandbox."""

import base64
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from support.each import each
from support.returngo_returns import (
    FIRST,
    SECOND,
    SHIPMENT,
    VENDOR,
    body,
    details,
    every,
    frozen_tenant,
    listed,
    shipped,
)
from support.sandbox import Sandbox

import openapi

PATHS = {
    "GET /rmas", "GET /rma/{rmaId}", "POST /rma/{rmaId}/comment", "PUT /rma/{rmaId}/status",
    "POST /rma/getEligiblePolicies", "POST /rma/createByPolicy", "PUT /shipment/{shipmentId}",
    "DELETE /shipment/{shipmentId}", "GET /webhooks", "POST /webhook", "PUT /webhook/{webhookId}",
    "DELETE /webhook/{webhookId}", "POST /shipment-tracker", "GET /transactions",
    "PUT /transaction/{transactionId}",
}  # fmt: skip
SUMMARY = {"rmaId", "status", "order_name", "events"}
DETAILS = {
    "rmaSummary", "orderDetails", "shipments", "items", "comments", "exchangeOrders", "exchangeItems",
    "cancellationFee", "transactions", "createdAt", "lastUpdated", "isOutOfPolicy",
}  # fmt: skip


@pytest.fixture(scope="module")
def tenant(sandbox: Sandbox) -> str:
    """One tenant for the whole module: these tests only read."""
    return frozen_tenant(sandbox, __name__)


@pytest.fixture
def api(sandbox: Sandbox, tenant: str) -> Iterator[httpx.Client]:
    with sandbox.client(VENDOR, tenant) as client:
        yield client


def test_fifteen_operations_have_the_documented_paths() -> None:
    paths = openapi.read(VENDOR)["paths"]
    methods = ("get", "post", "put", "delete")
    assert {
        f"{name.upper()} {path}" for path, item in paths.items() for name in methods if name in item
    } == PATHS


# Authentication


@pytest.mark.parametrize("headers", [{"X-API-KEY": "unknown"}, {"X-API-KEY": ""}, {"x-shop-name": ""}])
def test_missing_or_wrong_login_is_refused(api: httpx.Client, headers: dict[str, str]) -> None:
    refused = body(api.get("/rmas", params={"pagesize": 1}, headers=headers), 401)
    assert refused == {"message": "Missing or incorrect API key"}


@pytest.mark.parametrize("shop", ["example.myshopify.com", "outfitters", f"{FIRST}.example"])
def test_shop_of_another_account_is_forbidden(api: httpx.Client, shop: str) -> None:
    refused = body(api.get("/rmas", params={"pagesize": 1}, headers={"x-shop-name": shop}), 403)
    assert refused == {"message": "No such shop for this user"}


def test_one_key_opens_all_shops_of_its_account_with_separate_returns(api: httpx.Client) -> None:
    first = {row["rmaId"] for row in listed(api)}
    api.headers["x-shop-name"] = SECOND
    second = {row["rmaId"] for row in listed(api)}
    assert len(first) > len(second) > 10
    assert not first & second
    assert body(api.get(f"/rma/{min(first)}"), 404)["message"] == f"No return has the id {min(first)}."
    api.headers["x-shop-name"] = f"{SECOND}@Portal"
    assert {row["rmaId"] for row in listed(api)} == second


# Lists


@pytest.mark.parametrize("size", [None, 0, 501, "ten"])
def test_pagesize_is_required_and_limited(api: httpx.Client, size: Any) -> None:
    query = {} if size is None else {"pagesize": size}
    assert "pagesize" in body(api.get("/rmas", params=query), 400)["message"]
    assert "pagesize" in body(api.get("/transactions", params=query), 400)["message"]


def test_rows_have_the_observed_fields_only(api: httpx.Client) -> None:
    for row in each(listed(api)):
        assert row.keys() == SUMMARY
        assert isinstance(row["rmaId"], str)
        assert {event["eventName"] for event in row["events"]} <= {"RMA_CREATED", "RMA_APPROVED"}
        assert all(event["eventDate"].endswith("+00:00") for event in each(row["events"]))


def test_cursor_names_the_next_return_and_ends_with_the_list(api: httpx.Client) -> None:
    everything = [row["rmaId"] for row in listed(api)]
    assert everything == sorted(everything, key=int, reverse=True), "the highest id first"
    found: list[str] = []
    query: dict[str, Any] = {"pagesize": 7}
    while True:
        page = body(api.get("/rmas", params=query))
        found += [row["rmaId"] for row in page["rmas"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
        assert base64.b64decode(query["cursor"]).decode() == f"returns.id:{everything[len(found)]}"
    assert found == everything


def test_cursor_of_transactions_names_the_last_row(api: httpx.Client) -> None:
    page = body(api.get("/transactions", params={"pagesize": 3}))
    last = page["transactions"][-1]["id"]
    assert base64.b64decode(page["next_cursor"]).decode() == str(last)
    following = body(api.get("/transactions", params={"pagesize": 3, "cursor": page["next_cursor"]}))
    assert max(one["id"] for one in following["transactions"]) < last


@pytest.mark.parametrize("cursor", ["none", "cmV0dXJucy5pZDo1", "cmV0dXJucy5pZDphYmM=", "MQ=="])
def test_unknown_cursor_is_refused(api: httpx.Client, cursor: str) -> None:
    assert "cursor" in body(api.get("/rmas", params={"pagesize": 1, "cursor": cursor}), 400)["message"]


def test_sorting_works_in_both_directions_across_pages(api: httpx.Client) -> None:
    for column, when in (("rma_created_at", "createdAt"), ("rma_updated_at", "lastUpdated")):
        for sign, latest in (("-", True), ("+", False)):
            rows = listed(api, sort_by=f"{sign}{column}")
            times = [details(api, row["rmaId"])[when] for row in rows[:12]]
            assert times == sorted(times, reverse=latest)
            page = body(api.get("/rmas", params={"pagesize": 5, "sort_by": f"{sign}{column}"}))
            query = {"pagesize": 5, "sort_by": f"{sign}{column}", "cursor": page["next_cursor"]}
            assert body(api.get("/rmas", params=query))["rmas"] == rows[5:10]
    assert listed(api, sort_by="-rma_updated_at,+rma_created_at")
    body(api.get("/rmas", params={"pagesize": 1, "sort_by": "rma_created_at"}), 400)
    body(api.get("/rmas", params={"pagesize": 1, "sort_by": "-status"}), 400)
    oldest = body(api.get("/rmas?pagesize=5&sort_by=+rma_created_at"))["rmas"]
    assert oldest == listed(api, sort_by="+rma_created_at")[:5], "an unencoded + is accepted"


def filtered_ids(api: httpx.Client, path: str, query: str) -> set[str]:
    """Return the ids of the rows that match a query string, which is sent exactly as written."""
    (rows,) = [value for value in body(api.get(f"{path}?pagesize=500&{query}")).values() if value is not None]
    return {str(row.get("rmaId", row.get("id"))) for row in rows}


@pytest.mark.parametrize(
    "written",
    [
        "{local}+01:00", "{local}%2B01:00", "{local}%2B0100", "{local}+0100", "{zoneless}Z",
        "{zoneless}.000000", "{zoneless}.000+00:00", "{zoneless}.000000000Z", "{early}.500001",
    ],
)  # fmt: skip
def test_time_filters_accept_fractions_offsets_and_an_unencoded_plus(api: httpx.Client, written: str) -> None:
    rows = {row["rmaId"]: details(api, row["rmaId"])["lastUpdated"] for row in listed(api)}
    middle = datetime.fromisoformat(sorted(rows.values())[len(rows) // 2])
    shown = written.format(
        zoneless=f"{middle:%Y-%m-%dT%H:%M:%S}",
        local=f"{middle + timedelta(hours=1):%Y-%m-%dT%H:%M:%S}",
        early=f"{middle - timedelta(seconds=1):%Y-%m-%dT%H:%M:%S}",
    )
    wanted = {id_ for id_, when in rows.items() if datetime.fromisoformat(when) >= middle}
    assert filtered_ids(api, "/rmas", f"rma_updated_at=gte:{shown}") == wanted
    assert len(wanted) < len(rows)


def test_fractions_of_seconds_are_compared_exactly(api: httpx.Client) -> None:
    rows = {row["rmaId"]: details(api, row["rmaId"])["createdAt"] for row in listed(api)}
    middle = sorted(rows.values())[len(rows) // 2].removesuffix("+00:00")
    later = {id_ for id_, when in rows.items() if when > f"{middle}+00:00"}
    assert filtered_ids(api, "/rmas", f"rma_created_at=gte:{middle}.188553+00:00") == later
    assert filtered_ids(api, "/rmas", f"rma_created_at=lte:{middle}.188553") == rows.keys() - later


@pytest.mark.parametrize(
    ("path", "column", "when"),
    [
        ("/rmas", "rma_created_at", "createdAt"),
        ("/rmas", "rma_updated_at", "lastUpdated"),
        ("/transactions", "created_at", "createdAt"),
        ("/transactions", "updated_at", "lastUpdated"),
    ],
)
def test_time_filter_given_twice_is_a_range(api: httpx.Client, path: str, column: str, when: str) -> None:
    if path == "/rmas":
        rows = {row["rmaId"]: details(api, row["rmaId"])[when] for row in listed(api)}
    else:
        found = body(api.get("/transactions", params={"pagesize": 500}))["transactions"]
        rows = {str(row["id"]): row[when] for row in found}
    times = sorted(rows.values())
    low, high = (times[len(times) * part // 3].removesuffix("+00:00") for part in (1, 2))
    assert low < high

    def between(*bounds: str) -> set[str]:
        return filtered_ids(api, path, "&".join(f"{column}={bound}" for bound in bounds))

    inside = {id_ for id_, at in rows.items() if low <= at.removesuffix("+00:00") <= high}
    assert between(f"gte:{low}", f"lte:{high}") == inside
    assert between(f"lte:{high}", f"gte:{low}") == inside
    assert between(f"gte:{low}", f"lte:{high}", f"gte:{times[0][:19]}", f"lte:{times[-1][:19]}") == inside
    strictly = {id_ for id_, at in rows.items() if low < at.removesuffix("+00:00") < high}
    assert between(f"gt:{low}", f"lt:{high}") == strictly
    assert between(f"gte:{high}", f"lte:{low}") == set()
    assert between(f"eq:{low}", f"eq:{high}") == set()
    assert between(f"neq:{low}", f"neq:{low}") == {id_ for id_, at in rows.items() if at[:19] != low}
    refused = body(api.get(f"{path}?pagesize=1&{column}=neq:{low}&{column}=neq:{high}"), 400)["message"]
    assert refused == f"{column} can leave out one moment with neq, not several."
    body(api.get(f"{path}?pagesize=1&pagesize=2"), 400)


def test_times_are_filtered_by_six_operators(api: httpx.Client) -> None:
    rows = {row["rmaId"]: details(api, row["rmaId"]) for row in listed(api)}
    for column, when in (("rma_created_at", "createdAt"), ("rma_updated_at", "lastUpdated")):
        middle = sorted(rma[when] for rma in rows.values())[len(rows) // 2]
        fits = {
            "lt": lambda at, m=middle: at < m,
            "lte": lambda at, m=middle: at <= m,
            "gt": lambda at, m=middle: at > m,
            "gte": lambda at, m=middle: at >= m,
            "eq": lambda at, m=middle: at == m,
            "neq": lambda at, m=middle: at != m,
        }
        for operator, fit in each(fits.items()):
            wanted = {id_ for id_, rma in rows.items() if fit(rma[when])}  # type: ignore[no-untyped-call]
            for written in (middle.removesuffix("+00:00"), middle):
                found = listed(api, **{column: f"{operator}:{written}"})
                assert {row["rmaId"] for row in found} == wanted, (column, operator)
    body(api.get("/rmas", params={"pagesize": 1, "rma_created_at": "after:2026-01-01T00:00:00"}), 400)
    body(api.get("/rmas", params={"pagesize": 1, "rma_created_at": "gte:2026-01-01"}), 400)


def test_comma_separated_filter_matches_any_of_its_words(api: httpx.Client) -> None:
    rows = listed(api)
    both = listed(api, status="Pending,Done")
    assert {row["status"] for row in both} == {"Pending", "Done"}
    assert len(both) == sum(row["status"] in {"Pending", "Done"} for row in rows)
    body(api.get("/rmas", params={"pagesize": 1, "status": "Open"}), 400)
    names = [rows[0]["order_name"], rows[9]["order_name"]]
    assert {row["order_name"] for row in listed(api, order_name=",".join(names))} == set(names)
    travelling = shipped(api, "Approved", "Shipped")
    number = travelling["shipments"][0]["trackingNumber"]
    found = listed(api, tracking_numbers=f"none,{number}")
    assert [row["rmaId"] for row in found] == [travelling["rmaSummary"]["rmaId"]]
    assert listed(api, tracking_numbers="none") == []
    assert listed(api, customer_ids="1") == []


# Details


def test_details_have_the_twelve_keys_and_the_observed_types(api: httpx.Client) -> None:
    rmas = every(api)
    assert {frozenset(one) for rma in rmas for one in rma["shipments"]} == {frozenset(SHIPMENT)}
    questions = [one for rma in rmas for item in rma["items"] for one in item["followUpQuestions"]]
    assert {len(one["answer"]) for one in questions} <= {0, 1}
    assert questions
    for rma in each(rmas):
        assert rma.keys() == DETAILS
        assert (type(rma["isOutOfPolicy"]), rma["exchangeItems"], rma["cancellationFee"]) == (int, [], 0)
        assert rma["createdAt"] == rma["rmaSummary"]["events"][0]["eventDate"] <= rma["lastUpdated"]
        assert len(rma["shipments"]) <= 1
        for item in each(rma["items"]):
            assert "quantity" not in item
            assert (type(item["isAutoApprove"]), type(item["taxIncluded"])) == (int, bool)
            assert ("variantName" in item) == ("barcode" in item)
            seen = item["itemValidationStatusResponse"]
            assert ("returnedItemId" in seen) == (seen["lastValidationDate"] is not None)
            expected = rma["shipments"][0]["shipmentId"] if rma["shipments"] else ""
            assert item["shipmentId"] == expected
            assert (item["returnMethod"]["type"] == "No shipment required") == (not expected)


def test_two_units_of_a_line_are_two_items(api: httpx.Client) -> None:
    units = [
        item
        for rma in every(api)
        for item in rma["items"]
        if Counter(one["shopLineItemId"] for one in rma["items"])[item["shopLineItemId"]] > 1
    ]
    assert units
    assert len({item["returnedItemId"] for item in units}) == len(units)


def test_amounts_are_integers_or_decimals_as_observed(api: httpx.Client) -> None:
    items = [item for rma in every(api) for item in rma["items"]]
    amounts = [item[name]["amount"] for item in items for name in ("paidPrice", "paidTax")]
    assert {type(amount) for amount in amounts} == {int, float}
    assert not [amount for amount in amounts if isinstance(amount, float) and amount.is_integer()]


def test_transactions_have_the_observed_kinds_and_some_failed(api: httpx.Client) -> None:
    rmas = {made["id"]: rma for rma in every(api) for made in rma["transactions"]}
    made = body(api.get("/transactions", params={"pagesize": 500}))["transactions"]
    assert {one["status"] for one in made} == {"Success", "Failed", "Requested"}
    for one in each(made):
        rma = rmas[one["id"]]
        words = " ".join(entry["htmlText"] for entry in rma["comments"])
        assert (one["externalReferenceId"] is None) == (one["status"] != "Success")
        assert ("Refund Failed" in words) == (one["status"] == "Failed")
        if one["type"] != "InvoicePayment":
            assert one["returnItemIds"]
            assert (f"Credited ${one['amount']['amount']:.2f}" in words) == (one["status"] == "Success")
    paid = body(api.get("/transactions", params={"pagesize": 500, "types": "InvoicePayment"}))["transactions"]
    assert paid
    for one in each(paid):
        assert (one["returnItemIds"], one["externalReferenceType"]) == ([], "InvoicePaymentId")
        items = rmas[one["id"]]["items"]
        wanted = sum(item["exchangeItems"][0]["effectivePrice"]["amount"] for item in items)
        assert one["amount"]["amount"] == pytest.approx(
            wanted - sum(item["paidPrice"]["amount"] for item in items)
        )


def test_timeline_starts_with_its_newest_entry(api: httpx.Client) -> None:
    for rma in each(every(api)):
        times = [entry["datetime"] for entry in rma["comments"]]
        assert times == sorted(times, reverse=True)
        assert rma["comments"][-1]["htmlText"].startswith("Request SUBMITTED")
        assert rma["comments"][-1]["triggeredBy"] == ""


def test_media_are_included_on_request(api: httpx.Client) -> None:
    def media(rma: dict[str, Any]) -> list[dict[str, Any]]:
        questions = [one for item in rma["items"] for one in item["followUpQuestions"]]
        return [one["answer"] for one in questions if one["type"] == "Media"]

    id_ = next(rma["rmaSummary"]["rmaId"] for rma in every(api) if media(rma))
    assert set(map(str, media(details(api, id_)))) == {"{}"}
    for answer in each(media(details(api, id_, includeMedia="true"))):
        assert answer["mediaAnswer"][0].keys() == {"mediaType", "mediaFileSize", "tempDownloadUrl"}


def test_seeded_returns_and_shipments_have_observed_status_pairs(api: httpx.Client) -> None:
    together = {
        (rma["rmaSummary"]["status"], rma["shipments"][0]["status"]) for rma in every(api) if rma["shipments"]
    }
    received = {pair for pair in together if "Received" in pair}
    assert received <= {("Received", "Received")}
    assert {b for a, b in together if a == "Approved"} <= {"Pending", "LabelCreated", "Shipped"}
    assert {b for a, b in together if a == "Pending"} <= {"Pending"}


def test_approved_shipments_mostly_have_labels_and_store_credit_is_early(
    api: httpx.Client,
) -> None:
    seeded = every(api)
    waiting = Counter(
        shipment["status"]
        for rma in each(seeded)
        if rma["rmaSummary"]["status"] == "Approved"
        for shipment in rma["shipments"]
    )
    assert waiting["LabelCreated"] > max(waiting["Shipped"], waiting["Pending"]) > 0, waiting
    early = [rma for rma in seeded if rma["rmaSummary"]["status"] == "Received" and rma["transactions"]]
    for rma in each(early):
        assert {item["resolutionType"] for item in rma["items"]} == {"RefundToStoreCredit"}
        assert [(one["type"], one["status"]) for one in rma["transactions"]] == [
            ("RefundToStoreCredit", "Success")
        ]


@pytest.mark.parametrize("id_", ["RMA1234", "12x", "-1"])
def test_malformed_id_is_a_bad_request_and_an_unknown_id_is_not_found(api: httpx.Client, id_: str) -> None:
    body(api.get(f"/rma/{id_}"), 400)
    body(api.get("/rma/999"), 404)
    body(api.put("/shipment/999", json={"status": "Received"}), 404)
