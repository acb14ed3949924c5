"""A merchant's own shop over HTTP: what is in the file is what each vendor's API shows and finds."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from support.sandbox import Sandbox
from support.shops import SMALL

from mock_server import vendors

TENANT = "own-shop"
ORDER, EMAIL, SKU = "#5001", "Iris.Lane@example.com", "TEE-NVY-M"
TRACKING = "STK0000005001"


@pytest.fixture(scope="module")
def own(sandbox: Sandbox) -> Iterator[Sandbox]:
    """The sandbox, with a tenant that has the small shop and whose clock is frozen."""
    sandbox.tenant(TENANT, shop=SMALL, frozen=True, limits="off")
    yield sandbox
    sandbox.control.delete(f"/tenants/{TENANT}")


def get(own: Sandbox, vendor: str, path: str, **query: Any) -> Any:
    with own.client(vendor, TENANT) as client:
        answer = client.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()


def move(own: Sandbox, vendor: str, id_: str, status: str) -> Mapping[str, Any]:
    body = {"vendor": vendor, "status": status}
    answer = own.control.post(f"/tenants/{TENANT}/returns/{id_}/move", json=body)
    assert answer.status_code == 200, answer.text
    document: Mapping[str, Any] = answer.json()["document"]
    return document


def test_every_vendor_has_the_return(own: Sandbox) -> None:
    shown = own.control.get(f"/tenants/{TENANT}").json()
    assert shown["shop"] is True
    assert shown["returns"] == dict.fromkeys(vendors.names(), 1)


def test_returnmate(own: Sandbox) -> None:
    vendor = "returnmate"
    for query in ({"order_number": ORDER}, {"customer_email": EMAIL.lower()}, {"status": "received"}):
        (found,) = get(own, vendor, "/rmas", **query)["data"]
        assert (found["order_number"], found["customer"]["email"]) == (ORDER, EMAIL)
    assert get(own, vendor, "/rmas", status="pending")["data"] == []
    one = get(own, vendor, f"/rmas/{found['id']}")["data"]
    (item,) = one["items"]
    assert (item["sku"], item["name"], item["unit_price"], item["quantity"]) == (SKU, "Cotton tee M", 35.5, 1)
    assert (item["reason"], item["notes"]) == ("damaged_in_transit", "A seam is open")
    (shipment,) = one["shipments"]
    assert (shipment["carrier"], shipment["tracking_number"]) == ("startrack", TRACKING)
    assert get(own, vendor, f"/customers/{EMAIL}/stats")["data"]["total_returns"] == 1
    assert move(own, vendor, found["id"], "inspected")["status"] == "inspected"
    completed = move(own, vendor, found["id"], "completed")
    assert completed["refund"]["amount"] == 35.5


def test_returngo(own: Sandbox) -> None:
    vendor = "returngo"
    for query in ({"order_name": ORDER}, {"tracking_numbers": TRACKING}, {"status": "Received"}):
        (found,) = get(own, vendor, "/rmas", pagesize=10, **query)["rmas"]
        assert (found["order_name"], found["status"]) == (ORDER, "Received")
    one = get(own, vendor, f"/rma/{found['rmaId']}")
    (item,) = one["items"]
    assert (item["sku"], item["fullName"]) == (SKU, "Cotton tee - M")
    assert item["paidPrice"]["amount"] == 35.5
    assert one["shipments"][0]["customerAddress"]["email"] == EMAIL
    assert one["shipments"][0]["status"] == "Received"
    with own.client(vendor, TENANT) as client:
        path = f"/rma/{found['rmaId']}/status"
        assert client.put(path, json={"status": "Validated"}).json()["status"] == "Validated"
        assert client.put(path, json={"status": "Approved"}).status_code == 400
        assert client.put(path, json={"status": "Done"}).json()["status"] == "Done"
    (transaction,) = get(own, vendor, "/transactions", pagesize=10, rma_ids=found["rmaId"])["transactions"]
    assert transaction["amount"]["amount"] == 35.5


def test_returngo_lets_a_shopper_return_the_rest_of_the_order(own: Sandbox) -> None:
    with own.client("returngo", TENANT) as client:
        line = get(own, "returngo", "/rmas", pagesize=1)["rmas"][0]["rmaId"]
        line = client.get(f"/rma/{line}").json()["items"][0]["shopLineItemId"]
        body = {"order_name": ORDER, "items": [{"shopLineItemId": line}]}
        answer = client.post("/rma/getEligiblePolicies", json=body)
        assert answer.status_code == 200, answer.text
        assert answer.json()["items"][0]["policies"]


def test_swap(own: Sandbox) -> None:
    vendor = "swap"
    for query in ({"shopify_order_name": ORDER}, {"customer_email": EMAIL.lower()}):
        (found,) = get(own, vendor, "/v2/external/returns", **query)["returns"]
        assert (found["shopify_order_name"], found["customer_email"]) == (ORDER, EMAIL)
        assert (found["status"], found["tracking_number"]) == ("processing", TRACKING)
    (product,) = found["products"]
    assert (product["sku"], product["product_name"], product["variant_name"]) == (SKU, "Cotton tee", "M")
    assert (product["cost"], product["main_reason_text"]) == (35.5, "Damaged")
    with own.client(vendor, TENANT) as client:
        (old,) = client.get("/v1/external/returns", params={"store": found["store_id"]}).json()["orders"]
        assert old["order_name"] == ORDER
    assert move(own, vendor, found["return_id"], "completed")["status"] == "completed"


def test_returnlogic(own: Sandbox) -> None:
    vendor = "returnlogic"
    for query in ({"orderNumber": "5001"}, {"email": EMAIL.lower()}, {"orderName": ORDER}):
        (order,) = get(own, vendor, "/orders", skip=0, limit=10, **query)
        assert (order["orderName"], order["customerEmail"]) == (ORDER, EMAIL)
    assert {line["sku"]: line["quantity"] for line in order["orderItems"]} == {"MUG-BLU": 1, SKU: 2}
    (found,) = get(own, vendor, "/rmas", skip=0, limit=10)
    one = get(own, vendor, f"/rmas/{found['rlRmaId']}")
    assert (one["orderName"], one["workflowStatus"]) == (ORDER, "Received")
    (item,) = one["rmaItems"]
    assert (item["sku"], item["returnReasonDescription"]) == (SKU, "Damaged")
    assert one["shippingLabel"]["trackingNumber"] == TRACKING
    assert one["totals"]["refund"]["total"] == 35.5
    assert move(own, vendor, one["rlRmaId"], "Processed")["workflowStatus"] == "Processed"


def test_exsited(own: Sandbox) -> None:
    vendor = "exsited"
    (invoice,) = get(own, vendor, "/api/v3/invoices")["invoices"]
    assert (invoice["order_id"], invoice["account_name"]) == ("ORD-5001", "Iris Lane")
    assert {line["item_id"]: line["item_price"] for line in invoice["lines"]} == {
        "MUG-BLU": "24.90",
        SKU: "35.50",
    }
    (found,) = get(own, vendor, "/api/v3/return-merchandise-authorisations")[
        "return_merchandise_authorisations"
    ]
    assert found["customer_return_status"] == "CLOSED"
    assert [line["item_id"] for line in found["returns"]] == [SKU]
    path = f"/api/v3/invoices/{invoice['id']}/return-merchandise-authorisations"
    line = next(line for line in invoice["lines"] if line["item_id"] == SKU)
    lines = [{"uuid": line["uuid"], "rma_quantity": "1"}]
    with own.client(vendor, TENANT) as client:
        created = client.post(path, json={"return_merchandise_authorisations": {"returns": lines}})
        assert created.status_code in {200, 201}, created.text
        refused = client.post(path, json={"return_merchandise_authorisations": {"returns": lines}})
        assert refused.status_code == 400  # both units have been returned
