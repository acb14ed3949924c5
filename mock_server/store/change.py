"""`Change`: writes rows, counters, ledger events and scheduled steps in one transaction."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from sqlite3 import Connection
from typing import Any, cast

import orjson
import sqlalchemy as sa

from mock_server.store import statements, tables
from mock_server.store.memory import CounterKey, Memory, TenantTable
from mock_server.store.model import Row, Step


class Change:
    """Writes to the store in one transaction. Use it only inside the `with store.change()` block."""

    def __init__(self, connection: Connection, memory: Memory) -> None:
        self._execute = connection.execute
        self._execute_many = connection.executemany
        self._memory = memory
        self._partitions = memory.partitions
        self.changed: list[TenantTable] = []
        """The tenants and tables whose rows `run_for` changed; their caches are reloaded after a
        rollback."""
        self.callbacks: list[Callable[[], None]] = []
        """Functions to call when the change is on disk; they are not called if it is undone."""

    def put(self, row: Row) -> int:
        """Insert a row, or replace the row with the same ID, and update the counters.

        Sets `row.sequence` and returns it; a replaced row keeps its sequence number.
        """
        # Most rows are new, so try INSERT first: this saves a query that looks for an existing row.
        execute = self._execute
        key = (self._partitions.get(row.tenant, row.tenant), row.vendor, row.kind)
        content = (
            row.status, row.state, row.created_at, row.updated_at, row.order_number,
            row.customer_email.lower(), row.parent, row.shop, row.summary, row.document,
        )  # fmt: skip
        inserted = execute(statements.INSERT_ROW, (*key, row.id, *content))
        if inserted.rowcount == 1:
            row.sequence = inserted.lastrowid or 0
            self._count(key, row.status, 1)
            self._memory.moved(key, None, (row.status, row.created_at, row.updated_at))
            self._sum(key, row)
            return row.sequence
        row.sequence, status, created, updated = execute(statements.REPLACED, (*key, row.id)).fetchone()
        self._sum(key, row, (status, created))
        execute(statements.REPLACE_ROW, (*content, row.sequence))
        after = (row.status, row.created_at, row.updated_at)
        self._memory.moved(key, (status, created, updated), after)
        if status != row.status:
            self._count(key, status, -1)
            self._count(key, row.status, 1)
        return row.sequence

    def put_document(
        self,
        tenant: str,
        vendor: str,
        kind: str,
        id_: str,
        document: dict[str, Any],
        *,
        created_at: int,
        updated_at: int | None = None,
        status: str = "",
        state: str | None = None,
        order_number: str = "",
        customer_email: str = "",
        parent: str = "",
        shop: str = "",
        summary: dict[str, Any] | None = None,
    ) -> int:
        """Store a record's current document as a row; return the row's sequence number.

        The arguments are the columns of `Row`. `updated_at` defaults to `created_at`, `state` to `status`,
        and `summary` to the whole document.
        """
        body = orjson.dumps(document)
        row = Row(
            tenant=tenant,
            vendor=vendor,
            kind=kind,
            id=id_,
            status=status,
            state=status if state is None else state,
            created_at=created_at,
            updated_at=created_at if updated_at is None else updated_at,
            summary=body if summary is None else orjson.dumps(summary),
            document=body,
            order_number=order_number,
            customer_email=customer_email,
            parent=parent,
            shop=shop,
        )
        return self.put(row)

    def _sum(self, key: CounterKey, row: Row, replaced: tuple[str, int] | None = None) -> None:
        """Update the kept figures for a row, and for the status and created_at (µs) that it replaces."""
        figures = self._memory.figures.get(key)
        if figures is None:
            return
        if replaced:
            (document,) = self._execute(statements.DOCUMENT, (*key, row.id)).fetchone()
            before = figures.of_row(row.sequence, document, *replaced)
            figures.remove(before)
            self._memory.undo.append(partial(figures.add, before))
        after = figures.of_row(row.sequence, row.document, row.status, row.created_at)
        figures.add(after)
        self._memory.undo.append(partial(figures.remove, after))

    def _count(self, key: CounterKey, status: str, by: int) -> None:
        self._execute(statements.COUNT_UP, (*key, status, by))
        self._memory.count(key, status, by)

    def record(
        self, tenant: str, vendor: str, *, kind: str, subject: str, at: int, body: Mapping[str, Any]
    ) -> int:
        """Append an event to the tenant's ledger; return its sequence number (1, 2, 3 … without gaps).

        `at` is the time of the event in microseconds since the Unix epoch. `subject` is a record's ID.
        """
        partition = self._partitions.get(tenant, tenant)
        last = self._memory.last_events.get(partition)
        if last is None:
            last = self._execute(statements.LAST_EVENT, (partition,)).fetchone()[0] or 0
        sequence: int = last + 1
        self._execute(
            statements.RECORD, (partition, sequence, vendor, kind, subject, at, orjson.dumps(dict(body)))
        )
        self._memory.last_events[partition] = sequence
        return sequence

    def schedule(
        self,
        tenant: str,
        vendor: str,
        *,
        due: int,
        step: str,
        subject: str,
        body: Mapping[str, Any] | None = None,
    ) -> None:
        """Schedule `step` for the record with the ID `subject`.

        The step runs when the tenant's clock reaches `due`, in microseconds since the Unix epoch.
        """
        partition = self._partitions.get(tenant, tenant)
        self._execute(
            statements.SCHEDULE, (partition, vendor, due, step, subject, orjson.dumps(dict(body or {})))
        )
        self._memory.next_due.clear()

    def unschedule(self, tenant: str, vendor: str, subject: str) -> None:
        """Delete all steps that are scheduled for the record with the ID `subject`."""
        partition = self._partitions.get(tenant, tenant)
        self._execute(statements.UNSCHEDULE, (partition, vendor, subject))
        self._memory.next_due.clear()

    def done(self, step: Step) -> None:
        """Delete a scheduled step after it has run."""
        self._execute(statements.STEP_DONE, (step.id,))
        self._memory.next_due.clear()

    def wipe(self, partition: str) -> None:
        """Delete all rows, counters, ledger events, scheduled steps and webhook deliveries in a partition."""
        for name in tables.PARTITIONED:
            self._execute(statements.wipe(tables.metadata.tables[name]), (partition,))
        self._memory.forget_partition(partition)

    def run(self, statement: sa.sql.ClauseElement) -> int:
        """Compile and run a statement; return the number of rows that it changed."""
        return self._execute(*statements.bound(statement)).rowcount

    def insert(self, statement: sa.Insert) -> int:
        """Compile and run a statement that inserts one row; return the row's integer ID."""
        return self._execute(*statements.bound(statement)).lastrowid or 0

    def touch(self, partition: str) -> None:
        """Report that `run` changed a partition's rows, so that a copy in progress starts over."""
        self._memory.forget_sums_of(partition)
        if self._memory.watched:
            self._memory.written.add(partition)

    def run_many(self, statement: str, values: Iterable[tuple[Any, ...]]) -> None:
        """Run a compiled statement from `statements` once for each tuple of values."""
        self._execute_many(statement, values)

    def run_for(self, tenant: str, statement: sa.Insert | sa.Update | sa.Delete) -> None:
        """Change a tenant's rows in a cached table (`tables.REMEMBERED`), and reload the table's caches."""
        tenant_table = (cast("sa.Table", statement.table).name, tenant)
        self.changed.append(tenant_table)
        self.run(statement)
        self._memory.reload((tenant_table,))

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Call `callback` once this change is on disk, for example to update state kept only in memory."""
        self.callbacks.append(callback)
