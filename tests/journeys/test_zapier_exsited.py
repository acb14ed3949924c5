"""Exsited's app in Zapier's core, against the running sandbox: session login and complete lists."""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from support import zapier
from support.checking_proxy import CheckingProxy, listening
from support.each import each
from support.sandbox import Sandbox
from support.zapier import Shop, Zap, ZapierApp, ZapierError

from connector.definition.compiler import integration

VENDOR = "exsited"
OFFER = integration(VENDOR)
OFFERED = {key for key, one in OFFER.triggers.items() if "zapier" in one.guarantees}
_numbers = count(1)


@pytest.fixture(scope="module")
def proxy(sandbox: Sandbox) -> Iterator[CheckingProxy]:
    """A proxy to the sandbox that fails if a request contains undocumented names."""
    with listening(VENDOR, sandbox.credentials(VENDOR)["base_url"]) as proxy:
        yield proxy
    assert proxy.passed > 0
    assert proxy.broken == []


@pytest.fixture(scope="module")
def app(proxy: CheckingProxy) -> Iterator[ZapierApp]:
    """The committed app, whose override variable points to the sandbox."""
    with zapier.started(zapier.APPS / VENDOR, EXSITED_BASE_URL=proxy.url) as started:
        yield started


def opened(app: ZapierApp, sandbox: Sandbox, proxy: CheckingProxy, **options: object) -> Shop:
    """Return a new tenant with an open session; the account holds its token and the typed credentials."""
    tenant = sandbox.tenant(f"zapier-{VENDOR}-{next(_numbers)}", limits="off", **options)
    account = app.account(OFFER, sandbox.credentials(VENDOR, tenant)["fields"], f"{proxy.url}/")
    assert account["access_token"]
    return Shop(app, sandbox, tenant, account, VENDOR)


@pytest.fixture(scope="module")
def seeded(app: ZapierApp, sandbox: Sandbox, proxy: CheckingProxy) -> Shop:
    """A tenant with 150 seeded returns; tests only read from it."""
    return opened(app, sandbox, proxy)


@pytest.fixture
def shop(app: ZapierApp, sandbox: Sandbox, proxy: CheckingProxy) -> Shop:
    """A new tenant without returns."""
    return opened(app, sandbox, proxy, seed_size=0)


def zap(shop: Shop, key: str, **inputs: Any) -> Zap:
    identity = tuple(path[0] for path in OFFER.triggers[key].guarantees["zapier"].dedupe)
    return Zap(shop, key, identity, inputs).switch_on()


def receive(shop: Shop, made: dict[str, Any], quantity: int) -> dict[str, Any]:
    lines = [{"return_line_uuid": made["returns"][0]["uuid"], "quantity": quantity}]
    return shop.create("receive_return", invoice_id=made["invoice_id"], return_id=made["id"], items=lines)


def create_return(shop: Shop, order: str = "#1001", quantity: int = 1) -> dict[str, Any]:
    return shop.create_return(
        order, items=[{"sku": "TEE-NVY-M", "quantity": quantity, "reason": "wrong_size"}]
    )


def test_app_is_valid_and_contains_everything_in_the_catalog(app: ZapierApp) -> None:
    assert app.call(command="validate") == []
    definition = app.call(command="definition")
    shown = {key for key, one in definition["triggers"].items() if not one["display"].get("hidden")}
    assert shown == OFFERED
    assert definition["creates"].keys() == OFFER.actions.keys()
    assert definition["searches"].keys() == OFFER.searches.keys()
    assert definition["authentication"]["type"] == "session"
    assert "throttle" not in definition, "no limit is documented"


def test_login_is_verified_and_named_by_its_address(app: ZapierApp, seeded: Shop) -> None:
    assert app.run("authentication.test", auth=seeded.auth) == {"account": seeded.auth["base_url"]}


def test_login_of_the_readme_is_the_demo_login(
    app: ZapierApp, sandbox: Sandbox, proxy: CheckingProxy
) -> None:
    readme = (zapier.APPS / VENDOR / "README.md").read_text("utf-8")
    typed = dict(re.findall(r"^authData_(\w+)=(.+)$", readme, re.MULTILINE)) | {"base_url": proxy.url}
    assert typed == {**sandbox.credentials(VENDOR)["fields"], "base_url": proxy.url}
    session = app.run("authentication.sessionConfig.perform", auth=typed)
    assert app.run("authentication.test", auth={**typed, **session}) == {"account": proxy.url}


def test_login_with_wrong_credentials_is_refused(app: ZapierApp, seeded: Shop) -> None:
    session = "authentication.sessionConfig.perform"
    with pytest.raises(ZapierError, match="did not accept this login") as caught:
        app.run(session, auth={**seeded.auth, "client_secret": "sandbox-unknown"})
    assert "sandbox-unknown" not in str(caught.value.details)


def test_login_is_sent_to_https_addresses_only(proxy: CheckingProxy) -> None:
    session = "authentication.sessionConfig.perform"
    typed = {"client_id": "c", "client_secret": "s", "redirect_uri": "https://shop.example/exsited"}
    before = len(proxy.requests)
    with zapier.started(zapier.APPS / VENDOR) as app:
        for address in ("http://exsited.example", proxy.url):
            with pytest.raises(ZapierError, match="is not a secure Exsited address"):
                app.run(session, auth={**typed, "base_url": address})
    assert len(proxy.requests) == before


def test_expired_session_is_opened_again(app: ZapierApp, shop: Shop) -> None:
    create_return(shop)
    assert len(shop.trigger("new_return")) == 1
    shop.advance(3600)
    with pytest.raises(ZapierError) as caught:
        shop.trigger("new_return")
    assert caught.value.name == "RefreshAuthError", "this error makes core open a new session and retry"
    shop.auth |= app.run("authentication.sessionConfig.perform", auth=shop.auth)
    assert len(shop.trigger("new_return")) == 1


@pytest.mark.parametrize("key", sorted(OFFERED))
def test_poll_returns_what_the_definition_declares(seeded: Shop, app: ZapierApp, key: str) -> None:
    operation = app.call(command="definition")["triggers"][key]["operation"]
    identity = {field["key"] for field in operation["outputFields"] if field.get("primary")}
    assert identity == {path[0] for path in OFFER.triggers[key].guarantees["zapier"].dedupe}
    rows = seeded.trigger(key)
    assert max(Counter(tuple(row[name] for name in identity) for row in rows).values()) == 1
    for row in each(rows):
        assert operation["sample"].keys() - {"summary"} <= row.keys()
    assert len(seeded.trigger(key, limit=1)) == 1
    by = "created_on" if key == "new_return" else "last_updated_on"
    times = [row[by] for row in rows]
    assert times == sorted(times, reverse=True)
    whole = {"new_return": 150}
    assert len(rows) == whole.get(key, len(rows)), "two pages of the list"


def test_new_return_fires_once_and_not_after_changes(shop: Shop) -> None:
    create_return(shop, "#1")
    watching = zap(shop, "new_return")
    made = [create_return(shop, "#2"), create_return(shop, "#3")]
    assert {row["uuid"] for row in watching.poll()} == {one["uuid"] for one in made}
    receive(shop, made[0], 1)
    assert watching.poll() == []


def test_every_receipt_fires_once(shop: Shop) -> None:
    made = create_return(shop, quantity=3)
    watching = zap(shop, "return_items_received")
    for version in ("1", "2", "3"):
        receive(shop, made, 1)
        assert [row["version"] for row in watching.poll()] == [version]
        assert watching.poll() == []


def test_receipts_and_closing_fire(shop: Shop) -> None:
    made, other = create_return(shop, "#1", 2), create_return(shop, "#2", 2)
    counts, closed, moved = (
        zap(shop, key) for key in ("return_items_received", "return_closed", "return_status_changed")
    )
    filtered = zap(shop, "return_status_changed", status="PENDING")
    receive(shop, made, 1)
    assert [row["received_count"] for row in counts.poll()] == [1]
    assert (closed.poll(), moved.poll()) == ([], [])
    receive(shop, made, 1)
    shop.move(other["id"], "CLOSED")
    assert [row["id"] for row in counts.poll()] == [made["id"]]
    assert (
        {row["id"] for row in closed.poll()}
        == {row["id"] for row in moved.poll()}
        == {made["id"], other["id"]}
    )
    assert [one.poll() for one in (counts, closed, moved, filtered)] == [[]] * 4


def test_return_is_created_found_and_received(app: ZapierApp, sandbox: Sandbox, proxy: CheckingProxy) -> None:
    shop = opened(app, sandbox, proxy, seed_size=8)
    returned = {row["invoice_id"] for row in shop.trigger("new_return")}
    number = next(one["id"] for one in shop.trigger("invoice") if one["id"] not in returned)
    (invoice,) = shop.search("find_invoice", invoice_number=number)
    line = invoice["lines"][0]
    options = {"invoice_line_uuid": line["uuid"], "quantity": line["item_order_quantity"]}
    made = shop.create(
        "create_return",
        invoice_id=number,
        items=[options],
        note="From a Zap",
        return_date="2026-10-14T09:30:00+10:00",
    )
    assert (made["invoice_id"], made["note"], made["version"]) == (number, "From a Zap", "0")
    assert shop.search("find_return", rma_number=made["id"]) == [made]
    assert shop.search("list_invoice_returns", invoice_id=number) == [made]
    assert shop.search("list_receipts", invoice_id=number, return_id=made["id"]) == []
    now = receive(shop, made, int(line["item_order_quantity"]))
    assert (now["customer_return_status"], now["version"]) == ("CLOSED", "1")
    (receipt,) = shop.search("list_receipts", invoice_id=number, return_id=made["id"])
    assert receipt["receive_returns"][0]["item_uuid"] == line["item_uuid"]
    assert invoice in shop.search("list_order_invoices", order_number=invoice["order_id"])
    assert shop.search("find_return", rma_number="RMA-0") == []


def test_dropdowns_can_be_paged(seeded: Shop) -> None:
    first, second = (seeded.trigger("return", page=page) for page in (0, 1))
    assert (len(first), len(second)) == (100, 50)
    assert {one["id"] for one in first}.isdisjoint(one["id"] for one in second)
    assert first[0]["label"].startswith(f"{first[0]['id']} · ")


def test_refusal_of_the_vendor_reaches_the_user(shop: Shop) -> None:
    made = create_return(shop)
    with pytest.raises(ZapierError, match="must be at most 1, the rest") as caught:
        receive(shop, made, 2)
    assert caught.value.details["status"] == 400
    assert shop.auth["client_secret"] not in str(caught.value.details)
