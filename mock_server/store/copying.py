"""Copies a partition to another one in slices, so that other requests can run between the slices."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import sqlalchemy as sa

from mock_server.store import Store, statements, tables
from mock_server.store.content import EVENTS, ROW_COLUMNS, ROWS

Revise = Callable[[str, bytes], bytes]
"""A function that accepts a vendor's name and a document, and returns the document for the copy."""
_IDS: Final = 5_000
"""The maximum number of row numbers to read in one slice."""
_UNSENT: Final = "not sent, because it belongs to the tenant that was copied"


@dataclass(frozen=True, slots=True)
class Copying:
    """The options for copying a partition, which determine how the copy differs from the source.

    If `sends` is False, pending deliveries of the source are marked as given up in the copy, so that
    receivers do not get them twice. `revise` converts the documents of the vendors in `revised`.
    """

    sends: bool
    revised: Collection[str] = ()
    revise: Revise | None = None


def copy(store: Store, source: str, target: str, how: Copying) -> Iterator[None]:
    """Copy all data of the partition `source` to the empty partition `target`; yield after each slice.

    `source` must not change during the copy. Rows, steps and deliveries get new numbers in the same order.
    `how` contains the options of the copy.
    """
    numbers: list[int] = []
    revised: set[int] = set()
    for vendor, found in row_numbers(store, source):
        numbers += found
        if vendor in how.revised:
            revised.update(found)
        yield
    numbers.sort()
    for start in range(0, len(numbers), ROWS):
        chunk = numbers[start : start + ROWS]
        with store.change() as change:
            if how.revise is not None and not revised.isdisjoint(chunk):
                rows = [_revised(store, number, how.revise) for number in chunk]
                change.run_many(statements.COPY_ROW, [(target, *row) for row in rows])
            else:
                change.run_many(_copied("rows"), [(target, number) for number in chunk])
        yield
    last = store.fetch(statements.LAST_EVENT, (source,))[0][0] or 0
    for after in range(0, last, EVENTS):
        sequence = tables.ledger.c.sequence
        with store.change() as change:
            change.run(_all(tables.ledger, source, target, sequence > after, sequence <= after + EVENTS))
        yield
    for name in ("steps", "deliveries"):
        for chunk in _numbers(store, name, source):
            with store.change() as change:
                change.run_many(_copied(name), [(target, number) for number in chunk])
                if name == "deliveries" and not how.sends:
                    change.run(_give_up(target))
            yield
    with store.change() as change:
        change.run(_all(tables.counters, source, target))
    yield


def row_numbers(store: Store, partition: str) -> Iterator[tuple[str, list[int]]]:
    """Yield the row numbers of a partition in slices, as pairs of a vendor and the numbers of its rows.

    The rows are sorted by vendor, kind and time of creation, as in the index that the query uses.
    """
    rows = tables.rows
    order = [rows.c[name] for name in ("vendor", "kind", "created_at", "sequence")]
    last: tuple[Any, ...] = ("", "", 0, 0)
    while True:
        after = sa.tuple_(*order) > sa.tuple_(*(sa.bindparam(None, value) for value in last))
        query = sa.select(*order).where(rows.c.tenant == partition, after).order_by(*order).limit(_IDS)
        found = store.select(query)
        for vendor in sorted({row[0] for row in found}):
            yield vendor, [row[3] for row in found if row[0] == vendor]
        if len(found) < _IDS:
            return
        last = found[-1]


def _numbers(store: Store, name: str, partition: str) -> Iterator[list[int]]:
    """Yield the primary keys of a partition's rows in the table `name`, in order, one list per slice."""
    table = tables.metadata.tables[name]
    last = 0
    while True:
        inside = sa.and_(table.c.tenant == partition, table.c.id > last)
        query = sa.select(table.c.id).where(inside).order_by(table.c.id).limit(ROWS)
        found = [key for (key,) in store.select(query)]
        if found:
            yield found
            last = found[-1]
        if len(found) < ROWS:
            return


def _revised(store: Store, number: int, revise: Revise) -> list[Any]:
    """Read a row without its partition and number, and apply `revise` to its summary and document."""
    row = list(store.fetch(_row(), (number,))[0])
    for column in ("summary", "document"):
        place = ROW_COLUMNS.index(column)
        row[place] = revise(row[ROW_COLUMNS.index("vendor")], row[place])
    return row


@cache
def _row() -> str:
    """Build the query for one row without its partition and number; the parameter is the row's number."""
    query = sa.select(*(tables.rows.c[name] for name in ROW_COLUMNS))
    return statements.bound(query.where(tables.rows.c.sequence == sa.bindparam("number", 0)))[0]


@cache
def _copied(name: str) -> str:
    """Build the statement that copies one row; its parameters are the new partition and the row's number."""
    table = tables.metadata.tables[name]
    key = next(iter(table.primary_key))
    columns = [column for column in table.c if column.name not in {"tenant", key.name}]
    selected = sa.select(sa.bindparam("partition", ""), *columns).where(key == sa.bindparam("number", 0))
    names = ["tenant", *(column.name for column in columns)]
    return statements.bound(sa.insert(table).from_select(names, selected))[0]


def _all(table: sa.Table, source: str, target: str, *conditions: sa.ColumnElement[bool]) -> sa.Insert:
    """Build the statement that copies a partition's rows in a table whose primary key includes the tenant.

    Such rows need no new numbers. If there are `conditions`, only the rows that meet them are copied.
    """
    columns = [column for column in table.c if column.name != "tenant"]
    selected = sa.select(sa.literal(target), *columns).where(table.c.tenant == source, *conditions)
    return sa.insert(table).from_select(["tenant", *(column.name for column in columns)], selected)


def _give_up(partition: str) -> sa.Update:
    table = tables.deliveries
    waiting = sa.and_(table.c.tenant == partition, table.c.state == "waiting")
    return sa.update(table).where(waiting).values(state="given_up", due=None, outcome=_UNSENT)
