"""Every list of every vendor, read through: its pages, its order, and each of its filters."""

from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from contract.sandbox.documents import document
from contract.sandbox.envelopes import check_pages
from contract.sandbox.lists import (
    Listing,
    Query,
    at,
    check_order,
    details_of,
    listings,
    moment,
    order_of,
    rows_of,
    selected,
    whole,
)
from contract.sandbox.served import Served, served
from support.each import each

from mock_server import vendors

VENDORS = vendors.names()
LISTS = [(vendor, listing.operation.id) for vendor in VENDORS for listing in listings(vendor)]
OPEN_SORT = {"order_by", "direction", "order", "sort", "sort_by"}


@pytest.fixture(scope="module")
def apis() -> Iterator[Mapping[str, Served]]:
    """All vendors, each with a tenant whose returns have changed for five days."""
    opened: dict[str, Any] = {vendor: served(vendor, seed_size=25) for vendor in VENDORS}
    apis = {vendor: context.__enter__() for vendor, context in opened.items()}
    for api in apis.values():
        api.advance(5 * 86_400)
    yield apis
    for context in opened.values():
        context.__exit__(None, None, None)


def listing_of(vendor: str, operation: str) -> Listing:
    return next(one for one in listings(vendor) if one.operation.id == operation)


def paths(api: Served, listing: Listing) -> list[dict[str, str]]:
    """Return path parameters for which the list has rows: those that rows of other lists show."""
    names = listing.operation.path_names
    if not names:
        return [{}]
    known = [found for found in known_paths(api, names) if found.keys() == set(names)]
    return [found for found in known if whole(api, listing, found, ())][:4]


def known_paths(api: Served, names: tuple[str, ...]) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for one in listings(api.vendor):
        if not one.operation.path_names:
            for row in whole(api, one, {}, ()):
                shown = {name: values[0] for name in names if (values := values_for(name, one, row))}
                if shown and shown not in found:
                    found.append(shown)
    return found


def values_for(name: str, listing: Listing, row: Mapping[str, Any]) -> list[str]:
    """Return what a row shows for a path parameter: a field of its name, or the ID of such a record."""
    if name in row:
        return [str(row[name])]
    if name == "email":
        return [str(one) for one in at(row, "customer.email")]
    kind = name.removesuffix("_id")
    alike = {"rma": "return-merchandise-authorisations", "invoice": "invoices"}.get(kind)
    return [str(row["id"])] if alike and listing.operation.path.endswith(alike) else []


@pytest.mark.parametrize(("vendor", "operation"), LISTS)
def test_pages_show_the_list_once_and_in_order(
    apis: Mapping[str, Served], vendor: str, operation: str
) -> None:
    api, listing = apis[vendor], listing_of(vendor, operation)
    found = 0
    for path in each(paths(api, listing)):
        rows = whole(api, listing, path, ())
        check_order(listing, rows, ())
        check_pages(api, listing, path, ())
        found += len(rows)
    assert found > 1, "The list has too few rows to be paged."


def sortings(listing: Listing) -> list[Query]:
    """Return a query for each documented way to sort."""
    found: list[Query] = []
    for parameter in listing.operation.parameters:
        name, schema = parameter["name"], document(listing.vendor).merged(parameter["schema"])
        if name in {"order", "direction"}:
            found += [[(name, word)] for word in schema.get("enum", schema.get("x-known-values", ()))]
        elif name == "order_by":
            found += [[(name, word), ("direction", way)] for word in schema["x-known-values"]
                      for way in ("asc", "desc")]  # fmt: skip
    return found


SORTED = [(vendor, name) for vendor, name in LISTS if sortings(listing_of(vendor, name))]


@pytest.mark.parametrize(("vendor", "operation"), SORTED)
def test_lists_are_sorted_as_asked(apis: Mapping[str, Served], vendor: str, operation: str) -> None:
    api, listing = apis[vendor], listing_of(vendor, operation)
    for path in each(paths(api, listing)):
        plain = whole(api, listing, path, ())
        for query in each(sortings(listing)):
            field, _ = order_of(listing, dict(query))
            if field in plain[0] or "." in str(field):  # a receipt has no time of its last change
                rows = whole(api, listing, path, query)
                check_order(listing, rows, query)
                assert len(rows) == len(plain)
                assert all(row in plain for row in each(rows))
                check_pages(api, listing, path, query)


FILTERS = [
    (vendor, listing.operation.id, name)
    for vendor in VENDORS
    for listing in listings(vendor)
    for name in listing.filters
]


def choices(listing: Listing, name: str, rows: list[Any], details: Mapping[str, Any]) -> list[str]:
    """Return values of a filter that different rows have, and one that none has."""
    meaning = listing.filters[name]
    if "field" not in meaning:
        return ["1"]
    records = list(details.values()) if "of" in meaning else rows
    there = [str(one) for row in records for one in at(row, meaning["field"]) if one]
    distinct = list(dict.fromkeys(there))
    picked = [distinct[len(distinct) // 4], distinct[-len(distinct) // 3]]
    if meaning.get("compare") == "operator":
        return [f"{word}:{value[:19]}" for word, value in zip(("gte", "lt"), picked, strict=True)]
    return [as_time(value) for value in picked]


def as_time(value: str) -> str:
    if value[:1].isdigit() and ", " in value:  # a readable date
        return moment(value).isoformat()
    return value


@pytest.mark.parametrize(("vendor", "operation", "name"), FILTERS)
def test_filter_selects_what_the_document_says(
    apis: Mapping[str, Served], vendor: str, operation: str, name: str
) -> None:
    """Once, twice, mixed with its `[]` form, with another filter, and with nothing but separators."""
    api, listing = apis[vendor], listing_of(vendor, operation)
    everything, details = whole(api, listing, {}, ()), details_of(api, listing)
    values = choices(listing, name, everything, details)
    for query in each(queries(listing, name, values)):
        got = whole(api, listing, {}, query)
        check_order(listing, got, query)
        expected = selected(listing, everything, query, details)
        if expected is not None:
            assert got == expected, f"{query}: {len(got)} rows, {len(expected)} are selected."
            check_pages(api, listing, {}, query)
        assert all(row in everything for row in got)  # may be empty: of a filter whose field is not shown


def queries(listing: Listing, name: str, values: list[str]) -> list[Query]:
    meaning, documented = listing.filters[name], listing.operation.query(name)
    assert documented is not None
    once: list[Query] = [[(name, value)] for value in values]
    is_array = documented["schema"].get("type") == "array" or name.endswith("[]")
    if is_array or "x-max-values" in documented:
        once.append([(name, value) for value in values])
    if f"{name}[]" in listing.filters:
        once.append([(name, values[0]), (f"{name}[]", values[-1])])
    if "separator" in meaning:
        once += [
            [(name, separator.join(values))]
            for separator in spaced(meaning["separator"], documented["schema"])
        ]
    others = [one for one in listing.filters if one.removesuffix("[]") != name.removesuffix("[]")]
    same = [other for other in others if listing.filters[other].get("field") == meaning.get("field")]
    return [*once, *([(name, values[0]), (other, values[-1])] for other in same[:3])]


def spaced(separator: str, schema: Mapping[str, Any]) -> list[str]:
    """Return a separator alone and, unless a pattern forbids them, with spaces as people write them."""
    return [separator, *([] if "pattern" in schema else [f"{separator} ", f" {separator} "])]


@pytest.mark.parametrize(("vendor", "operation", "name"), FILTERS)
def test_filter_without_a_value_selects_nothing_or_is_refused(
    apis: Mapping[str, Served], vendor: str, operation: str, name: str
) -> None:
    """A filter must not be ignored because its value is empty, or has separators only."""
    api, listing = apis[vendor], listing_of(vendor, operation)
    for value in each(("", ",", " , ,", "\0")):
        asked = [(listing.paging.size_parameter, "5"), (name, value)]
        answer = api.call(listing.operation, {}, asked)
        assert answer.status == 400 or rows_of(answer.body) == [], (value, answer)


@pytest.mark.parametrize("vendor", VENDORS)
def test_every_query_parameter_of_a_list_is_understood(vendor: str) -> None:
    """A new filter is tested only if the document states its meaning in `x-filters`."""
    settings = {"api_version", "version"}
    for listing in each(listings(vendor)):
        names = {one["name"] for one in listing.operation.parameters if one["in"] == "query"}
        required = {one["name"] for one in listing.operation.parameters if one.get("required")}
        paging = {listing.paging.page_parameter, listing.paging.size_parameter}
        assert names - paging - required - OPEN_SORT - settings == set(listing.filters)
        assert "x-order" in listing.operation.raw


DEFAULTS = [
    (vendor, operation.id)
    for vendor in VENDORS
    for operation in document(vendor).operations.values()
    if any("default" in one.get("schema", {}) for one in operation.parameters)
]


@pytest.mark.parametrize(("vendor", "operation"), DEFAULTS)
def test_missing_parameter_has_its_documented_default(
    apis: Mapping[str, Served], vendor: str, operation: str
) -> None:
    api, described = apis[vendor], document(vendor).operations[operation]
    (names, listing) = (
        described.path_names,
        next((one for one in listings(vendor) if one.operation == described), None),
    )
    found = (
        paths(api, listing)
        if listing
        else [one for one in known_paths(api, names) if one.keys() == set(names)]
    )
    for path in each(found[:4]):
        plain = api.call(described, path)
        for parameter in described.parameters:
            if "default" in parameter.get("schema", {}):
                default = parameter["schema"]["default"]
                asked = [
                    (parameter["name"], str(default).lower() if isinstance(default, bool) else str(default))
                ]
                answer = api.call(described, path, asked)
                assert answer.ok
                assert without_echo(answer.body) == without_echo(plain.body), parameter["name"]


def without_echo(body: Any) -> Any:
    """Return an answer without the part that repeats the query."""
    return (
        {name: value for name, value in body.items() if name != "query_params"}
        if isinstance(body, dict)
        else body
    )


UNPAGED = [
    (vendor, operation.id)
    for vendor in VENDORS
    for operation in document(vendor).operations.values()
    if "x-order" in operation.raw and (vendor, operation.id) not in LISTS
]


@pytest.mark.parametrize(("vendor", "operation"), UNPAGED)
def test_lists_without_pages_have_rows_in_order(
    apis: Mapping[str, Served], vendor: str, operation: str
) -> None:
    api, described = apis[vendor], document(vendor).operations[operation]
    order, above = described.raw["x-order"], described.path.partition("/{")[0]
    owners = next((one for one in listings(vendor) if one.operation.path == above), None)
    found = 0
    for row in each(whole(api, owners, {}, ()) if owners else [{}]):
        rows = rows_of(api.call(described, {name: str(row[name]) for name in described.path_names}).body)
        values = [at(one, order[1:])[0] for one in rows]
        assert values == sorted(values, reverse=order[0] == "-")
        found += len(rows)
    assert found > 1


CURSORS = [
    (vendor, listing.operation.id)
    for vendor in VENDORS
    for listing in listings(vendor)
    if listing.is_cursor and not listing.operation.path_names
]


@pytest.mark.parametrize(("vendor", "operation"), CURSORS)
def test_cursor_that_no_answer_contained_is_refused(
    apis: Mapping[str, Served], vendor: str, operation: str
) -> None:
    api, listing = apis[vendor], listing_of(vendor, operation)
    one_row = (listing.paging.size_parameter, "1")
    answer = api.call(operation, query=[one_row])
    cursor = answer.body[(listing.paging.next or ("",))[0]]
    assert api.call(operation, query=[one_row, (listing.paging.page_parameter, cursor)]).ok
    text = b64decode(cursor).decode()
    forged = [b64encode(one.encode()).decode() for one in (f"{text}x", f"x{text}", f"{text}.5", "", " ")]
    for wrong in each([*forged, text, f"{cursor}!", "é"]):
        refused = api.call(operation, query=[one_row, (listing.paging.page_parameter, wrong)])
        assert refused.status == 400, wrong


def test_a_vendor_has_cursors() -> None:
    assert CURSORS
