"""What the n8n packages show of records: choices, values in another form, and only what was searched for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.each import each
from support.n8n import N8nError, uses_engine
from support.n8n_node import NOW, node
from support.pages import Pages
from support.requests.filters import at, with_value

import openapi
from connector.definition.compiler import integration
from connector.definition.naming import camel
from connector.definition.paths import marked

if TYPE_CHECKING:
    from connector.definition.model import Path

VENDORS = openapi.vendors()
FLAGS: dict[Any, Any] = {
    1: True,
    "1": True,
    "true": True,
    0: False,
    "0": False,
    "false": False,
    "perhaps": "perhaps",
}
WHOLE = {"12": 12, "0": 0, "1.5": "1.5", "x": "x", "": ""}
VALUES: dict[str, dict[Any, Any]] = {"flag": FLAGS, "whole": WHOLE}
"""What the vendor sends, and what is shown."""

pytestmark = pytest.mark.skipif(uses_engine(), reason="the stand-in runs without n8n's own engine")


@pytest.mark.parametrize("vendor", VENDORS)
def test_dropdown_reads_on_until_a_page_matches_and_lists_a_record_once(vendor: str) -> None:
    made = integration(vendor)
    for key, dropdown in each(made.dropdowns.items()):
        if not dropdown.operation:
            continue
        rows = [{"n": n, **dict_of(dropdown.value, f"value-{n // 2}")} for n in range(20)]
        pages = Pages(vendor, dropdown.operation, rows)
        with node(vendor, pages) as here:
            command: dict[str, Any] = {"method": camel(f"search_{key}"), "credential": here.account}
            first = here.package.call("choices", now=NOW, **command)
            assert [one["value"] for one in first["results"]] == ["value-0", "value-1"]
            assert len(pages.asked) == 1
            then = here.package.call("choices", page=first["paginationToken"], now=NOW, **command)
            assert [one["value"] for one in then["results"]] == ["value-1", "value-2"]
            pages.asked.clear()
            found = here.package.call("choices", filter=" VALUE-7", now=NOW, **command)
            assert [one["value"] for one in found["results"]] == ["value-7"]
            assert len(pages.asked) == 5
            pages.asked.clear()
            nothing = here.package.call("choices", filter="value-9", now=NOW, **command)
            assert (nothing["results"], len(pages.asked)) == ([], 5)
            assert nothing["paginationToken"], "the user can scroll on"


def dict_of(path: tuple[str, ...], value: Any) -> dict[str, Any]:
    return with_value({}, path, value)


MARKED = [
    (vendor, search.key, mark, path)
    for vendor in VENDORS
    for search in integration(vendor).searches.values()
    for mark in VALUES
    for path in marked(search.fields, mark)
    if search.kind == "list"
]
"""Every flag and whole number in a record of a list."""


@pytest.mark.parametrize(("vendor", "key", "mark", "path"), MARKED)
def test_flags_and_whole_numbers_are_shown_as_such(vendor: str, key: str, mark: str, path: Path) -> None:
    search = integration(vendor).searches[key]
    values = VALUES[mark]
    rows = [changed(search.sample, path, value) for value in values]
    with node(vendor, Pages(vendor, search.operation, rows)) as here:
        shown = [inside(one["json"], path) for one in here.run(search)]
    assert shown == list(values.values())
    assert [type(one) for one in shown] == [type(one) for one in values.values()]


def test_lists_have_flags_and_whole_numbers() -> None:
    assert {mark for _vendor, _key, mark, _path in MARKED} == VALUES.keys()
    assert max(len(path) for *_, path in MARKED) > 1


def changed(record: Any, path: Path, value: Any) -> Any:
    """Return a copy of a record with another value at a path, which may lead through lists."""
    if isinstance(record, list):
        return [changed(one, path, value) for one in record]
    name, *rest = path
    return {**record, name: changed(record[name], tuple(rest), value) if rest else value}


def inside(record: Any, path: Path) -> Any:
    """Return the value at a path, in the first item of each list."""
    for name in path:
        record = (record[0] if isinstance(record, list) else record)[name]
    return record


COMPARED = [
    (vendor, search.key, field.key)
    for vendor in VENDORS
    for search in integration(vendor).searches.values()
    for field in search.inputs
    if search.kind == "find" and not field.choices and [len(path) for path in field.found_at] == [1]
]
"""Every filter of a search whose value is compared with one member of the records."""


@pytest.mark.parametrize(("vendor", "key", "filter_"), COMPARED)
def test_records_that_were_not_searched_for_are_left_out_or_are_an_error(
    vendor: str, key: str, filter_: str
) -> None:
    search = integration(vendor).searches[key]
    field = next(one for one in search.inputs if one.key == filter_)
    (path,) = field.found_at
    wanted, other = "ada@example.com", "ben@example.com"
    rows = [with_value({"n": n, **search.sample}, path, other) for n in range(2)]
    pages = Pages(vendor, search.operation, rows)
    given = {"filters": {camel(filter_): wanted}, camel(filter_): wanted}
    with node(vendor, pages) as here:
        with pytest.raises(N8nError, match=f'ignored the filter {field.label} "{wanted}" and returned 2'):
            here.run(search, given=given)
        pages.rows = [*rows, with_value(dict(search.sample), path, f" {wanted.upper()}")]
        found = here.run(search, given=given)
        assert [at(one["json"], path) for one in found] == [f" {wanted.upper()}"]
        pages.rows = []
        assert here.run(search, given=given) == []


def test_searches_are_compared() -> None:
    assert len({vendor for vendor, *_ in COMPARED}) > 1
