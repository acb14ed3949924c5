"""Differences that are no edit of a document: totals, page numbers, and the values that writes repeat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import orjson
import pytest
from support.verifying import Accounts, Answering, planned, verified

import openapi
from connector.definition.compiler import integration as compiled
from connector.definition.paths import at_path
from connector.verify.paging import SMALL
from connector.verify.refusals import unknown
from connector.verify.writes import values, writes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connector.definition.model import Operation, Paging

pytestmark = pytest.mark.anyio
VENDORS = openapi.vendors()


def listing(vendor: str) -> tuple[Operation, Paging]:
    """Return the list that is always read, and how its pages work."""
    made = compiled(vendor)
    operation = made.operations[made.authentication.test_operation]
    return operation, made.paging[operation.paging or ""]


TOTALS = [vendor for vendor in VENDORS if listing(vendor)[1].total]
NUMBERED = [vendor for vendor in VENDORS if listing(vendor)[1].style == "page"]


@pytest.mark.parametrize("vendor", TOTALS)
async def test_total_below_the_rows_of_a_page_is_a_difference(accounts: Accounts, vendor: str) -> None:
    operation, paging = listing(vendor)
    assert paging.total

    def answer(request: httpx.Request, response: httpx.Response) -> httpx.Response:
        if not request.url.path.endswith(operation.path) or response.status_code != 200:
            return response
        body = orjson.loads(response.content)
        at_path(body, paging.total[:-1] if paging.total else ())[paging.total[-1] if paging.total else ""] = 1
        return httpx.Response(200, json=body)

    transport = Answering(accounts.transport(vendor), vendor, answer)
    report = (await verified(accounts, vendor, transport)).report
    found = {(one.kind, one.operation, one.place): one.detail for one in report.differences}
    place = ("other_paging", operation.id, ".".join(paging.total))
    details = [one.detail for one in report.differences if (one.kind, one.operation, one.place) == place]
    assert "is less than the rows on one page" in details, found


class Shifted(httpx.AsyncBaseTransport):
    """Counts pages from 0: page 1 is the second page."""

    def __init__(self, inner: httpx.AsyncBaseTransport, paging: Paging) -> None:
        self._inner = inner
        self._paging = paging

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        here = request.url.params.get(self._paging.page_parameter)
        if here and request.url.params.get(self._paging.size_parameter) == str(SMALL):
            url = request.url.copy_set_param(self._paging.page_parameter, str(int(here) + 1))
            request = httpx.Request(request.method, url, headers=request.headers)
        return await self._inner.handle_async_request(request)


@pytest.mark.parametrize("vendor", NUMBERED)
async def test_pages_that_are_counted_from_elsewhere_are_a_difference(
    accounts: Accounts, vendor: str
) -> None:
    operation, paging = listing(vendor)
    transport = Shifted(accounts.transport(vendor), paging)
    report = (await verified(accounts, vendor, transport)).report
    (found,) = [one for one in report.differences if one.operation == operation.id]
    assert (found.kind, found.place) == ("other_paging", paging.page_parameter)
    assert "does not return the first page" in found.detail


@pytest.mark.parametrize(
    ("known", "changed"),
    [
        ("9856537", "4301082"),
        ("RMA-59227110", "RMA-04772665"),
        ("kim@example.com", "unknown-kim@example.com"),
    ],
)
def test_unknown_id_has_the_form_of_a_known_one(known: str, changed: str) -> None:
    assert unknown(known) == changed


def writable() -> Iterator[tuple[str, Operation]]:
    for vendor in VENDORS:
        for operation in writes(compiled(vendor)).operations:
            if operation.method != "POST":
                yield vendor, operation


@pytest.mark.parametrize(("vendor", "operation"), list(writable()), ids=lambda one: getattr(one, "id", one))
def test_write_repeats_the_values_of_the_object_that_has_the_id(vendor: str, operation: Operation) -> None:
    """Other objects refer to the same ID, and have members of the same names."""
    reader = planned(vendor).writes.reader
    assert reader is not None
    assert operation.body is not None
    names = [field.key for field in operation.body.children if field.type in ("string", "text")]
    own = dict.fromkeys(names, "own")
    ids = dict.fromkeys([*operation.path.split("{")[1].split("}")[:1], "id"], "7")
    record: dict[str, Any] = {"first": [{**ids, "other": "x"}], "whole": {**ids, **own}, "last": {"ref": "7"}}
    record["last"].update(dict.fromkeys(names, "foreign"))
    sent = values(operation, reader, record, "7")
    assert {name: sent[name] for name in names} == own
