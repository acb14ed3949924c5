"""Figures are right although rows with equal times are added, changed and undone while the rows are read."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress

from support.each import each
from support.worlds import NOON, put, row

from mock_server.store import Store
from mock_server.store.figures import Figure, Number

KEY = ("acme", "shop", "return")
ROWS = 450
"""More than two slices of the rows that are read at a time."""


class UndoneError(Exception):
    """Raised in a change so that it is undone."""


def facts(_document: bytes, status: str, _created_at: int) -> Iterator[tuple[Figure, Number]]:
    yield ("status", status), 1


def change_around(store: Store, slice_: int) -> None:
    """Add a row, change the first and the last row, and undo the same; all times are equal."""
    for undone in each((True, False)):
        with suppress(UndoneError), store.change() as change:
            change.put(row(f"new{slice_}", created_at=NOON, status="requested"))
            change.put(row("r0", created_at=NOON, status=f"first{slice_}"))
            change.put(row(f"r{ROWS - 1}", created_at=NOON, status=f"last{slice_}"))
            if undone:
                raise UndoneError


def test_rows_with_equal_times_are_counted_once() -> None:
    store = Store.open("sqlite://")
    put(store, *(row(f"r{number}", created_at=NOON, status="requested") for number in range(ROWS)))

    async def use() -> None:
        reading = asyncio.ensure_future(store.figures(*KEY, facts))
        slices = 0
        while not reading.done():
            await asyncio.sleep(0)
            change_around(store, slices)
            slices += 1
        assert slices > 2
        expected = {("status", "requested"): ROWS - 2 + slices}
        expected |= {("status", f"{place}{slices - 1}"): 1 for place in ("first", "last")}
        assert dict(await store.figures(*KEY, facts)) == expected
        assert dict(await store.figures(*KEY, facts, kept=False)) == expected

    asyncio.run(use())
    store.close()
