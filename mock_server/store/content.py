"""Reads the content of a partition in chunks, from a store or a template; `partition.fill` writes them."""

from collections.abc import Iterator
from typing import Any, Final, Protocol

import sqlalchemy as sa

from mock_server.store import Store, tables

ROWS: Final = 100
EVENTS: Final = 400
"""The maximum number of rows in a chunk (`ROWS`), or of events, steps or counters in a chunk (`EVENTS`).

Writing a chunk takes a few milliseconds.
"""
Chunks = Iterator[list[tuple[Any, ...]]]

ROW_COLUMNS: Final = tuple(
    str(column.name) for column in tables.rows.c if column.name not in {"tenant", "sequence"}
)
EVENT_COLUMNS: Final = tuple(str(column.name) for column in tables.ledger.c if column.name != "tenant")
STEP_COLUMNS: Final = tuple(
    str(column.name) for column in tables.steps.c if column.name not in {"tenant", "id"}
)
COUNTER_COLUMNS: Final = tuple(str(column.name) for column in tables.counters.c if column.name != "tenant")


class Content(Protocol):
    """The content of a partition: its rows, ledger events, scheduled steps and counters, as tuples.

    The constants `ROW_COLUMNS`, `EVENT_COLUMNS`, `STEP_COLUMNS` and `COUNTER_COLUMNS` list their columns.
    """

    def rows(self) -> Chunks:
        """Yield the rows (`ROW_COLUMNS`), in insertion order."""

    def events(self) -> Chunks:
        """Yield the ledger events (`EVENT_COLUMNS`), numbered from 1."""

    def steps(self) -> Chunks:
        """Yield the scheduled steps (`STEP_COLUMNS`), in the order in which they were scheduled."""

    def counters(self) -> Chunks:
        """Yield the counters (`COUNTER_COLUMNS`)."""


class StoreContent:
    """The content of a store that contains the data of only one tenant."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def rows(self) -> Chunks:
        """Yield the rows, in insertion order."""
        return self._read(tables.rows, ROW_COLUMNS, "sequence", ROWS)

    def events(self) -> Chunks:
        """Yield the ledger events."""
        return self._read(tables.ledger, EVENT_COLUMNS, "sequence", EVENTS)

    def steps(self) -> Chunks:
        """Yield the scheduled steps, in the order in which they were scheduled."""
        return self._read(tables.steps, STEP_COLUMNS, "id", EVENTS)

    def counters(self) -> Chunks:
        """Yield the counters."""
        return self._read(tables.counters, COUNTER_COLUMNS, "vendor", EVENTS)

    def _read(self, table: sa.Table, columns: tuple[str, ...], order: str, size: int) -> Chunks:
        query = sa.select(*(table.c[name] for name in columns)).order_by(table.c[order])
        return self._store.chunks(query, size)
