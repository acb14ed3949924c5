"""`tenant.requests` of the typed client: listing, and assertions with readable differences."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient
from support.each import each

from mock_server.app import create_app
from mock_server.settings import Settings
from mock_server.testing import Sandbox, Tenant
from mock_server.testing.differences import differences

URL = "http://127.0.0.1:4010"
ITEM = {"sku": "TEE-NVY-M", "quantity": 1, "reason": "wrong_size"}
NEW = {"order_number": "#2001", "customer_email": "iris.lane@example.com", "items": [ITEM]}


@pytest.fixture(scope="module")
def http() -> Iterator[TestClient]:
    settings = Settings(seed_size=0, database="sqlite://", rate_limits=False)
    with TestClient(create_app(settings), base_url=URL) as made:
        yield made


@pytest.fixture
def tenant(http: TestClient) -> Iterator[Tenant]:
    """A tenant whose client calls the application in this process."""

    class InProcess(Sandbox):
        def call(self, method: str, path: str, **options: Any) -> Any:
            params = {
                name: value for name, value in (options.get("params") or {}).items() if value is not None
            }
            answer = http.request(method, f"/__sandbox{path}", json=options.get("json"), params=params)
            assert answer.is_success, answer.text
            return answer.json() if answer.content else None

    with InProcess(URL) as sandbox:
        made = sandbox.create_tenant("recorded", seed_size=0)
        yield made
        made.delete()


def send(http: TestClient, tenant: Tenant, body: Any = NEW, **changes: Any) -> int:
    found = tenant.credentials("returnmate")
    sent = {**body, **changes}
    status: int = http.post(f"{found.base_url}/rmas", headers=dict(found.headers), json=sent).status_code
    return status


def test_exchanges_are_typed_and_filtered(http: TestClient, tenant: Tenant) -> None:
    assert send(http, tenant) == 201
    assert send(http, tenant, items=[]) == 400
    created, refused = tenant.requests()
    assert (created.operation, created.status, created.tenant) == ("create_return", 201, tenant.name)
    assert created.request.body == NEW
    assert created.response.body["data"]["id"].startswith("rma_")
    assert created.at is not None
    assert created.at.utcoffset() == created.received_at.utcoffset() == timedelta(0)
    assert refused.errors[0].field == "items"
    assert tenant.requests(status="4xx") == [refused]
    assert tenant.requests(status=201) == [created]
    assert tenant.requests(after=created.id) == [refused]
    assert tenant.requests(limit=1) == [refused]
    assert tenant.requests(operation="list_returns") == []
    assert tenant.requests.last("create_return") == refused
    tenant.requests.clear()
    assert tenant.requests() == []


def test_requests_without_tenant_are_listed_on_request(http: TestClient, tenant: Tenant) -> None:
    http.delete("/__sandbox/requests")
    base = tenant.credentials("returnmate").base_url
    assert http.get(f"{base}/rmas", headers={"Authorization": "Bearer nobody"}).status_code == 401
    assert tenant.requests() == []
    (found,) = tenant.requests(without_tenant=True)
    assert found.tenant is None


def test_call_is_asserted_by_a_part_of_its_body(http: TestClient, tenant: Tenant) -> None:
    send(http, tenant)
    send(http, tenant, order_number="#2002")
    found = tenant.requests.assert_called("create_return", times=1, body={"order_number": "#2002"})
    assert found == tenant.requests(limit=1)
    assert len(tenant.requests.assert_called("create_return", body={"items": [{"quantity": 1}]})) == 2
    tenant.requests.assert_called("create_return", times=2, vendor="returnmate", status=201)
    tenant.requests.assert_not_called("list_returns")
    tenant.requests.assert_not_called("create_return", body={"order_number": "#2003"})


def test_failed_assertion_shows_the_nearest_request_and_its_differences(
    http: TestClient, tenant: Tenant
) -> None:
    send(http, tenant, order_number="#far", customer_email="far@example.com")
    send(http, tenant)
    wanted = {"order_number": "#2001", "items": [{"sku": "TEE-NVY-M", "quantity": 2, "gift": True}]}
    with pytest.raises(AssertionError) as raised:
        tenant.requests.assert_called("create_return", times=1, body=wanted)
    lines = str(raised.value).splitlines()
    assert lines[0] == "Expected 1 request to create_return and this body, found 0."
    newest = tenant.requests.last().id
    assert f"  {newest}: POST /returnmate/v1/rmas (create_return) -> 201: The request is valid." == lines[2]
    assert lines[3] == "    body.items[0].quantity: expected 2, found 1"
    assert lines[4] == "    body.items[0].gift: expected True, but the field is missing"
    assert "#far" in str(raised.value)


def test_failed_assertions_say_what_was_sent(http: TestClient, tenant: Tenant) -> None:
    http.delete("/__sandbox/requests")
    with pytest.raises(AssertionError, match="No request was recorded at all"):
        tenant.requests.assert_called("create_return")
    with pytest.raises(AssertionError, match="No request was sent to create_return"):
        tenant.requests.last("create_return")
    send(http, tenant)
    with pytest.raises(AssertionError, match=r"(?s)Expected 2 requests to create_return, found 1.*-> 201"):
        tenant.requests.assert_called("create_return", times=2)
    with pytest.raises(AssertionError, match=r"(?s)1 request was sent to create_return, but none.*-> 201"):
        tenant.requests.assert_not_called("create_return")
    with pytest.raises(
        AssertionError, match=r"(?s)Expected at least one request to get_return.*create_return"
    ):
        tenant.requests.assert_called("get_return")


@pytest.mark.parametrize(
    ("expected", "actual", "found"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, []),
        ({"a": {"b": [1, {"c": 2}]}}, {"a": {"b": [1, {"c": 2, "d": 3}]}}, []),
        (1, 1.0, []),
        (True, 1, ["body: expected True, found 1"]),
        ({"a": 1}, {}, ["body.a: expected 1, but the field is missing"]),
        ({"a": None}, {}, ["body.a: expected None, but the field is missing"]),
        ([1, 2], [1], ["body: expected 2 entries, found 1"]),
        ([1, 2], [1, 3], ["body[1]: expected 2, found 3"]),
        ({"a": {}}, {"a": "x"}, ["body.a: expected {}, found 'x'"]),
        ({"a": 1}, None, ["body: expected {'a': 1}, found None"]),
    ],
)
def test_differences(expected: Any, actual: Any, found: list[str]) -> None:
    assert differences(expected, actual) == found


def test_long_values_are_shortened() -> None:
    for line in each(differences("x" * 500, "y" * 500)):
        assert len(line) < 300
