"""The store's SQL statements, compiled once from the table definitions.

Compiling a statement with SQLAlchemy takes a hundred times longer than running it. The statements that
requests run are therefore compiled when the module is imported or, if they depend on filters, once per
combination of filters.
"""

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from mock_server.store.model import Filters, Order, Sorting
from mock_server.store.tables import counters, deliveries, faults, ledger, metadata, rows, steps, tenants

StartAt = Literal["beginning", "row", "after row"]
"""Where a slice starts: at the first row, at a given row, or after a given row."""
_DIALECT = sqlite.dialect(paramstyle="qmark")

ROW_COLUMNS = (
    "tenant", "vendor", "kind", "id", "status", "state", "created_at", "updated_at", "summary", "document",
    "order_number", "customer_email", "parent", "shop", "sequence",
)  # fmt: skip
_KEY = ("tenant", "vendor", "kind", "id")
_CONTENT = tuple(name for name in ROW_COLUMNS if name not in (*_KEY, "sequence"))


def bound(statement: sa.sql.ClauseElement) -> tuple[str, list[Any]]:
    """Compile a statement with its values; return the SQL, and the values in parameter order."""
    compiled = statement.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
    return str(compiled), [compiled.params[name] for name in _names(compiled)]


@cache
def schema() -> list[str]:
    """Build the statements that create all tables and indexes."""
    created: list[str] = []
    for table in metadata.sorted_tables:
        created.append(str(CreateTable(table).compile(dialect=_DIALECT)))
        created += [
            str(CreateIndex(index).compile(dialect=_DIALECT))
            for index in sorted(table.indexes, key=lambda index: str(index.name))
        ]
    return created


def _names(compiled: Any) -> Sequence[str]:
    return compiled.positiontup or ()


def _text(statement: sa.sql.ClauseElement, *order: str) -> str:
    """Compile a statement to SQL; `order` lists the names of its parameters in the order of the SQL.

    Raises `AssertionError` if the SQL contains other parameters or another order.
    """
    compiled = statement.compile(dialect=_DIALECT)
    if tuple(_names(compiled)) != order:
        raise AssertionError(f"{compiled} takes {_names(compiled)}, not {order}")
    return str(compiled)


def _by_key() -> list[sa.ColumnElement[bool]]:
    return [rows.c[name] == sa.bindparam(f"k_{name}") for name in _KEY]


def _not_empty(column: str) -> sa.ColumnElement[bool]:
    """Build the condition that a column is not "".

    The column's index leaves out rows with the value "". SQLite therefore uses this index only for queries
    that contain the condition.
    """
    return rows.c[column] != sa.literal_column("''")


_KEY_ORDER = tuple(f"k_{name}" for name in _KEY)
_LISTED = ("k_tenant", "k_vendor", "k_kind")

ROW = _text(sa.select(*(rows.c[name] for name in ROW_COLUMNS[1:])).where(*_by_key()), *_KEY_ORDER)
DOCUMENT = _text(sa.select(rows.c.document).where(*_by_key()), *_KEY_ORDER)
SEQUENCE_AND_STATUS = _text(sa.select(rows.c.sequence, rows.c.status).where(*_by_key()), *_KEY_ORDER)
INSERT_ROW = _text(
    sqlite.insert(rows)
    .values({name: sa.bindparam(name) for name in (*_KEY, *_CONTENT)})
    .on_conflict_do_nothing(index_elements=[rows.c[name] for name in _KEY]),
    *(column.name for column in rows.c if column.name != "sequence"),
)
COPY_ROW = _text(
    sa.insert(rows).values({name: sa.bindparam(name) for name in (*_KEY, *_CONTENT)}),
    *(column.name for column in rows.c if column.name != "sequence"),
)
REPLACE_ROW = _text(
    sa.update(rows)
    .where(rows.c.sequence == sa.bindparam("k_sequence"))
    .values({name: sa.bindparam(name) for name in _CONTENT}),
    *(column.name for column in rows.c if column.name in _CONTENT),
    "k_sequence",
)
CHILDREN = _text(
    sa.select(rows.c.document)
    .where(*_by_key()[:3], rows.c.parent == sa.bindparam("k_parent"), _not_empty("parent"))
    .order_by(rows.c.created_at, rows.c.sequence),
    *_LISTED,
    "k_parent",
)
_counted = sqlite.insert(counters).values({c.name: sa.bindparam(c.name) for c in counters.c})
COUNT_UP = _text(
    _counted.on_conflict_do_update(
        index_elements=list(counters.primary_key), set_={"total": counters.c.total + _counted.excluded.total}
    ),
    *(column.name for column in counters.c),
)
TOTALS = _text(
    sa.select(counters.c.status, counters.c.total).where(
        *(counters.c[name] == sa.bindparam(f"k_{name}") for name in _KEY[:3])
    ),
    *_LISTED,
)
LAST_EVENT = _text(
    sa.select(sa.func.max(ledger.c.sequence)).where(ledger.c.tenant == sa.bindparam("k_tenant")), "k_tenant"
)
RECORD = _text(
    sa.insert(ledger).values({c.name: sa.bindparam(c.name) for c in ledger.c}), *(c.name for c in ledger.c)
)
_WEBHOOK = ("tenant", "vendor", "webhook")
NEXT_WEBHOOK = _text(
    sa.select(*(deliveries.c[name] for name in (*_WEBHOOK, "due")))
    .where(
        deliveries.c.due.is_not(None),
        sa.tuple_(*(deliveries.c[name] for name in _WEBHOOK))
        > sa.tuple_(*(sa.bindparam(f"k_{name}") for name in _WEBHOOK)),
    )
    .order_by(*(deliveries.c[name] for name in (*_WEBHOOK, "due", "id")))
    .limit(sa.bindparam("limit"))
    .offset(sa.bindparam("offset")),
    *(f"k_{name}" for name in _WEBHOOK),
    "limit",
    "offset",
)
DUE_DELIVERIES = _text(
    sa.select(*(column for column in deliveries.c if column.name != "tenant"))
    .where(
        *(deliveries.c[name] == sa.bindparam(f"k_{name}") for name in _WEBHOOK),
        deliveries.c.due.is_not(None),
        deliveries.c.due <= sa.bindparam("now"),
    )
    .order_by(deliveries.c.due, deliveries.c.id)
    .limit(sa.bindparam("limit"))
    .offset(sa.bindparam("offset")),
    *(f"k_{name}" for name in _WEBHOOK),
    "now",
    "limit",
    "offset",
)
PARTITIONS = _text(sa.select(tenants.c.name, tenants.c.partition))
SCHEDULE = _text(
    sa.insert(steps).values({c.name: sa.bindparam(c.name) for c in steps.c if c.name != "id"}),
    *(c.name for c in steps.c if c.name != "id"),
)
UNSCHEDULE = _text(
    sa.delete(steps).where(
        steps.c.tenant == sa.bindparam("k_tenant"),
        steps.c.vendor == sa.bindparam("k_vendor"),
        steps.c.subject == sa.bindparam("k_subject"),
    ),
    "k_tenant",
    "k_vendor",
    "k_subject",
)
STEP_DONE = _text(sa.delete(steps).where(steps.c.id == sa.bindparam("k_id")), "k_id")
COUNT_FAULT = _text(
    sa.update(faults)
    .where(faults.c.id == sa.bindparam("k_id"))
    .values(calls=sa.bindparam("calls"), fired=sa.bindparam("fired")),
    "calls",
    "fired",
    "k_id",
)

_LISTS = {
    "statuses": "status", "customer_emails": "customer_email", "order_numbers": "order_number", "ids": "id",
    "parents": "parent",
}  # fmt: skip
_BOUNDS = {
    "created_from": ("created_at", ">="), "created_after": ("created_at", ">"),
    "created_before": ("created_at", "<"), "created_until": ("created_at", "<="),
    "created_not": ("created_at", "!="), "updated_from": ("updated_at", ">="),
    "updated_after": ("updated_at", ">"), "updated_before": ("updated_at", "<"),
    "updated_until": ("updated_at", "<="), "updated_not": ("updated_at", "!="),
}  # fmt: skip
_SINGLE = ("parent", "shop")
Shape = tuple[tuple[str, int], ...]


def shape_of(filters: Filters) -> tuple[Shape, list[Any]]:
    """Split filters into their shape and their values; queries are compiled once per shape.

    The shape contains a pair for each field that is set: the name of the field and its number of values.
    """
    shape: list[tuple[str, int]] = []
    values: list[Any] = []
    for name in _LISTS:
        words = getattr(filters, name)
        if words:
            shape.append((name, len(words)))
            values += [word.lower() for word in words] if name == "customer_emails" else words
    for name in (*_BOUNDS, *_SINGLE):
        value = getattr(filters, name)
        if value is not None:
            shape.append((name, 1))
            values.append(value)
    return tuple(shape), values


def _conditions(shape: Shape) -> tuple[list[sa.ColumnElement[bool]], list[str]]:
    conditions, order = _by_key()[:3], list(_LISTED)
    for name, size in shape:
        names = [f"{name}_{index}" for index in range(size)]
        order += names
        if name in _LISTS:
            column = rows.c[_LISTS[name]]
            # For a single value, "=" instead of IN lets SQLite read the rows from the index in sorted order.
            many = column.in_([sa.bindparam(n) for n in names])
            conditions += [column == sa.bindparam(names[0]) if size == 1 else many, _not_empty(_LISTS[name])]
        elif name in _BOUNDS:
            bounded, comparison = _BOUNDS[name]
            conditions.append(rows.c[bounded].op(comparison, is_comparison=True)(sa.bindparam(names[0])))
        else:
            conditions += [rows.c[name] == sa.bindparam(names[0]), _not_empty(name)]
    return conditions, order


@cache
def wipe(table: sa.Table) -> str:
    """Build the statement that deletes a partition's rows in `table`; its parameter is the partition."""
    return _text(sa.delete(table).where(table.c.tenant == sa.bindparam("k_tenant")), "k_tenant")


@cache
def next_step(vendors: int) -> str:
    """Build the query for the earliest step of several vendors; `vendors` is the number of vendors.

    The query's parameters are the partition, the vendors, 1 (the limit) and 0 (the offset).
    """
    names = [f"vendor_{number}" for number in range(vendors)]
    statement = (
        sa.select(steps)
        .where(
            steps.c.tenant == sa.bindparam("k_tenant"),
            steps.c.vendor.in_([sa.bindparam(name) for name in names]),
        )
        .order_by(steps.c.due, steps.c.id)
        .limit(sa.bindparam("limit"))
        .offset(sa.bindparam("offset"))
    )
    return _text(statement, "k_tenant", *names, "limit", "offset")


_EVENT_COLUMNS = ("sequence", "vendor", "kind", "subject", "at", "body")


@cache
def events(conditions: tuple[str, ...], *, newest_first: bool) -> str:
    """Build the query for the ledger events that follow a given sequence number.

    `conditions` lists the additional conditions: `until` (the highest sequence number), `kind` or `vendor`.
    The query's parameters are the partition, the given sequence number, the values for `conditions` in the
    same order, the limit and the offset.
    """
    columns = {"until": ledger.c.sequence, "kind": ledger.c.kind, "vendor": ledger.c.vendor}
    query = sa.select(*(ledger.c[name] for name in _EVENT_COLUMNS)).where(
        ledger.c.tenant == sa.bindparam("k_tenant"), ledger.c.sequence > sa.bindparam("after")
    )
    for name in conditions:
        value: sa.BindParameter[Any] = sa.bindparam(f"k_{name}")
        query = query.where(columns[name] <= value if name == "until" else columns[name] == value)
    order = ledger.c.sequence.desc() if newest_first else ledger.c.sequence
    limited = query.order_by(order).limit(sa.bindparam("limit")).offset(sa.bindparam("offset"))
    names = (f"k_{name}" for name in conditions)
    return _text(limited, "k_tenant", "after", *names, "limit", "offset")


@lru_cache(maxsize=64)
def of_tenant(table: sa.Table, names: tuple[str, ...]) -> str:
    """Build the query for the given columns of a tenant's rows; its parameter is the tenant's name."""
    tenant = table.c["name" if table is tenants else "tenant"]
    columns = [table.c[name] for name in names]
    return _text(sa.select(*columns).where(tenant == sa.bindparam("k_tenant")), "k_tenant")


@lru_cache(maxsize=512)
def page(shape: Shape, order: Order, *, descending: bool) -> str:
    """Build the query for one page of summaries.

    The query's parameters are the partition, vendor, kind, filter values, limit and offset.
    """
    conditions, names = _conditions(shape)
    columns = (rows.c[order], rows.c.sequence)
    ordered = [sa.desc(column) for column in columns] if descending else columns
    statement = sa.select(rows.c.summary).where(*conditions).order_by(*ordered)
    return _text(
        statement.limit(sa.bindparam("limit")).offset(sa.bindparam("offset")), *names, "limit", "offset"
    )


@lru_cache(maxsize=512)
def slice_(shape: Shape, sorting: Sorting, start_at: StartAt) -> tuple[str, tuple[str, ...]]:
    """Build the query for a slice of row IDs and summaries; return the query and its parameters' names.

    The parameters are those of `page`. Unless the slice starts at the first row, further parameters are the
    values of the row at or after which it starts: `at_<column>` for each sort column, and `at_sequence`. Rows
    that are equal in all sort columns are sorted by `sequence`, in the direction of the first sort column.
    """
    conditions, names = _conditions(shape)
    columns = [*sorting, ("sequence", sorting[0][1] if sorting else True)]
    if start_at != "beginning":
        conditions.append(_from_row(columns, inclusive=start_at == "row"))
    ordered = [sa.desc(rows.c[name]) if latest else rows.c[name] for name, latest in columns]
    statement = sa.select(rows.c.id, rows.c.summary).where(*conditions).order_by(*ordered)
    limited = statement.limit(sa.bindparam("limit")).offset(sa.bindparam("offset"))
    compiled = limited.compile(dialect=_DIALECT)
    expected = {*names, "limit", "offset", *(f"at_{name}" for name, _ in columns)}
    used = tuple(_names(compiled))
    if not expected.issuperset(used):
        raise AssertionError(f"{compiled} takes {used}")
    return str(compiled), used


def _from_row(columns: Sequence[tuple[str, bool]], *, inclusive: bool) -> sa.ColumnElement[bool]:
    """Build the condition that selects the rows that are sorted after a given row.

    The comparison uses the first sort column in which the two rows differ: the value must be greater, or
    smaller if the column is sorted in descending order. If `inclusive` is True, the given row is selected
    too.
    """
    alternatives: list[sa.ColumnElement[bool]] = []
    same: list[sa.ColumnElement[bool]] = []
    for name, latest in columns:
        at: sa.BindParameter[Any] = sa.bindparam(f"at_{name}")
        alternatives.append(sa.and_(*same, rows.c[name] < at if latest else rows.c[name] > at))
        same.append(rows.c[name] == sa.bindparam(f"at_{name}"))
    return sa.or_(*alternatives, *([sa.and_(*same)] if inclusive else []))


@lru_cache(maxsize=512)
def count(shape: Shape) -> str:
    """Build the query that counts rows; its parameters are the partition, vendor, kind and filter values."""
    conditions, names = _conditions(shape)
    return _text(sa.select(sa.func.count()).select_from(rows).where(*conditions), *names)


@lru_cache(maxsize=512)
def every(shape: Shape) -> str:
    """Build the query for rows with all columns except the tenant, oldest row first.

    Its parameters are the same as those of `count`.
    """
    conditions, names = _conditions(shape)
    columns = [rows.c[name] for name in ROW_COLUMNS[1:]]
    return _text(sa.select(*columns).where(*conditions).order_by(rows.c.created_at, rows.c.sequence), *names)
