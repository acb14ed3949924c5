"""Every curl line and every documented behaviour of ReturnMate's API reference, against the sandbox."""

import argparse
import shlex
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from support.each import each
from support.sandbox import Sandbox

JSON = {"Content-Type": "application/json"}
PAGE = """
curl -X GET "https://api.returnmate.io/v1/rmas" \\
-H "Authorization: Bearer YOUR_API_KEY" \\
-H "Content-Type: application/json"

curl -X GET "https://api.returnmate.io/v1/rmas?status=pending&per_page=50" \\
-H "Authorization: Bearer YOUR_API_KEY"
"""


@pytest.fixture
def api(sandbox: Sandbox, request: pytest.FixtureRequest) -> Iterator[httpx.Client]:
    """A new tenant with the full seed."""
    name = "page-" + "".join(letter if letter.isalnum() else "-" for letter in request.node.name.lower())[
        :30
    ].strip("-")
    with sandbox.client("returnmate", sandbox.tenant(name, limits="off")) as client:
        yield client


def body(answer: httpx.Response, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()


@pytest.mark.parametrize("line", PAGE.strip().split("\n\n"))
def test_curl_line_works_with_sandbox_key_and_host(sandbox: Sandbox, line: str) -> None:
    found = sandbox.credentials("returnmate")
    line = line.replace("https://api.returnmate.io/v1", found["base_url"]).replace("\\\n", "")
    curl = argparse.ArgumentParser()
    curl.add_argument("-X", dest="method")
    curl.add_argument("-H", dest="headers", action="append")
    curl.add_argument("url")
    typed = curl.parse_args(shlex.split(line.replace("YOUR_API_KEY", found["fields"]["api_key"]))[1:])
    headers = dict(header.split(": ", 1) for header in typed.headers)
    answer = body(httpx.request(typed.method, typed.url, headers=headers))
    assert answer["success"] is True
    shown = {"id", "rma_number", "status", "order_number", "customer", "items", "created_at"}
    assert set(answer["data"][0]) >= shown


def test_list_has_the_documented_envelope_and_meta(api: httpx.Client) -> None:
    answer = body(api.get("/rmas", params={"page": 2, "per_page": 25}))
    assert answer["success"] is True
    assert answer["meta"] == {"page": 2, "per_page": 25, "total": 150, "total_pages": 6}
    assert len(answer["data"]) == 25


def test_filters_combine_with_and_repeated_values_with_or(api: httpx.Client) -> None:
    pending = body(api.get("/rmas?status=pending&per_page=100"))
    either = body(api.get("/rmas?status[]=pending&status[]=approved&per_page=100"))
    encoded = body(api.get("/rmas?status%5B%5D=pending&status%5B%5D=approved&per_page=100"))
    assert {row["status"] for row in either["data"]} == {"pending", "approved"}
    assert either["meta"]["total"] > pending["meta"]["total"] > 0
    assert encoded == either
    row = pending["data"][0]
    both = body(
        api.get("/rmas", params={"status": "pending", "customer_email": row["customer"]["email"].upper()})
    )
    assert row["id"] in {found["id"] for found in both["data"]}
    assert {found["customer"]["email"] for found in both["data"]} == {row["customer"]["email"]}


def test_created_filters_accept_dates_and_times(api: httpx.Client) -> None:
    rows = body(api.get("/rmas?per_page=100&order=asc"))["data"]
    day = rows[50]["created_at"][:10]
    later = body(api.get("/rmas", params={"created_after": day, "per_page": 100, "order": "asc"}))["data"]
    assert later[0]["created_at"] >= f"{day}T00:00:00Z"
    assert rows[50]["id"] in {row["id"] for row in later}
    exact = rows[50]["created_at"]
    assert (
        body(api.get("/rmas", params={"created_after": exact, "order": "asc"}))["data"][0]["created_at"]
        == exact
    )
    before = body(api.get("/rmas", params={"created_before": exact, "per_page": 100}))["data"]
    assert all(row["created_at"] < exact for row in each(before))


def test_lists_are_sorted_by_created_at_in_both_directions(api: httpx.Client) -> None:
    newest = [row["created_at"] for row in body(api.get("/rmas?sort=created_at&order=desc"))["data"]]
    oldest = [row["created_at"] for row in body(api.get("/rmas?sort=created_at&order=asc"))["data"]]
    assert newest == sorted(newest, reverse=True)
    assert oldest == sorted(oldest)
    assert newest[0] > oldest[0]


def test_create_update_note_and_label_work_as_documented(api: httpx.Client) -> None:
    options = {
        "order_number": "#1001",
        "customer_email": "customer@example.com",
        "items": [{"sku": "PROD-001", "quantity": 1, "reason": "defective", "notes": "Screen not working"}],
        "return_type": "refund",
    }
    made = body(api.post("/rmas", json=options), 201)["data"]
    assert (made["status"], made["return_type"], made["items"][0]["sku"]) == ("pending", "refund", "PROD-001")
    moved = body(
        api.patch(f"/rmas/{made['id']}", json={"status": "approved", "notes": "Approved for full refund"})
    )
    assert moved["data"]["status"] == "approved"
    assert moved["data"]["notes"][0]["content"] == "Approved for full refund"
    note = body(
        api.post(
            f"/rmas/{made['id']}/notes", json={"content": "Customer contacted about delay", "internal": True}
        ),
        201,
    )
    assert note["data"]["internal"] is True
    options = {"carrier": "australia_post", "service": "express_post", "direction": "return"}
    shipment = body(api.post(f"/rmas/{made['id']}/shipments", json=options), 201)["data"]
    label = httpx.get(shipment["label_url"])
    assert label.status_code == 200
    assert label.content.startswith(b"%PDF-")
    assert shipment["tracking_number"]
    whole = body(api.get(f"/rmas/{made['id']}"))["data"]
    assert whole["status"] == "label_sent"
    assert [known["id"] for known in whole["shipments"]] == [shipment["id"]]
    assert [entry["type"] for entry in whole["timeline"]] == ["system", "status", "note", "note", "status"]
    assert body(api.get(f"/shipments/{shipment['id']}"))["data"] == whole["shipments"][0]
    assert body(api.get(f"/shipments/{shipment['id']}/tracking"))["data"][0]["status"] == "label_created"
    assert body(api.get("/shipments?per_page=1"))["data"][0]["id"] == shipment["id"]


def pause(sandbox: Sandbox, tenant: str, *, hours: int) -> None:
    """Advance the tenant's clock."""
    answer = sandbox.control.post(f"/tenants/{tenant}/clock/advance", json={"seconds": hours * 3_600})
    assert answer.is_success, answer.text


def test_only_a_parcel_to_the_store_moves_the_return(sandbox: Sandbox) -> None:
    """A replacement that travels to the customer says nothing of the goods that come back."""
    tenant = sandbox.tenant("page-outbound", limits="off", seed_size=0, frozen=True)
    item = {"sku": "TEE-NVY-M", "quantity": 1, "reason": "wrong_size"}
    with sandbox.client("returnmate", tenant) as api:
        wanted = {"order_number": "#1", "customer_email": "iris.lane@example.com", "items": [item]}
        id_ = body(api.post("/rmas", json=wanted), 201)["data"]["id"]
        body(api.patch(f"/rmas/{id_}", json={"status": "approved"}))
        statuses = []
        for direction in ("outbound", "return"):
            label = {"carrier": "tnt", "direction": direction}
            body(api.post(f"/rmas/{id_}/shipments", json=label), 201)
            statuses.append(body(api.get(f"/rmas/{id_}"))["data"]["status"])
            pause(sandbox, tenant, hours=12 if direction == "outbound" else 9)
        for hours in (12, 0):
            found = body(api.get(f"/rmas/{id_}"))["data"]
            statuses.append((found["status"], [one["status"] for one in found["shipments"]]))
            pause(sandbox, tenant, hours=hours)
    assert statuses == [
        "approved",
        "label_sent",
        ("label_sent", ["in_transit", "label_created"]),
        ("in_transit", ["in_transit", "in_transit"]),
    ]


def test_customer_history_and_reports_match_the_lists(api: httpx.Client) -> None:
    report = body(api.get("/reports/returns?group_by=week"))["data"]
    assert (
        report["total_rmas"] == 150 == sum(report["by_status"].values()) == sum(report["by_reason"].values())
    )
    assert sum(period["total_rmas"] for period in report["periods"]) == 150
    for status, count in each(report["by_status"].items()):
        assert body(api.get("/rmas", params={"status": status}))["meta"]["total"] == count
    reasons = body(api.get("/reports/reasons"))["data"]
    assert {line["reason"]: line["count"] for line in reasons["reasons"]} == report["by_reason"]
    carriers = body(api.get("/reports/carriers"))["data"]
    assert carriers["total_shipments"] == body(api.get("/shipments"))["meta"]["total"]
    email = body(api.get("/rmas?status=completed"))["data"][0]["customer"]["email"]
    history = body(api.get(f"/customers/{email}/rmas"))
    stats = body(api.get(f"/customers/{email}/stats"))["data"]
    assert stats["total_returns"] == history["meta"]["total"]
    assert stats["last_return"] == history["data"][0]["created_at"]
    refunds = [body(api.get(f"/rmas/{row['id']}"))["data"]["refund"] for row in history["data"]]
    assert stats["total_refunded"] == pytest.approx(sum(refund["amount"] for refund in refunds if refund))


def test_rate_limit_headers_are_on_every_answer(api: httpx.Client) -> None:
    wrong = httpx.get(f"{api.base_url}rmas", headers={"Authorization": "Bearer unknown"})
    for answer in (
        api.get("/rmas"),
        api.get("/rmas/none"),
        api.get("/rmas?page=0"),
        api.get("/nothing"),
        wrong,
    ):
        assert {"x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"} <= set(answer.headers), (
            answer
        )


@pytest.mark.parametrize(
    ("method", "path", "options", "status", "code"),
    [
        ("GET", "/rmas/none", {}, 404, "NOT_FOUND"),
        ("GET", "/nothing", {}, 404, "NOT_FOUND"),
        ("GET", "/customers/unknown@example.com/stats", {}, 404, "NOT_FOUND"),
        ("DELETE", "/rmas", {}, 405, "NOT_FOUND"),
        ("GET", "/rmas?page=0", {}, 400, "VALIDATION_ERROR"),
        ("GET", "/rmas?per_page=101", {}, 400, "VALIDATION_ERROR"),
        ("GET", "/rmas?status=lost", {}, 400, "VALIDATION_ERROR"),
        ("GET", "/rmas?created_after=yesterday", {}, 400, "VALIDATION_ERROR"),
        ("GET", "/rmas?sort=price", {}, 400, "VALIDATION_ERROR"),
        ("POST", "/rmas", {"json": {}}, 400, "VALIDATION_ERROR"),
        ("POST", "/rmas/none/notes", {"json": {"content": "a\0b"}}, 400, "VALIDATION_ERROR"),
        ("GET", "/rmas?order_number=%00", {}, 400, "VALIDATION_ERROR"),
        ("POST", "/rmas", {"content": b"{", "headers": JSON}, 400, "VALIDATION_ERROR"),
        ("POST", "/rmas", {"content": b"\xff\xfe", "headers": JSON}, 400, "VALIDATION_ERROR"),
        (
            "POST",
            "/rmas",
            {"content": b"{}", "headers": {"Content-Type": "text/plain"}},
            400,
            "VALIDATION_ERROR",
        ),
        ("POST", "/rmas", {"content": b"[" * 2_000_000, "headers": JSON}, 400, "VALIDATION_ERROR"),
    ],
)
def test_error_has_the_documented_envelope_and_code(
    sandbox: Sandbox, method: str, path: str, options: dict[str, Any], status: int, code: str
) -> None:
    with sandbox.client("returnmate") as api:
        answer = api.request(method, path, **options)
    found = body(answer, status)
    assert found["success"] is False
    assert found["error"]["code"] == code
    assert found["error"]["message"].endswith(".")
    assert isinstance(found["error"]["details"], dict)


def test_missing_permission_is_named(sandbox: Sandbox) -> None:
    made = sandbox.control.post(
        "/tenants/demo/keys", json={"vendor": "returnmate", "name": "reader", "scopes": ["rmas:read"]}
    ).json()
    with httpx.Client(
        base_url=sandbox.credentials("returnmate")["base_url"], headers=made["credentials"]["headers"]
    ) as api:
        assert api.get("/rmas").status_code == 200
        refused = body(api.patch("/rmas/none", json={"status": "approved"}), 403)
    assert refused["error"]["code"] == "PERMISSION_DENIED"
    assert "rmas:write" in refused["error"]["message"]


def test_illegal_status_change_names_both_states_and_the_allowed_ones(api: httpx.Client) -> None:
    pending = body(api.get("/rmas?status=pending"))["data"][0]
    refused = body(api.patch(f"/rmas/{pending['id']}", json={"status": "received"}), 400)["error"]
    assert refused["code"] == "VALIDATION_ERROR"
    for word in ("pending", "received", "approved", "rejected", "cancelled"):
        assert word in refused["message"]
    assert refused["details"]["allowed_statuses"] == ["approved", "rejected", "cancelled"]


@pytest.mark.parametrize(("plan", "limit"), [("starter", 60), ("professional", 120), ("enterprise", 300)])
def test_plan_limits_requests_per_minute(sandbox: Sandbox, plan: str, limit: int) -> None:
    tenant = sandbox.tenant(f"limits-{plan}", plan=plan, limits="on", seed_size=0)
    sandbox.control.post(f"/tenants/{tenant}/clock/freeze")
    with sandbox.client("returnmate", tenant) as api:
        for used in range(1, limit + 1):
            answer = api.get("/rmas?per_page=1")
            assert answer.status_code == 200
            assert int(answer.headers["x-ratelimit-limit"]) == limit
            assert int(answer.headers["x-ratelimit-remaining"]) == limit - used
        refused = api.get("/rmas")
        assert body(refused, 429)["error"]["code"] == "RATE_LIMITED"
        wait = int(refused.headers["retry-after"])
        assert 0 < wait <= 60
        sandbox.control.post(f"/tenants/{tenant}/clock/advance", json={"seconds": wait})
        assert api.get("/rmas").status_code == 200
