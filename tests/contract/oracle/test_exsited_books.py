"""Exsited's invoices, returns and receipts in all versions, and its PDFs, compared with the books."""

import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pypdf
import pytest
from contract.oracle import exsited as oracle
from contract.oracle.books import CUSTOMERS, Booked
from contract.oracle.shop import HOOK_HOST, Shop, open_shop, run
from contract.oracle.values import differences, utc
from support.each import each
from support.in_process_client import opened

RETURNS = "return-merchandise-authorisations"
TYPES = ("refund",) * 3
PARCELS = ("label_sent", "in_transit", "received", "inspected", "completed")


class Received:
    """The shop, and what its staff received through the API."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.quantities: dict[str, dict[str, int]] = {}

    def receive(self, shop: Shop, one: Booked, id_: str, status: str) -> None:
        """Receive one unit of the first line, or the whole second line; then perhaps the whole rest."""
        kind = one.place // 3 % 3
        if status or kind == 0:
            return
        path = self.path_of(id_)
        lines = shop.api("GET", path)["invoice"]["return_merchandise_authorisation"]["returns"]
        arrived = [(lines[0], 1)] if kind == 1 else [(lines[1], int(lines[1]["rma_requested"]))]
        self._receive(path, arrived)
        if one.place % 2:
            rest = {line["item_id"]: int(line["rma_requested"]) for line in lines}
            for line, quantity in arrived:
                rest[line["item_id"]] -= quantity
            self._receive(path, [(line, rest[line["item_id"]]) for line in lines if rest[line["item_id"]]])

    def _receive(self, path: str, arrived: list[tuple[Any, int]]) -> None:
        self.shop.advance(23)
        body = [{"uuid": line["uuid"], "rma_receive_quantity": str(quantity)} for line, quantity in arrived]
        asked = {"receive_return_merchandise_authorisations": {"receive_returns": body}}
        self.shop.api("POST", f"{path}/receive", json=asked)
        new = self.receipts(path)[0]
        self.quantities[new["id"]] = {line["item_id"]: quantity for line, quantity in arrived}

    def path_of(self, id_: str) -> str:
        found = self.shop.api("GET", f"/api/v3/{RETURNS}/{id_}")["return_merchandise_authorisation"]
        return f"/api/v3/invoices/{found['invoice_id']}/{RETURNS}/{id_}"

    def receipts(self, path: str) -> list[Any]:
        listed: list[Any] = self.shop.api("GET", f"{path}/receive")[
            "receive_return_merchandise_authorisations"
        ]
        return listed


@pytest.fixture(scope="module")
def kept() -> Iterator[Received]:
    with opened(webhook_allow=HOOK_HOST) as (_, http):
        shop = open_shop(http, "exsited", TYPES, PARCELS)
        found = Received(shop)
        run(shop, found.receive)
        shop.advance(30 * 3_600)
        histories = shop.histories()
        for one in shop.books:
            if histories[one.order].status == "PENDING" and not one.place % 2:
                found.receive(shop, one, histories[one.order].id, "")
        yield found


def listed(shop: Shop, path: str, *keys: str) -> list[Any]:
    rows: list[Any] = []
    while True:
        answer = shop.api("GET", path, params={"limit": 100, "offset": len(rows)})
        for key in keys[:-1]:
            answer = answer[key]
        rows += answer[keys[-1]]
        if len(rows) >= answer["pagination"]["records"]:
            return rows


@pytest.mark.parametrize("version", ["v2", "v3"])
def test_every_invoice_equals_the_books(kept: Received, version: str) -> None:
    shop = kept.shop
    in_order = sorted(shop.books, key=lambda one: one.ordered_at, reverse=True)
    expected = [oracle.invoice(one) for one in in_order]
    actual = listed(shop, f"/api/{version}/invoices", "invoices")
    assert differences(expected, actual) == []
    for invoice, one in each(zip(expected[:3], actual[:3], strict=True)):
        path = f"/api/{version}/invoices/{one['id']}"
        assert differences(invoice, shop.api("GET", path)["invoice"]) == []
        assert differences(invoice, shop.api("GET", f"{path}/information")["invoice"]) == []
        of_order = shop.api("GET", f"/api/{version}/orders/{one['order_id']}/invoices")["order"]["invoices"]
        assert differences([invoice], of_order) == []
    for customer in each(CUSTOMERS):
        own = [invoice for invoice in expected if invoice["account_name"] == customer.name]
        account = next(row["account_id"] for row in actual if row["account_name"] == customer.name)
        assert (
            differences(
                own, listed(shop, f"/api/{version}/accounts/{account}/invoices", "account", "invoices")
            )
            == []
        )


@pytest.mark.parametrize("version", ["v2", "v3"])
def test_every_return_and_receipt_equals_the_books(kept: Received, version: str) -> None:
    shop, histories = kept.shop, kept.shop.histories()
    invoices = {row["order_id"]: row["id"] for row in listed(shop, "/api/v3/invoices", "invoices")}
    actual = {
        row["id"]: row
        for row in listed(shop, f"/api/{version}/{RETURNS}", "return_merchandise_authorisations")
    }
    seen = set()
    for one in each(shop.books):
        history, invoice = histories[one.order], invoices[one.order.replace("#", "ORD-")]
        expected = oracle.document(one, history, kept.quantities, invoice)
        path = f"/api/{version}/invoices/{invoice}/{RETURNS}"
        of_invoice = shop.api("GET", path)["invoice"]["return_merchandise_authorisations"]
        alone = shop.api("GET", f"{path}/{history.id}")["invoice"]["return_merchandise_authorisation"]
        single = shop.api("GET", f"/api/{version}/{RETURNS}/{history.id}")["return_merchandise_authorisation"]
        for shown in (actual.pop(history.id), alone, single, *of_invoice):
            assert differences(expected, shown, one.order) == []
        changes = oracle.updates(one, history, kept.quantities)
        receipts = [oracle.receipt(one, change) for change in changes if change.receipt]
        found = shop.api("GET", f"{path}/{history.id}/receive")["receive_return_merchandise_authorisations"]
        assert differences(receipts[::-1], found, one.order) == []
        for receipt in found:
            answer = shop.api("GET", f"{path}/{history.id}/receive/{receipt['id']}")
            assert answer["receive_return_merchandise_authorisation"] == receipt
        assert one.live or history.created_at == one.created_at
        seen.add((one.currency, history.status, len(changes), expected["received_count"] != "0"))
    assert actual == {}
    assert {status[1:] for status in seen} >= {
        ("PENDING", 1, True),
        ("CLOSED", 1, False),
        ("CLOSED", 2, True),
    }


def test_overviews_equal_the_books(kept: Received) -> None:
    histories = kept.shop.histories()
    for one in each(kept.shop.books[::3]):
        path = f"/tenants/{kept.shop.tenant}/returns/exsited/{histories[one.order].id}"
        actual = kept.shop.control("GET", path)
        assert (actual["amount"], actual["currency"]) == (f"{one.worth:.2f}", one.currency)
        assert [(item["sku"], item["quantity"], item["amount"]) for item in actual["items"]] == [
            (item.line.sku, item.quantity, f"{item.worth:.2f}") for item in one.items
        ]


def test_pdf_shows_every_figure_of_the_invoice(kept: Received) -> None:
    shop = kept.shop
    rows = listed(shop, "/api/v3/invoices", "invoices")
    for one in each(shop.books[:3]):
        expected = oracle.invoice(one)
        row = next(row for row in rows if row["order_id"] == expected["order_id"])
        drawn = shop.ask("GET", f"/api/v2/invoices/{row['id']}/pdf")
        text = pypdf.PdfReader(io.BytesIO(drawn.content)).pages[0].extract_text()
        words = [word.replace(",", "") for word in text.split()]
        amounts = [expected[name] for name in ("subtotal", "tax", "total", "paid", "due")]
        shown = [words[place + 1] for place, word in enumerate(words) if word == one.currency]
        assert shown == amounts
        for line in expected["lines"]:
            for name in ("item_order_quantity", "item_price", "total"):
                assert line[name] in words, f"{name} of {line['item_id']}"
        assert {f"Issued: {expected['issue_date']}", f"Due: {expected['due_date']}"} <= set(text.splitlines())


def test_return_made_through_the_api_takes_what_is_left(kept: Received) -> None:
    shop = open_shop(kept.shop.http, "exsited", ("refund",), PARCELS, tenant="by-api")
    one = shop.books[-1]
    rows = listed(shop, "/api/v3/invoices", "invoices")
    invoice = next(row for row in rows if row["order_id"] == one.order.replace("#", "ORD-"))
    wanted = [(invoice["lines"][2], 4), (invoice["lines"][0], 7)]
    asked = {
        "date": "2026-03-12T08:30:00+10:00",
        "note": "Two boxes",
        "returns": [
            {"uuid": line["uuid"], "item_uuid": line["item_uuid"], "rma_quantity": str(quantity)}
            for line, quantity in wanted
        ],
    }
    path = f"/api/v3/invoices/{invoice['id']}/{RETURNS}"
    made = shop.api("POST", path, json={"return_merchandise_authorisations": asked})
    new = made["invoice"]["return_merchandise_authorisation"]
    assert [(line["item_id"], line["rma_requested"]) for line in new["returns"]] == [
        ("MUG", "4"),
        ("LMP-OAK", "7"),
    ]
    assert (new["customer_return_date"], new["created_on"]) == ("2026-03-11T22:30:00Z", utc(shop.now()))
    more = {"returns": [{"uuid": invoice["lines"][0]["uuid"], "rma_quantity": "3"}]}
    refused = shop.ask("POST", path, json={"return_merchandise_authorisations": more})
    assert refused.status_code == 400
    assert "at most 2" in refused.text


def test_order_that_the_file_does_not_have_keeps_price_and_currency(kept: Received) -> None:
    shop = open_shop(kept.shop.http, "exsited", ("refund",), PARCELS, tenant="unknown-order")
    before = shop.now()
    body = {
        "vendor": "exsited",
        "order_number": "#7001",
        "customer_email": "kim.west@example.com",
        "created_at": (before - timedelta(days=2)).isoformat(),
        "items": [{"sku": "MUG", "quantity": 3, "reason": "damaged"}],
    }
    shop.control("POST", f"/tenants/{shop.tenant}/returns", json=body)
    (invoice,) = shop.api("GET", "/api/v3/orders/ORD-7001/invoices")["order"]["invoices"]
    # The file's price of the mug, and the file's currency.
    assert (invoice["total"], invoice["currency"]["name"]) == ("9.45", "USD")
    assert invoice["created_on"] == utc(before - timedelta(days=2))
