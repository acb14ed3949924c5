"""Fills and empties partitions in slices, so that other requests can run between the slices.

Each slice is a separate transaction. While a partition is being filled or emptied, it must not belong to a
tenant, because the tenant's clients would see only some of its rows.
"""

from collections.abc import Iterator
from typing import Final

import sqlalchemy as sa

from mock_server.store import Store, statements, tables
from mock_server.store.content import EVENTS, ROWS, Content

_KEYS: Final = {"rows": "sequence", "steps": "id", "deliveries": "id"}


def fill(source: Content, target: Store, partition: str, *, events: int) -> Iterator[int]:
    """Copy content to a partition of `target` in slices; yield after each slice.

    The copied events are numbered from `events` + 1. Each yielded value is the number of the last event
    copied so far.
    """
    for chunk in source.rows():
        with target.change() as change:
            change.run_many(statements.COPY_ROW, [(partition, *row) for row in chunk])
        yield events
    before = events
    for chunk in source.events():
        with target.change() as change:
            values = [(partition, before + sequence, *rest) for sequence, *rest in chunk]
            change.run_many(statements.RECORD, values)
        events = values[-1][1]
        yield events
    for chunk in source.steps():
        with target.change() as change:
            change.run_many(statements.SCHEDULE, [(partition, *step) for step in chunk])
        yield events
    with target.change() as change:
        for chunk in source.counters():
            change.run_many(statements.COUNT_UP, [(partition, *counter) for counter in chunk])
    yield events


def empty(store: Store, partition: str) -> Iterator[None]:
    """Delete all data in a partition in slices; yield after each slice."""
    for name in tables.PARTITIONED:
        deleted = 1
        while deleted:
            with store.change() as change:
                deleted = change.run(_delete_slice(tables.metadata.tables[name], partition))
            yield
    with store.change() as change:
        change.wipe(partition)


def _delete_slice(table: sa.Table, partition: str) -> sa.Delete:
    """Build the statement that deletes one slice of a partition's rows in `table`."""
    inside = table.c.tenant == partition
    if table is tables.ledger:
        first = sa.select(sa.func.min(table.c.sequence)).where(inside).scalar_subquery()
        return sa.delete(table).where(inside, table.c.sequence < first + EVENTS)
    if table.name not in _KEYS:
        return sa.delete(table).where(inside)
    key = table.c[_KEYS[table.name]]
    return sa.delete(table).where(key.in_(sa.select(key).where(inside).limit(ROWS)))
