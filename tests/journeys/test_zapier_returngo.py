"""ReturnGO's app in Zapier's core, against the running sandbox."""

from collections import Counter
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from support import zapier
from support.checking_proxy import listening
from support.each import each
from support.returngo_returns import FIRST, create_return, turn
from support.sandbox import Sandbox
from support.zapier import Shop, Zap, ZapierApp, ZapierError

from connector.definition.compiler import integration
from connector.definition.instant import with_instant

VENDOR = "returngo"
OFFER = integration(VENDOR)
HYDRATED = [key for key, one in OFFER.triggers.items() if one.details]
_numbers = count(1)


@pytest.fixture(scope="module")
def app(sandbox: Sandbox) -> Iterator[ZapierApp]:
    base_url = sandbox.credentials(VENDOR)["base_url"]
    with (
        listening(VENDOR, base_url) as proxy,
        zapier.started(zapier.APPS / VENDOR, RETURNGO_BASE_URL=proxy.url) as started,
    ):
        yield started
    assert proxy.passed > 0
    assert proxy.broken == []


def opened(app: ZapierApp, sandbox: Sandbox, **options: object) -> Shop:
    tenant = sandbox.tenant(f"zapier-{VENDOR}-{next(_numbers)}", limits="off", **options)
    return Shop(app, sandbox, tenant, sandbox.credentials(VENDOR, tenant)["fields"], VENDOR)


@pytest.fixture(scope="module")
def seeded(app: ZapierApp, sandbox: Sandbox) -> Shop:
    """A tenant with 150 seeded returns; tests only read from it."""
    return opened(app, sandbox)


@pytest.fixture
def shop(app: ZapierApp, sandbox: Sandbox) -> Shop:
    """A new tenant without returns."""
    return opened(app, sandbox, seed_size=0)


def zap(shop: Shop, key: str, **inputs: Any) -> Zap:
    identity = tuple(path[0] for path in OFFER.triggers[key].guarantees["zapier"].dedupe)
    return Zap(shop, key, identity, inputs).switch_on()


def made(shop: Shop, order: str) -> str:
    id_: str = create_return(shop.sandbox, shop.tenant, order_number=order)["rmaSummary"]["rmaId"]
    return id_


def test_app_is_valid_and_contains_everything_documented(app: ZapierApp) -> None:
    assert app.call(command="validate") == []
    definition = app.call(command="definition")
    shown = {key for key, one in definition["triggers"].items() if not one["display"].get("hidden")}
    assert shown == with_instant(OFFER).triggers.keys()
    offered = {"update_shipment", "add_comment", "create_return", "create_shipment_tracker"}
    assert definition["creates"].keys() == {*offered, "approve_return", "reject_return"}, (
        "other actions are financial or destructive, or cancel with an assumed request"
    )
    assert definition["searches"].keys() == OFFER.searches.keys()
    assert definition["hydrators"].keys() == {"getRma", "labelFile"}
    assert definition["throttle"] == {"window": 1, "limit": 100, "scope": ["auth"]}


def test_login_is_verified_and_named_by_its_shop(app: ZapierApp, seeded: Shop) -> None:
    assert app.run("authentication.test", auth=seeded.auth) == {"account": FIRST}


def test_login_with_a_wrong_key_or_shop_is_refused(app: ZapierApp, seeded: Shop) -> None:
    with pytest.raises(ZapierError, match="did not accept the key"):
        app.run("authentication.test", auth={**seeded.auth, "api_key": "unknown"})
    with pytest.raises(ZapierError, match="No such shop for this user"):
        app.run("authentication.test", auth={**seeded.auth, "shop_name": "other.myshopify.example"})


@pytest.mark.parametrize("key", OFFER.triggers)
def test_poll_returns_what_the_definition_declares(seeded: Shop, app: ZapierApp, key: str) -> None:
    operation = app.call(command="definition")["triggers"][key]["operation"]
    identity = [field["key"] for field in operation["outputFields"] if field.get("primary")]
    assert identity == [path[0] for path in OFFER.triggers[key].guarantees["zapier"].dedupe]
    rows = seeded.trigger(key)
    assert max(Counter(tuple(row[name] for name in identity) for row in rows).values(), default=1) == 1
    for row in each(rows[:1]):
        whole = seeded.hydrated(row)
        assert operation["sample"].keys() == whole.keys()
        details = operation["sample"].get("details", {}).keys() - {"summary"}
        assert details <= whole.get("details", {}).keys()
    assert len(seeded.trigger(key, limit=1)) == min(1, len(rows))


def test_new_return_fires_once_with_details_fetched_on_firing(shop: Shop) -> None:
    made(shop, "#1")
    watching = zap(shop, "new_return")
    ids = [made(shop, "#2"), made(shop, "#3")]
    told = watching.poll()
    assert [row["rmaId"] for row in told] == ids
    shop.move(ids[0], "Approved")
    whole = [shop.hydrated(row) for row in told]
    assert [row["details"]["rmaSummary"]["status"] for row in whole] == ["Approved", "Pending"]
    assert [row["status"] for row in whole] == ["Pending", "Pending"], "as it was when it fired"
    assert whole[0]["details"]["items"][0]["sku"] == "TEE-NVY-M"
    assert watching.poll() == []


def test_status_triggers_fire(shop: Shop) -> None:
    id_ = made(shop, "#1")
    keys = ("return_approved", "return_received", "return_done", "return_status_changed")
    zaps = {key: zap(shop, key) for key in keys}
    only = zap(shop, "return_status_changed", status="Done")
    fired = []
    for status in ("Approved", "Received", "Done"):
        shop.move(id_, status)
        fired.append({key: [row["status"] for row in watching.poll()] for key, watching in zaps.items()})
    changed = [one.pop("return_status_changed") for one in fired]
    assert changed == [["Approved"], ["Received"], ["Done"]]
    # Zapier deduplicates by id and status, so a status reached later fires separately.
    assert [one["return_received"] for one in fired] == [[], ["Received"], []]
    assert [one["return_done"] for one in fired] == [[], [], ["Done"]]
    assert fired[0]["return_approved"] == ["Approved"]
    assert [row["status"] for row in only.poll()] == ["Done"]


def test_requested_refund_fires(sandbox: Sandbox, shop: Shop) -> None:
    turn(sandbox, shop.tenant, "notify_payment_method")
    watching, transactions = zap(shop, "refund_requested"), zap(shop, "new_transaction")
    id_ = made(shop, "#1")
    for status in ("Approved", "Done"):
        shop.move(id_, status)
    (row,) = watching.poll()
    assert (row["status"], row["type"]) == ("Requested", "RefundToPaymentMethod")
    assert [one["id"] for one in transactions.poll()] == [row["id"]]
    assert shop.search("list_transactions", return_id=id_) == [row]
    assert watching.poll() == transactions.poll() == []


def test_shipment_is_updated(shop: Shop) -> None:
    rma = create_return(shop.sandbox, shop.tenant)
    shipment = rma["shipments"][0]["shipmentId"]
    label = {"shipment_id": shipment, "status": "LabelCreated", "tracking_number": "ZP-1", "label_url": ""}
    done = shop.create("update_shipment", **label)
    assert (done["status"], done["trackingNumber"], done["labelURL"]) == ("LabelCreated", "ZP-1", None)
    with pytest.raises(ZapierError, match="Invalid status transition") as caught:
        shop.create("update_shipment", shipment_id=shipment, status="Pending")
    assert shop.auth["api_key"] not in str(caught.value.details)
    (found,) = shop.search("find_return", tracking_number="ZP-1")
    (read,) = shop.search("get_return", return_id=found["rmaId"])
    assert read["shipments"] == [done]
    assert shop.search("find_return", tracking_number="none") == []
    assert shop.search("get_return", return_id="1") == []


def test_dropdown_of_returns_starts_with_the_newest(shop: Shop) -> None:
    ids = [made(shop, f"#{number}") for number in range(3)]
    choices = shop.trigger("rma")
    assert [one["id"] for one in choices] == ids[::-1]
    assert choices[0]["label"] == f"#2 · Pending · {ids[2]}"
