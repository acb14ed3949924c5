"""Pages, API documents and labels over HTTP; two applications in one process share no state."""

import asyncio
import io
import itertools
import re
import shlex
from collections.abc import Iterator
from typing import Any

import httpx
import pypdf
import pytest
import yaml
from support.each import each
from support.first_moment import STARTS

import openapi
from mock_server import vendors
from mock_server.app import Sandbox, create_app
from mock_server.engine.compiler import BrokenSpecification
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


@pytest.mark.parametrize("path", ["/returnmate/v1", "/__sandbox"])
def test_documentation_is_served_locally(app: Sandbox, path: str) -> None:
    page = get(app, f"{path}/ui/")
    assert page.status_code == 200
    assert f"{path}/openapi.json" in page.text
    assert ('data-vendor="returnmate"' in page.text) is (path == "/returnmate/v1")
    for asset in each(re.findall(r'(?:href|src)="(\./[^"]+)"', page.text)):
        assert get(app, f"{path}/ui/{asset.removeprefix('./')}").status_code == 200, asset
    for asset in each(re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text)):
        assert get(app, asset).status_code == 200, asset
    assert "http://" not in page.text.replace("http://www.w3.org", "")
    assert "https://" not in page.text
    assert get(app, f"{path}/ui").status_code in {307, 308}


def test_swagger_ui_has_the_dark_mode_that_the_pages_script_remembers(app: Sandbox) -> None:
    page = "/returnmate/v1/ui"
    assert "html.dark-mode .swagger-ui" in get(app, f"{page}/swagger-ui.css").text
    preset = get(app, f"{page}/swagger-ui-standalone-preset.js").text
    assert 'classList.toggle("dark-mode")' in preset
    assert "prefers-color-scheme: dark" in preset
    script = get(app, "/static/documentation.js").text
    assert "onComplete: () => {\n    keepMode();\n    enterDemoKeys();" in script
    assert 'classList.contains("dark-mode")' in script
    assert 'class="loading"' in get(app, f"{page}/").text
    assert "html.loading" in get(app, "/static/documentation.css").text


def test_swagger_ui_stores_each_apis_login_separately(app: Sandbox) -> None:
    """Swagger UI stores logins by security scheme name, and several vendors use the name `bearer`."""
    script = get(app, "/static/documentation.js").text
    assert "persistAuthorization: false" in script
    assert "`authorized ${page.dataset.api}`" in script
    paths = set()
    for entry in app.entries:
        (api,) = re.findall(r'data-api="([^"]+)"', get(app, f"{entry.path}/ui/").text)
        paths.add(api)
    assert len(paths) == len(app.entries) == len(vendors.names())


PAGES = ("/", "/nothing", "/__sandbox/ui/", "/swap/returns-api/ui/")
FILES = (
    "/static/documentation.js",
    "/returnmate/v1/openapi.json",
    "/swap/returns-api/ui/swagger-ui-bundle.js",
)


@pytest.mark.parametrize("path", [*PAGES, *FILES])
def test_pages_have_a_date_and_security_headers(app: Sandbox, path: str) -> None:
    page = get(app, path, headers={"Accept": "text/html"})
    names = [name for name, _ in page.headers.multi_items()]
    assert names.count("date") == 1
    assert page.headers["x-content-type-options"] == "nosniff"
    if path in PAGES:
        assert page.headers["x-frame-options"] == "DENY"
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "frame-ancestors 'none'" in policy
        assert re.findall(r"<script(?![^>]* src=)|<style|\son\w+=| style=", page.text) == []


@pytest.fixture(scope="module")
def timeless() -> Iterator[Sandbox]:
    """Return an app whose pages stay the same: the clock of `demo` is frozen, and no request is listed."""
    made = create_app(Settings(seed_size=30, first_moment=STARTS, rate_limits=False, journal=0))
    assert get(made, "/__sandbox/tenants/demo/clock/freeze", method="POST").is_success
    yield made
    made.world.close()


@pytest.mark.parametrize("path", [*PAGES, *FILES, "/__sandbox/health", "/__sandbox/tenants/demo"])
def test_head_is_answered_wherever_get_is(timeless: Sandbox, path: str) -> None:
    got, head = get(timeless, path), get(timeless, path, method="HEAD")
    assert head.status_code == got.status_code
    assert head.headers["content-length"] == got.headers["content-length"]


def test_head_is_answered_by_every_vendor(app: Sandbox) -> None:
    for name in each(vendors.names()):
        url, options = _listed(app, name)
        assert get(app, url, **options).status_code == 200
        assert get(app, url, method="HEAD", **options).status_code == 200


def _listed(app: Sandbox, name: str) -> tuple[str, dict[str, Any]]:
    """Return the path of a vendor's first list, and its login, as in the landing page's curl line."""
    (entry,) = (entry for entry in app.entries if entry.name == name)
    words = shlex.split(entry.curl)
    headers = dict(word.split(": ", 1) for option, word in itertools.pairwise(words) if option == "-H")
    return words[-1], {"headers": headers}


@pytest.mark.parametrize(
    "path",
    ["/__sandbox/ui", "/returnmate/v1/ui", "/returnmate/v1/ui?a=b", "//evil.example", "/labels//x.pdf"],
)
def test_redirects_ignore_the_host_header(app: Sandbox, path: str) -> None:
    found = get(app, f"{URL}{path}", headers={"Host": "localhost:6666", "X-Forwarded-Host": "evil.example"})
    assert "6666" not in str(found.headers) + found.text
    assert "evil" not in found.headers.get("location", "")
    if found.is_redirect:
        assert found.headers["location"].startswith("/")
        assert not found.headers["location"].startswith("//")
    else:
        assert found.status_code == 404


@pytest.mark.parametrize("encoding", ["gzip", "br", "GZIP, identity", "x" * 500])
def test_encoded_request_body_is_refused(app: Sandbox, encoding: str) -> None:
    """See RFC 9110, section 8.4. No vendor documents 415, so the status is that for invalid input."""
    body, headers = b"\x1f\x8b", {"Content-Encoding": encoding, "Content-Type": "application/json"}
    refused = get(app, "/__sandbox/tenants", method="POST", content=body, headers=headers)
    assert refused.status_code == 415
    assert f"The Content-Encoding {encoding[:70]}" in refused.json()["error"]["message"]
    for entry in each(app.entries):
        path, item = next((p, i) for p, i in entry.document["paths"].items() if "post" in i and "{" not in p)
        assert item["post"]["requestBody"]
        _, options = _listed(app, entry.name)
        answer = get(
            app, entry.path + path, method="POST", content=body, headers=options["headers"] | headers
        )
        assert answer.status_code == 400, answer.text
        assert f"The Content-Encoding {encoding[:70]}" in answer.text


def test_content_encoding_identity_is_accepted(app: Sandbox) -> None:
    headers = {"Content-Encoding": "Identity"}
    assert get(app, "/__sandbox/tenants", method="POST", json={}, headers=headers).status_code == 400


@pytest.mark.parametrize("name", ["returnmate", "sandbox"])
def test_served_document_is_the_openapi_document(app: Sandbox, name: str) -> None:
    path = "/__sandbox" if name == "sandbox" else f"/{name}/v1"
    served = yaml.safe_load(get(app, f"{path}/openapi.yaml").text)
    assert [server["url"] for server in served["servers"]] == [path, URL + path]
    original = openapi.read(name)
    assert {**served, "servers": None} == {**original, "servers": None}


@pytest.mark.parametrize("name", ["returnmate", "sandbox"])
def test_document_for_swagger_ui_differs_in_examples_only(app: Sandbox, name: str) -> None:
    path = "/__sandbox" if name == "sandbox" else f"/{name}/v1"
    served = get(app, f"{path}/openapi.json").json()
    original = yaml.safe_load(get(app, f"{path}/openapi.yaml").text)
    assert {**served, "paths": None} == {**original, "paths": None}
    assert spelled_out(served) == spelled_out(original)


def spelled_out(document: dict[str, Any]) -> dict[str, Any]:
    """Return the operations with parameters and bodies resolved, without their examples."""

    def plain(node: Any) -> Any:
        if isinstance(node, list):
            return [plain(one) for one in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            target: Any = document
            for step in node["$ref"].removeprefix("#/").split("/"):
                target = target[step]
            return plain(target)
        return {key: plain(value) for key, value in node.items() if key not in {"example", "examples"}}

    found: dict[str, Any] = {}
    for path, item in document["paths"].items():
        for method in item.keys() - {"parameters", "summary", "description", "x-provenance"}:
            operation = item[method]
            both = [*item.get("parameters", ()), *operation.get("parameters", ())]
            rest = {key: operation[key] for key in operation.keys() - {"parameters", "requestBody"}}
            body = plain(operation.get("requestBody"))
            found[f"{method} {path}"] = {**rest, "parameters": plain(both), "requestBody": body}
    return found


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
    "path", ["/labels/returnmate/shp_none.pdf", "/labels/unknown/x.pdf", "/nothing", "/static/no.css"]
)
def test_unknown_page_returns_404(app: Sandbox, path: str) -> None:
    response = get(app, path, headers={"Accept": "text/html"})
    assert response.status_code == 404
    assert "Go to the console" in response.text


def test_two_applications_share_no_state() -> None:
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
