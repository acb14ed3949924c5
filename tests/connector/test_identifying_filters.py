"""Rows of a search are compared with the filter again, so that a vendor's ignored filter is detected."""

from __future__ import annotations

import json
from copy import deepcopy
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from support.any_vendor import listing, open_any
from support.each import each
from support.fake_vendor import Time, Wire, one, rows

from connector.definition.compiler import integration, vendors
from connector.definition.paths import at_path
from connector.errors import UnexpectedResponse
from connector.runtime.compare import identifier_form, matching_rows, same_identifier

if TYPE_CHECKING:
    from connector.definition.model import Identifier, InputField, Path, Search
    from connector.runtime.connection import Connection

pytestmark = pytest.mark.anyio
compiled = cache(integration)
FILTERS = [
    (vendor, search.key, field.key)
    for vendor in vendors()
    for search in compiled(vendor).searches.values()
    for field in search.inputs
    if field.found_at
]
STRANGE = {
    "order": "#99001",
    "rma": "RMA-99-9",
    "email": "other@example.com",
    "id": "99001",
    "tracking": "9Z",
}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def with_value(record: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
    changed = deepcopy(record)
    holder: Any = changed
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    return changed


def case(vendor: str, key: str, name: str) -> tuple[Search, InputField, dict[str, Any], dict[str, Any]]:
    """Return a search, one of its inputs, a matching record, and inputs that search for it."""
    search = compiled(vendor).searches[key]
    field = next(one for one in search.inputs if one.key == name)
    record = dict(search.sample)
    asked = {}
    for field_asked in search.inputs:
        if field_asked.key == name or field_asked.required:
            held = at_path(record, field_asked.found_at[0]) if field_asked.found_at else None
            asked[field_asked.key] = str(held) if held else STRANGE[field_asked.identifies or "id"]
    return search, field, record, asked


def connection_with(vendor: str, search: Search, time: Time, *found: dict[str, Any]) -> Connection:
    operation = compiled(vendor).operations[search.operation]
    data: Any = list(found) if operation.payload_is_list else found[0]
    return open_any(compiled(vendor), time, listing(compiled(vendor), operation, data))


async def ask(connection: Connection, key: str, inputs: dict[str, Any]) -> list[dict[str, Any]]:
    async with connection:
        found = await connection.searches[key](**inputs)
    told: list[dict[str, Any]] = json.loads(json.dumps(found, default=float))
    return told


@pytest.mark.parametrize(("vendor", "key", "name"), FILTERS)
async def test_matching_record_is_found_in_any_spelling(vendor: str, key: str, name: str, time: Time) -> None:
    search, field, record, asked = case(vendor, key, name)
    for path in each(field.found_at):
        held = at_path(record, path)
        assert held, f"the sample of {search.resource} has no {'.'.join(path)}"
        written = {**asked, name: f" {held}\n"}
        shown = with_value(record, path, f"{str(held).swapcase()} ")
        found = await ask(connection_with(vendor, search, time, shown), key, written)
        assert found == [shown]


@pytest.mark.parametrize(("vendor", "key", "name"), FILTERS)
async def test_filter_ignored_by_the_vendor_is_an_error_and_not_an_empty_result(
    vendor: str, key: str, name: str, time: Time
) -> None:
    search, field, record, asked = case(vendor, key, name)
    stranger = record
    for path in field.found_at:
        stranger = with_value(stranger, path, STRANGE[field.identifies or ""])
    with pytest.raises(UnexpectedResponse, match=f"ignored the filter {name} ") as caught:
        await ask(connection_with(vendor, search, time, stranger), key, asked)
    assert asked[name] in str(caught.value)
    assert compiled(vendor).vendor.title in str(caught.value)


@pytest.mark.parametrize(("vendor", "key", "name"), FILTERS)
async def test_record_without_the_filtered_field_is_kept(
    vendor: str, key: str, name: str, time: Time
) -> None:
    search, field, record, asked = case(vendor, key, name)
    for nothing in (None, "", " "):
        silent = record
        for path in field.found_at:
            silent = with_value(silent, path, nothing)
        assert await ask(connection_with(vendor, search, time, silent), key, asked) == [silent]


@pytest.mark.parametrize(
    ("vendor", "key", "name"),
    [one for one in FILTERS if compiled(one[0]).searches[one[1]].kind in ("find", "list")],
)
async def test_records_that_do_not_match_the_filter_are_dropped(
    vendor: str, key: str, name: str, time: Time
) -> None:
    search, field, record, asked = case(vendor, key, name)
    stranger = record
    for path in field.found_at:
        stranger = with_value(stranger, path, f"{at_path(record, path)}0")
    assert await ask(connection_with(vendor, search, time, stranger, record), key, asked) == [record]


def test_text_inputs_of_searches_declare_what_they_identify() -> None:
    """Exceptions: words of a fixed or known set, dates, and the options of a report."""
    unsaid = {
        f"{vendor} {search.key}.{field.key}"
        for vendor in vendors()
        for search in compiled(vendor).searches.values()
        for field in search.inputs
        if field.type == "string"
        and not (field.identifies or field.choices or field.known_values)
        and field.dropdown not in {one.key for one in compiled(vendor).dropdowns.values() if one.choices}
    }
    assert unsaid == set()
    # Rows of these lists do not contain the filtered field, so they cannot be compared.
    silent = {
        f"{vendor} {search.key}.{field.key}"
        for vendor in vendors()
        for search in compiled(vendor).searches.values()
        for field in search.inputs
        if field.identifies and not field.found_at and field.location != "match"
    }
    assert silent == {
        "exsited list_receipts.invoice_id",
        "exsited list_receipts.return_id",
        "returngo find_return.tracking_number",
        "returngo list_transactions.return_id",
        "returnmate get_customer_stats.customer_email",
        "returnmate track_shipment.shipment_id",
    }


@pytest.mark.parametrize(
    ("kind", "one_way", "other_way"),
    [
        ("order", "#1001", " 1001\n"),
        ("order", "# 1001", 1001),
        ("order", "1001", 1001.0),
        ("rma", "RMA-1", "rma-1"),
        ("email", "Kim@Example.com", "\u00a0kim@example.com\u200b"),
        ("tracking", "1Z 999-AA1", "1z999aa1"),
        ("tracking", "1Z\u2013999", "1z999"),
        ("id", "A-1", "a-1"),
    ],
)
def test_spellings_of_one_value_are_equal(kind: Identifier, one_way: Any, other_way: Any) -> None:
    assert same_identifier(kind, one_way, other_way)
    assert same_identifier(kind, other_way, one_way)


@pytest.mark.parametrize(
    ("kind", "one_way", "other_way"),
    [
        ("order", "#1001", "#10017"),
        ("order", "#1001", "#1001-A"),
        ("order", "#1001", "##1001"),
        ("order", "10 01", "1001"),
        ("email", "kim@example.com", "tim@example.com"),
        ("email", "k-im@example.com", "kim@example.com"),
        ("id", "1", True),
        ("id", "", ""),
        ("id", None, None),
        ("order", "#", "#"),
    ],
)
def test_different_values_are_not_equal(kind: Identifier, one_way: Any, other_way: Any) -> None:
    assert not same_identifier(kind, one_way, other_way)
    assert not same_identifier(kind, other_way, one_way)


@pytest.mark.parametrize("odd", [True, [], {}, float("nan"), float("inf"), 1e300, None])
def test_values_other_than_text_and_numbers_identify_nothing(odd: Any) -> None:
    assert identifier_form("id", odd) == ""


async def test_comma_separated_and_listed_values_match_any_of_them(time: Time) -> None:
    search = compiled("returngo").searches["find_return"]
    found = [{**search.sample, "order_name": name} for name in ("#1001", "1002", "#1003")]
    connection = connection_with("returngo", search, time, *found)
    assert await ask(connection, "find_return", {"order_number": "#1001, 1002"}) == found[:2]
    mate = compiled("returnmate").searches["find_return"]
    shown = [{**mate.sample, "order_number": name} for name in ("#1001", "#1002", "#1003")]
    left, ignored = matching_rows(mate.inputs, {"order_number": ["#1003", "1001"]}, shown)
    assert (left, ignored) == ([shown[0], shown[2]], [])


async def test_find_or_create_creates_nothing_if_the_filter_was_ignored(rm: Connection, wire: Wire) -> None:
    other = {"id": "ret_1", "order_number": "#10017", "customer": {"email": "other@example.com"}}
    create = {
        "order_number": "#1001",
        "customer_email": "kim@example.com",
        "items": [{"sku": "BOOT", "quantity": 1, "reason": "defective"}],
    }
    asked = {"order_number": "#1001", "customer_email": "kim@example.com"}
    wire.reply(rows(other))
    with pytest.raises(
        UnexpectedResponse, match=r"order_number '#1001' and customer_email 'kim@example\.com'"
    ):
        await rm.find_or_create["find_return"](search=asked, create=create)
    assert [request.method for request in wire.requests] == ["GET"]
    wire.reply(rows(), one(201, id="rma_new"))
    assert await rm.find_or_create["find_return"](search=asked, create=create) == ({"id": "rma_new"}, True)


async def test_record_must_match_all_filtered_values(rm: Connection, wire: Wire) -> None:
    half = {"id": "ret_1", "order_number": "#1001", "customer": {"email": "other@example.com"}}
    wire.reply(rows(half))
    with pytest.raises(UnexpectedResponse, match="ignored the filter customer_email 'kim"):
        await rm.searches["find_return"](order_number="1001", customer_email="kim@example.com")


async def test_match_is_searched_on_at_most_ten_pages(rm: Connection, wire: Wire) -> None:
    strange = [{"id": f"ret_{n}", "order_number": f"#1001{n}"} for n in range(100)]
    right = {"id": "ret_right", "order_number": "#1001"}
    wire.reply(rows(*strange, total=10_000), rows(*strange[1:], right, total=10_000))
    assert await rm.searches["find_return"](order_number="#1001", limit=1) == [right]
    assert len(wire.requests) == 2
    wire.requests.clear()
    wire.reply(rows(*strange, total=10_000))
    with pytest.raises(UnexpectedResponse, match="1,000 records, none of which has it"):
        await rm.searches["find_return"](order_number="#1001")
    assert len(wire.requests) == 10


async def test_row_by_row_search_matches_in_any_spelling(rm: Connection, wire: Wire) -> None:
    mine = {"id": "ret_1", "rma_number": "RMA-7"}
    wire.reply(rows({"id": "ret_0", "rma_number": "RMA-70"}, {"id": "ret_2"}, mine))
    assert await rm.searches["find_return"](rma_number=" #rma-7 ") == [mine]
    wire.reply(rows({"id": "ret_0", "rma_number": "RMA-70"}, {"id": "ret_2"}))
    assert await rm.searches["find_return"](rma_number="RMA-7") == []
