"""Finds rows at several vendors by status, time of creation and text; the newest row is first."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Final

import sqlalchemy as sa

from mock_server.store import Row, Store
from mock_server.store.statements import ROW_COLUMNS
from mock_server.store.tables import rows

_SLICE: Final = 250
"""The number of rows to search for a text before other requests may run."""
_Key = tuple[int, int]
"""The sort key of a row: the time at which it was created (µs), and its sequence number."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Selects rows of one kind, such as returns, at several vendors.

    `statuses` maps each vendor whose rows are selected to the statuses to select; an empty tuple stands for
    all statuses. If `since` is set, only rows created at this time (µs) or later are selected. If `text` is
    set, only rows whose ID, order number, e-mail address or document contains the text are selected. The case
    of ASCII letters is ignored.
    """

    kind: str
    statuses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    since: int | None = None
    text: str = ""


async def newest(
    store: Store, tenant: str, selection: Selection, *, limit: int, offset: int
) -> tuple[list[Row], int]:
    """Fetch one page of the selected rows, newest first, and the number of all selected rows.

    If rows are selected by text, other requests are served while the documents are searched.
    """
    if not selection.statuses:
        return [], 0
    if selection.text:
        keys = await _matching(store, tenant, selection)
        return _rows(store, tenant, [number for _, number in keys[offset : offset + limit]]), len(keys)
    total = sum(_count(store, tenant, selection, vendor) for vendor in selection.statuses)
    return _rows(store, tenant, _page(store, tenant, selection, limit, offset)), total


def _page(store: Store, tenant: str, selection: Selection, limit: int, offset: int) -> list[int]:
    """Fetch the sequence numbers of the rows on one page, using only an index."""
    parts = [
        sa.select(_keys(store, tenant, selection, vendor).limit(limit + offset).subquery())
        for vendor in selection.statuses
    ]
    merged = sa.union_all(*parts).subquery()
    order = (merged.c.created_at.desc(), merged.c.sequence.desc())
    return [
        number for _, number in store.select(sa.select(merged).order_by(*order).limit(limit).offset(offset))
    ]


def _keys(store: Store, tenant: str, selection: Selection, vendor: str) -> sa.Select[Any]:
    statement = sa.select(rows.c.created_at, rows.c.sequence).where(
        *_conditions(store, tenant, selection, vendor)
    )
    return statement.order_by(rows.c.created_at.desc(), rows.c.sequence.desc())


def _conditions(store: Store, tenant: str, selection: Selection, vendor: str) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = [
        rows.c.tenant == store.partition(tenant),
        rows.c.vendor == vendor,
        rows.c.kind == selection.kind,
    ]
    if statuses := selection.statuses[vendor]:
        # The second condition lets SQLite use the index of the column.
        conditions += [rows.c.status.in_(statuses), rows.c.status != sa.literal_column("''")]
    if selection.since is not None:
        conditions.append(rows.c.created_at >= selection.since)
    return conditions


def _count(store: Store, tenant: str, selection: Selection, vendor: str) -> int:
    if selection.since is not None:
        conditions = _conditions(store, tenant, selection, vendor)
        counted = sa.select(sa.func.count()).select_from(rows).where(*conditions)
        return int(store.select(counted)[0][0])
    totals = store.totals(tenant, vendor, selection.kind)
    return sum(totals.get(status, 0) for status in selection.statuses[vendor] or totals)


async def _matching(store: Store, tenant: str, selection: Selection) -> list[_Key]:
    """Collect the keys of all rows that contain the text, newest first; read the rows in slices."""
    found: list[_Key] = []
    for vendor in selection.statuses:
        last: _Key | None = None
        while page := store.select(_searched(store, tenant, selection, vendor, last)):
            found += [(created_at, number) for created_at, number, matches in page if matches]
            last = (page[-1][0], page[-1][1])
            await store.yield_after_commit()
    return sorted(found, reverse=True)


def _searched(
    store: Store, tenant: str, selection: Selection, vendor: str, last: _Key | None
) -> sa.Select[Any]:
    """Build the query for the next slice of rows, which also returns whether each row contains the text."""
    columns = (rows.c.id, rows.c.order_number, rows.c.customer_email, sa.cast(rows.c.document, sa.Text))
    escaped = selection.text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    matches = sa.or_(*(column.like(f"%{escaped}%", escape="\\") for column in columns))
    statement = _keys(store, tenant, selection, vendor).add_columns(matches).limit(_SLICE)
    if last is None:
        return statement
    return statement.where(sa.tuple_(rows.c.created_at, rows.c.sequence) < sa.tuple_(*last))


def _rows(store: Store, tenant: str, numbers: list[int]) -> list[Row]:
    """Fetch the rows with the given sequence numbers, in the order of `numbers`."""
    columns = [rows.c[name] for name in ROW_COLUMNS[1:]]
    fetched: Iterator[tuple[Any, ...]] = chain.from_iterable(
        store.chunks(sa.select(*columns).where(rows.c.sequence.in_(numbers)), _SLICE)
    )
    by_number = {row.sequence: row for row in (Row(tenant, *values) for values in fetched)}
    return [by_number[number] for number in numbers if number in by_number]
