"""The store's SQL statements, compiled once from the table definitions.

Compiling a statement with SQLAlchemy takes a hundred times longer than running it. The statements that
requests run are therefore compiled when the module is imported or, if they depend on filters, once per
combination of filters.
"""

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from mock_server.store.model import Filters
from mock_server.store.tables import counters, deliveries, faults, ledger, metadata, rows, steps, tenants

DIALECT = sqlite.dialect(paramstyle="qmark")

ROW_COLUMNS = (
    "tenant", "vendor", "kind", "id", "status", "state", "created_at", "updated_at", "summary", "document",
    "order_number", "customer_email", "parent", "shop", "sequence",
)  # fmt: skip
_KEY = ("tenant", "vendor", "kind", "id")
_CONTENT = tuple(name for name in ROW_COLUMNS if name not in (*_KEY, "sequence"))


def bound(statement: sa.sql.ClauseElement) -> tuple[str, list[Any]]:
    """Compile a statement with its values; return the SQL, and the values in parameter order."""
    found = statement.compile(dialect=DIALECT, compile_kwargs={"render_postcompile": True})
    return str(found), [found.params[name] for name in parameters(found)]


@cache
def schema() -> list[str]:
    """Build the statements that create all tables and indexes."""
    created: list[str] = []
    for table in metadata.sorted_tables:
        created.append(str(CreateTable(table).compile(dialect=DIALECT)))
        created += [create_index(index) for index in sorted(table.indexes, key=lambda index: str(index.name))]
    return created


def create_index(index: sa.Index, *, if_not_exists: bool = False) -> str:
    """Build the statement that creates an index."""
    return str(CreateIndex(index, if_not_exists=if_not_exists).compile(dialect=DIALECT))


def parameters(statement: Any) -> Sequence[str]:
    """Return the names of a compiled statement's parameters, in the order of the SQL."""
    return statement.positiontup or ()


def compiled(statement: sa.sql.ClauseElement, *order: str) -> str:
    """Compile a statement to SQL; `order` lists the names of its parameters in the order of the SQL.

    Raises `AssertionError` if the SQL contains other parameters or another order.
    """
    found = statement.compile(dialect=DIALECT)
    if tuple(parameters(found)) != order:
        raise AssertionError(f"{found} takes {parameters(found)}, not {order}")
    return str(found)


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

ROW = compiled(sa.select(*(rows.c[name] for name in ROW_COLUMNS[1:])).where(*_by_key()), *_KEY_ORDER)
DOCUMENT = compiled(sa.select(rows.c.document).where(*_by_key()), *_KEY_ORDER)
REPLACED = compiled(
    sa.select(rows.c.sequence, rows.c.status, rows.c.created_at, rows.c.updated_at).where(*_by_key()),
    *_KEY_ORDER,
)
INSERT_ROW = compiled(
    sqlite.insert(rows)
    .values({name: sa.bindparam(name) for name in (*_KEY, *_CONTENT)})
    .on_conflict_do_nothing(index_elements=[rows.c[name] for name in _KEY]),
    *(column.name for column in rows.c if column.name != "sequence"),
)
COPY_ROW = compiled(
    sa.insert(rows).values({name: sa.bindparam(name) for name in (*_KEY, *_CONTENT)}),
    *(column.name for column in rows.c if column.name != "sequence"),
)
REPLACE_ROW = compiled(
    sa.update(rows)
    .where(rows.c.sequence == sa.bindparam("k_sequence"))
    .values({name: sa.bindparam(name) for name in _CONTENT}),
    *(column.name for column in rows.c if column.name in _CONTENT),
    "k_sequence",
)
CHILDREN = compiled(
    sa.select(rows.c.document)
    .where(*_by_key()[:3], rows.c.parent == sa.bindparam("k_parent"), _not_empty("parent"))
    .order_by(rows.c.created_at, rows.c.sequence),
    *_LISTED,
    "k_parent",
)
_counted = sqlite.insert(counters).values({c.name: sa.bindparam(c.name) for c in counters.c})
COUNT_UP = compiled(
    _counted.on_conflict_do_update(
        index_elements=list(counters.primary_key), set_={"total": counters.c.total + _counted.excluded.total}
    ),
    *(column.name for column in counters.c),
)
TOTALS = compiled(
    sa.select(counters.c.status, counters.c.total).where(
        *(counters.c[name] == sa.bindparam(f"k_{name}") for name in _KEY[:3])
    ),
    *_LISTED,
)
LAST_EVENT = compiled(
    sa.select(sa.func.max(ledger.c.sequence)).where(ledger.c.tenant == sa.bindparam("k_tenant")), "k_tenant"
)
RECORD = compiled(
    sa.insert(ledger).values({c.name: sa.bindparam(c.name) for c in ledger.c}), *(c.name for c in ledger.c)
)
_WEBHOOK = ("tenant", "vendor", "webhook")
NEXT_WEBHOOK = compiled(
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
DUE_DELIVERIES = compiled(
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
PARTITIONS = compiled(sa.select(tenants.c.name, tenants.c.partition))
SCHEDULE = compiled(
    sa.insert(steps).values({c.name: sa.bindparam(c.name) for c in steps.c if c.name != "id"}),
    *(c.name for c in steps.c if c.name != "id"),
)
UNSCHEDULE = compiled(
    sa.delete(steps).where(
        steps.c.tenant == sa.bindparam("k_tenant"),
        steps.c.vendor == sa.bindparam("k_vendor"),
        steps.c.subject == sa.bindparam("k_subject"),
    ),
    "k_tenant",
    "k_vendor",
    "k_subject",
)
STEP_DONE = compiled(sa.delete(steps).where(steps.c.id == sa.bindparam("k_id")), "k_id")
COUNT_FAULT = compiled(
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


def conditions(shape: Shape) -> tuple[list[sa.ColumnElement[bool]], list[str]]:
    """Build the conditions for a shape of filters, and the names of their parameters in order."""
    found, order = _by_key()[:3], list(_LISTED)
    for name, size in shape:
        names = [f"{name}_{index}" for index in range(size)]
        order += names
        if name in _LISTS:
            column = rows.c[_LISTS[name]]
            # For a single value, "=" instead of IN lets SQLite read the rows from the index in sorted order.
            many = column.in_([sa.bindparam(n) for n in names])
            found += [column == sa.bindparam(names[0]) if size == 1 else many, _not_empty(_LISTS[name])]
        elif name in _BOUNDS:
            bounded, comparison = _BOUNDS[name]
            found.append(rows.c[bounded].op(comparison, is_comparison=True)(sa.bindparam(names[0])))
        else:
            found += [rows.c[name] == sa.bindparam(names[0]), _not_empty(name)]
    return found, order


@cache
def wipe(table: sa.Table) -> str:
    """Build the statement that deletes a partition's rows in `table`; its parameter is the partition."""
    return compiled(sa.delete(table).where(table.c.tenant == sa.bindparam("k_tenant")), "k_tenant")


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
    return compiled(statement, "k_tenant", *names, "limit", "offset")


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
    return compiled(limited, "k_tenant", "after", *names, "limit", "offset")


@lru_cache(maxsize=64)
def of_tenant(table: sa.Table, names: tuple[str, ...]) -> str:
    """Build the query for the given columns of a tenant's rows; its parameter is the tenant's name."""
    tenant = table.c["name" if table is tenants else "tenant"]
    columns = [table.c[name] for name in names]
    return compiled(sa.select(*columns).where(tenant == sa.bindparam("k_tenant")), "k_tenant")
