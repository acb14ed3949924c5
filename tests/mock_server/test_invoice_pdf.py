"""Invoices as PDF: their contents, who may read them, and rendering in another thread."""

import asyncio
import io
import threading
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import httpx
import orjson
import pypdf
import pytest
from support.each import each
from support.first_moment import STARTS
from support.worlds import NOON

from mock_server.app import Sandbox, create_app
from mock_server.settings import Settings
from mock_server.vendors import exsited
from mock_server.vendors.exsited.documents import Buyer, InvoiceLine, new_invoice
from mock_server.vendors.exsited.invoice_pdf import render

URL = "http://127.0.0.1:4010"
VENDOR = "exsited"
NOTICE = "SAMPLE – NOT A TAX INVOICE"


@pytest.fixture(scope="module")
def app() -> Iterator[Sandbox]:
    """A sandbox with two tenants, one of which has a custom order."""
    made = create_app(Settings(database="sqlite://", seed_size=25, secret="s", first_moment=STARTS))
    for name in ("one", "two"):
        made.tenants.create(name, first_moment=NOON)
    options = {
        "vendor": VENDOR,
        "order_number": "#9001",
        "customer_email": "ann@example.com",
        "items": [{"sku": "BOOT-CHE-39", "quantity": 2, "reason": "defective"}],
    }
    assert ask(made, "/__sandbox/tenants/one/returns", method="POST", json=options).status_code == 201
    yield made
    made.world.close()


def ask(app: Sandbox, path: str, method: str = "GET", **more: Any) -> httpx.Response:
    async def asked() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=URL) as client:
            return await client.request(method, path, **more)

    return asyncio.run(asked())


def login(app: Sandbox, tenant: str) -> Mapping[str, str]:
    found = ask(app, f"/__sandbox/tenants/{tenant}/credentials").json()["vendors"][VENDOR]
    headers: Mapping[str, str] = found["headers"]
    return headers


def printed(app: Sandbox, invoice: str, headers: Mapping[str, str]) -> httpx.Response:
    return ask(app, f"/{VENDOR}/api/v2/invoices/{invoice}/pdf", headers=headers)


def refused(answer: httpx.Response, status: int) -> str:
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/json")
    (error,) = answer.json()["errors"]
    assert error["code"] == str(status)
    message: str = error["message"]
    return message


def invoices(app: Sandbox, tenant: str) -> list[dict[str, Any]]:
    return [orjson.loads(row.document) for row in app.world.store.rows(tenant, VENDOR, "invoice")]


def text_of(content: bytes) -> list[str]:
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages]


def test_invoice_shows_the_data_of_its_record(app: Sandbox) -> None:
    known = invoices(app, "one")
    for invoice in each([known[0], known[-1]]):
        answer = printed(app, invoice["id"], login(app, "one"))
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
        assert answer.headers["content-length"] == str(len(answer.content))
        assert answer.content.startswith(b"%PDF-")
        (text,) = text_of(answer.content)
        assert f"Invoice {invoice['id']}\n" in text
        assert f"Customer: {invoice['account_name']} ({invoice['account_id']})\n" in text
        assert f"Order: {invoice['order_id']}\n" in text
        assert f"Issued: {invoice['issue_date']}\n" in text
        currency = invoice["currency"]["name"]
        for name in ("subtotal", "tax", "total", "paid", "due"):
            assert f"{name.capitalize()}\n{currency} {Decimal(invoice[name]):,.2f}\n" in text
        for line in each(invoice["lines"]):
            price, total = (f"{Decimal(line[name]):,.2f}" for name in ("item_price", "total"))
            row = [line["item_name"], line["item_order_quantity"], price, total, line["item_id"]]
            assert "\n".join(row) in text
        assert NOTICE in text


def test_same_invoice_has_the_same_bytes(app: Sandbox) -> None:
    first, second, *_ = invoices(app, "one")
    headers = login(app, "one")
    once = printed(app, first["id"], headers).content
    assert printed(app, first["id"], headers).content == once
    assert printed(app, second["id"], headers).content != once


def test_invoice_is_readable_by_its_merchant_only(app: Sandbox) -> None:
    (own,) = {one["id"] for one in invoices(app, "one")} - {one["id"] for one in invoices(app, "two")}
    assert printed(app, own, login(app, "one")).status_code == 200
    assert refused(printed(app, own, login(app, "two")), 404) == f"No invoice has the id {own}."
    assert refused(printed(app, "INV-0", login(app, "one")), 404) == "No invoice has the id INV-0."
    assert refused(printed(app, own, {}), 401) == "An access token is required; none was sent."
    assert "not known" in refused(printed(app, own, {"Authorization": "Bearer x"}), 401)
    path = f"/{VENDOR}/api/v2/invoices/{own}/pdf"
    refused(ask(app, path, method="POST", headers=login(app, "one")), 405)


def test_invoices_are_rendered_in_another_thread_one_at_a_time(
    app: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy, most, threads = 0, 0, set()
    drawn = exsited._draw_invoice

    def noted(invoice: Any) -> bytes:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        threads.add(threading.get_ident())
        try:
            return drawn(invoice)
        finally:
            busy -= 1

    monkeypatch.setattr(exsited, "_draw_invoice", noted)
    headers = login(app, "one")
    paths = [f"/{VENDOR}/api/v2/invoices/{one['id']}/pdf" for one in invoices(app, "one")[:4]]

    async def asked() -> list[httpx.Response]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=URL) as client:
            return await asyncio.gather(*(client.get(path, headers=headers) for path in paths))

    answers = asyncio.run(asked())
    assert [answer.status_code for answer in answers] == [200] * 4
    assert len({answer.content for answer in answers}) == 4
    assert most == 1
    assert threading.get_ident() not in threads


def test_long_invoice_continues_on_the_next_page() -> None:
    bought = [
        InvoiceLine(f"SKU-{number:03}", f"Item {number:03} {'long ' * 20}", 1000, Decimal("1234.5"))
        for number in range(60)
    ]
    invoice = new_invoice("INV-1", "#1001", Buyer("Ñandú 日本 😀", "a@example.com"), bought, NOON)
    content = render(invoice)
    pages = text_of(content)
    assert len(pages) > 1
    assert [number for number, page in enumerate(each(pages)) if NOTICE not in page] == []
    whole = "\n".join(pages)
    assert [one.sku for one in each(bought) if whole.count(one.sku) != 1] == []
    assert "Total\nAUD 74,070,000.00\n" in pages[-1]
    assert render(invoice) == content


def test_line_without_a_name_shows_its_code() -> None:
    bought = [InvoiceLine("BOOT-CHE-39", "", 1, Decimal(5))]
    (text,) = text_of(render(new_invoice("INV-1", "#1", Buyer("", "a@example.com"), bought, NOON)))
    assert "1\n5.00\n5.00\nBOOT-CHE-39\n" in text
