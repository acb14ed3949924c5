"""Pages of other sites, open in the browser of whoever runs the sandbox."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from mock_server.app import create_app
from mock_server.settings import Settings

HERE = "http://127.0.0.1:4010"


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(create_app(Settings(seed_size=0, database="sqlite://")), base_url=HERE) as made:
        yield made


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://127.0.0.1:3000"},
        {"Origin": "null"},
        {"Origin": HERE, "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "Cross-Site"},
    ],
)
@pytest.mark.parametrize("path", ["/tenants/demo/reset", "/tenants/demo/clock/freeze"])
def test_a_write_from_another_site_is_refused(client: TestClient, path: str, headers: dict[str, str]) -> None:
    before = client.get("/__sandbox/tenants/demo").json()
    answer = client.post(f"/__sandbox{path}", headers=headers)
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "forbidden"
    assert "takes no POST from a web page of another site" in answer.json()["error"]["message"]
    after = client.get("/__sandbox/tenants/demo").json()
    assert {**after, "now": ""} == {**before, "now": ""}


@pytest.mark.parametrize(
    "headers", [{}, {"Origin": HERE, "Sec-Fetch-Site": "same-origin"}, {"Origin": HERE.upper()}]
)
def test_programs_and_the_sandboxs_own_pages_may_write(client: TestClient, headers: dict[str, str]) -> None:
    assert client.post("/__sandbox/tenants/demo/reset", headers=headers).status_code == 200


def test_reading_and_the_vendors_own_apis_are_left_alone(client: TestClient) -> None:
    """A link may lead here; and what a vendor's API lets in, its keys decide."""
    away = {"Origin": "https://shop.example", "Sec-Fetch-Site": "cross-site"}
    assert client.get("/__sandbox/health", headers=away).status_code == 200
    assert client.post("/returnmate/v1/rmas", headers=away).status_code == 401
