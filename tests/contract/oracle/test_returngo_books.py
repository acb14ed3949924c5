"""ReturnGO's returns, transactions, comments and webhooks, compared with the books and the ledger."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from contract.oracle import returngo as oracle
from contract.oracle.books import START
from contract.oracle.shop import HOOK, HOOK_HOST, Shop, open_shop, run
from contract.oracle.values import differences, number, tax
from contract.sandbox.served import ACME, served
from support.each import each
from support.in_process_client import opened

from mock_server.vendors.returngo import documents

TYPES = ("refund", "exchange", "store_credit", "gift_card")
PARCELS = ("label_sent", "in_transit", "received", "inspected", "completed")
EVENTS = (
    "RMA_CREATED", "RMA_STATUS_UPDATED", "SHIPMENT_CREATED", "SHIPMENT_STATUS_UPDATED", "TRANSACTION_CREATED",
    "REFUND_CREATED",
)  # fmt: skip


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with opened(webhook_allow=HOOK_HOST) as (_, http):
        made = open_shop(http, "returngo", TYPES, PARCELS)
        for event in EVENTS:
            made.api("POST", "/webhook", json={"url": f"{HOOK}/{event}", "eventName": event})
        run(made)
        yield made


def listed(shop: Shop, path: str, key: str, **query: Any) -> list[Any]:
    rows: list[Any] = []
    cursor = None
    while True:
        page = shop.api(
            "GET", path, params={"pagesize": 50, **query, **({"cursor": cursor} if cursor else {})}
        )
        rows += page[key]
        cursor = page["next_cursor"]
        if cursor is None:
            return rows


def test_every_return_equals_the_books(shop: Shop) -> None:
    histories = shop.histories()
    seen, outcomes = set(), set()
    for one in each(shop.books):
        history = histories[one.order]
        actual = shop.api("GET", f"/rma/{history.id}")
        assert differences(oracle.document(one, history, PARCELS), actual, one.order) == []
        named = [
            (entry["datetime"], entry["htmlText"]) for entry in actual["comments"] if "$" in entry["htmlText"]
        ]
        assert named == oracle.credited(one, history)
        assert list(history.refunds) == oracle.refunds(one, history)
        times = [entry["datetime"] for entry in actual["comments"]]
        assert times == sorted(times, reverse=True)
        assert times[-1] == oracle.moment(history.created_at)
        assert set(times) <= {oracle.moment(at) for at, _ in (*history.steps, *history.parcels[0].steps)}
        assert one.live or history.created_at == one.created_at
        seen |= {(one.type, one.currency, status, one.live) for _, status in history.steps}
        outcomes |= {entry["status"] for entry in actual["transactions"]}
    assert len(seen) == (4 + 3) * 3 * 7
    assert outcomes == {"Success", "Failed", "Requested"}


def test_lists_equal_the_books(shop: Shop) -> None:
    histories = shop.histories()
    expected = {one.order: oracle.summary(one, histories[one.order]) for one in shop.books}
    actual = listed(shop, "/rmas", "rmas")
    assert differences(expected, {row["order_name"]: row for row in actual}) == []
    assert len(actual) == len(expected)
    by_return = {
        histories[one.order].id: oracle.transactions(one, histories[one.order]) for one in shop.books
    }
    rows = listed(shop, "/transactions", "transactions")
    for row in each(rows):
        (known,) = by_return.pop(row["returnItemIds"][0][:-2])
        assert differences(known, row) == []
    assert not any(by_return.values())  # may be empty: the loop above takes what it knows


def test_dates_select_what_the_books_say(shop: Shop) -> None:
    histories = shop.histories()
    middle = START.replace(hour=0, day=2)
    text = f"{middle:%Y-%m-%dT%H:%M:%S}"
    columns: dict[str, Any] = {"rma_created_at": "created_at", "rma_updated_at": "moved_at"}
    for name, column in each(columns.items()):
        times = {order: getattr(history, column) for order, history in histories.items()}
        edge = sorted(times.values())[50]
        for bound, at in ((text, middle), (oracle.moment(edge), edge)):
            wanted = {
                "gt": {order for order, when in times.items() if when > at},
                "gte": {order for order, when in times.items() if when >= at},
                "lt": {order for order, when in times.items() if when < at},
                "lte": {order for order, when in times.items() if when <= at},
                "neq": {order for order, when in times.items() if when != at},
                "eq": {order for order, when in times.items() if when == at},
            }
            for operator, orders in wanted.items():
                found = {
                    row["order_name"]
                    for row in listed(shop, "/rmas", "rmas", **{name: f"{operator}:{bound}"})
                }
                assert found == orders, (name, operator, bound)
            assert 0 < len(wanted["gt"]) < len(times)


def test_overviews_equal_the_books(shop: Shop) -> None:
    histories = shop.histories()
    for one in each(shop.books[::11]):
        actual = shop.control("GET", f"/tenants/{shop.tenant}/returns/returngo/{histories[one.order].id}")
        assert (actual["amount"], actual["currency"]) == (f"{one.worth:.2f}", one.currency)
        units = [item.line for item in one.items for _ in range(item.quantity)]
        assert [(item["sku"], item["quantity"], item["amount"]) for item in actual["items"]] == [
            (line.sku, 1, f"{line.price:.2f}") for line in units
        ]


def test_webhooks_show_amounts_and_times_as_they_were(shop: Shop) -> None:
    histories = {history.id: history for history in shop.histories().values()}
    books = {one.order: one for one in shop.books}
    orders = {history.id: order for order, history in shop.histories().items()}
    seen = set()
    for event, at, payload in each(shop.deliveries()):
        data = payload["data"]
        history = histories[data["rmaId"]].until(at)
        one = books[orders[history.id]]
        plain = {"rmaId": history.id, "shopName": oracle.SHOP, "eventDate": oracle.moment(at)}
        if event.startswith("RMA"):
            expected = {**plain, "status": history.status, "order_name": one.order}
        elif event.startswith("SHIPMENT"):
            (parcel,) = history.parcels
            known = not one.live and one.status in PARCELS
            expected = {
                **plain,
                "shipmentId": parcel.id,
                "status": parcel.status,
                "trackingNumber": one.tracking_number if known else None,
            }
        else:
            (entry,) = oracle.transactions(one, history)
            expected = {**plain, "transactionId": entry["id"], "status": "Success", "amount": entry["amount"]}
        assert payload["eventName"] == event
        assert differences(expected, data, f"{event} of {one.order}") == []
        seen.add(event)
    assert seen == set(EVENTS)


def test_units_of_a_policy_have_price_and_currency_of_their_order(shop: Shop) -> None:
    other = open_shop(shop.http, "returngo", ("refund",), PARCELS, tenant="by-api")
    one = other.books[-2]  # ordered in New Zealand
    assert one.currency == "NZD"
    other.request(one)
    seeded = next(row for row in listed(other, "/rmas", "rmas") if row["order_name"] == one.order)
    units = other.api("GET", f"/rma/{seeded['rmaId']}")["items"]
    lines = dict.fromkeys(unit["shopLineItemId"] for unit in units)
    asked = {
        "order_name": one.order,
        "items": [
            {"shopLineItemId": line, "policyId": policy, "returnReason": "Does not fit"}
            for line, policy in zip(lines, ("exchange-any-carrier", "store_credit-any-carrier"), strict=True)
        ],
    }
    made = other.api("POST", "/rma/createByPolicy", json=asked)
    rma = other.api("GET", f"/rma/{made['rmaId']}")
    prices = [oracle.money(line.price, "NZD") for line in one.lines[:2]]
    assert [item["paidPrice"] for item in rma["items"]] == prices
    assert [item["paidTax"]["amount"] for item in rma["items"]] == [
        number(tax(line.price, "NZD")) for line in one.lines[:2]
    ]
    other.advance(67)
    other.api("PUT", f"/rma/{rma['rmaSummary']['rmaId']}/status", json={"status": "Approved"})
    other.api("PUT", f"/rma/{rma['rmaSummary']['rmaId']}/status", json={"status": "Done"})
    (paid,) = other.api("GET", f"/rma/{made['rmaId']}")["transactions"]
    # The exchanged unit is not paid.
    assert (paid["amount"], paid["type"]) == (prices[1], "RefundToStoreCredit")
    assert paid["returnItemIds"] == [rma["items"][1]["returnedItemId"]]


def test_dearer_exchange_is_invoiced_and_then_paid(shop: Shop) -> None:
    body = {
        "name": "generated",
        "seed_size": 120,
        "seed": 5,
        "first_moment": START.isoformat(),
        "frozen": True,
    }
    shop.control("POST", "/tenants", json=body)
    login = shop.control("GET", "/tenants/generated/credentials")["vendors"]["returngo"]
    found = Shop(shop.http, "returngo", [], "generated", login)
    paid, sent = 0, 0
    for row in each(listed(found, "/rmas", "rmas")):
        rma = found.api("GET", f"/rma/{row['rmaId']}")
        left = sum(
            (
                Decimal(str(new["effectivePrice"]["amount"])) - Decimal(str(unit["paidPrice"]["amount"]))
                for unit in rma["items"]
                for new in unit["exchangeItems"]
            ),
            Decimal(0),
        )
        invoices = [entry for entry in rma["transactions"] if entry["type"] == "InvoicePayment"]
        texts = [entry["htmlText"] for entry in rma["comments"] if "left to pay" in entry["htmlText"]]
        if left:
            assert all(
                f"with ${left:.2f} left to pay" in text for text in texts
            )  # may be empty: not approved
            sent += len(texts)
        else:
            assert texts == []
        if left and row["status"] == "Done":
            currency = rma["items"][0]["paidPrice"]["currency"]
            assert [entry["amount"] for entry in invoices] == [oracle.money(left, currency)]
            paid += 1
        else:
            assert invoices == []
    assert paid > 0
    assert sent > 0


@pytest.mark.parametrize(("before", "after", "left"), [(40, 55.5, "15.5"), (40, 40, "0"), (40, 25, "0")])
def test_customer_pays_only_for_a_dearer_exchange(before: float, after: float, left: str) -> None:
    exchange = {"effectivePrice": {"amount": after}}
    rma = {"items": [{"paidPrice": {"amount": before}, "exchangeItems": [exchange]}]}
    assert documents.left_to_pay(rma) == Decimal(left)


@pytest.mark.parametrize(
    ("type_", "switch", "reference"),
    [
        ("refund", "notify_payment_method", "PlatformRefundId"),
        ("store_credit", "notify_store_credit", "StoreCreditCode"),
    ],
)
def test_refund_of_the_integrator_gets_the_reference_of_its_type(
    type_: str, switch: str, reference: str
) -> None:
    with served("returngo", seed_size=0) as api:
        place = {"vendor": "returngo", "name": switch, "on": True, "shop": "outfitters.myshopify.example"}
        api.control("PUT", f"/tenants/{ACME}/switches", json=place)
        item = {"sku": "TEE-NVY-M", "quantity": 1, "reason": "damaged"}
        wanted: dict[str, object] = {"vendor": "returngo", "order_number": "#1", "items": [item]}
        wanted |= {"customer_email": "kim@example.com", "return_type": type_}
        id_ = api.control("POST", f"/tenants/{ACME}/returns", json=wanted).body["id"]
        for status in ("Approved", "Received", "Done"):
            path = f"/tenants/{ACME}/returns/{id_}/move"
            api.control("POST", path, json={"vendor": "returngo", "status": status})
        (asked,) = api.call("get_rma", {"rmaId": id_}).body["transactions"]
        assert (asked["status"], asked["externalReferenceType"]) == ("Requested", None)
        body = {"status": "Success", "externalReferenceId": "R-1"}
        done = api.call("update_transaction", {"transactionId": str(asked["id"])}, json=body)
        assert done.ok, done
        assert (done.body["externalReferenceId"], done.body["externalReferenceType"]) == ("R-1", reference)
