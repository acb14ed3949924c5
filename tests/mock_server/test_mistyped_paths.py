"""A mistyped path: the vendor's 404 stays as it is, and everything around it names what was meant."""

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient
from support.each import each

import openapi
from mock_server import vendors
from mock_server.app import CONTROL_PATH, create_app
from mock_server.journal.nearest import Operations
from mock_server.settings import Settings

HINT = "x-sandbox-hint"
METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    app = create_app(Settings(seed_size=0, database="sqlite://", rate_limits=False))
    with TestClient(app, base_url="http://127.0.0.1:4010") as made:
        yield made


def bases(client: TestClient) -> dict[str, str]:
    found = client.get("/__sandbox/tenants/demo/credentials").json()["vendors"]
    return {name: one["base_url"].removeprefix("http://127.0.0.1:4010") for name, one in found.items()}


def last_literal(path: str) -> int:
    """Return the place of the last segment that is no parameter."""
    names = path.split("/")
    return max(place for place, name in enumerate(names) if name and not name.startswith("{"))


def mistyped(path: str) -> str:
    """Return a path whose last literal segment lacks its third letter."""
    names = path.split("/")
    place = last_literal(path)
    names[place] = names[place][:2] + names[place][3:]
    return "/".join("x1" if name.startswith("{") else name for name in names)


@pytest.mark.parametrize("vendor", vendors.names())
def test_each_operation_is_suggested_for_its_mistyped_path(vendor: str) -> None:
    document = openapi.read(vendor)
    operations = Operations({"/api": document})
    known = {
        (method.upper(), "/api" + path)
        for path, item in document["paths"].items()
        for method in METHODS
        if method in item
    }
    for method, path in each(known):
        nearest = operations.nearest(method, mistyped(path))
        assert nearest is not None, (method, path)
        typed = mistyped(path).split("/")
        assert len(nearest.path.split("/")) == len(typed), (method, path, nearest)
        assert nearest.method == method
        # Several operations can be equally near, such as version 2 and 3 of one path.
        assert nearest.path.split("/")[last_literal(path)] == path.split("/")[last_literal(path)]


@pytest.mark.parametrize("vendor", vendors.names())
def test_vendors_error_stays_as_documented_and_a_header_helps(client: TestClient, vendor: str) -> None:
    base = bases(client)[vendor]
    plain = client.get(f"{base}/zzz-nothing/like/this")
    path = next(iter(openapi.read(vendor)["paths"]))
    method = next(name for name in METHODS if name in openapi.read(vendor)["paths"][path])
    helped = client.request(method, base + mistyped(path))
    for answer in (plain, helped):
        assert answer.status_code == 404
        assert answer.headers["content-type"].startswith("application/json")
        assert "Did you mean" not in answer.text
    assert helped.json() == plain.json()
    assert helped.headers[HINT].startswith(f"Did you mean {method.upper()} {base}/")
    assert plain.headers[HINT] == f"Its operations are listed at {base}/ui/."
    page = client.get(f"{base}/ui/")
    assert page.status_code == 200, "the page that the hint names exists"


@pytest.mark.parametrize(
    ("method", "path", "meant"),
    [
        ("GET", "/__sandbox/tenant", "GET /__sandbox/tenants (list_tenants)"),
        ("GET", "/__sandbox/tenants/demo/retuns", "GET /__sandbox/tenants/{tenant}/returns (list_returns)"),
        ("POST", "/__sandbox/tenants/demo/resett", "POST /__sandbox/tenants/{tenant}/reset (reset_tenant)"),
    ],
)
def test_control_planes_error_names_the_operation(
    client: TestClient, method: str, path: str, meant: str
) -> None:
    answer = client.request(method, path)
    assert answer.status_code == 404
    assert answer.json()["error"]["message"] == f"There is nothing at this path. Did you mean {meant}?"


@pytest.mark.parametrize(
    ("path", "advice"),
    [
        ("/__sanbox/tenants", "Did you mean GET /__sandbox/tenants (list_tenants)?"),
        ("/returnmat/v1/rmas", "Did you mean GET /returnmate/v1/rmas (list_returns)?"),
        ("/returnmate/rmas", "Did you mean GET /returnmate/v1/rmas (list_returns)?"),
        ("/swap/retrns", "Did you mean GET /swap/returns-api/v2/external/returns (list_returns)?"),
        ("/returnmate", "Its operations are listed at /returnmate/v1/ui/."),
        ("/wp-admin/setup.php", "The APIs are at /exsited, "),
    ],
)
def test_path_of_no_api_gets_json_or_a_page(client: TestClient, path: str, advice: str) -> None:
    answer = client.get(path, headers={"Accept": "*/*"})
    assert answer.status_code == 404
    error: dict[str, Any] = answer.json()["error"]
    assert error["code"] == "not_found"
    assert error["message"].startswith(f"There is nothing at this path. {advice}")
    page = client.get(path, headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert page.status_code == 404
    assert page.headers["content-type"].startswith("text/html")
    assert advice in page.text


def test_control_plane_is_not_suggested_for_paths_of_no_api() -> None:
    control = openapi.read(openapi.CONTROL_PLANE)
    operations = Operations({"/swap": openapi.read("swap"), CONTROL_PATH: control}, CONTROL_PATH)
    assert operations.nearest("GET", "/tenants") is None
    assert operations.nearest("GET", f"{CONTROL_PATH}/tenantz") is not None


def test_long_path_is_compared_with_nothing() -> None:
    operations = Operations({"/swap": openapi.read("swap")})
    assert operations.nearest("GET", "/swap/v1/external/returns" + "/x" * 200) is None
