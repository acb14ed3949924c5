"""`returns serve --cors ORIGIN`: web pages of other origins call the APIs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from pydantic import ValidationError
from starlette.testclient import TestClient
from support.first_moment import STARTS

from mock_server.app import create_app
from mock_server.settings import Settings

SHOP, OTHER = "http://localhost:3000", "https://other.example"
KEY = {"Authorization": "Bearer sandbox-demo-returnmate"}
VENDOR, CONTROL = "/v1/rmas", "/__sandbox/tenants/demo"
ALLOW = "access-control-allow-origin"


@contextmanager
def sandbox(**settings: Any) -> Iterator[TestClient]:
    app = create_app(Settings(seed_size=3, first_moment=STARTS, vendor="returnmate", **settings))
    with TestClient(app, base_url="http://127.0.0.1:4010", follow_redirects=False) as made:
        yield made


@pytest.fixture(scope="module")
def named() -> Iterator[TestClient]:
    """A sandbox that names two origins, one of them not in the way browsers send it."""
    with sandbox(cors=(SHOP, "HTTPS://Shop.example:443/")) as made:
        yield made


@pytest.fixture(scope="module")
def everyone() -> Iterator[TestClient]:
    with sandbox(cors=("*",)) as made:
        yield made


@pytest.fixture(scope="module")
def nobody() -> Iterator[TestClient]:
    with sandbox() as made:
        yield made


def preflight(client: TestClient, path: str, origin: str, method: str = "POST") -> dict[str, str]:
    """Ask as a browser does before it sends JSON with a key; return the CORS headers of the answer."""
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization, content-type",
    }
    answer = client.options(path, headers=headers)
    return {name: value for name, value in answer.headers.items() if name.startswith("access-control-")}


@pytest.mark.parametrize("origin", [SHOP, "https://shop.example"])
@pytest.mark.parametrize("path", [VENDOR, CONTROL, "/v1/unknown", "/__sandbox/unknown"])
def test_named_origin_may_ask_and_read(named: TestClient, path: str, origin: str) -> None:
    assert preflight(named, path, origin, "PATCH") == {
        ALLOW: origin,
        "access-control-allow-methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
        "access-control-allow-headers": "authorization, content-type",
        "access-control-expose-headers": "*",
        "access-control-max-age": "600",
    }
    read = named.get(path, headers={"Origin": origin, **KEY})
    assert read.headers[ALLOW] == origin
    assert "origin" in read.headers["vary"]


@pytest.mark.parametrize("path", [VENDOR, CONTROL, "/v1/unknown"])
@pytest.mark.parametrize("origin", [OTHER, "null", f"{SHOP}.evil.example", "http://localhost:3001"])
def test_other_origin_may_neither_ask_nor_read(named: TestClient, path: str, origin: str) -> None:
    assert preflight(named, path, origin) == {}
    read = named.get(path, headers={"Origin": origin, **KEY})
    assert ALLOW not in read.headers
    assert "origin" in read.headers["vary"]


def test_page_of_a_named_origin_creates_a_return(named: TestClient) -> None:
    body = {
        "order_number": "#1001",
        "customer_email": "kim@example.com",
        "items": [{"sku": "BOOT-CHE-39", "quantity": 1, "reason": "defective"}],
    }
    answer = named.post(VENDOR, json=body, headers={"Origin": SHOP, **KEY})
    assert (answer.status_code, answer.headers[ALLOW]) == (201, SHOP)


def test_page_of_a_named_origin_may_write_to_the_control_plane(named: TestClient) -> None:
    away = {"Sec-Fetch-Site": "cross-site"}
    answer = named.post(f"{CONTROL}/clock/freeze", headers={"Origin": SHOP, **away})
    assert (answer.status_code, answer.headers[ALLOW]) == (200, SHOP)
    refused = named.post(f"{CONTROL}/clock/freeze", headers={"Origin": OTHER, **away})
    assert refused.status_code == 403
    assert ALLOW not in refused.headers


def test_star_admits_every_page_to_the_vendors_apis_only(everyone: TestClient) -> None:
    assert preflight(everyone, VENDOR, OTHER)[ALLOW] == "*"
    assert everyone.get(VENDOR, headers={"Origin": OTHER, **KEY}).headers[ALLOW] == "*"
    assert everyone.get(VENDOR, headers={"Origin": OTHER}).headers[ALLOW] == "*"  # a readable 401
    assert preflight(everyone, CONTROL, OTHER) == {}
    assert ALLOW not in everyone.get(CONTROL, headers={"Origin": OTHER}).headers
    away = {"Origin": OTHER, "Sec-Fetch-Site": "cross-site"}
    assert everyone.post(f"{CONTROL}/reset", headers=away).status_code == 403


@pytest.mark.parametrize("path", ["/", "/ui/", "/nothing/here"])
def test_star_does_not_let_pages_read_the_sandboxs_own_pages(everyone: TestClient, path: str) -> None:
    assert ALLOW not in everyone.get(path, headers={"Origin": OTHER}).headers


def test_preflight_uses_up_no_requests_and_needs_no_key(everyone: TestClient) -> None:
    def left() -> int:
        return int(everyone.get(VENDOR, headers=KEY).headers["x-ratelimit-remaining"])

    before = left()
    for _ in range(3):
        preflight(everyone, VENDOR, OTHER)
    assert left() == before - 1


def test_options_without_a_browser_is_an_unknown_method(everyone: TestClient) -> None:
    assert everyone.options(VENDOR, headers={"Origin": OTHER}).status_code == 405


def test_without_the_option_no_page_may_read(nobody: TestClient) -> None:
    assert preflight(nobody, VENDOR, SHOP) == {}
    read = nobody.get(VENDOR, headers={"Origin": SHOP, **KEY})
    assert read.status_code == 200
    assert ALLOW not in read.headers


@pytest.mark.parametrize("path", ["/v1", "/__sandbox"])
@pytest.mark.parametrize("kind", ["json", "yaml"])
def test_every_page_may_read_the_documents(nobody: TestClient, path: str, kind: str) -> None:
    answer = nobody.get(f"{path}/openapi.{kind}", headers={"Origin": OTHER})
    assert (answer.status_code, answer.headers[ALLOW]) == (200, "*")


@pytest.mark.parametrize(
    "origin",
    ["localhost:3000", "http://", "http://a.example/path", "http://me@a.example", "null", "http://a:x"],
)
def test_what_is_no_origin_is_refused(origin: str) -> None:
    with pytest.raises(ValidationError, match="is no origin; write it like http://localhost:3000"):
        Settings(cors=(origin,))


def test_origins_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETURNS_CORS", "http://localhost:3000, https://shop.example")
    assert Settings().cors == ("http://localhost:3000", "https://shop.example")
