"""Pages, documents, labels, and that two applications share nothing."""

import asyncio
import io
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pypdf
import pytest
import yaml
from support.each import each
from support.moments import STARTS

import openapi
from mock_server import vendors
from mock_server.app import Sandbox, create_app
from mock_server.engine.plan import BrokenSpecification
from mock_server.settings import Settings

URL = "http://127.0.0.1:4010"
KEY = {"Authorization": "Bearer sandbox-demo-returnmate"}


@pytest.fixture(scope="module")
def app() -> Iterator[Sandbox]:
    made = create_app(Settings(seed_size=30, first_moment=STARTS, rate_limits=False))
    yield made
    made.world.close()


def get(app: Sandbox, path: str, **options: Any) -> httpx.Response:
    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=URL) as client:
            return await client.request(options.pop("method", "GET"), path, **options)

    return asyncio.run(ask())


def test_landing_page_has_what_a_newcomer_needs(app: Sandbox) -> None:
    page = get(app, "/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    for name in each(vendors.names()):
        path = f"/{name}{vendors.load(name, app.world).base_path}"
        assert f"{URL}{path}" in page.text
        assert f"sandbox-demo-{name}" in page.text
        assert f'href="{path}/ui/"' in page.text
        assert f'href="{path}/openapi.yaml"' in page.text
    assert "curl -H &#39;Authorization: Bearer" in page.text


def test_every_link_of_the_landing_page_works_and_stays_here(app: Sandbox) -> None:
    links = re.findall(r'(?:href|src)="([^"]+)"', get(app, "/").text.replace('href="data:,"', ""))
    assert len(links) > 5
    for link in each(links):
        assert link.startswith("/"), link
        assert get(app, link).status_code == 200, link


@pytest.mark.parametrize("path", ["/returnmate/v1", "/__sandbox"])
def test_documentation_is_served_from_here(app: Sandbox, path: str) -> None:
    page = get(app, f"{path}/ui/")
    assert page.status_code == 200
    assert f"{path}/openapi.json" in page.text
    for asset in each(re.findall(r'(?:href|src)="(\./[^"]+)"', page.text)):
        assert get(app, f"{path}/ui/{asset.removeprefix('./')}").status_code == 200, asset
    assert "http://" not in page.text.replace("http://www.w3.org", "")
    assert "https://" not in page.text
    assert get(app, f"{path}/ui").status_code in {307, 308}


@pytest.mark.parametrize("name", ["returnmate", "sandbox"])
def test_document_is_the_specification_at_home(app: Sandbox, name: str) -> None:
    path = "/__sandbox" if name == "sandbox" else f"/{name}/v1"
    served = get(app, f"{path}/openapi.json").json()
    assert served == yaml.safe_load(get(app, f"{path}/openapi.yaml").text)
    assert [server["url"] for server in served["servers"]] == [path, URL + path]
    original = openapi.read(name)
    assert {**served, "servers": None} == {**original, "servers": None}


def test_label_is_a_pdf_with_the_tracking_number(app: Sandbox) -> None:
    shipment = get(app, "/returnmate/v1/shipments", headers=KEY).json()["data"][0]
    response = get(app, shipment["label_url"])
    assert response.headers["content-type"] == "application/pdf"
    (page,) = pypdf.PdfReader(io.BytesIO(response.content)).pages
    text = page.extract_text()
    assert shipment["tracking_number"] in text
    assert "SAMPLE – NOT VALID FOR SHIPPING" in text
    assert shipment["carrier"].replace("_", " ").lower() in text.lower()
    assert (round(page.mediabox.width), round(page.mediabox.height)) == (298, 420)
    assert get(app, shipment["label_url"]).content == response.content


@pytest.mark.parametrize(
    "path", ["/labels/returnmate/shp_none.pdf", "/labels/nobody/x.pdf", "/nothing", "/static/no.css"]
)
def test_unknown_pages_are_missing(app: Sandbox, path: str) -> None:
    response = get(app, path)
    assert response.status_code == 404
    assert "See what there is" in response.text


def test_two_applications_share_nothing() -> None:
    one, other = (create_app(Settings(seed_size=2, first_moment=STARTS)) for _ in range(2))
    body = {
        "order_number": "#1001",
        "customer_email": "ann@example.com",
        "items": [{"sku": "BOOT-CHE-39", "quantity": 1, "reason": "defective"}],
    }
    try:
        made = get(one, "/returnmate/v1/rmas", method="POST", json=body, headers=KEY)
        assert made.status_code == 201
        path = f"/returnmate/v1/rmas/{made.json()['data']['id']}"
        assert get(one, path, headers=KEY).status_code == 200
        assert get(other, path, headers=KEY).status_code == 404
        left = [
            get(each, "/returnmate/v1/rmas", headers=KEY).headers["x-ratelimit-remaining"]
            for each in (one, other)
        ]
        assert left == ["57", "58"]
    finally:
        one.world.close()
        other.world.close()


def test_operation_without_a_handler_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    complete = openapi.read

    def with_one_more(name: str) -> dict[str, Any]:
        document = complete(name)
        if name == "returnmate":
            document["paths"]["/rmas"]["put"] = {
                **document["paths"]["/rmas"]["get"],
                "operationId": "replace_returns",
            }
        return document

    monkeypatch.setattr(openapi, "read", with_one_more)
    with pytest.raises(
        BrokenSpecification, match=r"The operation replace_returns \(PUT /rmas\) has no handler"
    ):
        create_app(Settings(seed_size=0))


def test_closing_the_application_closes_its_database() -> None:
    app = create_app(Settings(seed_size=0))
    messages = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent: list[str] = []

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message["type"])

    asyncio.run(app({"type": "lifespan"}, receive, send))
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert get(app, "/returnmate/v1/rmas", headers=KEY).status_code == 500
