"""One transaction: rows, counters, ledger events and scheduled steps, all of them or none."""

from collections.abc import Callable, Iterable, Mapping
from sqlite3 import Connection
from typing import Any, cast

import orjson
import sqlalchemy as sa

from mock_server.store import statements, tables
from mock_server.store.memory import Memory, Owner, Place
from mock_server.store.model import Row, Step


class Change:
    """Writes of one transaction; made by `Store.change()` and of no use after it."""

    def __init__(self, connection: Connection, memory: Memory) -> None:
        self._execute = connection.execute
        self._execute_many = connection.executemany
        self._memory = memory
        self._partitions = memory.partitions
        self.changed: list[Place] = []
        """What `run_for` wrote."""
        self.afterwards: list[Callable[[], None]] = []
        """What happens once the change is on disk; never, if it is undone."""

    def put(self, row: Row) -> int:
        """Insert the row, or replace the one of the same id, and keep the counters right.

        Returns the row's sequence and sets it on `row`; a replaced row keeps its own.
        """
        execute = self._execute
        owner = (self._partitions.get(row.tenant, row.tenant), row.vendor, row.kind)
        content = (
            row.status, row.state, row.created_at, row.updated_at, row.order_number,
            row.customer_email.lower(), row.parent, row.shop, row.summary, row.document,
        )  # fmt: skip
        inserted = execute(statements.INSERT_ROW, (*owner, row.id, *content))
        if inserted.rowcount == 1:
            row.sequence = inserted.lastrowid or 0
            self._count(owner, row.status, 1)
            return row.sequence
        row.sequence, status = execute(statements.SEQUENCE_AND_STATUS, (*owner, row.id)).fetchone()
        execute(statements.REPLACE_ROW, (*content, row.sequence))
        if status != row.status:
            self._count(owner, status, -1)
            self._count(owner, row.status, 1)
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
        """Store a record as it is now; what each column holds, `Row` says.

        Unless said otherwise it was updated when it was created, its status is a neutral state as well, and
        its summary is all of it.
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

    def _count(self, owner: Owner, status: str, by: int) -> None:
        self._execute(statements.COUNT_UP, (*owner, status, by))
        self._memory.count(owner, status, by)

    def record(
        self, tenant: str, vendor: str, *, kind: str, subject: str, at: int, body: Mapping[str, Any]
    ) -> int:
        """Append an event to the tenant's ledger; returns its sequence: 1, 2, 3 … without gaps."""
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
        """Let `step` happen to `subject` when the tenant's clock reaches `due` (see `Clocks`)."""
        partition = self._partitions.get(tenant, tenant)
        self._execute(
            statements.SCHEDULE, (partition, vendor, due, step, subject, orjson.dumps(dict(body or {})))
        )
        self._memory.next_due.clear()

    def unschedule(self, tenant: str, vendor: str, subject: str) -> None:
        """Forget every step that waits for `subject`."""
        partition = self._partitions.get(tenant, tenant)
        self._execute(statements.UNSCHEDULE, (partition, vendor, subject))
        self._memory.next_due.clear()

    def done(self, step: Step) -> None:
        """Forget one step, as it has happened."""
        self._execute(statements.STEP_DONE, (step.id,))
        self._memory.next_due.clear()

    def wipe(self, partition: str) -> None:
        """Remove rows, counters, ledger, steps and deliveries of a partition."""
        for name in tables.PARTITIONED:
            self._execute(statements.wipe(tables.metadata.tables[name]), (partition,))
        self._memory.forget_partition(partition)

    def run(self, statement: sa.sql.ClauseElement) -> int:
        """Run a rare statement, made of `tables`, inside this transaction; returns how many rows changed."""
        return self._execute(*statements.bound(statement)).rowcount

    def run_many(self, statement: str, values: Iterable[tuple[Any, ...]]) -> None:
        """Run a statement of `statements` for each of these values."""
        self._execute_many(statement, values)

    def run_for(self, tenant: str, statement: sa.Insert | sa.Update | sa.Delete) -> None:
        """Run a statement on a tenant's rows of a table in `tables.REMEMBERED`; memory follows at once."""
        place = (cast("sa.Table", statement.table).name, tenant)
        self.changed.append(place)
        self.run(statement)
        self._memory.reload((place,))

    def after_commit(self, act: Callable[[], None]) -> None:
        """Call `act` once this change is on disk: for what memory alone holds."""
        self.afterwards.append(act)
