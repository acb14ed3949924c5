"""ReturnGO's writes, Notify Only, rate limits and item validation, against the sandbox."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from support.each import each
from support.returngo_returns import (
    SHIPMENT,
    VENDOR,
    advance,
    body,
    create_return,
    details,
    every,
    frozen_tenant,
    listed,
    shipped,
    turn,
)
from support.sandbox import Sandbox

MOVES = {
    "Pending": {"LabelCreated", "Shipped", "Received", "Canceled", "Validated"},
    "LabelCreated": {"Shipped", "Received", "Canceled", "Validated"},
    "Shipped": {"Received", "Canceled", "Validated"},
    "Canceled": {"Received", "Validated"},
    "Received": {"Validated"},
    "Validated": set(),
}
TRANSACTION = {
    "id", "type", "externalReferenceId", "externalReferenceType", "amount", "status", "processor",
    "bankAccountDetails", "returnItemIds", "createdAt", "lastUpdated",
}  # fmt: skip


@pytest.fixture
def tenant(sandbox: Sandbox, request: pytest.FixtureRequest) -> str:
    return frozen_tenant(sandbox, request.node.name)


@pytest.fixture
def api(sandbox: Sandbox, tenant: str) -> Iterator[httpx.Client]:
    with sandbox.client(VENDOR, tenant) as client:
        yield client


def added_entries(after: dict[str, Any], before: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the new timeline entries in time order: their author and their key word."""
    added = after["comments"][: len(after["comments"]) - len(before["comments"])]
    words = ("updated", "RECEIVED", "REOPENED", "Validated")
    return [
        (entry["triggeredBy"], next(word for word in words if word in entry["htmlText"]))
        for entry in reversed(added)
    ]


# Shipments


def test_shipment_statuses_change_as_documented(sandbox: Sandbox) -> None:
    for start, allowed in MOVES.items():
        tenant = sandbox.tenant(f"rg-table-{start.lower()}", limits="off", seed_size=0)
        with sandbox.client(VENDOR, tenant) as api:
            for wanted in MOVES:
                shipment = create_return(sandbox, tenant)["shipments"][0]["shipmentId"]
                if start != "Pending":
                    body(api.put(f"/shipment/{shipment}", json={"status": start}))
                answer = api.put(f"/shipment/{shipment}", json={"status": wanted})
                if wanted in allowed | {start}:
                    assert body(answer)["status"] == wanted
                else:
                    assert body(answer, 400) == {"message": "Invalid status transition"}


def test_shipment_update_adds_a_timeline_entry_and_keeps_last_updated(
    sandbox: Sandbox, tenant: str, api: httpx.Client
) -> None:
    before = shipped(api, "Approved", "Pending")
    id_, shipment = before["rmaSummary"]["rmaId"], before["shipments"][0]["shipmentId"]
    advance(sandbox, tenant, 60)
    label = {
        "carrierName": "Own Carrier",
        "trackingNumber": "OC1",
        "labelURL": "https://labels.example.com/1.pdf",
    }
    changed = body(api.put(f"/shipment/{shipment}", json={"status": "LabelCreated", **label}))
    assert changed.keys() == SHIPMENT
    assert changed == {**before["shipments"][0], "status": "LabelCreated", **label}
    after = details(api, id_)
    assert after["shipments"] == [changed]
    entry = after["comments"][0]
    assert (entry["htmlText"], entry["triggeredBy"]) == (
        f"Shipment with ID: {shipment} was updated",
        "ReturnGO API",
    )
    assert after["lastUpdated"] == before["lastUpdated"]
    body(api.put(f"/shipment/{shipment}", json={"status": "LabelCreated"}))
    assert len(details(api, id_)["comments"]) == len(after["comments"]) + 1


def test_return_is_received_with_its_shipment(sandbox: Sandbox, tenant: str, api: httpx.Client) -> None:
    before = shipped(api, "Approved", "Shipped")
    id_ = before["rmaSummary"]["rmaId"]
    advance(sandbox, tenant, 60)
    body(api.put(f"/shipment/{before['shipments'][0]['shipmentId']}", json={"status": "Received"}))
    after = details(api, id_)
    assert after["rmaSummary"]["status"] == "Received"
    assert after["rmaSummary"]["events"] == before["rmaSummary"]["events"], "a receipt adds no event"
    assert after["lastUpdated"] > before["lastUpdated"]
    assert added_entries(after, before) == [("ReturnGO API", "updated"), ("Automation", "RECEIVED")]
    body(api.put(f"/shipment/{before['shipments'][0]['shipmentId']}", json={"status": "Validated"}))
    told = [by for by, word in added_entries(details(api, id_), before) if word == "RECEIVED"]
    assert told == ["Automation"], "the receipt is recorded once"


def test_receipt_by_status_has_the_same_timeline_as_by_shipment(api: httpx.Client) -> None:
    before = shipped(api, "Approved", "Shipped")
    id_ = before["rmaSummary"]["rmaId"]
    body(api.put(f"/rma/{id_}/status", json={"status": "Received"}))
    after = details(api, id_)
    assert after["shipments"][0]["status"] == "Received"
    assert added_entries(after, before) == [("Automation", "RECEIVED")]


def test_carrier_scans_shipments_with_a_tracking_number(
    sandbox: Sandbox, tenant: str, api: httpx.Client
) -> None:
    before = shipped(api, "Approved", "LabelCreated")
    advance(sandbox, tenant, 5 * 86_400)
    after = details(api, before["rmaSummary"]["rmaId"])
    assert after["shipments"][0]["status"] == "Shipped"
    assert after["lastUpdated"] == before["lastUpdated"]
    assert after["comments"][0]["htmlText"] == "Shipment <strong>IN TRANSIT</strong>"


def test_shipment_can_be_deleted(api: httpx.Client) -> None:
    rma = shipped(api, "Approved", "Pending")
    shipment = rma["shipments"][0]["shipmentId"]
    body(api.delete(f"/shipment/{shipment}"))
    after = details(api, rma["rmaSummary"]["rmaId"])
    assert (after["shipments"], {item["shipmentId"] for item in after["items"]}) == ([], {""})
    body(api.delete(f"/shipment/{shipment}"), 404)


# Comments, statuses, policies


def test_comment_comes_first_in_the_timeline(api: httpx.Client) -> None:
    id_ = listed(api)[0]["rmaId"]
    made = body(api.post(f"/rma/{id_}/comment", json={"htmlText": "Seen at <b>dock</b> 4"}))
    after = details(api, id_)
    assert after["comments"][0] == made
    assert (made["commentType"], made["triggeredBy"]) == ("merchant", "ReturnGO API")
    body(api.post(f"/rma/{id_}/comment", json={"text": "Seen"}), 400)


def test_status_change_follows_the_lifecycle_or_is_refused(api: httpx.Client) -> None:
    id_ = listed(api, status="Pending")[0]["rmaId"]
    assert body(api.put(f"/rma/{id_}/status", json={"status": "Approved"}))["status"] == "Approved"
    rma = details(api, id_)
    assert [event["eventName"] for event in rma["rmaSummary"]["events"]] == ["RMA_CREATED", "RMA_APPROVED"]
    assert rma["rmaSummary"]["events"][1]["triggeredVia"] == "API"
    assert (
        "Invalid status transition"
        in body(api.put(f"/rma/{id_}/status", json={"status": "Pending"}), 400)["message"]
    )
    body(api.put(f"/rma/{id_}/status", json={"status": "Done"}))
    assert "rma status changed to done" in details(api, id_)["comments"][1]["htmlText"].lower()


@pytest.mark.parametrize("stage", ["Pending", "Approved"])
def test_canceled_return_is_reopened_to_its_earlier_status(
    sandbox: Sandbox, tenant: str, api: httpx.Client, stage: str
) -> None:
    id_ = create_return(sandbox, tenant)["rmaSummary"]["rmaId"]
    address = f"/rma/{id_}/status"
    for status in ["Approved", "Canceled"][stage == "Pending" :]:
        body(api.put(address, json={"status": status}))
    before = details(api, id_)
    other = {"Pending": "Approved", "Approved": "Pending"}[stage]
    assert f"it can become {stage}" in body(api.put(address, json={"status": other}), 400)["message"]
    body(api.put(address, json={"status": stage}))
    after = details(api, id_)
    assert after["rmaSummary"] == {**before["rmaSummary"], "status": stage}, "no second approval event"
    assert added_entries(after, before) == [("ReturnGO API", "REOPENED")]
    told = [entry["htmlText"] for entry in before["comments"]]
    assert any("Canceled Shopify return" in text for text in told) == (stage == "Approved")


def test_return_is_created_by_policy(sandbox: Sandbox, tenant: str, api: httpx.Client) -> None:
    rma = create_return(sandbox, tenant, items=[{"sku": "BOO-BLK-39", "quantity": 3, "reason": "wrong_size"}])
    body(api.put(f"/rma/{rma['rmaSummary']['rmaId']}/status", json={"status": "Canceled"}))
    line = {"shopLineItemId": rma["items"][0]["shopLineItemId"]}
    options = {"order_name": "#2001", "items": [line] * 4}
    told = body(api.post("/rma/getEligiblePolicies", json=options))["items"]
    assert [bool(one["policies"]) for one in told] == [True, True, True, False]
    ids = [policy["policyId"] for policy in told[0]["policies"]]
    chosen = [{**line, "policyId": "refund-any-carrier"}, {**line, "policyId": "exchange-any-carrier"}]
    made = body(api.post("/rma/createByPolicy", json={"order_name": "#2001", "items": chosen}))
    assert {one["policyId"] for one in chosen} <= set(ids)
    assert made["events"][0]["triggeredVia"] == "API"
    items = details(api, made["rmaId"])["items"]
    assert [item["resolutionType"] for item in items] == ["RefundToPaymentMethod", "InstantVariantExchange"]
    refused = body(api.post("/rma/createByPolicy", json={"order_name": "#2001", "items": chosen}), 400)
    assert "no unit is left" in refused["message"]
    advance(sandbox, tenant, 31 * 86_400)
    assert body(api.post("/rma/getEligiblePolicies", json=options))["items"][0]["policies"] == []


# Transactions


def test_transactions_are_as_observed(api: httpx.Client) -> None:
    found = body(api.get("/transactions", params={"pagesize": 500}))["transactions"]
    owned = {item["returnedItemId"] for rma in every(api) for item in rma["items"]}
    for one in each(found):
        assert one.keys() == TRANSACTION
        assert isinstance(one["id"], int)
        assert one["status"] in {"Success", "Failed", "Requested"}
        assert one["processor"] == "Shopify"
        assert set(one["returnItemIds"]) <= owned
    types = Counter(one["type"] for one in found)
    assert types["RefundToPaymentMethod"] > types["RefundToStoreCredit"] > 0 < types["InvoicePayment"]


def test_transactions_can_be_filtered_by_each_filter(api: httpx.Client) -> None:
    rma = next(one for one in every(api, status="Done") if one["transactions"])
    mine = rma["transactions"]

    def found(**query: Any) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = body(api.get("/transactions", params={"pagesize": 500, **query}))[
            "transactions"
        ]
        return rows

    id_, order = rma["rmaSummary"]["rmaId"], rma["orderDetails"]["orderId"]
    assert found(rma_ids=id_) == found(order_ids=order) == found(ids=mine[0]["id"]) == mine
    assert found(order_ids=rma["orderDetails"]["order_name"]) == [], "ids, not names"
    assert {one["type"] for one in found(types="RefundToStoreCredit")} == {"RefundToStoreCredit"}
    assert found(processors="Unknown") == found(statuses="Nothing") == []
    assert {one["status"] for one in found(statuses="Requested")} == {"Requested"}
    assert {one["status"] for one in found(statuses="Failed,Requested")} == {"Failed", "Requested"}
    at = mine[0]["createdAt"].removesuffix("+00:00")
    assert mine[0] in found(created_at=f"gte:{at}", updated_at=f"lte:{at}")
    body(api.get("/transactions", params={"pagesize": 5, "status": "Success"}))


@pytest.mark.parametrize(
    ("kind", "switch", "type_"),
    [
        ("refund", "notify_payment_method", "RefundToPaymentMethod"),
        ("store_credit", "notify_store_credit", "RefundToStoreCredit"),
    ],
)
def test_notify_only_requests_a_refund_that_is_settled_elsewhere(
    sandbox: Sandbox, tenant: str, api: httpx.Client, kind: str, switch: str, type_: str
) -> None:
    turn(sandbox, tenant, switch)
    id_ = create_return(sandbox, tenant, return_type=kind)["rmaSummary"]["rmaId"]
    for status in ("Approved", "Done"):
        body(api.put(f"/rma/{id_}/status", json={"status": status}))
    (made,) = details(api, id_)["transactions"]
    assert (made["type"], made["status"], made["externalReferenceId"]) == (type_, "Requested", None)
    refunds = [one["subject"] for one in sandbox.ledger(tenant, "refund.issued")]
    assert id_ not in refunds
    settled = body(
        api.put(f"/transaction/{made['id']}", json={"status": "Success", "externalReferenceId": "re_1"})
    )
    assert (settled["status"], settled["externalReferenceId"]) == ("Success", "re_1")
    assert details(api, id_)["transactions"] == [settled]
    assert [one["subject"] for one in sandbox.ledger(tenant, "refund.issued")].count(id_) == 1
    body(api.put(f"/transaction/{made['id']}", json={"status": "Failed"}), 400)


def test_without_notify_only_the_refund_is_paid_at_once(
    sandbox: Sandbox, tenant: str, api: httpx.Client
) -> None:
    turn(sandbox, tenant, "notify_gift_card")
    id_ = create_return(sandbox, tenant)["rmaSummary"]["rmaId"]
    for status in ("Approved", "Done"):
        body(api.put(f"/rma/{id_}/status", json={"status": status}))
    rma = details(api, id_)
    assert [one["status"] for one in rma["transactions"]] == ["Success"]
    assert rma["comments"][0]["htmlText"].startswith("Credited $")
    body(api.put("/transaction/1", json={"status": "Success"}), 404)


@pytest.mark.parametrize("way", ["return", "shipment"])
@pytest.mark.parametrize("notify", [False, True])
def test_store_credit_is_paid_once_when_the_goods_arrive(
    sandbox: Sandbox, tenant: str, api: httpx.Client, way: str, notify: bool
) -> None:
    if notify:
        turn(sandbox, tenant, "notify_store_credit")
    rma = create_return(sandbox, tenant, return_type="store_credit")
    id_ = rma["rmaSummary"]["rmaId"]
    body(api.put(f"/rma/{id_}/status", json={"status": "Approved"}))
    assert details(api, id_)["transactions"] == []
    shipment = rma["shipments"][0]["shipmentId"]
    path = f"/rma/{id_}/status" if way == "return" else f"/shipment/{shipment}"
    body(api.put(path, json={"status": "Received"}))
    received = details(api, id_)
    (made,) = received["transactions"]
    assert received["rmaSummary"]["status"] == "Received"
    assert (made["type"], made["status"]) == ("RefundToStoreCredit", "Requested" if notify else "Success")
    assert made["returnItemIds"] == [item["returnedItemId"] for item in rma["items"]]
    for status in ("Validated", "Done"):
        body(api.put(f"/rma/{id_}/status", json={"status": status}))
        assert details(api, id_)["transactions"] == [made]
    refunds = [one["subject"] for one in sandbox.ledger(tenant, "refund.issued")].count(id_)
    assert refunds == (0 if notify else 1)


def test_other_refunds_wait_until_the_return_is_done(
    sandbox: Sandbox, tenant: str, api: httpx.Client
) -> None:
    id_ = create_return(sandbox, tenant, return_type="refund")["rmaSummary"]["rmaId"]
    for status in ("Approved", "Received", "Validated"):
        body(api.put(f"/rma/{id_}/status", json={"status": status}))
        assert details(api, id_)["transactions"] == []


# Limits and acts


def test_rate_limits_are_as_documented_and_can_be_raised(sandbox: Sandbox) -> None:
    tenant = sandbox.tenant("rg-limits", seed_size=0)
    keys = sandbox.control.get(f"/tenants/{tenant}/keys").json()["keys"]
    (mine,) = [key for key in keys if key["vendor"] == VENDOR]
    assert mine["windows"] == {"second": 100, "day": 2000}
    with sandbox.client(VENDOR, tenant) as api:
        options = {"windows": {"second": 1000, "day": 2}}
        body(sandbox.control.patch(f"/tenants/{tenant}/keys/{VENDOR}/default", json=options))
        answers = [api.get("/webhooks") for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert not [name for name in answers[-1].headers if "limit" in name or name == "retry-after"]


def test_items_are_validated_through_the_control_plane(
    sandbox: Sandbox, tenant: str, api: httpx.Client
) -> None:
    where = f"/tenants/{tenant}/vendors/{VENDOR}/acts"
    assert [act["name"] for act in body(sandbox.control.get(where))["acts"]] == ["validate_items"]
    rma = create_return(sandbox, tenant, items=[{"sku": "TEE-NVY-M", "quantity": 2, "reason": "damaged"}])
    id_, (one, other) = rma["rmaSummary"]["rmaId"], [item["returnedItemId"] for item in rma["items"]]
    seen = {"returnedItemId": one, "isReturned": True, "isRestockable": False, "nonRestockableReason": "Torn"}
    options = {"rmaId": id_, "validatedBy": "Tom (warehouse)", "items": [seen]}
    assert (
        "once it is Received"
        in body(sandbox.control.post(f"{where}/validate_items", json=options), 400)["error"]["message"]
    )
    body(api.put(f"/shipment/{rma['shipments'][0]['shipmentId']}", json={"status": "Received"}))
    body(sandbox.control.post(f"{where}/validate_items", json=options))
    found = details(api, id_)
    assert found["rmaSummary"]["status"] == "Received"
    first = found["items"][0]["itemValidationStatusResponse"]
    assert (first["returnedItemId"], first["nonRestockableReason"]) == (one, "Torn")
    assert first["lastValidatedBy"] == "Tom (warehouse)"
    good = {"returnedItemId": other, "isReturned": True, "isRestockable": True}
    document = body(sandbox.control.post(f"{where}/validate_items", json={**options, "items": [good]}))[
        "document"
    ]
    assert document["rmaSummary"]["status"] == "Validated"
    assert document["shipments"][0]["status"] == "Validated"
    faulty = {"rmaId": id_, "items": [{"returnedItemId": other}]}
    refused = body(sandbox.control.post(f"{where}/validate_items", json=faulty), 400)
    assert {one["field"] for one in refused["error"]["fields"]} == {
        "items[0].isReturned",
        "items[0].isRestockable",
    }
    body(sandbox.control.post(f"{where}/dance", json={}), 404)
    body(sandbox.control.post(f"{where}/validate_items", json={**options, "rmaId": "1"}), 404)
