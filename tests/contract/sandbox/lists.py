"""Lists as documents describe them: how to read all pages, what filters select, and the order of rows.

The parameters that select a page are in the catalog (`paging`), the meaning of a filter in the document's
`x-filters`, the order of the rows in `x-order`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, cached_property
from typing import Any

from contract.sandbox.documents import Json, Operation, document
from contract.sandbox.served import ACME, Served

from connector.definition.compiler import integration
from connector.definition.model import Paging

Query = Sequence[tuple[str, str]]
_COMPARE = {
    "lt": lambda one, other: one < other,
    "lte": lambda one, other: one <= other,
    "gt": lambda one, other: one > other,
    "gte": lambda one, other: one >= other,
    "eq": lambda one, other: one == other,
    "neq": lambda one, other: one != other,
}
_BOUNDS = {"from": "gte", "until": "lte", "after": "gt", "before": "lt"}


@dataclass(frozen=True)
class Listing:
    """An operation that lists records page by page; `largest` is the largest page size."""

    vendor: str
    operation: Operation
    paging: Paging
    largest: int

    @property
    def is_cursor(self) -> bool:
        """True if a page names the next one."""
        return self.paging.style == "cursor"

    @cached_property
    def filters(self) -> Mapping[str, Json]:
        """The meaning of each filter, by the name of its parameter."""
        return {one["name"]: one["x-filters"] for one in self.operation.parameters if "x-filters" in one}

    def without_pages(self, query: Query) -> list[tuple[str, str]]:
        """Return a query without the parameters that select a page."""
        drop = {self.paging.page_parameter, self.paging.size_parameter}
        return [(name, value) for name, value in query if name not in drop]


@cache
def listings(vendor: str) -> tuple[Listing, ...]:
    """Return all operations of a vendor that list records page by page."""
    found = []
    for operation in document(vendor).operations.values():
        for paging in integration(vendor).paging.values():
            size = operation.query(paging.size_parameter)
            if size and operation.query(paging.page_parameter) and operation.method == "GET":
                largest = min(size["schema"]["maximum"], paging.max_size)
                found.append(Listing(vendor, operation, paging, largest))
                break
    return tuple(found)


def rows_of(body: Any) -> list[dict[str, Any]]:
    """Return the rows of a list's answer: the outermost array in it."""
    level = [body]
    while level:
        for value in level:
            if isinstance(value, list):
                return value
        level = [member for value in level if isinstance(value, dict) for member in value.values()]
    raise AssertionError(f"The answer has no rows: {body}")


def pages(
    api: Served, listing: Listing, path: Mapping[str, str], query: Query, size: int, tenant: str = ACME
) -> Iterator[Any]:
    """Yield the body of every page with rows, and check that it is where it says."""
    start, seen = 0, 0
    cursor = ""
    while True:
        number = str(start // size + 1 if listing.paging.style == "page" else start)
        where = cursor if listing.is_cursor else number
        asked = [(listing.paging.size_parameter, str(size)), *query]
        asked += [(listing.paging.page_parameter, where)] if where else []
        answer = api.call(listing.operation, path, asked, tenant=tenant)
        assert answer.status == 200, (listing.operation.id, asked, answer)
        rows = rows_of(answer.body)
        assert len(rows) <= size, f"A page of {size} has {len(rows)} rows."
        if not rows:
            return
        yield answer.body
        start, seen = start + size, seen + len(rows)
        assert seen < 100_000, "The list does not end."
        if listing.is_cursor:
            cursor = answer.body[(listing.paging.next or ("",))[0]] or ""
            if not cursor:
                return


def whole(
    api: Served, listing: Listing, path: Mapping[str, str], query: Query, tenant: str = ACME
) -> list[dict[str, Any]]:
    """Return all rows of a list, read with the largest pages."""
    found = pages(api, listing, path, query, listing.largest, tenant)
    return [row for body in found for row in rows_of(body)]


def check_order(listing: Listing, rows: Sequence[Json], query: Query) -> None:
    """Check that rows are in the documented order, or in the order that the query asks for."""
    field, descending = order_of(listing, dict(query))
    if field is None:
        return
    values = [_sortable(one) for row in rows for one in at(row, field)]
    assert len(values) == len(rows), f"Not every row has {field}."
    assert values == sorted(values, reverse=descending), f"The rows are not sorted by {field}: {values}"


def order_of(listing: Listing, query: Mapping[str, str]) -> tuple[str | None, bool]:
    """Return the field and the direction of an order; no field if the rows do not show it."""
    plain = listing.operation.raw["x-order"]
    field, descending = plain[1:], plain[0] == "-"
    if "sort_by" in query:
        return None, False
    if query.get("order_by") in {"created_on", "last_updated_on"}:
        field = query["order_by"]
    if direction := query.get("order") or query.get("direction", ""):
        ascending = direction.rpartition(".")[2].lower() == "asc"
        descending = not ascending
    return field, descending


def at(value: Any, field: str) -> list[Any]:
    """Return what a record has at a path; arrays on the way give all their members."""
    found = [value]
    for name in field.split("."):
        members = [one for value in found for one in (value if isinstance(value, list) else [value])]
        found = [one[name] for one in members if isinstance(one, dict) and name in one]
    return [one for value in found for one in (value if isinstance(value, list) else [value])]


def moment(text: str) -> datetime:
    """Parse a time of any vendor: RFC 3339, a date, or `14 Oct 2026, 02:30:00`; UTC if it has no offset."""
    if re.match(r"\d{1,2} ", text):
        plain = datetime.strptime(text.replace("Sept", "Sep"), "%d %b %Y, %H:%M:%S")  # noqa: DTZ007 - below
    else:
        plain = datetime.fromisoformat(text.upper().replace(" ", "+"))
    return plain if plain.tzinfo else plain.replace(tzinfo=UTC)


def _sortable(value: Any) -> Any:
    text = str(value)
    if text.isdigit():
        return int(text)
    return moment(text) if re.match(r"\d{4}-|\d{1,2} ", text) else text


def selected(
    listing: Listing, rows: Iterable[Json], query: Query, details: Mapping[str, Json]
) -> list[Json] | None:
    """Return the rows that a query selects by `x-filters`; None if a filter's field is nowhere to read.

    Values of one filter are alternatives if it has a separator or a `[]` form; otherwise a repeated filter
    has to match with each value. Filters of different fields all have to match.
    """
    sent = {name for name, _ in query}
    groups: dict[str, list[tuple[Json, str]]] = {}
    for name, value in query:
        meaning = listing.filters.get(name)
        if meaning is None or sent & set(meaning.get("unless", ())):
            continue
        if "field" not in meaning:
            return None
        base = name.removesuffix("[]")
        several = any(other != base and other.removesuffix("[]") == base for other in listing.filters)
        groups.setdefault(base if several else f"{name} {len(groups)}", []).append((meaning, value))
    return [
        row
        for row in rows
        if all(any(_matches(meaning, value, row, details) for meaning, value in group)
               for group in groups.values())
    ]  # fmt: skip


def _matches(meaning: Json, value: str, row: Json, details: Mapping[str, Json]) -> bool:
    record = details[_id(row)] if "of" in meaning else row
    there = at(record, meaning["field"])
    compare = meaning.get("compare", "equal")
    if compare == "operator":
        compare, _, value = value.partition(":")
    elif compare in _BOUNDS:
        compare = _BOUNDS[compare]
    if compare in _COMPARE:
        return any(_COMPARE[compare](moment(one), moment(value)) for one in there if one)
    values = (
        [part.strip() for part in value.split(meaning["separator"])] if "separator" in meaning else [value]
    )
    if compare == "same letters":
        return any(str(one).lower() == other.lower() for one in there for other in values if one)
    return any(str(one) == other for one in there for other in values if other)


def _id(row: Json) -> str:
    return str(row.get("rmaId", row.get("id")))


def details_of(api: Served, listing: Listing, tenant: str = ACME) -> dict[str, Json]:
    """Read the records that filters with `of` look into, by the ID of the row that they belong to."""
    names = {meaning["of"] for meaning in listing.filters.values() if "of" in meaning}
    if not names:
        return {}
    (name,) = names
    get = api.document.operations[name]
    (parameter,) = get.path_names
    owners = next(one for one in listings(listing.vendor) if one.operation.raw["x-order"][1:] == parameter)
    found: dict[str, Json] = {}
    for row in whole(api, owners, {}, (), tenant):
        record = api.call(get, {parameter: row[parameter]}, tenant=tenant).body
        found[row[parameter]] = record
        found |= {str(one["id"]): record for one in record.get("transactions", ())}
    return found
