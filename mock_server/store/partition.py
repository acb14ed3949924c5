"""Partitions filled and emptied in slices, so that whoever does it can let others at the event loop between.

Each slice is a change of its own; so a partition must belong to no tenant while it is filled or emptied.
"""

from collections.abc import Iterator
from typing import Final

import sqlalchemy as sa

from mock_server.store import Store, statements, tables

_ROWS: Final = 100
_EVENTS: Final = 400
"""How many are written at a time: a few milliseconds' worth."""
_KEYS: Final = {"rows": "sequence", "steps": "id", "deliveries": "id"}


def fill(source: Store, target: Store, partition: str, *, events: int) -> Iterator[int]:
    """Copy everything in one store to a partition of another; yields after each slice.

    `source` holds one tenant's rows and ledger. Sequence numbers continue after `events`; the newest is
    yielded.
    """
    rows, ledger, steps, counters = tables.rows, tables.ledger, tables.steps, tables.counters
    columns = [column for column in rows.c if column.name not in {"tenant", "sequence"}]
    for found in source.chunks(sa.select(*columns).order_by(rows.c.sequence), _ROWS):
        with target.change() as change:
            change.run_many(statements.COPY_ROW, [(partition, *row) for row in found])
        yield events
    told = sa.select(*ledger.c).order_by(ledger.c.sequence)
    before = events
    for found in source.chunks(told, _EVENTS):
        with target.change() as change:
            values = [(partition, before + sequence, *rest) for _, sequence, *rest in found]
            change.run_many(statements.RECORD, values)
        events = values[-1][1]
        yield events
    for found in source.chunks(sa.select(*list(steps.c)[2:]).order_by(steps.c.id), _EVENTS):
        with target.change() as change:
            change.run_many(statements.SCHEDULE, [(partition, *step) for step in found])
        yield events
    with target.change() as change:
        for found in source.chunks(sa.select(*list(counters.c)[1:]), _EVENTS):
            change.run_many(statements.COUNT_UP, [(partition, *counter) for counter in found])
    yield events


def empty(store: Store, partition: str) -> Iterator[None]:
    """Delete everything in a partition; yields after each slice."""
    for name in tables.PARTITIONED:
        deleted = 1
        while deleted:
            with store.change() as change:
                deleted = change.run(_slice_of(tables.metadata.tables[name], partition))
            yield
    with store.change() as change:
        change.wipe(partition)


def _slice_of(table: sa.Table, partition: str) -> sa.Delete:
    """Return the statement that deletes some of what a table has in a partition."""
    inside = table.c.tenant == partition
    if table is tables.ledger:
        first = sa.select(sa.func.min(table.c.sequence)).where(inside).scalar_subquery()
        return sa.delete(table).where(inside, table.c.sequence < first + _EVENTS)
    if table.name not in _KEYS:
        return sa.delete(table).where(inside)
    key = table.c[_KEYS[table.name]]
    return sa.delete(table).where(key.in_(sa.select(key).where(inside).limit(_ROWS)))
