"""Any answer of a vendor, however malformed, is accepted or raises one of the connector's errors."""

from __future__ import annotations

import json
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from support.any_vendor import open_any

from connector.definition.compiler import integration, vendors
from connector.errors import ConnectorError
from connector.transport.values import RefusedValue, checked_value

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence

    from support.fake_vendor import Time

    from connector.definition.model import InputField
    from connector.runtime.connection import Connection

pytestmark = pytest.mark.anyio
compiled = cache(integration)
ODD: tuple[Any, ...] = (None, True, 1e308, "", "\ud83d", [None], {"error": {"code": []}})
BODIES: tuple[bytes, ...] = (
    b"", b"null", b"\xff", b"\xef\xbb\xbf{}", b"{", b"[" * 2_000, b"[" * 2_000 + b"]" * 2_000, b"NaN",
    b"1" * 5_000, b'{"a":1,"a":2}', b"<html>", b'"\\ud800"',
)  # fmt: skip


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def given(fields: Sequence[InputField]) -> dict[str, Any]:
    """Return a value of the right type for each input."""
    return {field.key: value(field) for field in fields}


def value(field: InputField) -> Any:
    plain: dict[str, Any] = {
        "integer": 1,
        "number": 1,
        "boolean": True,
        "date": "2026-03-01",
        "datetime": "2026-03-01T12:00:00Z",
    }
    if field.type == "list":
        form = field.variants[0].fields if field.variants else ()
        columns = [one for one in field.children if not form or one.key in form]
        return [given(columns)] if columns else ["x"]
    if field.choices or field.known_values:
        return field.choices[0].value if field.choices else field.known_values[0]
    if field.type in plain:
        return plain[field.type]
    if field.identifies == "email":
        return "kim@example.com"
    return next(one for one in ("1", "#1001", "ABC") if fits(field, one))


def fits(field: InputField, text: str) -> bool:
    try:
        return bool(checked_value(field, text, field.key))
    except RefusedValue:
        return False


def calls(connection: Connection) -> Iterator[tuple[str, Callable[[], Awaitable[Any]]]]:
    """Yield each search, action and dropdown with all inputs filled in, and the operation it sends."""
    for search in connection.searches.values():
        yield search.search.operation, partial(search, **given(search.search.inputs))
    for action in connection.actions.values():
        yield action.action.operation, partial(action, **given(action.action.inputs))
    for dropdown in connection.dropdowns.values():
        yield dropdown.dropdown.operation or "", dropdown


def spoilt(body: Any, deep: int = 2) -> Iterator[Any]:
    """Yield copies of a body with one value, down to the first record's members, replaced by an odd one."""
    yield from ODD
    inside = body.items() if isinstance(body, dict) else enumerate(body[:1]) if isinstance(body, list) else ()
    for key, one in inside if deep else ():
        for other in spoilt(one, deep - 1):
            changed = body.copy()
            changed[key] = other
            yield changed


async def outcomes(connection: Connection, operation: str | None = None) -> list[ConnectorError | None]:
    """Make each call (or those of one operation) and return how it ended: a connector error, or success."""
    ended: list[ConnectorError | None] = []
    for uses, call in calls(connection):
        if operation in (None, uses):
            try:
                await call()
                ended.append(None)
            except ConnectorError as problem:
                ended.append(problem)
    return ended


@pytest.mark.parametrize("status", [200, 404, 429, 500])
@pytest.mark.parametrize("vendor", vendors())
async def test_malformed_bytes_raise_connector_errors_only(vendor: str, status: int, time: Time) -> None:
    told: list[ConnectorError | None] = []
    for content in BODIES:

        def answer(_request: httpx.Request, content: bytes = content) -> httpx.Response:
            return httpx.Response(status, content=content)

        async with open_any(compiled(vendor), time, answer) as connection:
            told += await outcomes(connection)
    assert len(told) >= 5 * len(BODIES)
    assert len([problem for problem in told if problem and str(problem)]) > len(BODIES)


@pytest.mark.parametrize(
    ("vendor", "operation"),
    [
        (vendor, name)
        for vendor in vendors()
        for name in sorted(
            {one.operation for one in compiled(vendor).searches.values()}
            | {one.operation for one in compiled(vendor).actions.values()}
        )
    ],
)
async def test_odd_values_in_an_answer_raise_connector_errors_only(
    vendor: str, operation: str, time: Time
) -> None:
    made = compiled(vendor)
    shown: list[Any] = []
    told: list[ConnectorError | None] = []

    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=json.dumps(shown[-1]))

    async with open_any(made, time, answer) as connection:
        for body in spoilt(made.operations[operation].example):
            shown.append(body)
            told += await outcomes(connection, operation)
    assert len(told) >= len(ODD)
    assert any(told), "a malformed answer is an error"
