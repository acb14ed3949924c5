"""The books themselves: no two figures or times are equal, and the oracle shares no code with the vendors."""

import ast
from collections import Counter
from pathlib import Path

import pytest
from contract.oracle import values
from contract.oracle.books import Booked
from contract.oracle.shop import plan
from support.each import each

from mock_server import vendors

FOLDER = Path(__file__).parent
ORACLES = [path for path in sorted(FOLDER.glob("*.py")) if not path.name.startswith("test_")]
DRIVERS = {"shop"}
"""Modules that create the returns; they ask a vendor for its statuses, but compute nothing."""


@pytest.mark.parametrize("vendor", vendors.names())
def test_every_vendor_has_an_oracle(vendor: str) -> None:
    assert (FOLDER / f"{vendor}.py").exists()
    assert (FOLDER / f"test_{vendor}_books.py").exists()


def test_oracle_imports_nothing_of_the_sandbox() -> None:
    for path in each(ORACLES):
        imported = {
            node.module or "" if isinstance(node, ast.ImportFrom) else node.names[0].name
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.Import | ast.ImportFrom)
        }
        found = {name for name in imported if name.partition(".")[0] in {"mock_server", "connector"}}
        assert found <= ({"mock_server"} if path.stem in DRIVERS else set()), path.name


@pytest.mark.parametrize("vendor", vendors.names())
def test_all_figures_and_times_of_the_books_differ(vendor: str) -> None:
    books = plan(vendor, ("refund", "exchange", "store_credit"))
    prices = Counter(line.price for one in books for line in one.lines)
    worths = Counter(figure for one in books for figure in figures(one))
    times = Counter(at for one in books for at in (one.created_at, one.ordered_at))
    assert max(prices.values()) == max(times.values()) == 1
    assert max(worths.values()) <= 2  # two of many hundreds may meet by chance
    for one in each(books):
        first, second = one.items
        assert first.quantity != second.quantity
        assert all(item.quantity < item.line.ordered for item in each(one.items))
        assert len({line.ordered for line in one.lines}) == len(one.lines)


def figures(one: Booked) -> set[object]:
    return {one.worth, *(item.worth for item in one.items)}


def test_differences_are_found() -> None:
    assert values.differences({"a": [1, {"b": 2}]}, {"a": [1, {"b": 2}]}) == []
    assert values.differences({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3, "c": 0}]}) == [
        ".a[1].c is not expected: 0",
        ".a[1].b is 3, not 2",
    ]
    assert values.differences({"a": 0}, {}) == [".a is missing"]
    assert values.differences([1], [1, 2]) == [" is [1, 2], not [1]"]
    assert values.differences(0, False) == [" is False, not 0"]
    assert values.differences(values.Like("[0-9]{2}"), "123") == [" is '123', not Like('[0-9]{2}')"]
