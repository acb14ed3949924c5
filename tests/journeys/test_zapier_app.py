"""ReturnMate's app in Zapier's core, against the running sandbox: login, actions, searches, failures."""

import re
from typing import Any

import pytest
from support.each import each
from support.sandbox import Sandbox
from support.zapier import Shop, ZapierApp, ZapierError

KEY = "sandbox-key-that-does-not-exist"
ITEM = {"sku": "BOOT-CHE-39", "quantity": "2", "reason": "defective", "notes": ""}
ORDER = {"order_number": "#4711", "customer_email": "iris.lane@example.com"}


@pytest.fixture(scope="module")
def definition(app: ZapierApp) -> dict[str, Any]:
    found: dict[str, Any] = app.call(command="definition")
    return found


def test_app_is_valid(app: ZapierApp) -> None:
    assert app.call(command="validate") == []


def test_definition_contains_everything_in_the_catalog(definition: dict[str, Any]) -> None:
    assert definition["platformVersion"] == "19.1.0"
    shown = {key for key, one in definition["triggers"].items() if not one["display"].get("hidden")}
    assert shown == {
        "new_return",
        "return_approved",
        "return_rejected",
        "return_received",
        "return_inspected",
        "refund_issued",
        "return_completed",
        "return_cancelled",
        "return_status_changed",
        "new_shipment",
        "shipment_delivered",
        "shipment_exception",
    }
    assert definition["creates"].keys() == {
        "create_return",
        "update_return_status",
        "approve_return",
        "reject_return",
        "add_note",
        "create_shipping_label",
    }
    assert definition["throttle"] == {"window": 60, "limit": 60, "scope": ["auth"]}


# Login


def test_login_is_verified_and_named(app: ZapierApp, seeded: Shop, definition: dict[str, Any]) -> None:
    first = seeded.get("/rmas", sort="created_at", order="asc", per_page=1)[0]["rma_number"]
    assert app.run("authentication.test", auth=seeded.auth) == {"account": f"first return {first} (Sandbox)"}
    named = app.run("authentication.test", auth={**seeded.auth, "store_name": "Example Outfitters"})
    assert named == {"account": "Example Outfitters (Sandbox)"}
    assert definition["authentication"]["connectionLabel"] == "{{account}}"
    assert seeded.auth["api_key"] not in str(named)


def test_login_of_an_empty_account_has_a_name(app: ZapierApp, shop: Shop) -> None:
    assert app.run("authentication.test", auth=shop.auth) == {"account": "no return yet (Sandbox)"}


@pytest.mark.parametrize("auth", [{"api_key": KEY, "environment": "sandbox"}, {}])
def test_login_with_a_wrong_key_is_refused(app: ZapierApp, auth: dict[str, str]) -> None:
    with pytest.raises(ZapierError, match="did not accept the key of this connection") as caught:
        app.run("authentication.test", auth=auth)
    assert caught.value.name == "ExpiredAuthError"
    assert KEY not in str(caught.value.details)


# Actions


def test_return_is_created_with_its_line_items(shop: Shop) -> None:
    """Zapier sends numbers as text, blank cells and rows, and repeats the columns at the top level."""
    flat = {"sku": "BOOT-CHE-39,HAT-1", "quantity": "2,1", "reason": "defective,", "notes": ","}
    rows = [
        ITEM,
        {"sku": "", "quantity": "", "reason": ""},
        {**ITEM, "sku": "HAT-1", "quantity": 1, "notes": "Too small"},
    ]
    made = shop.create("create_return", **ORDER, items=rows, **flat)
    stored = shop.get(f"/rmas/{made['id']}")
    assert made == stored
    assert (stored["order_number"], stored["customer"]["email"]) == ("#4711", "iris.lane@example.com")
    kept = [(item["sku"], item["quantity"], item["reason"], item["notes"]) for item in stored["items"]]
    assert kept == [("BOOT-CHE-39", 2, "defective", None), ("HAT-1", 1, "defective", "Too small")]


@pytest.mark.parametrize(("given", "kept"), [("no", False), ("True", True), ("", False)])
def test_note_is_added(shop: Shop, given: str, kept: bool) -> None:
    made = shop.create_return()
    note = shop.create(
        "add_note", return_id=made["id"], note="Called the customer: 100 % sure", internal=given
    )
    assert shop.get(f"/rmas/{made['id']}")["notes"] == [note]
    assert (note["content"], note["internal"]) == ("Called the customer: 100 % sure", kept)


def test_label_is_created(shop: Shop) -> None:
    made = shop.create_return()
    shop.move(made["id"], "approved")
    label = shop.create(
        "create_shipping_label", return_id=made["id"], carrier="australia_post", service="", direction=""
    )
    assert shop.get(f"/shipments/{label['id']}") == label
    assert (label["rma_id"], label["carrier"], label["direction"]) == (made["id"], "australia_post", "return")


# Searches


def test_return_is_found_by_each_key(seeded: Shop) -> None:
    wanted = seeded.get("/rmas", sort="created_at", order="asc", per_page=1)[0]
    assert seeded.search("find_return", rma_number=f" {wanted['rma_number'].lower()} ") == [wanted]
    assert wanted in seeded.search(
        "find_return", order_number=wanted["order_number"], rma_number="", customer_email=None
    )
    assert wanted in seeded.search("find_return", customer_email=wanted["customer"]["email"].upper())
    both = seeded.search("find_return", rma_number=wanted["rma_number"], order_number=wanted["order_number"])
    assert both == [wanted]
    assert seeded.search("find_return", rma_number=wanted["rma_number"], order_number="#0") == []


def test_record_is_found_by_its_id(seeded: Shop) -> None:
    found = seeded.get("/rmas", per_page=1)[0]
    assert seeded.search("get_return", return_id=found["id"]) == [seeded.get(f"/rmas/{found['id']}")]
    shipment = seeded.get("/shipments", per_page=1)[0]
    assert seeded.search("get_shipment", shipment_id=shipment["id"]) == [shipment]
    tracked = seeded.search("track_shipment", shipment_id=shipment["id"])
    assert tracked == seeded.get(f"/shipments/{shipment['id']}/tracking") != []


def test_customer_is_found_by_email(seeded: Shop) -> None:
    email = seeded.get("/rmas", per_page=1)[0]["customer"]["email"]
    theirs = seeded.search("list_customer_returns", customer_email=email)
    assert theirs == seeded.get(f"/customers/{email}/rmas", per_page=100) != []
    assert {one["customer"]["email"] for one in theirs} == {email}
    assert seeded.search("get_customer_stats", customer_email=email) == [
        seeded.get(f"/customers/{email}/stats")
    ]


def test_report_covers_the_requested_days(seeded: Shop) -> None:
    day = seeded.get("/rmas", sort="created_at", order="asc", per_page=1)[0]["created_at"][:10]
    picked = f"{day}T09:30:00+11:00"
    [report] = seeded.search("get_returns_report", start_date=picked, end_date=picked, group_by="day")
    assert report == seeded.get("/reports/returns", start_date=day, end_date=day, group_by="day")
    [whole] = seeded.search("get_returns_report")
    assert whole["total_rmas"] == 150 > report["total_rmas"] > 0


def test_find_or_create_creates_once(shop: Shop, definition: dict[str, Any]) -> None:
    pair = definition["searchOrCreates"]["find_return"]
    assert shop.search(pair["search"], order_number="#4711") == []
    made = shop.create(pair["create"], **ORDER, items=[ITEM])
    assert [one["id"] for one in shop.search(pair["search"], order_number="#4711")] == [made["id"]]


# Dropdowns


def test_every_dropdown_lists_values_its_input_accepts(seeded: Shop, definition: dict[str, Any]) -> None:
    hidden = {key for key, one in definition["triggers"].items() if one["display"].get("hidden")}
    assert hidden == {"return", "shipment"}
    for key in each(hidden):
        offered = seeded.trigger(key)
        assert offered
        assert all(re.fullmatch(r"\w+", one["id"]) and one["label"] for one in each(offered))
    assert seeded.search("get_shipment", shipment_id=seeded.trigger("shipment")[0]["id"])


# Failures


def test_refused_input_names_the_field(shop: Shop) -> None:
    with pytest.raises(ZapierError) as caught:
        shop.create("create_return", **ORDER, items=[{**ITEM, "quantity": "0"}])
    assert (caught.value.details["status"], caught.value.details["code"]) == (400, "VALIDATION_ERROR")
    assert caught.value.message.startswith("ReturnMate did not accept the input.")
    assert "items[0].quantity" in caught.value.message


def test_input_of_the_wrong_type_is_refused_before_sending(shop: Shop) -> None:
    with pytest.raises(ZapierError, match='Quantity must be a number, not "two"'):
        shop.create("create_return", **ORDER, items=[{**ITEM, "quantity": "two"}])
    with pytest.raises(ZapierError, match="Fill in Customer Email"):
        shop.create("create_return", order_number="#1", customer_email=" ", items=[ITEM])
    assert shop.get("/rmas") == []


def test_illegal_status_change_names_both_statuses(shop: Shop) -> None:
    made = shop.create_return()
    with pytest.raises(ZapierError, match=r"pending .*completed") as caught:
        shop.create("update_return_status", return_id=made["id"], status="completed")
    assert "approved" in caught.value.message


def test_missing_permission_is_named(shop: Shop, sandbox: Sandbox) -> None:
    options = {"vendor": "returnmate", "name": "reader", "scopes": ["rmas:read"]}
    answer = sandbox.control.post(f"/tenants/{shop.tenant}/keys", json=options)
    shop.auth = answer.json()["credentials"]["fields"]
    assert shop.trigger("new_return") == []
    with pytest.raises(ZapierError, match="lacks the permission rmas:write") as caught:
        shop.create("create_return", **ORDER, items=[ITEM])
    assert caught.value.details["status"] == 403
    with pytest.raises(ZapierError, match="lacks the permission shipments:read"):
        shop.trigger("new_shipment")


def test_path_value_cannot_leave_its_segment(shop: Shop) -> None:
    with pytest.raises(ZapierError, match=r'"\.\." is not a valid email'):
        shop.search("list_customer_returns", customer_email="..")
    assert shop.search("get_return", return_id="../shipments?x=1#y") == []
