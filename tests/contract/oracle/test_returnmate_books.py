"""ReturnMate's documents, reports, labels and webhooks, compared with the books and the ledger."""

import io
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pypdf
import pytest
from contract.oracle import returnmate as oracle
from contract.oracle.books import CUSTOMERS, START, Booked, changed_at
from contract.oracle.shop import HOOK, HOOK_HOST, Shop, open_shop, run
from contract.oracle.values import Like, differences, number, utc
from support.each import each
from support.in_process_client import opened

TYPES = ("refund", "exchange", "store_credit")
PARCELS = ("label_sent", "in_transit", "received", "inspected", "completed")
PERIODS: tuple[tuple[date | None, date | None], ...] = (
    (None, None),
    (START.date(), None),
    (None, START.date() - timedelta(days=21)),
    (date(2026, 2, 23), date(2026, 2, 23)),
    (date(2026, 2, 20), date(2026, 3, 1)),
    (date(2020, 1, 1), date(2020, 1, 31)),
)


class Kept:
    """The labels that staff made, and the documents at the end of all histories."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.labels: dict[str, dict[str, Any]] = {}

    def label(self, shop: Shop, one: Booked, id_: str, status: str) -> None:
        """Make a label for the return, and one for a replacement, with different carriers."""
        directions = {"approved": "return", "received": "outbound"}
        if status not in directions:
            return
        asked = {
            "carrier": ("tnt", "tge")[status == "received"],
            "service": ("express", "standard")[one.place % 2],
            "direction": directions[status],
        }
        shop.advance(13)
        made = shop.api("POST", f"/rmas/{id_}/shipments", json=asked)["data"]
        self.labels[made["id"]] = asked

    def entries(self) -> list[oracle.Entry]:
        found = self.shop.histories()
        return [(one, found[one.order]) for one in self.shop.books]

    def all_labels(self) -> dict[str, dict[str, Any]]:
        of_file = {
            parcel.id: {
                "carrier": one.carrier,
                "service": "express",
                "direction": "return",
                "tracking_number": one.tracking_number,
            }
            for one, history in self.entries()
            for parcel in history.parcels
            if not one.live
        }
        return of_file | self.labels


@pytest.fixture(scope="module")
def kept() -> Iterator[Kept]:
    with opened(webhook_allow=HOOK_HOST) as (_, http):
        shop = open_shop(http, "returnmate", TYPES, PARCELS)
        shop.control("POST", f"/tenants/{shop.tenant}/webhooks", json={"vendor": "returnmate", "url": HOOK})
        found = Kept(shop)
        run(shop, found.label)
        yield found


def everything(shop: Shop, path: str, **query: Any) -> list[Any]:
    rows: list[Any] = []
    while True:
        page = shop.api("GET", path, params={"per_page": 100, "page": len(rows) // 100 + 1, **query})
        rows += page["data"]
        if len(rows) >= page["meta"]["total"]:
            return rows


def test_every_return_equals_the_books(kept: Kept) -> None:
    labels = kept.all_labels()
    statuses = set()
    for one, history in each(kept.entries()):
        actual = kept.shop.api("GET", f"/rmas/{history.id}")["data"]
        assert differences(oracle.detail(one, history, labels), actual, one.order) == []
        statuses |= {(one.type, one.currency, status) for _, status in history.steps}
    assert len(statuses) == 3 * 3 * 9


def test_times_of_the_file_and_statuses_of_staff_are_in_the_ledger(kept: Kept) -> None:
    for one, history in each(kept.entries()):
        if not one.live:
            assert history.created_at == one.created_at
            assert history.moved_at >= changed_at(one) or len(history.steps) == 1
        refund = oracle.refund(one, history)
        recorded = [
            {**body, "issued_at": utc(at), "amount": float(body["amount"])} for at, body in history.refunds
        ]
        assert recorded == ([refund] if refund else [])


def test_lists_equal_the_books(kept: Kept) -> None:
    entries = sorted(kept.entries(), key=lambda entry: entry[1].created_at)
    expected = [oracle.summary(one, history) for one, history in entries]
    for order, listed in (("asc", expected), ("desc", expected[::-1])):
        actual = everything(kept.shop, "/rmas", sort="created_at", order=order)
        assert differences(listed, actual) == []
    for customer in each(CUSTOMERS):
        own = [row for row in expected if row["customer"]["email"] == customer.email]
        actual = everything(kept.shop, f"/customers/{customer.email}/rmas", sort="created_at", order="asc")
        assert differences(own, actual) == []


def test_shipments_and_their_scans_equal_the_books(kept: Kept) -> None:
    labels, now = kept.all_labels(), kept.shop.now()
    listed = {row["id"]: row for row in everything(kept.shop, "/shipments")}
    seen = set()
    for one, history in each(kept.entries()):
        for parcel in history.parcels:
            expected = oracle.shipment(history, parcel, labels)
            assert differences(expected, listed.pop(parcel.id), parcel.id) == []
            assert differences(expected, kept.shop.api("GET", f"/shipments/{parcel.id}")["data"]) == []
            events = kept.shop.api("GET", f"/shipments/{parcel.id}/tracking")["data"]
            found = [(event["status"], event["occurred_at"]) for event in events]
            if one.live:
                assert found == oracle.scans(history, parcel, now)
            assert dict(found).get("delivered") == utc(parcel.reached("delivered"))
            seen.add((labels[parcel.id]["direction"], parcel.status))
    assert listed == {}
    assert seen >= {("outbound", "delivered"), ("return", "delivered"), ("return", "label_created")}


def test_labels_show_the_shipment(kept: Kept) -> None:
    labels = kept.all_labels()
    rows = everything(kept.shop, "/shipments")
    for direction in ("return", "outbound"):
        row = next(row for row in rows if row["direction"] == direction)
        drawn = kept.shop.http.get(row["label_url"])
        text = pypdf.PdfReader(io.BytesIO(drawn.content)).pages[0].extract_text()
        assert row["tracking_number"] in text
        assert labels[row["id"]]["service"].lower() in text.lower()
        assert direction in text.lower()


@pytest.mark.parametrize("period", PERIODS, ids=str)
def test_reports_of_a_period_equal_the_books(kept: Kept, period: tuple[date | None, date | None]) -> None:
    start, end = period
    query = {
        **({"start_date": start.isoformat()} if start else {}),
        **({"end_date": end.isoformat()} if end else {}),
    }
    entries = kept.entries()
    chosen = oracle.within(entries, start, end)
    for group_by in (None, "day", "week", "month"):
        grouped = {**query, **({"group_by": group_by} if group_by else {})}
        actual = kept.shop.api("GET", "/reports/returns", params=grouped)["data"]
        assert differences(oracle.returns_report(chosen, group_by), actual) == []
    actual = kept.shop.api("GET", "/reports/reasons", params=query)["data"]
    assert differences(oracle.reasons_report(chosen), actual) == []
    actual = kept.shop.api("GET", "/reports/carriers", params=query)["data"]
    assert differences(oracle.carriers_report(entries, kept.all_labels(), start, end), actual) == []


def test_periods_differ(kept: Kept) -> None:
    sizes = [len(oracle.within(kept.entries(), *period)) for period in PERIODS]
    assert len(set(sizes)) == len(sizes)
    assert sizes[-1] == 0


def test_statistics_of_each_customer_equal_the_books(kept: Kept) -> None:
    entries = kept.entries()
    for customer in each(CUSTOMERS):
        own = [(one, history) for one, history in entries if one.customer == customer]
        orders = sum(one.customer == customer for one in kept.shop.books)
        actual = kept.shop.api("GET", f"/customers/{customer.email}/stats")["data"]
        assert differences(oracle.customer_stats(own, orders), actual) == []


def test_overviews_equal_the_books(kept: Kept) -> None:
    labels = kept.all_labels()
    for one, history in each(kept.entries()[::7]):
        actual = kept.shop.control("GET", f"/tenants/{kept.shop.tenant}/returns/returnmate/{history.id}")
        assert (actual["amount"], actual["currency"]) == (f"{one.worth:.2f}", one.currency)
        assert (actual["created_at"], actual["updated_at"]) == (utc(history.created_at), utc(history.latest))
        assert [
            (item["sku"], item["quantity"], item["amount"], item["currency"]) for item in actual["items"]
        ] == [(item.line.sku, item.quantity, f"{item.worth:.2f}", one.currency) for item in one.items]
        assert [(parcel["id"], parcel["carrier"], parcel["status"]) for parcel in actual["parcels"]] == [
            (parcel.id, labels[parcel.id]["carrier"], parcel.status) for parcel in history.parcels
        ]


def test_webhooks_show_the_return_as_it_was(kept: Kept) -> None:
    labels = kept.all_labels()
    by_id = {history.id: (one, history) for one, history in kept.entries()}
    seen = set()
    for event, at, payload in each(kept.shop.deliveries()):
        assert (payload["event"], payload["created_at"]) == (event, utc(at))
        data = payload["data"]
        record = data.get("rma") or data["shipment"]
        one, history = by_id[record.get("rma_id", record["id"])]
        then = history.until(at)
        if "shipment" in data:
            parcel = next(parcel for parcel in then.parcels if parcel.id == record["id"])
            expected = oracle.shipment(then, parcel, labels)
        else:
            expected = oracle.detail(one, then, labels)
        assert differences(expected, record, f"{event} of {one.order}") == []
        if event == "rma.status_changed":
            assert data["previous_status"] == then.steps[-2][1]
        seen.add(event)
    assert {"rma.created", "refund.completed", "credit.issued", "shipment.delivered"} <= seen


def test_return_made_through_the_api_has_its_own_price_and_currency(kept: Kept) -> None:
    asked = {
        "order_number": "#9001",
        "customer_email": "kim.west@example.com",
        "return_type": "store_credit",
        "currency": "GBP",
        "items": [
            {"sku": "MUG", "quantity": 3, "unit_price": 7.35, "reason": "defective"},
            {"sku": "LMP-OAK", "quantity": 2, "reason": "wrong_item", "notes": "Not mine"},
        ],
    }
    shop = open_shop(kept.shop.http, "returnmate", ("refund",), tenant="by-api")
    made = shop.api("POST", "/rmas", json=asked)["data"]
    assert (made["currency"], made["return_type"]) == ("GBP", "store_credit")
    assert [(item["quantity"], item["unit_price"], item["notes"]) for item in made["items"]] == [
        (3, 7.35, None),
        (2, 8.05, "Not mine"),
    ]
    assert datetime.fromisoformat(made["created_at"]) == shop.now().replace(microsecond=0)
    for status in ("approved", "label_sent", "in_transit", "received", "inspected", "completed"):
        shop.advance(61)
        done = shop.api("PATCH", f"/rmas/{made['id']}", json={"status": status})["data"]
    assert done["refund"] == {
        "amount": number(3 * Decimal("7.35") + 2 * Decimal("8.05")),
        "currency": "GBP",
        "method": "store_credit",
        "issued_at": utc(shop.now()),
    }
    assert made["created_at"] == done["created_at"] != done["updated_at"]
    assert done["rma_number"] == Like("RMA-2026-[0-9]{6}")
