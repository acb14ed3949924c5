"""Slices: pages that start at a row, unaffected by rows inserted or changed in between."""

from collections.abc import Iterator

import pytest
from support.each import each
from support.worlds import NOON, SECOND, put, row

from mock_server.store import Filters, Sorting, Store


@pytest.fixture
def store() -> Iterator[Store]:
    opened = Store.open("sqlite://")
    for number, (created, updated) in enumerate([(0, 9), (2, 5), (2, 5), (1, 7), (4, 4), (3, 8)]):
        one = row(f"r{number}", created_at=NOON + created * SECOND, updated_at=NOON + updated * SECOND)
        one.shop = "first" if number != 3 else "second"
        put(opened, one)
    yield opened
    opened.close()


def ids(store: Store, sorting: Sorting = (), start: str = "", **how: object) -> list[str]:
    found = store.slice(
        "acme",
        "shop",
        "return",
        sorting=sorting,
        start=start,
        **{"limit": 9, **how},  # type: ignore[arg-type]
    )
    return [id_ for id_, _ in found]


SORTINGS: list[tuple[Sorting, list[str]]] = [
    ((), ["r5", "r4", "r3", "r2", "r1", "r0"]),
    ((("created_at", False),), ["r0", "r3", "r1", "r2", "r5", "r4"]),
    ((("created_at", True),), ["r4", "r5", "r2", "r1", "r3", "r0"]),
    ((("updated_at", False), ("created_at", True)), ["r4", "r1", "r2", "r3", "r5", "r0"]),
]


@pytest.mark.parametrize(("sorting", "order"), SORTINGS)
def test_slice_starts_at_a_row_or_after_it(store: Store, sorting: Sorting, order: list[str]) -> None:
    assert ids(store, sorting) == order
    for place, start in each(enumerate(order)):
        assert ids(store, sorting, start) == order[place:]
        assert ids(store, sorting, start, inclusive=False) == order[place + 1 :]
        assert ids(store, sorting, start, limit=2) == order[place : place + 2]


def test_slice_contains_only_rows_of_its_filters(store: Store) -> None:
    assert ids(store, filters=Filters(shop="second")) == ["r3"]
    between = Filters(shop="first", updated_from=NOON + 5 * SECOND, updated_before=NOON + 9 * SECOND)
    assert ids(store, filters=between) == ["r5", "r2", "r1"]
    assert ids(store, filters=between, start="r4") == ["r2", "r1"], "the start row need not match the filter"
    assert ids(store, filters=Filters(created_not=NOON + 2 * SECOND)) == ["r5", "r4", "r3", "r0"]


def test_rows_inserted_in_between_shift_nothing(store: Store) -> None:
    put(store, row("r6", created_at=NOON))
    assert ids(store, start="r3") == ["r3", "r2", "r1", "r0"]


def test_unknown_start_of_a_slice_is_refused(store: Store) -> None:
    with pytest.raises(LookupError, match="No return has the id r9"):
        ids(store, start="r9")
