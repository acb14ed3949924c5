"""What every operation of every vendor sends: the same headers, and the same filters on every page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest
from support.any_operation import opened, operations, send
from support.each import each
from support.fake_vendor import Time
from support.matrix.shop import set_path

from connector.definition.compiler import integration, vendors
from connector.errors import ConnectorError, ValidationFailed
from connector.transport.bodies import ACCEPTED
from connector.transport.request import build
from connector.transport.sending import USER_AGENT

if TYPE_CHECKING:
    from connector.definition.model import Field, Operation, Paging

pytestmark = pytest.mark.anyio
TYPED = {
    "integer": 1, "number": 1, "boolean": True, "datetime": "2026-03-01T00:00:00Z", "date": "2026-03-01",
}  # fmt: skip
PAGED = [
    (vendor, one)
    for vendor in vendors()
    for one in integration(vendor).operations.values()
    if one.paging is not None
]


def value_of(field: Field) -> Any:
    """Return a value that a filter is likely to accept."""
    if field.choices:
        return field.choices[0].value
    return field.example if field.example is not None else TYPED.get(field.type, "1")


def filled(operation: Operation, paging: Paging) -> dict[str, Any]:
    """Return a value for each parameter, except those that the operation refuses."""
    wanted = {
        one.name: value_of(one.field)
        for one in operation.parameters
        if one.name not in {paging.page_parameter, paging.size_parameter}
    }
    try:
        build(operation, wanted)
    except ValidationFailed as refused:
        wrong = {error.field for error in refused.fields}
        wanted = {name: value for name, value in wanted.items() if name not in wrong}
    return wanted


@pytest.mark.parametrize(("vendor", "operation"), PAGED, ids=lambda one: getattr(one, "id", one))
async def test_second_page_is_requested_with_the_filters_of_the_first(
    vendor: str, operation: Operation
) -> None:
    paging = integration(vendor).paging[operation.paging or ""]
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        rows = [{"id": "1"}] if len(asked) == 1 else []
        page: Any = rows if not operation.payload else {}
        if operation.payload:
            set_path(page, operation.payload, rows)
            for path, value in ((paging.total, 500), (paging.next, "c2" if rows else None)):
                if path:
                    set_path(page, path, value)
        return httpx.Response(200, json=page)

    async with opened(vendor, answer, Time()) as connection:
        given = filled(operation, paging)
        pages = [one async for one in connection.client.pages(operation, given)]
    assert len(pages) == len(asked) == 2
    first, second = (dict(request.url.params.multi_items()) for request in asked)
    assert first.pop(paging.page_parameter, None) != second.pop(paging.page_parameter)
    assert first == second
    filters = [one.name for one in operation.parameters if one.location == "query" and one.name in given]
    assert set(filters) <= first.keys()


@pytest.mark.parametrize("vendor", vendors())
async def test_every_operation_sends_the_same_headers(vendor: str) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(418)

    async with opened(vendor, answer, Time()) as connection:
        for operation in each(operations(connection)):
            with pytest.raises(ConnectorError):
                await send(connection, operation)
        login = connection.integration.authentication
    for request in each(asked):
        shown = {name: request.headers.get(name) for name in ("accept", "accept-encoding", "user-agent")}
        assert shown == {
            "accept": "application/json",
            "accept-encoding": ACCEPTED,
            "user-agent": USER_AGENT,
        }
        assert request.headers[login.header].startswith(login.prefix)
    assert ACCEPTED == "gzip, deflate"


WINDOWED = [vendor for vendor in vendors() if integration(vendor).limits.headers]


@pytest.mark.parametrize("vendor", WINDOWED)
async def test_refusal_for_a_used_up_window_delays_every_further_request(vendor: str) -> None:
    """Another client of the account sent the requests that used the window up."""
    time = Time()
    window = integration(vendor).limits.headers[0]
    used_up = {window.limit: "50", window.remaining: "0"}
    answers = [httpx.Response(429, headers=used_up)]

    def answer(_request: httpx.Request) -> httpx.Response:
        return answers.pop() if answers else httpx.Response(418)

    async with opened(vendor, answer, time) as connection:
        operation = operations(connection)[0]
        with pytest.raises(ConnectorError):
            await send(connection, operation)
    assert sum(time.slept) == pytest.approx(window.seconds)


SEVERAL = [
    (vendor, one, parameter.name)
    for vendor in vendors()
    for one in integration(vendor).operations.values()
    for parameter in one.parameters
    if parameter.repeated_as
]


@pytest.mark.parametrize(("vendor", "operation", "name"), SEVERAL, ids=lambda one: getattr(one, "id", one))
def test_every_kind_of_collection_is_sent_alike(vendor: str, operation: Operation, name: str) -> None:
    (parameter,) = [one for one in operation.parameters if one.name == name]
    first = value_of(parameter.field)
    values = [choice.value for choice in parameter.field.choices[:2]] or [first, f"{first}"]
    required = {
        one.name: value_of(one.field)
        for one in operation.parameters
        if one.field.required and one.name != name
    }
    expected = {(parameter.repeated_as, str(value)) for value in values}
    for kind in each((list, tuple, set, frozenset)):
        query = build(operation, {**required, name: kind(values)}).query
        assert {pair for pair in query if pair[0] not in required} == expected, (vendor, kind)
