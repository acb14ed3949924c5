"""Lists cost the same at any size, and what is kept in memory for them equals what the rows say."""

import asyncio
import random
from array import array
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from support.each import each
from support.worlds import HOUR, NOON, SECOND, put, row

from mock_server.store import Filters, Order, Row, Sorting, Store, statements
from mock_server.store.figures import Figure, Number
from mock_server.store.moments import Moments
from mock_server.store.tables import rows as row_table

STATUSES = ("requested", "approved", "completed", "canceled")
SHOPS = ("first", "second")
KEY = ("acme", "shop", "return")
SMALL, LARGE = 400, 12_000


class NoLoop:
    """An event loop that never commits."""

    def call_soon(self, *_: object) -> None:
        """Do nothing."""


class UndoneError(Exception):
    """Raised in a change so that it is undone."""


def random_row(dice: random.Random, number: int, *, span: int = 500) -> Row:
    created = dice.randrange(span)
    one = row(f"r{number}", created_at=NOON + created * SECOND, status=dice.choice(STATUSES))
    one.updated_at = one.created_at + dice.randrange(span) * SECOND
    one.shop, one.order_number = dice.choice(SHOPS), f"#{number % 50}"
    return one


def fill(store: Store, rows: list[Row]) -> None:
    """Store many rows as a copied tenant's are stored."""
    columns = [str(column.name) for column in row_table.c if column.name not in {"sequence", "tenant"}]
    with store.change() as change:
        values = [("acme", *(getattr(one, name) for name in columns)) for one in rows]
        change.run_many(statements.COPY_ROW, values)
        for status in STATUSES:
            total = sum(one.status == status for one in rows)
            change.run_many(statements.COUNT_UP, [(*KEY, status, total)])


def fits(one: Row, filters: Filters) -> bool:
    """Judge by the definition of the filters, without SQL."""
    created, updated = one.created_at, one.updated_at
    return (
        (not filters.statuses or one.status in filters.statuses)
        and (filters.shop is None or one.shop == filters.shop)
        and (not filters.order_numbers or one.order_number in filters.order_numbers)
        and (filters.created_from is None or created >= filters.created_from)
        and (filters.created_after is None or created > filters.created_after)
        and (filters.created_before is None or created < filters.created_before)
        and (filters.created_until is None or created <= filters.created_until)
        and (filters.updated_from is None or updated >= filters.updated_from)
        and (filters.updated_after is None or updated > filters.updated_after)
        and (filters.updated_before is None or updated < filters.updated_before)
        and (filters.updated_until is None or updated <= filters.updated_until)
    )


def random_filters(dice: random.Random) -> Filters:
    chosen: dict[str, Any] = {}
    if dice.random() < 0.5:
        chosen["statuses"] = tuple(dice.choices(STATUSES, k=dice.choice((1, 2, 3))))
    for column, bounds in product(("created", "updated"), (("from", "after"), ("before", "until"))):
        if dice.random() < 0.25:
            chosen[f"{column}_{dice.choice(bounds)}"] = NOON + dice.randrange(900) * SECOND
    if dice.random() < 0.2:
        chosen["order_numbers"] = (f"#{dice.randrange(60)}",)
    return Filters(**chosen)


def all_rows(store: Store) -> list[Row]:
    return list(store.rows("acme", "shop", "return"))


@pytest.fixture(scope="module")
def filled() -> Iterator[Store]:
    store, dice = Store.open("sqlite://"), random.Random(7)
    fill(store, [random_row(dice, number) for number in range(1_500)])
    yield store
    store.close()


def test_page_has_the_rows_and_the_total_that_the_filters_select(filled: Store) -> None:
    dice, rows = random.Random(11), all_rows(filled)
    orders: tuple[Order, ...] = ("created_at", "updated_at")
    for _ in each(range(250)):
        filters, order, descending = random_filters(dice), dice.choice(orders), dice.random() < 0.5
        offset, limit = dice.choice((0, 7, 250, 900)), dice.choice((1, 30))
        expected = sorted((one for one in rows if fits(one, filters)), key=lambda one: by(one, order))
        expected = expected[::-1] if descending else expected
        page, total = filled.page(
            *KEY, filters, order=order, descending=descending, limit=limit, offset=offset
        )
        assert total == len(expected), (filters, order)
        assert page == [one.summary for one in expected[offset : offset + limit]], (filters, order, offset)


def test_slices_of_a_shop_have_the_rows_that_the_filters_select(filled: Store) -> None:
    dice, rows = random.Random(13), all_rows(filled)
    sortings: tuple[Sorting, ...] = (
        (),
        (("created_at", True),),
        (("updated_at", False),),
        (("updated_at", True), ("created_at", False)),
    )
    for _ in each(range(250)):
        filters = Filters(**{**asdict(random_filters(dice)), "shop": dice.choice(SHOPS)})
        sorting = dice.choice(sortings)
        expected = [one for one in rows if fits(one, filters)]
        latest = sorting[0][1] if sorting else True
        expected.sort(key=lambda one: one.sequence, reverse=latest)
        for column, descending in reversed(sorting):
            expected.sort(key=lambda one: getattr(one, column), reverse=descending)
        start = dice.randrange(len(expected)) if expected else 0
        first = expected[start].id if expected else ""
        found = filled.slice(*KEY, filters, sorting=sorting, start=first, limit=20)
        assert [id_ for id_, _ in found] == [one.id for one in expected[start : start + 20]], (
            filters,
            sorting,
        )


def by(one: Row, order: Order) -> tuple[int, int]:
    return getattr(one, order), one.sequence


def test_kept_times_equal_the_rows_after_writes_and_rollbacks() -> None:
    store, dice = Store.open("sqlite://"), random.Random(17)
    fill(store, [random_row(dice, number) for number in range(200)])
    for _ in each(range(120)):
        moments(store)  # reads the arrays if a rollback dropped them
        for number in dice.choices(range(260), k=3):
            write(store, dice, number, undone=dice.random() < 0.4)
        compare(store)
        if dice.random() < 0.1:
            with store.change() as change:
                change.wipe("acme")
                change.put(random_row(dice, 1))
            compare(store)
    store.close()


def write(store: Store, dice: random.Random, number: int, *, undone: bool) -> None:
    """Insert or replace rows in one change, and read in it; perhaps undo it."""
    with suppress(UndoneError), store.change() as change:
        change.put(random_row(dice, number))
        if dice.random() < 0.3:
            store.page(*KEY, Filters(statuses=("canceled",), created_from=NOON), limit=1)
        change.put(random_row(dice, number + 1))
        if undone:
            raise UndoneError


def moments(store: Store) -> list[int]:
    """Count rows by times, so that the arrays are in memory."""
    late = NOON + 200 * SECOND
    filters = [
        Filters(created_from=late),
        Filters(created_from=late, statuses=("approved",)),
        Filters(updated_after=late),
    ]
    return [store.page(*KEY, one, limit=1)[1] for one in filters]


def compare(store: Store) -> None:
    late, rows = NOON + 200 * SECOND, all_rows(store)
    assert moments(store) == [
        sum(one.created_at >= late for one in rows),
        sum(one.created_at >= late and one.status == "approved" for one in rows),
        sum(one.updated_at > late for one in rows),
    ]


def test_held_changes_are_undone_in_the_kept_times() -> None:
    store, dice = Store.open("sqlite://"), random.Random(19)
    fill(store, [random_row(dice, number) for number in range(50)])

    store.commit_together(NoLoop())  # type: ignore[arg-type]  # no loop runs
    moments(store)
    put(store, random_row(dice, 60))
    store.hold()
    put(store, random_row(dice, 61))
    put(store, random_row(dice, 3))
    store.undo_held()
    compare(store)
    store.close()


def steps(store: Store, filters: Filters, **how: Any) -> int:
    """Count the instructions of SQLite's virtual machine that a list takes, after a first one."""
    taken = 0

    def count() -> int:
        nonlocal taken
        taken += 1
        return 0

    read = store.slice if "sorting" in how else store.page
    read(*KEY, filters, **how)
    store._connection.set_progress_handler(count, 1)
    try:
        read(*KEY, filters, **how)
    finally:
        store._connection.set_progress_handler(None, 1)
    return taken


@pytest.fixture(scope="module")
def sizes() -> Iterator[tuple[Store, Store]]:
    """Two stores with rows of the same density: one with `SMALL` rows and one with `LARGE` rows."""
    stores = []
    for size in (SMALL, LARGE):
        dice, store = random.Random(23), Store.open("sqlite://")
        fill(store, [random_row(dice, number, span=size) for number in range(size)])
        stores.append(store)
    yield stores[0], stores[1]
    for store in stores:
        store.close()


HALF = {SMALL: NOON + SMALL // 2 * SECOND, LARGE: NOON + LARGE // 2 * SECOND}
LISTS: dict[str, dict[str, Any]] = {
    "all": {},
    "last page": {"offset": 0.97},
    "page in the middle": {"offset": 0.5},
    "last page, oldest first": {"offset": 0.97, "descending": False},
    "by update": {"order": "updated_at"},
    "by update, last page": {"order": "updated_at", "offset": 0.97},
    "a status": {"filters": {"statuses": ("approved",)}},
    "a status, last page": {"filters": {"statuses": ("approved",)}, "offset": 0.2},
    "two statuses": {"filters": {"statuses": ("approved", "canceled")}},
    "two statuses, last page": {"filters": {"statuses": ("approved", "canceled")}, "offset": 0.45},
    "created since": {"filters": {"created_from": HALF}},
    "created until": {"filters": {"created_until": HALF}},
    "created since, a status": {"filters": {"created_from": HALF, "statuses": ("approved",)}},
    "updated since": {"filters": {"updated_after": HALF}},
    "shop": {"filters": {"shop": "first"}, "sorting": ()},
    "shop, a status": {"filters": {"shop": "first", "statuses": ("approved",)}, "sorting": ()},
    "shop, created until": {"filters": {"shop": "first", "created_until": HALF}, "sorting": ()},
    "shop, updated since": {"filters": {"shop": "first", "updated_after": HALF}, "sorting": ()},
    "shop, by update": {"filters": {"shop": "first"}, "sorting": (("updated_at", True),)},
    "shop, by creation": {"filters": {"shop": "first"}, "sorting": (("created_at", False),)},
}
"""The lists, with offsets as a share of all rows."""


@pytest.mark.parametrize("name", LISTS)
def test_list_takes_the_same_steps_at_thirty_times_the_rows(sizes: tuple[Store, Store], name: str) -> None:
    taken = []
    for store, size in zip(sizes, (SMALL, LARGE), strict=True):
        how: dict[str, Any] = {"limit": 10, **LISTS[name]}
        given: dict[str, Any] = how.pop("filters", {})
        chosen: dict[str, Any] = {key: HALF[size] if value is HALF else value for key, value in given.items()}
        if "offset" in how:
            how["offset"] = int(how["offset"] * size)
        taken.append(steps(store, Filters(**chosen), **how))
    assert taken[1] <= 2 * taken[0] + 300, taken


def test_steps_of_a_scan_would_be_noticed(sizes: tuple[Store, Store]) -> None:
    filters = Filters(created_not=NOON)  # is counted by reading all rows
    small, large = (steps(store, filters, limit=10) for store in sizes)
    assert large > 10 * small


def test_nth_time_is_refused_beyond_the_last_row() -> None:
    times = Moments(lambda _column, _status: array("q", [NOON, NOON, NOON + 1]))
    assert [times.nth("created_at", Filters(), place) for place in range(3)] == [
        (NOON, 0),
        (NOON, 0),
        (NOON + 1, 2),
    ]
    with pytest.raises(LookupError):
        times.nth("created_at", Filters(), 3)


def facts(document: bytes, status: str, created_at: int) -> Iterator[tuple[Figure, Number]]:
    """Name a count and a sum of a row of these tests."""
    yield ("status", created_at // HOUR, status), 1
    yield ("worth", "", ""), Decimal(len(document))


async def figures(store: Store, *, kept: bool) -> dict[Figure, Number]:
    return dict(await store.figures(*KEY, facts, kept=kept))


def test_kept_figures_equal_the_rows_after_writes_and_rollbacks() -> None:
    store, dice = Store.open("sqlite://"), random.Random(29)
    fill(store, [random_row(dice, number) for number in range(450)])

    async def use() -> None:
        for number in each(range(100)):
            if number in {30, 60}:
                with store.change() as change:
                    change.wipe("acme")
            reading = asyncio.ensure_future(figures(store, kept=True))
            for of in dice.choices(range(600), k=4):
                write(store, dice, of, undone=dice.random() < 0.4)
                await asyncio.sleep(0)  # the rows are read between the changes
            await reading
            assert await figures(store, kept=True) == await figures(store, kept=False)
            assert sum(
                total for name, total in (await figures(store, kept=True)).items() if name[0] == "status"
            )

    asyncio.run(use())
    store.close()


def test_reading_of_figures_lets_other_tasks_run() -> None:
    store, dice = Store.open("sqlite://"), random.Random(31)
    fill(store, [random_row(dice, number) for number in range(1_000)])
    turns = 0

    async def use() -> None:
        nonlocal turns
        reading = asyncio.ensure_future(figures(store, kept=True))
        while not reading.done():
            await asyncio.sleep(0)
            turns += 1
        assert turns >= 1_000 / 200
        before = turns
        reading = asyncio.ensure_future(figures(store, kept=True))
        await reading
        assert turns == before, "kept figures are ready"

    asyncio.run(use())
    store.close()


def test_failed_commit_drops_what_was_read_in_its_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    store, dice = Store.open("sqlite://"), random.Random(37)
    fill(store, [random_row(dice, number) for number in range(50)])

    async def use() -> None:
        store.commit_together(asyncio.get_running_loop())
        put(store, random_row(dice, 60))
        moments(store)
        reading = asyncio.ensure_future(figures(store, kept=True))
        monkeypatch.setattr(store._watch, "check", fail)
        with pytest.raises(UndoneError):
            await reading
        monkeypatch.undo()
        assert await figures(store, kept=True) == await figures(store, kept=False)
        assert len(all_rows(store)) == 50
        compare(store)

    asyncio.run(use())
    store.close()


def fail() -> None:
    raise UndoneError
