"""Every request of the connector is validated against the OpenAPI document; here, that the check can fail."""

from typing import Any

import httpx
import pytest
from support.contract import Contract, ContractBroken
from support.fake_vendor import BASE_URL, KEY, Time, Wire, rows

import connector

LINE = {"sku": "A", "quantity": 1, "reason": "defective"}
BODY = {"order_number": "#1", "customer_email": "kim@example.com", "items": [LINE]}


def request(method: str, path: str, **options: Any) -> httpx.Request:
    headers = {"Authorization": "Bearer x", **options.pop("headers", {})}
    headers = {name: value for name, value in headers.items() if value is not None}
    return httpx.Request(method, BASE_URL + path, headers=headers, **options)


ALLOWED = [
    request("GET", "/rmas"),
    request("GET", "/rmas?status[]=pending&status%5B%5D=approved&page=2&per_page=100"),
    request("GET", "/rmas?created_after=2026-03-01T12:00:00Z&created_before=2026-03-02"),
    request("GET", "/customers/kim%40example.com/rmas"),
    request("GET", "/rmas/rma_1", headers={"X-Api-Key": "x", "Authorization": None}),
    request("POST", "/rmas", json=BODY),
    request("PATCH", "/rmas/rma_1", json={"status": "approved", "notes": "Fine"}),
]
REFUSED = {
    "No operation": request("GET", "/refunds"),
    "No operation has the path /rmas/a/b": request("GET", "/rmas/a/b"),
    "DELETE is not possible": request("DELETE", "/rmas/rma_1"),
    "does not lie below": httpx.Request("GET", "https://api.shop.example.com/v2/rmas"),
    "updated_after is not documented": request("GET", "/rmas?updated_after=2026-03-01"),
    "status is sent 2 times": request("GET", "/rmas?status=pending&status=approved"),
    "status:": request("GET", "/rmas?status=open"),
    "page:": request("GET", "/rmas?page=first"),
    "per_page:": request("GET", "/rmas?per_page=101"),
    "created_after:": request("GET", "/rmas?created_after=yesterday"),
    "id:": request("GET", f"/rmas/{'x' * 101}"),
    "No documented credential": request("GET", "/rmas", headers={"Authorization": None}),
    "not documented: idempotency-key": request("POST", "/rmas", headers={"Idempotency-Key": "1"}, json=BODY),
    "not documented: content-length, content-type": request("GET", "/rmas", json=BODY),
    "body is missing": request("POST", "/rmas"),
    "A body of text/plain": request("POST", "/rmas", content="{}", headers={"Content-Type": "text/plain"}),
    "body: .*colour": request("POST", "/rmas", json={**BODY, "colour": "red"}),
    "body: .*size": request("POST", "/rmas", json={**BODY, "items": [{**LINE, "size": "39"}]}),
    "body: .*required": request("POST", "/rmas", json={"order_number": "#1"}),
    "body: .*email": request("POST", "/rmas", json={**BODY, "customer_email": "kim"}),
}  # fmt: skip


@pytest.mark.parametrize("allowed", ALLOWED, ids=lambda one: f"{one.method} {one.url.raw_path.decode()}")
def test_documented_request_passes(allowed: httpx.Request) -> None:
    Contract("returnmate").check(allowed, "/v1")


@pytest.mark.parametrize("words", REFUSED)
def test_undocumented_request_is_stopped(words: str) -> None:
    with pytest.raises(ContractBroken, match=words):
        Contract("returnmate").check(REFUSED[words], "/v1")


def test_check_can_be_limited_to_names() -> None:
    contract = Contract("returnmate", names_only=True)
    contract.check(request("POST", "/rmas", json={**BODY, "customer_email": "kim"}), "/v1")
    with pytest.raises(ContractBroken, match="colour"):
        contract.check(request("POST", "/rmas", json={**BODY, "colour": "red"}), "/v1")


@pytest.mark.anyio
async def test_check_runs_for_every_connection() -> None:
    """An undocumented parameter in a catalog makes each test that sends it fail."""
    wire, time = Wire([rows()]), Time()
    transport = httpx.MockTransport(wire)
    rm = connector.open(
        "returnmate", base_url=BASE_URL, transport=transport, clock=time.clock, sleep=time.sleep, api_key=KEY
    )
    operation = rm.integration.operations["list_returns"]
    odd = operation.parameters[0].field.model_copy(update={"key": "updated_after"})
    parameters = (operation.parameters[0].model_copy(update={"field": odd}),)
    wrong = operation.model_copy(update={"parameters": parameters})
    with pytest.raises(ContractBroken, match="updated_after"):
        await rm.client.call(wrong, {"updated_after": "pending"})
    assert wire.requests == []
    await rm.client.close()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
