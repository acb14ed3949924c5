"""Every documented behaviour of ReturnLogic's reference, against the sandbox."""

import itertools
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from support.sandbox import Sandbox

import openapi

VENDOR = "returnlogic"
LIMITS = {
    "X-RateLimit-Limit-Second": 2,
    "X-RateLimit-Limit-Minute": 120,
    "X-RateLimit-Remaining-Second": None,
    "X-RateLimit-Remaining-Minute": None,
}
FINANCIAL = ["authorized", "paid", "partially_paid", "pending", "refunded", "voided", "ThirdParty"]
FULFILLMENT = ["fulfilled", "partial", "restocked"]
REQUIRED = {
    "externalOrderId": "5009001", "orderNumber": "9001", "orderName": "#9001", "tags": [],
    "taxesIncluded": False, "shopCurrencyCode": "USD", "totalPrice": 0, "fees": 0, "taxPrice": 0,
    "shippingPrice": 0, "refundAmount": 0,
}  # fmt: skip
OPTIONAL = {
    "externalCustomerId": 12.5, "customerEmail": "Kim@Example.com", "customerPhone": "+1 202-555-0118",
    "shippingAddress": {"city": "Gumnut Flat"}, "fulfillmentStatus": "partial",
    "financialStatus": "ThirdParty", "externalSource": "shopify", "sourceType": "in-store",
    "shippedAt": "2026-03-03T05:12:09Z", "externalCreateDate": "2026-03-02T09:40:00Z",
    "externalUpdateDate": "2026-03-03T05:12:09Z", "gateway": "cash",
}  # fmt: skip
PRODUCT = {"externalProductId": "7001", "quantity": 1, "price": 10.5}
CUSTOM = {"name": "Gift wrap", "quantity": 2, "price": 0}
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def tenant(sandbox: Sandbox) -> str:
    """A merchant with the full seed and a frozen clock: limits are shown, and windows never end."""
    return sandbox.tenant("rl-page", first_moment="2026-06-01T12:00:00Z", frozen=True)


@pytest.fixture
def api(sandbox: Sandbox, tenant: str) -> Iterator[httpx.Client]:
    with sandbox.client(VENDOR, tenant) as client:
        yield client


@pytest.fixture
def limited(sandbox: Sandbox) -> Iterator[tuple[httpx.Client, httpx.Client]]:
    """Return a merchant with a frozen clock and enforced limits, and its control-plane path."""
    name = f"rl-limits-{next(_numbers)}"
    sandbox.tenant(name, seed_size=0, first_moment="2026-06-01T12:00:00Z", frozen=True, limits="on")
    base_url = f"{sandbox.url}/__sandbox/tenants/{name}"
    with sandbox.client(VENDOR, name) as client, httpx.Client(base_url=base_url) as control:
        yield client, control


def body(answer: httpx.Response, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()


def listed(api: httpx.Client, **query: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = body(api.get("/orders", params=query))
    return rows


def refused(answer: httpx.Response, *fields: str) -> None:
    said = body(answer, 400)
    assert (said["status"], said["error"]) == (400, "Bad Request")
    assert {one["field"] for one in said["fields"]} >= set(fields)


def remaining(answer: httpx.Response) -> tuple[int, int]:
    """Return the remaining requests per second and per minute; fail unless all four headers are present."""
    for name, value in LIMITS.items():
        assert answer.headers[name].isdecimal(), name
        assert value is None or int(answer.headers[name]) == value
    left = (answer.headers[f"X-RateLimit-Remaining-{unit}"] for unit in ("Second", "Minute"))
    return int(next(left)), int(next(left))


# --- Authentication, error codes, limits


@pytest.mark.parametrize(
    ("method", "path", "options", "status"),
    [
        ("GET", "/orders", {}, 200),
        ("POST", "/orders", {"json": REQUIRED}, 201),
        ("GET", "/rmas", {"params": {"email": "kim@example.com"}}, 200),
        ("GET", "/orders", {"params": {"limit": 0}}, 400),
        ("POST", "/orders", {"content": "{", "headers": {"Content-Type": "application/json"}}, 400),
        ("GET", "/orders", {"headers": {"Authorization": "Bearer unknown"}}, 401),
        ("GET", "/orders", {"headers": {"Authorization": ""}}, 401),
        ("GET", "/rmas/7", {}, 404),
        ("GET", "/nowhere", {}, 404),
        ("DELETE", "/orders", {}, 405),
        ("POST", "/oauth", {"json": {}}, 400),
    ],
)
def test_four_rate_limit_headers_are_on_every_answer(
    api: httpx.Client, method: str, path: str, options: Any, status: int
) -> None:
    answer = api.request(method, path, **options)
    assert answer.status_code == status
    remaining(answer)
    assert "retry-after" not in answer.headers, "none is documented"


def test_third_request_within_a_second_is_refused(limited: tuple[httpx.Client, httpx.Client]) -> None:
    api, control = limited
    assert [remaining(api.get("/orders")) for _ in range(2)] == [(1, 119), (0, 118)]
    refusal = api.get("/orders")
    said = body(refusal, 429)
    assert (said["status"], said["error"], remaining(refusal)) == (429, "Rate Limit Exceeded", (0, 118))
    assert "retry-after" not in refusal.headers
    control.post("/clock/advance", json={"seconds": 1})
    assert remaining(api.get("/orders")) == (1, 117)


def test_minute_allows_120_requests(limited: tuple[httpx.Client, httpx.Client]) -> None:
    api, control = limited
    left = []
    for _ in range(60):
        left += [remaining(api.get("/orders"))[1] for _ in range(2)]
        body(control.post("/clock/advance", json={"seconds": 1}))
    assert left == [*range(119, -1, -1)], "a new minute starts after 60 seconds"
    assert remaining(api.get("/orders")) == (1, 119)
    tight = {"windows": {"minute": 3}}
    body(control.patch(f"/keys/{VENDOR}/default", json=tight))
    assert [api.get("/orders").status_code for _ in range(4)] == [200, 200, 200, 429]


def test_limits_can_be_raised_for_a_key(limited: tuple[httpx.Client, httpx.Client]) -> None:
    api, control = limited
    body(control.patch(f"/keys/{VENDOR}/default", json={"windows": {"second": 5, "minute": 600}}))
    answers = [api.get("/orders") for _ in range(6)]
    assert [one.status_code for one in answers] == [200] * 5 + [429]
    assert answers[0].headers["X-RateLimit-Limit-Second"] == "5"
    assert answers[0].headers["X-RateLimit-Remaining-Minute"] == "599"


def test_maintenance_answers_every_call_with_503(limited: tuple[httpx.Client, httpx.Client]) -> None:
    api, control = limited
    turned = {"vendor": VENDOR, "name": "maintenance", "on": True}
    assert body(control.put("/switches", json=turned))["on"] is True
    for answer in (api.get("/orders"), api.post("/orders", json=REQUIRED)):
        said = body(answer, 503)
        assert (said["status"], said["error"]) == (503, "Down For Maintenance")
        remaining(answer)
    body(control.put("/switches", json={**turned, "on": False}))
    control.post("/clock/advance", json={"seconds": 1})
    assert listed(api) == [], "nothing was created during maintenance"


# --- List Orders


def test_orders_are_a_bare_array_of_twenty_newest_first(api: httpx.Client) -> None:
    rows = listed(api)
    assert len(rows) == 20
    made = [row["createDate"] for row in listed(api, limit=250)]
    assert made == sorted(made, reverse=True)
    assert len(made) >= 100


def test_skip_and_limit_return_slices_of_one_order(api: httpx.Client) -> None:
    whole = [row["rlOrderId"] for row in listed(api, limit=250)]
    parts = [
        [row["rlOrderId"] for row in listed(api, skip=skip, limit=7)] for skip in range(0, len(whole), 7)
    ]
    assert list(itertools.chain(*parts)) == whole
    assert len(set(whole)) == len(whole)
    assert listed(api, skip=len(whole)) == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"skip": -1}, "skip"),
        ({"limit": 0}, "limit"),
        ({"limit": 251}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"skip": 1.5}, "skip"),
        ({"financialStatus": "partially_refunded"}, "financialStatus"),
        ({"financialStatus": "thirdparty"}, "financialStatus"),
        ({"minCreateDate": "yesterday"}, "minCreateDate"),
        ({"maxCreateDate": "2026-03-02"}, "maxCreateDate"),
    ],
)
def test_out_of_range_parameter_is_refused(api: httpx.Client, query: dict[str, Any], field: str) -> None:
    refused(api.get("/orders", params=query), field)


def test_orders_are_found_by_number_name_and_email(api: httpx.Client) -> None:
    wanted = listed(api, skip=3, limit=1)[0]
    for query, name in (("orderNumber", "orderNumber"), ("orderName", "orderName")):
        assert [row["rlOrderId"] for row in listed(api, **{query: wanted[name]})] == [wanted["rlOrderId"]]
    mine = listed(api, email=wanted["customerEmail"].upper(), limit=250)
    assert wanted["rlOrderId"] in [row["rlOrderId"] for row in mine]
    assert {row["customerEmail"] for row in mine} == {wanted["customerEmail"]}
    assert listed(api, email=wanted["customerEmail"][:-1]) == [], "exact match only"
    assert listed(api, orderNumber=wanted["orderName"]) == [], "the name is not the number"
    assert listed(api, orderNumber=wanted["orderNumber"], email="unknown@example.com") == [], (
        "filters combine with and"
    )


def test_both_creation_bounds_are_inclusive(api: httpx.Client) -> None:
    rows = listed(api, limit=250)
    newer, older = rows[4]["createDate"], rows[9]["createDate"]
    found = listed(api, minCreateDate=older, maxCreateDate=newer, limit=250)
    assert [row["rlOrderId"] for row in found] == [
        row["rlOrderId"] for row in rows if older <= row["createDate"] <= newer
    ]
    assert {newer, older} <= {row["createDate"] for row in found}


@pytest.mark.parametrize("status", FINANCIAL)
def test_orders_are_found_by_financial_status(sandbox: Sandbox, status: str) -> None:
    tenant = sandbox.tenant(f"rl-financial-{FINANCIAL.index(status)}", seed_size=0, limits="off")
    with sandbox.client(VENDOR, tenant) as api:
        for one in FINANCIAL:
            body(api.post("/orders", json={**REQUIRED, "financialStatus": one}), 201)
        body(api.post("/orders", json=REQUIRED), 201)
        assert [row["financialStatus"] for row in listed(api, financialStatus=status)] == [status]


# --- Create Order


def test_document_lists_the_fields_of_the_page() -> None:
    document = openapi.read(VENDOR)
    schema = document["components"]["schemas"]["NewOrder"]
    assert set(schema["required"]) == REQUIRED.keys()
    assert schema["properties"].keys() == {
        *REQUIRED, *OPTIONAL, "billingAddress", "orderItems", "orderDiscounts",
    }  # fmt: skip
    schemas = document["components"]["schemas"]
    assert schemas["OrderFinancialStatus"]["enum"] == FINANCIAL
    assert schemas["OrderFulfillmentStatus"]["enum"] == FULFILLMENT
    names = [one["$ref"].rpartition("/")[2] for one in document["paths"]["/orders"]["get"]["parameters"]]
    assert names == [
        "skip", "limit", "orderNumber", "orderName", "email", "minCreateDate", "maxCreateDate",
        "financialStatus",
    ]  # fmt: skip


def test_order_is_created_from_the_required_fields_alone(api: httpx.Client) -> None:
    made = body(api.post("/orders", json=REQUIRED), 201)
    assert {name: made[name] for name in REQUIRED} == REQUIRED
    assert {made[name] for name in OPTIONAL} == {None}
    assert made["rlOrderId"] in [row["rlOrderId"] for row in listed(api, orderNumber="9001")]


def test_order_keeps_every_field_it_was_created_with(api: httpx.Client) -> None:
    options = {**REQUIRED, **OPTIONAL, "orderName": "#9002", "orderItems": [PRODUCT, CUSTOM],
            "orderDiscounts": [{"code": "SPRING", "amount": 1.5}]}  # fmt: skip
    made = body(api.post("/orders", json=options), 201)
    plain = {name: value for name, value in options.items() if name != "orderItems"}
    assert {name: made[name] for name in plain} == plain
    first, second = made["orderItems"]
    assert (first["externalProductId"], first["name"]) == ("7001", None)
    assert (second["name"], second["externalProductId"], second["quantity"]) == ("Gift wrap", None, 2)
    assert listed(api, orderName="#9002") == [made]
    assert made in listed(api, email="kim@example.com"), "case-insensitive"


@pytest.mark.parametrize("field", REQUIRED)
def test_each_required_field_is_required(api: httpx.Client, field: str) -> None:
    options = {name: value for name, value in REQUIRED.items() if name != field}
    refused(api.post("/orders", json=options), field)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"externalOrderId": 5}, "externalOrderId"),
        ({"externalCustomerId": "900142"}, "externalCustomerId"),
        ({"tags": "spring"}, "tags"),
        ({"tags": [1]}, "tags[0]"),
        ({"taxesIncluded": "yes"}, "taxesIncluded"),
        ({"shopCurrencyCode": "EURO"}, "shopCurrencyCode"),
        ({"totalPrice": "10.00"}, "totalPrice"),
        ({"fees": None}, "fees"),
        ({"financialStatus": "unpaid"}, "financialStatus"),
        ({"fulfillmentStatus": "unfulfilled"}, "fulfillmentStatus"),
        ({"shippedAt": "today"}, "shippedAt"),
        ({"shippingAddress": "12 Mulberry Lane"}, "shippingAddress"),
        ({"orderItems": [{**PRODUCT, "quantity": 0}]}, "orderItems[0].quantity"),
        ({"orderItems": [PRODUCT, {"quantity": 1, "price": 1}]}, "orderItems[1].externalProductId"),
        ({"orderItems": [{**PRODUCT, "name": "Both"}]}, "orderItems[0].name"),
    ],
)
def test_malformed_field_is_refused_by_name(api: httpx.Client, change: Any, field: str) -> None:
    refused(api.post("/orders", json={**REQUIRED, **change}), field)


# --- RMAs


def test_rmas_are_found_by_email_in_any_case(api: httpx.Client) -> None:
    wanted = body(api.get("/rmas", params={"limit": 1, "skip": 5}))[0]
    found = body(api.get("/rmas", params={"email": wanted["customerEmail"].upper()}))
    assert {row["customerEmail"] for row in found} == {wanted["customerEmail"]}
    assert wanted in found
    assert body(api.get(f"/rmas/{wanted['rlRmaId']}")) == wanted
    assert body(api.get("/rmas", params={"email": "unknown@example.com"})) == []


def test_rma_belongs_to_an_order_and_changes_status(sandbox: Sandbox) -> None:
    tenant = sandbox.tenant("rl-rma", seed_size=0, first_moment="2026-06-01T12:00:00Z", frozen=True)
    control = f"/tenants/{tenant}"
    options = {
        "vendor": VENDOR,
        "order_number": "#2001",
        "customer_email": "iris.lane@example.com",
        "items": [{"sku": "TEE-NVY-M", "quantity": 2, "reason": "wrong_size"}],
    }
    rma = body(sandbox.control.post(f"{control}/returns", json=options), 201)["document"]
    with sandbox.client(VENDOR, tenant) as api:
        (order,) = listed(api, orderNumber="2001")
        assert (order["orderName"], order["customerEmail"]) == ("#2001", "iris.lane@example.com")
        assert rma["totals"]["refund"]["total"] == order["totalPrice"]
        path = f"{control}/returns/{rma['rlRmaId']}/move"
        move = {"vendor": VENDOR, "status": "Authorized"}
        moved = body(sandbox.control.post(path, json=move))["document"]
        assert moved["shippingLabel"]["trackingNumber"]
        body(sandbox.control.post(f"{control}/clock/advance", json={"seconds": 80 * 3600}))
        assert body(api.get(f"/rmas/{rma['rlRmaId']}"))["workflowStatus"] == "Delivered"
        illegal = sandbox.control.post(path, json={**move, "status": "Complete"})
        assert "it can become" in body(illegal, 400)["error"]["message"]
        for status in ("Received", "Processed", "Complete"):
            body(sandbox.control.post(path, json={**move, "status": status}))
    kinds = [event["kind"] for event in sandbox.ledger(tenant)]
    assert kinds[:2] == ["order.created", "return.created"]
    assert kinds.count("shipment.state_changed") == 2
    assert kinds[-1] == "refund.issued"
