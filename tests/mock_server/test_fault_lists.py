"""Faults of lists: records that are visible late, rows that move between pages, and repeated pages."""

import json
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import httpx
import pytest
from support.faulty import LISTS, create, item, tenant_of
from support.sandbox import Sandbox as Running

from mock_server.testing import Sandbox, Tenant

EVERYWHERE = pytest.mark.parametrize("vendor", sorted(LISTS))
RETURNS = 7
SIZE = 2
BY_ID = {
    "returnmate": "/rmas/",
    "returngo": "/rma/",
    "exsited": "/api/v3/return-merchandise-authorisations/",
    "returnlogic": "/rmas/",
}
"""The paths of a return by its ID; Swap has only lists."""


@pytest.fixture(scope="module")
def client(sandbox: Running) -> Iterator[Sandbox]:
    with Sandbox(sandbox.url) as found:
        yield found


@pytest.fixture
def tenant(client: Sandbox) -> Iterator[Tenant]:
    with tenant_of(client, seed_size=RETURNS) as made:
        yield made


def rows(answer: httpx.Response) -> list[str]:
    """Return the records of a list: those in the body's first array of objects, each as text."""
    body = answer.json()
    found = body if isinstance(body, list) else next(v for v in body.values() if isinstance(v, list))
    return [json.dumps(row, sort_keys=True) for row in found]


def pages(http: httpx.Client, vendor: str, count: int) -> list[list[str]]:
    """Read a list page by page, as the vendor's clients do."""
    path, found, cursor = LISTS[vendor][1].partition("?")[0], [], None
    for number in range(count):
        query: dict[str, Any] = {
            "returnmate": {"page": number + 1, "per_page": SIZE},
            "returngo": {"pagesize": SIZE, **({"cursor": cursor} if cursor else {})},
            "swap": {"page": number + 1, "items_per_page": SIZE},
            "exsited": {"offset": number * SIZE, "limit": SIZE},
            "returnlogic": {"skip": number * SIZE, "limit": SIZE},
        }[vendor]
        answer = http.get(path, params=query)
        assert answer.status_code == HTTPStatus.OK, answer.text
        found.append(rows(answer))
        cursor = answer.json().get("next_cursor") if vendor == "returngo" else None
    return found


def everything(tenant: Tenant, vendor: str) -> list[str]:
    """Return all records in the order of the list, without faults."""
    with tenant.client(vendor) as http:
        found = rows(http.get(LISTS[vendor][1]))
    assert len(set(found)) == len(found) >= 3 * SIZE
    return found


@EVERYWHERE
def test_new_record_is_missing_until_its_time_has_come(tenant: Tenant, vendor: str) -> None:
    before = len(everything(tenant, vendor))
    fault = tenant.faults.add("late_record", vendor=vendor, seconds=90)
    made = tenant.create_return(vendor, items=[item()])

    def visible() -> tuple[int, bool]:
        with tenant.client(vendor) as http:
            listed = len(rows(http.get(LISTS[vendor][1])))
            by_id = vendor not in BY_ID or http.get(BY_ID[vendor] + made.id).status_code == HTTPStatus.OK
        return listed, by_id

    assert visible() == (before, vendor not in BY_ID)
    tenant.clock.advance("89s")
    assert visible() == (before, vendor not in BY_ID)
    tenant.clock.advance("1s")
    assert visible() == (before + 1, True)
    assert tenant.faults.get(fault.id).fired > 0


def test_total_agrees_with_the_rows_that_are_visible(tenant: Tenant) -> None:
    with tenant.client("returnmate") as http:
        made = create(http).json()["data"]["id"]
        assert http.get("/rmas").json()["meta"]["total"] == RETURNS + 1
        tenant.faults.add("late_record", vendor="returnmate")
        assert http.get("/rmas").json()["meta"]["total"] == RETURNS
        assert http.patch(f"/rmas/{made}", json={"status": "approved"}).status_code == HTTPStatus.OK


@EVERYWHERE
def test_rows_move_before_the_next_page_is_read(tenant: Tenant, vendor: str) -> None:
    whole = everything(tenant, vendor)
    operation = LISTS[vendor][0]
    tenant.faults.add("moved_rows", vendor=vendor, operation=operation, after=1, next=1)
    with tenant.client(vendor) as http:
        first, second = pages(http, vendor, 2)
    assert (first, second) == (whole[0:2], whole[3:5]), "the third row is lost"
    tenant.faults.clear()
    tenant.faults.add("moved_rows", vendor=vendor, operation=operation, direction="repeated", after=1, next=1)
    with tenant.client(vendor) as http:
        first, second = pages(http, vendor, 2)
    assert (first, second) == (whole[0:2], whole[1:3]), "the second row is seen again"


@EVERYWHERE
def test_page_is_repeated(tenant: Tenant, vendor: str) -> None:
    whole = everything(tenant, vendor)
    tenant.faults.add("repeated_page", vendor=vendor, operation=LISTS[vendor][0], after=2, next=1)
    with tenant.client(vendor) as http:
        found = pages(http, vendor, 3)
    assert found == [whole[0:2], whole[2:4], whole[2:4]]


def test_first_page_never_moves(tenant: Tenant) -> None:
    whole = everything(tenant, "swap")
    for what in ("moved_rows", "repeated_page"):
        tenant.faults.add(what, vendor="swap")
    with tenant.client("swap") as http:
        assert pages(http, "swap", 1) == [whole[0:2]]


def test_filtered_transactions_move_too(tenant: Tenant) -> None:
    with tenant.client("returngo") as http:
        path = "/transactions"
        whole = rows(http.get(path, params={"pagesize": 100}))
        cursor = http.get(path, params={"pagesize": 1}).json()["next_cursor"]
        tenant.faults.add("moved_rows", vendor="returngo", operation="list_transactions")
        moved = rows(http.get(path, params={"pagesize": 1, "cursor": cursor}))
    assert len(set(whole)) == 3
    assert moved == [whole[2]]


def test_writes_are_not_disturbed_by_faults_of_reads(tenant: Tenant) -> None:
    fault = tenant.faults.add("late_record")
    with tenant.client("returnmate") as http:
        assert "x-sandbox-fault" not in create(http).headers
    assert tenant.faults.get(fault.id).calls == 0
