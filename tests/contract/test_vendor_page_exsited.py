"""Every documented behaviour of Exsited's pages on returns, and what its client libraries need."""

import re
from collections.abc import Iterator
from itertools import count
from typing import Any

import httpx
import pytest
from support.each import each
from support.sandbox import Sandbox

RMAS = "/return-merchandise-authorisations"
LISTED, ONE = "return_merchandise_authorisations", "return_merchandise_authorisation"
RECEIPTS, RECEIPT = "receive_return_merchandise_authorisations", "receive_return_merchandise_authorisation"
FIELDS = {
    "id", "customer_return_status", "customer_return_date", "invoice_id", "note", "received_count", "returns",
    "created_by", "created_on", "last_updated_by", "last_updated_on", "uuid", "version",
}  # fmt: skip
LINE = {"item_id", "item_name", "item_uuid", "rma_returned", "rma_requested", "uuid"}
PAGINATION = {"records": int, "limit": int, "offset": int, "previous_page": str, "next_page": str}
VERSIONS = ("v3", "v2")
_numbers = count(1)


@pytest.fixture
def tenant(sandbox: Sandbox) -> str:
    """A new tenant with the full seed and a frozen clock."""
    made = sandbox.tenant(f"exsited-page-{next(_numbers)}", limits="off")
    sandbox.control.post(f"/tenants/{made}/clock/freeze")
    return made


@pytest.fixture
def api(sandbox: Sandbox, tenant: str) -> Iterator[httpx.Client]:
    found = sandbox.credentials("exsited", tenant)
    with httpx.Client(base_url=f"{found['base_url']}/api", headers=found["headers"]) as client:
        yield client


def body(answer: httpx.Response, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json", "clients require this content type"
    return answer.json()


def refused(answer: httpx.Response, status: int) -> str:
    """Return the message of the vendor's error envelope, which holds one error with a code and a message."""
    (error,) = body(answer, status)["errors"]
    assert error.keys() == {"code", "message"}
    assert error["code"] == str(status)
    message: str = error["message"]
    return message


def returns(api: httpx.Client, **query: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = body(api.get(f"/v3{RMAS}", params={"limit": 100, **query}))[LISTED]
    return rows


def pending(api: httpx.Client) -> dict[str, Any]:
    return next(row for row in returns(api) if row["customer_return_status"] == "PENDING")


def free_line(api: httpx.Client) -> tuple[str, dict[str, Any]]:
    """Return an invoice without returns, and its first line."""
    for invoice in body(api.get("/v3/invoices", params={"limit": 100}))["invoices"]:
        if not body(api.get(f"/v3/invoices/{invoice['id']}{RMAS}"))["invoice"][LISTED]:
            return invoice["id"], invoice["lines"][0]
    raise AssertionError("Every invoice has a return.")


def create(api: httpx.Client, invoice: str, *lines: dict[str, Any], **options: Any) -> httpx.Response:
    return api.post(f"/v3/invoices/{invoice}{RMAS}", json={LISTED: {"returns": list(lines), **options}})


def receive(
    api: httpx.Client, made: dict[str, Any], version: str = "v2", *, quantity: str = "1", uuid: str = ""
) -> Any:
    line = {"rma_receive_quantity": quantity, "uuid": uuid or made["returns"][0]["uuid"]}
    path = f"/{version}/invoices/{made['invoice_id']}{RMAS}/{made['id']}/receive"
    return api.post(path, json={RECEIPTS: {"receive_returns": [line]}})


def assert_is_return(row: dict[str, Any]) -> None:
    assert row.keys() == FIELDS
    for line in row["returns"]:
        assert line.keys() == LINE
        assert {type(value) for value in line.values()} == {str}
    texts = [value for name, value in row.items() if name != "returns"]
    assert {type(value) for value in texts} == {str}, "counts and versions are texts, too"
    moment = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
    assert all(
        moment.fullmatch(row[name]) for name in ("customer_return_date", "created_on", "last_updated_on")
    )


@pytest.mark.parametrize("version", VERSIONS)
def test_reads_have_the_documented_envelopes(api: httpx.Client, version: str) -> None:
    listed = body(api.get(f"/{version}{RMAS}"))
    assert listed.keys() == {LISTED, "pagination"}
    row = listed[LISTED][0]
    assert_is_return(row)
    assert body(api.get(f"/{version}{RMAS}/{row['id']}")) == {ONE: row}
    invoice = f"/{version}/invoices/{row['invoice_id']}{RMAS}"
    of_invoice = body(api.get(invoice))
    assert of_invoice.keys() == {"invoice"}
    assert of_invoice["invoice"].keys() == {LISTED, "pagination"}, "the pagination is inside the invoice"
    assert row in of_invoice["invoice"][LISTED]
    assert body(api.get(f"{invoice}/{row['id']}")) == {"invoice": {ONE: row}}
    for page in (listed["pagination"], of_invoice["invoice"]["pagination"]):
        assert {name: type(value) for name, value in page.items()} == PAGINATION


def test_seed_has_both_documented_statuses_and_consistent_counts(api: httpx.Client) -> None:
    rows = [*returns(api), *returns(api, offset=100)]
    assert len(rows) == 150
    assert {row["customer_return_status"] for row in rows} == {"PENDING", "CLOSED"}
    assert len({row["uuid"] for row in rows}) == len({row["id"] for row in rows}) == 150
    for row in each(rows):
        assert_is_return(row)
        assert int(row["received_count"]) == sum(int(line["rma_returned"]) for line in row["returns"])
        receipts = body(api.get(f"/v3/invoices/{row['invoice_id']}{RMAS}/{row['id']}/receive"))[RECEIPTS]
        arrived = [int(line["rma_receive_quantity"]) for one in receipts for line in one["receive_returns"]]
        assert sum(arrived) == int(row["received_count"])
    assert any(int(row["received_count"]) > 0 and row["customer_return_status"] == "PENDING" for row in rows)


# --- Pages


def test_pages_are_followed_by_their_links(api: httpx.Client) -> None:
    first = body(api.get(f"/v2{RMAS}", params={"limit": 40, "order_by": "created_on", "direction": "asc"}))
    assert (first["pagination"]["previous_page"], first["pagination"]["records"]) == ("NULL", 150)
    seen, page = [row["id"] for row in first[LISTED]], first["pagination"]
    while page["next_page"] != "NULL":
        assert page["next_page"].startswith("http://")
        assert "/api/v2/" in page["next_page"]
        answer = body(api.get(page["next_page"]))
        seen, page = [*seen, *(row["id"] for row in answer[LISTED])], answer["pagination"]
    assert (len(seen), len(set(seen)), page["offset"]) == (150, 150, 120)
    assert body(api.get(page["previous_page"]))["pagination"]["offset"] == 80


def test_page_has_twenty_rows_by_default_and_a_hundred_at_most(api: httpx.Client) -> None:
    for asked, given in (({}, 20), ({"limit": 0}, 20), ({"limit": 7}, 7), ({"limit": 5000}, 100)):
        answer = body(api.get(f"/v3{RMAS}", params=asked))
        assert (len(answer[LISTED]), answer["pagination"]["limit"]) == (given, given)
    beyond = body(api.get(f"/v3{RMAS}", params={"offset": 1000}))
    assert (beyond[LISTED], beyond["pagination"]["next_page"]) == ([], "NULL")
    before = body(api.get(beyond["pagination"]["previous_page"]))
    assert (len(before[LISTED]), before["pagination"]["offset"]) == (20, 130), "the last rows of the list"


@pytest.mark.parametrize("direction", ["asc", "ASC", "SortDirection.ASC"])
def test_lists_are_sorted_as_requested(api: httpx.Client, direction: str) -> None:
    for field in ("created_on", "last_updated_on"):
        up = [row[field] for row in returns(api, order_by=field, direction=direction)]
        down = [row[field] for row in returns(api, order_by=field, direction="desc")]
        assert up == sorted(up)
        assert down == sorted(down, reverse=True)
        assert up[0] < down[0]


@pytest.mark.parametrize(
    "query",
    [{"direction": "None"}, {"direction": "SortDirection.DESC"}, {"order_by": "colour"}, {"colour": "red"}],
)
def test_meaningless_query_parameters_of_clients_are_ignored(
    api: httpx.Client, query: dict[str, str]
) -> None:
    assert returns(api, **query) == returns(api)


@pytest.mark.parametrize("path", ["//api/v3{rmas}", "/api/v3{rmas}/?limit=20", "/api//v2{rmas}//"])
def test_extra_slashes_are_ignored_without_a_redirect(api: httpx.Client, sandbox: Sandbox, path: str) -> None:
    base = sandbox.credentials("exsited")["base_url"]
    answer = api.get(base + path.format(rmas=RMAS))
    assert len(body(answer)[LISTED]) == 20


@pytest.mark.parametrize("query", [{"limit": "-1"}, {"offset": "x"}, {"limit": "1.5"}, {"offset": "-3"}])
def test_invalid_numbers_are_refused(api: httpx.Client, query: dict[str, str]) -> None:
    assert next(iter(query)) in refused(api.get(f"/v3{RMAS}", params=query), 400)


# --- Creating and receiving


@pytest.mark.parametrize("version", VERSIONS)
def test_return_is_created_received_and_closed(api: httpx.Client, version: str) -> None:
    invoice, line = free_line(api)
    options = {"date": "2026-10-14", "note": "Sole came off", "returns": [
        {"rma_quantity": line["item_order_quantity"], "uuid": line["uuid"], "item_uuid": line["item_uuid"]}
    ]}  # fmt: skip
    made = body(api.post(f"/{version}/invoices/{invoice}{RMAS}", json={LISTED: options}), 201)["invoice"][ONE]
    assert_is_return(made)
    assert re.fullmatch(r"RMA-\d{8}", made["id"])
    assert (made["customer_return_status"], made["received_count"], made["version"]) == ("PENDING", "0", "0")
    assert (made["customer_return_date"], made["note"]) == ("2026-10-14T00:00:00Z", "Sole came off")
    (asked,) = made["returns"]
    assert (asked["rma_requested"], asked["rma_returned"]) == (line["item_order_quantity"], "0")
    assert asked["uuid"] != line["uuid"], "a new line"
    now = body(receive(api, made, version, quantity=line["item_order_quantity"]))
    assert now.keys() == {ONE}
    assert now[ONE]["customer_return_status"] == "CLOSED"
    assert (now[ONE]["received_count"], now[ONE]["version"]) == (line["item_order_quantity"], "1")
    assert body(api.get(f"/v3{RMAS}/{made['id']}")) == now
    path = f"/{version}/invoices/{invoice}{RMAS}/{made['id']}/receive"
    receipts = body(api.get(path))
    assert receipts.keys() == {RECEIPTS, "pagination"}
    (receipt,) = receipts[RECEIPTS]
    assert receipt.keys() == {"id", "receive_returns", "created_by", "created_on", "uuid"}
    assert body(api.get(f"{path}/{receipt['id']}")) == {RECEIPT: receipt}
    assert "CLOSED" in refused(receive(api, made, version), 400)


def test_version_grows_with_every_change_only(api: httpx.Client, sandbox: Sandbox, tenant: str) -> None:
    line = {"sku": "TEE-NVY-M", "quantity": 3, "reason": "wrong_size"}
    options = {
        "vendor": "exsited",
        "order_number": "#77",
        "customer_email": "iris.lane@example.com",
        "items": [line],
    }
    made = sandbox.control.post(f"/tenants/{tenant}/returns", json=options).json()["document"]
    versions = [made["version"]]
    for _ in range(2):
        sandbox.control.post(f"/tenants/{tenant}/clock/advance", json={"seconds": 60})
        versions.append(body(receive(api, made))[ONE]["version"])
        versions.append(body(api.get(f"/v3{RMAS}/{made['id']}"))[ONE]["version"])
    sandbox.control.post(
        f"/tenants/{tenant}/returns/{made['id']}/move", json={"vendor": "exsited", "status": "CLOSED"}
    )
    last = body(api.get(f"/v3{RMAS}/{made['id']}"))[ONE]
    assert [*versions, last["version"]] == ["0", "1", "1", "2", "2", "3"]
    assert (last["customer_return_status"], last["received_count"]) == ("CLOSED", "2")
    assert last["last_updated_on"] > last["created_on"]


def test_custom_number_is_kept_and_unique(api: httpx.Client) -> None:
    invoice, line = free_line(api)
    options = {"rma_quantity": "1", "uuid": line["uuid"]}
    assert body(create(api, invoice, options, id="MY-17"), 201)["invoice"][ONE]["id"] == "MY-17"
    assert "MY-17 is taken" in refused(create(api, invoice, options, id="MY-17"), 400)


def test_returned_quantity_cannot_exceed_the_purchased_quantity(api: httpx.Client) -> None:
    invoice, line = free_line(api)
    bought = int(line["item_order_quantity"])
    options = {"uuid": line["uuid"], "rma_quantity": str(bought)}
    assert "at most" in refused(create(api, invoice, {**options, "rma_quantity": str(bought + 1)}), 400)
    assert "at most 0" in refused(create(api, invoice, options, {**options, "rma_quantity": "1"}), 400)
    made = body(create(api, invoice, options), 201)["invoice"][ONE]
    assert "at most 0" in refused(create(api, invoice, {**options, "rma_quantity": "1"}), 400)
    assert f"at most {bought}" in refused(receive(api, made, quantity=str(bought + 1)), 400)


@pytest.mark.parametrize(
    ("line", "status", "says"),
    [
        ({"uuid": "unknown", "rma_quantity": "1"}, 404, "no line with the uuid unknown"),
        ({"rma_quantity": "0"}, 400, "rma_quantity"),
        ({"rma_quantity": 1}, 400, "must be a string"),
        ({"item_uuid": "other", "rma_quantity": "1"}, 400, "item_uuid"),
        ({}, 400, "rma_quantity is required"),
    ],
)
def test_invalid_lines_are_refused(api: httpx.Client, line: dict[str, Any], status: int, says: str) -> None:
    invoice, known = free_line(api)
    assert says in refused(create(api, invoice, {"uuid": known["uuid"], **line}), status)


def test_receipt_of_an_unknown_return_or_line_is_refused(api: httpx.Client) -> None:
    row = pending(api)
    assert "no line" in refused(receive(api, row, uuid="unknown"), 404)
    assert "No return" in refused(receive(api, {**row, "id": "RMA-0"}, uuid="x"), 404)
    other, _ = free_line(api)
    assert "has no return" in refused(receive(api, {**row, "invoice_id": other}), 404)


# --- Invoices


def test_invoices_can_be_read_by_the_vendors_library(api: httpx.Client) -> None:
    listed = body(api.get("/v3/invoices", params={"limit": 5}))
    assert listed.keys() == {"invoices", "pagination"}
    invoice = listed["invoices"][0]
    one = f"invoices/{invoice['id']}"
    for path in (f"/v3/{one}", f"/v2/{one}", f"/v2/{one}/information", f"/v3/{one}/information"):
        assert body(api.get(path)) == {"invoice": invoice}
    for version in VERSIONS:
        of_order = body(api.get(f"/{version}/orders/{invoice['order_id']}/invoices"))["order"]
        assert invoice in of_order["invoices"]
    for version in VERSIONS:
        account = f"/{version}/accounts/{invoice['account_id']}/invoices"
        shown = body(api.get(account, params={"limit": 1}))["account"]
        assert shown["pagination"].keys() == PAGINATION.keys()
        assert invoice in body(api.get(account, params={"limit": 100}))["account"]["invoices"]
        listed = body(api.get(f"/{version}/invoices", params={"limit": 100, "offset": 100}))
        assert f"/api/{version}/invoices?" in listed["pagination"]["previous_page"]
        assert listed["invoices"]
    totals = [float(line["total"]) for line in invoice["lines"]]
    assert float(invoice["total"]) == pytest.approx(sum(totals))
    assert float(invoice["subtotal"]) + float(invoice["tax"]) == pytest.approx(float(invoice["total"]))


# --- Login and errors


def login(sandbox: Sandbox, tenant: str, **options: Any) -> httpx.Response:
    found = sandbox.credentials("exsited", tenant)
    asked = {"grant_type": "client_credentials", **found["fields"], **options}
    return httpx.post(f"{found['base_url']}/api/v1/oauth2/token", json=asked)


def test_token_is_issued_refreshed_and_expires_after_an_hour(
    sandbox: Sandbox, tenant: str, api: httpx.Client
) -> None:
    answer = login(sandbox, tenant, exsited_url="http://127.0.0.1")
    assert answer.headers["content-type"] == "application/json"
    token = body(answer)
    assert token.keys() == {"access_token", "refresh_token", "expires_in"}
    assert token["expires_in"] == 3600
    signed = {"Authorization": f"Bearer {token['access_token']}"}
    assert body(api.get(f"/v3{RMAS}", headers=signed))[LISTED]
    sandbox.control.post(f"/tenants/{tenant}/clock/advance", json={"seconds": 3600})
    assert "expired" in refused(api.get(f"/v3{RMAS}", headers=signed), 401)
    fresh = body(login(sandbox, tenant, grant_type="refresh_token", refresh_token=token["refresh_token"]))
    signed = {"Authorization": f"Bearer {fresh['access_token']}"}
    assert body(api.get(f"/v3{RMAS}", headers=signed))[LISTED]
    again = body(login(sandbox, tenant))
    assert body(api.get(f"/v3{RMAS}", headers=signed))[LISTED], "a new token does not revoke others"
    assert again["access_token"] != fresh["access_token"]


def test_wrong_credentials_get_no_token(sandbox: Sandbox, tenant: str) -> None:
    for wrong in ({"client_secret": "unknown"}, {"client_id": "unknown"}):
        assert "No client" in refused(login(sandbox, tenant, **wrong), 401)
    refresh = {"grant_type": "refresh_token"}
    assert "refresh_token is required" in refused(login(sandbox, tenant, **refresh), 400)
    stale = "refresh_token does not belong to this client."
    assert refused(login(sandbox, tenant, **refresh, refresh_token="stale"), 400) == stale
    token = body(login(sandbox, tenant))
    assert refused(login(sandbox, tenant, **refresh, refresh_token=token["access_token"]), 400) == stale
    other = {**refresh, "refresh_token": token["refresh_token"], "client_secret": "wrong"}
    assert "No client" in refused(login(sandbox, tenant, **other), 401)
    sandbox.control.post(f"/tenants/{tenant}/clock/advance", json={"seconds": 400 * 86_400})
    expired = refused(login(sandbox, tenant, **refresh, refresh_token=token["refresh_token"]), 400)
    assert expired == "refresh_token has expired."
    assert "grant_type" in refused(login(sandbox, tenant, grant_type="password"), 400)
    assert "redirect_uri is required" in refused(login(sandbox, tenant, redirect_uri=""), 400)


def test_api_accepts_tokens_of_the_same_merchant_only(sandbox: Sandbox, api: httpx.Client) -> None:
    fields = sandbox.credentials("exsited")["fields"]
    for header in ({"Authorization": f"Bearer {fields['client_secret']}"}, {"Authorization": "Bearer x"}):
        said = refused(api.get(f"/v3{RMAS}", headers=header), 401)
        assert said == "This access token is not known here."
    anonymous = httpx.get(str(api.base_url.join(f"/exsited/api/v3{RMAS}")))
    assert refused(anonymous, 401) == "An access token is required; none was sent."
    mine = pending(api)["id"]
    with sandbox.client("exsited") as demo:
        assert "No return" in refused(demo.get(f"/api/v3{RMAS}/{mine}-x"), 404)


def test_unknown_records_are_not_found(api: httpx.Client) -> None:
    row = pending(api)
    for path in (
        f"{RMAS}/RMA-0",
        f"/invoices/INV-0{RMAS}",
        f"/invoices/{row['invoice_id']}{RMAS}/RMA-0",
        f"/invoices/{row['invoice_id']}{RMAS}/{row['id']}/receive/RCV-0",
        "/invoices/INV-0",
        "/orders/ORD-0/invoices",
        "/accounts/ACC-0/invoices",
        "/nothing",
    ):
        refused(api.get(f"/v3{path}"), 404)
    refused(api.delete(f"/v3{RMAS}/{row['id']}"), 405)
