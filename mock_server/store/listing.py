"""The store's SQL statements that list and count rows, compiled once per combination of filters and order."""

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any, Literal

import sqlalchemy as sa

from mock_server.store.model import Order, Sorting
from mock_server.store.statements import DIALECT, ROW_COLUMNS, Shape, compiled, conditions, parameters
from mock_server.store.tables import rows

StartAt = Literal["beginning", "row", "after row"]
"""Where a slice starts: at the first row, at a given row, or after a given row."""

_KEY = ("k_tenant", "k_vendor", "k_kind")
NEXT_ROWS = compiled(
    sa.select(rows.c.created_at, rows.c.sequence, rows.c.status, rows.c.document)
    .where(
        *conditions(())[0],
        sa.tuple_(rows.c.created_at, rows.c.sequence)
        > sa.tuple_(sa.bindparam("created_at"), sa.bindparam("sequence")),
    )
    .order_by(rows.c.created_at, rows.c.sequence)
    .limit(sa.bindparam("limit"))
    .offset(sa.bindparam("offset")),
    *(*_KEY, "created_at", "sequence", "limit", "offset"),
)
"""The rows after a row, which is given by its created_at and sequence number, oldest first."""


@lru_cache(maxsize=512)
def page(shape: Shape, order: Order, *, descending: bool, index: str = "") -> str:
    """Build the query for one page of summaries.

    The query's parameters are the partition, vendor, kind, filter values, limit and offset. If `index` is
    set, SQLite reads this index, and sorts only the keys of the rows that it finds.
    """
    found, names = conditions(shape)
    columns = (rows.c[order], rows.c.sequence)
    ordered = [sa.desc(column) for column in columns] if descending else columns
    statement = sa.select(rows.c.sequence if index else rows.c.summary).where(*found).order_by(*ordered)
    limited = statement.limit(sa.bindparam("limit")).offset(sa.bindparam("offset"))
    text = compiled(limited, *names, "limit", "offset")
    return _of_keys(_indexed(text, index), order, descending=descending) if index else text


@lru_cache(maxsize=512)
def merged_page(shape: Shape, order: Order, parts: int, *, descending: bool) -> str:
    """Build the query for one page of summaries of rows with one of several values.

    For each of the `parts` values, SQLite reads the first rows of an index; it merges them by their keys. The
    query's parameters are, for each value, those of `page`, and then the limit and offset of the page.
    """
    found, names = conditions(shape)
    columns = (rows.c[order], rows.c.sequence)
    ordered = [sa.desc(column) for column in columns] if descending else columns
    part = sa.select(*columns).where(*found).order_by(*ordered)
    limited = part.limit(sa.bindparam("limit")).offset(sa.bindparam("offset"))
    text = " UNION ALL ".join([f"SELECT * FROM ({compiled(limited, *names, 'limit', 'offset')})"] * parts)  # noqa: S608 - compiled
    by = _order_by(order, descending=descending)
    return _of_keys(f"SELECT sequence FROM ({text}) {by} LIMIT ? OFFSET ?", order, descending=descending)  # noqa: S608 - compiled


def _of_keys(keys: str, order: Order, *, descending: bool) -> str:
    """Build the query for the summaries of the rows whose sequence numbers the query `keys` finds."""
    by = _order_by(order, descending=descending)
    return f"SELECT summary FROM rows WHERE sequence IN ({keys}) {by}"  # noqa: S608 - compiled above


def _order_by(order: Order, *, descending: bool) -> str:
    direction = " DESC" if descending else ""
    return f"ORDER BY {order}{direction}, sequence{direction}"


def _indexed(text: str, index: str) -> str:
    """Make SQLite read the rows from an index; SQLAlchemy has no construct for `INDEXED BY`."""
    return text.replace("\nFROM rows", f"\nFROM rows INDEXED BY {index}", 1) if index else text


@lru_cache(maxsize=512)
def slice_(shape: Shape, sorting: Sorting, start_at: StartAt, index: str = "") -> tuple[str, tuple[str, ...]]:
    """Build the query for a slice of row IDs and summaries; return the query and its parameters' names.

    The parameters are those of `page`. Unless the slice starts at the first row, further parameters are the
    values of the row at or after which it starts: `at_<column>` for each sort column, and `at_sequence`. Rows
    that are equal in all sort columns are sorted by `sequence`, in the direction of the first sort column. If
    `index` is set, SQLite reads this index.
    """
    found, names = conditions(shape)
    columns = [*sorting, ("sequence", sorting[0][1] if sorting else True)]
    if start_at != "beginning":
        found.append(_from_row(columns, inclusive=start_at == "row"))
    ordered = [sa.desc(rows.c[name]) if latest else rows.c[name] for name, latest in columns]
    statement = sa.select(rows.c.id, rows.c.summary).where(*found).order_by(*ordered)
    limited = statement.limit(sa.bindparam("limit")).offset(sa.bindparam("offset"))
    statement_text = limited.compile(dialect=DIALECT)
    expected = {*names, "limit", "offset", *(f"at_{name}" for name, _ in columns)}
    used = tuple(parameters(statement_text))
    if not expected.issuperset(used):
        raise AssertionError(f"{statement_text} takes {used}")
    return _indexed(str(statement_text), index), used


def _from_row(columns: Sequence[tuple[str, bool]], *, inclusive: bool) -> sa.ColumnElement[bool]:
    """Build the condition that selects the rows that are sorted after a given row.

    The comparison uses the first sort column in which the two rows differ: the value must be greater, or
    smaller if the column is sorted in descending order. If `inclusive` is True, the given row is selected
    too.
    """
    first, from_latest = columns[0]
    at_first: sa.BindParameter[Any] = sa.bindparam(f"at_{first}")
    # Follows from the alternatives; only with this condition does SQLite find the place in an index.
    bound = rows.c[first] <= at_first if from_latest else rows.c[first] >= at_first
    alternatives: list[sa.ColumnElement[bool]] = []
    same: list[sa.ColumnElement[bool]] = []
    for name, latest in columns:
        at: sa.BindParameter[Any] = sa.bindparam(f"at_{name}")
        alternatives.append(sa.and_(*same, rows.c[name] < at if latest else rows.c[name] > at))
        same.append(rows.c[name] == sa.bindparam(f"at_{name}"))
    return sa.and_(bound, sa.or_(*alternatives, *([sa.and_(*same)] if inclusive else [])))


@cache
def times(column: Order, *, of_status: bool) -> str:
    """Build the query for the sorted times in a column of all rows, or of the rows with a status.

    Its parameters are the partition, vendor, kind and, if `of_status` is True, the status.
    """
    found, names = conditions((("statuses", 1),) if of_status else ())
    return compiled(sa.select(rows.c[column]).where(*found).order_by(rows.c[column]), *names)


@lru_cache(maxsize=512)
def count(shape: Shape) -> str:
    """Build the query that counts rows; its parameters are the partition, vendor, kind and filter values."""
    found, names = conditions(shape)
    return compiled(sa.select(sa.func.count()).select_from(rows).where(*found), *names)


@lru_cache(maxsize=512)
def every(shape: Shape) -> str:
    """Build the query for rows with all columns except the tenant, oldest row first.

    Its parameters are the same as those of `count`.
    """
    found, names = conditions(shape)
    columns = [rows.c[name] for name in ROW_COLUMNS[1:]]
    return compiled(sa.select(*columns).where(*found).order_by(rows.c.created_at, rows.c.sequence), *names)
