"""Rows, counters, ledger events and scheduled steps of all tenants, in one SQLite database.

The store knows no HTTP and no vendor's words. It is called from one thread, directly: a statement
takes microseconds. `Store.change()` is the only way to write.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Self

import orjson
import sqlalchemy as sa

from mock_server.store import statements, tables
from mock_server.store.batch import Batch, Turn
from mock_server.store.change import Change
from mock_server.store.database import open_database, open_scratch
from mock_server.store.file import Watch
from mock_server.store.memory import Memory, Owner, Place, Reload
from mock_server.store.model import Filters, Order, Row, Sorting, Step, StoreError

__all__ = ["EVERYTHING", "Change", "Filters", "Order", "Row", "Sorting", "Step", "Store", "StoreError"]

EVERYTHING = Filters()
_NOT_HOLDING = -1
_PROBE = "probe"
_RELEASE = "RELEASE change"
_BACK = ("ROLLBACK TO change", _RELEASE)


class Store:
    """The database of one sandbox; `Store.open(url)` makes it."""

    def __init__(self, connection: sqlite3.Connection, watch: Watch) -> None:
        self._connection = connection
        self._watch = watch
        self._failure = ""
        self.in_memory = not self._connection.execute("PRAGMA database_list").fetchone()[2]
        self._execute = self._connection.execute
        self._memory = Memory()
        self._changing = False
        self._batch: Batch | None = None
        self._uncommitted: list[Place] = []
        self._afterwards: list[Callable[[], None]] = []
        self._held = _NOT_HOLDING
        self._marks = 0, 0
        self._partitions = self._memory.partitions
        self._partitions.update(self._execute(statements.PARTITIONS).fetchall())
        self.on_change(tables.tenants, self._reload_partition)

    @classmethod
    def open(cls, url: str) -> Self:
        """Open `sqlite://` (memory) or `sqlite:///path`; raises `StoreError`."""
        return cls(*open_database(url))

    @classmethod
    def scratch(cls) -> Self:
        """Make an empty store that disappears when it is closed."""
        return cls(open_scratch(), Watch(""))

    def close(self) -> None:
        """Give the file back; nothing that was told to anybody is lost without it."""
        if self._batch:
            self._batch.flush()
        self._connection.close()

    def commit_together(self, loop: asyncio.AbstractEventLoop) -> None:
        """Commit the changes of each turn of the loop in one go; `pending` says what to wait for."""
        self._batch = Batch(loop, self._commit)

    @property
    def pending(self) -> asyncio.Future[None] | None:
        """What to wait for before telling what was read or written; None when all of it is on disk."""
        return self._batch.pending if self._batch else None

    @contextmanager
    def change(self) -> Iterator[Change]:
        """All or nothing: committed at the end of the block (see `commit_together`), undone when it raises.

        Reads inside the block see its writes. Changes do not nest: hand the `Change` on instead.
        """
        if self._changing:
            raise RuntimeError("A change is open already; hand it on instead of opening another.")
        execute, batch = self._execute, self._batch
        if batch is None or not batch.open:
            execute("BEGIN IMMEDIATE")
        elif not self._connection.in_transaction:
            raise StoreError(
                "A change before this one failed, and what was to be committed with it was undone."
            )
        if batch:
            execute("SAVEPOINT change")
        self._changing = True
        change = Change(self._connection, self._memory)
        try:
            yield change
            if batch:
                self._end_savepoint()
            self._uncommitted += change.changed
            self._afterwards += change.afterwards
            if not batch:
                self._commit()
        except BaseException as error:
            self._note(error)
            self._undo(_BACK if batch else ("ROLLBACK",), change.changed)
            raise
        finally:
            self._changing = False
            if batch:
                batch.join()

    def _end_savepoint(self) -> None:
        if self._held == _NOT_HOLDING:
            self._execute(_RELEASE)
        else:
            self._held += 1

    def hold(self) -> None:
        """Keep the changes from here on so that `undo_held` can undo them; await nothing meanwhile."""
        self._held = 0
        self._marks = len(self._uncommitted), len(self._afterwards)

    def release(self) -> None:
        """Let the changes since `hold` be committed with the others of this turn."""
        held, self._held = self._held, _NOT_HOLDING
        for _ in range(held):
            self._execute(_RELEASE)

    def undo_held(self) -> None:
        """Undo the changes since `hold`; without `commit_together` they are on disk already and stay."""
        held, self._held = self._held, _NOT_HOLDING
        places, acts = self._marks
        changed = self._uncommitted[places:]
        if held > 0 and self._connection.in_transaction:
            self._undo(_BACK * held, changed)
        del self._uncommitted[places:], self._afterwards[acts:]

    def _commit(self) -> None:
        try:
            self._watch.check()
            self._execute("COMMIT")
        except BaseException as error:
            self._note(error)
            self._undo(("ROLLBACK",), self._uncommitted)
            raise
        finally:
            afterwards = self._afterwards
            self._uncommitted, self._afterwards = [], []
        self._failure = ""
        for act in afterwards:
            act()

    def _note(self, error: BaseException) -> None:
        if isinstance(error, sqlite3.Error):
            self._failure = f"What was to be stored last could not be: {error}."

    def write_problem(self) -> str:
        """Say in a sentence why nothing can be stored just now; "" if nothing is known to be in the way.

        After a failure it tries to write: a disk that was full may have room again.
        """
        try:
            self._watch.check()
            if self._failure and not (self._batch and self._batch.open):
                self._try_to_write()
        except StoreError as error:
            return str(error)
        except sqlite3.Error as error:
            self._note(error)
        return self._failure

    def _try_to_write(self) -> None:
        meta = tables.meta
        self._execute("BEGIN IMMEDIATE")
        try:
            # Not an update to the same value: SQLite writes no page that stays as it is.
            self._execute(*statements.bound(sa.insert(meta).values(name=_PROBE, value="")))
            self._execute(*statements.bound(sa.delete(meta).where(meta.c.name == _PROBE)))
            self._execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._execute("ROLLBACK")
            raise
        self._failure = ""

    def _undo(self, back: Sequence[str], changed: Sequence[Place]) -> None:
        """Undo, and let memory hold what the file has again."""
        self._memory.forget()
        if self._connection.in_transaction:
            for statement in back:
                self._execute(statement)
        else:  # a full disk makes SQLite undo everything by itself
            changed = (*self._uncommitted, *changed)
        try:
            self._memory.reload(dict.fromkeys(changed))
        except sqlite3.Error as error:  # memory holds what the file has not, so nothing more may come of it
            self._watch.fail(error)

    def on_change(self, table: sa.Table, reload: Reload) -> None:
        """Call `reload` with the name of a tenant whenever its rows in `table` change, or change back.

        It reads them with `held`. So what memory holds is what the file has, also when a commit fails.
        """
        self._memory.on_change(table.name, reload)

    def tenant_rows(self, table: sa.Table, tenant: str, *columns: str) -> list[tuple[Any, ...]]:
        """Return these columns of a tenant's rows in one of `tables.REMEMBERED`."""
        return self._execute(statements.of_tenant(table, columns), (tenant,)).fetchall()

    def partition(self, tenant: str) -> str:
        """Return under which name the rows of a tenant are stored."""
        return self._partitions.get(tenant, tenant)

    def tenants_by_partition(self) -> dict[str, str]:
        """Return the tenant of each partition that has one."""
        return {partition: name for name, partition in self._partitions.items()}

    def next_webhook(self, last: tuple[str, str, str]) -> tuple[str, str, str, int] | None:
        """Return the next webhook (partition, vendor, id) with something to send, and when that is due."""
        found: tuple[str, str, str, int] | None = self._execute(
            statements.NEXT_WEBHOOK, (*last, 1, 0)
        ).fetchone()
        return found

    def due_deliveries(self, lane: tuple[str, str, str], now: int, most: int) -> list[tuple[Any, ...]]:
        """Return the deliveries to a webhook (partition, vendor, id) that are due, the earliest first."""
        return self._execute(statements.DUE_DELIVERIES, (*lane, now, most, 0)).fetchall()

    def _reload_partition(self, tenant: str) -> None:
        self._partitions.pop(tenant, None)
        self._partitions.update(
            self._execute(statements.of_tenant(tables.tenants, ("name", "partition")), (tenant,))
        )

    def row(self, tenant: str, vendor: str, kind: str, id_: str) -> Row | None:
        """Return the row of that id, or None."""
        partition = self._partitions.get(tenant, tenant)
        found = self._execute(statements.ROW, (partition, vendor, kind, id_)).fetchone()
        return None if found is None else Row(tenant, *found)

    def document(self, tenant: str, vendor: str, kind: str, id_: str) -> bytes | None:
        """Return the document of that id as stored, or None."""
        partition = self._partitions.get(tenant, tenant)
        found = self._execute(statements.DOCUMENT, (partition, vendor, kind, id_)).fetchone()
        return None if found is None else found[0]

    def page(
        self,
        tenant: str,
        vendor: str,
        kind: str,
        filters: Filters = EVERYTHING,
        *,
        order: Order = "created_at",
        descending: bool = True,
        limit: int,
        offset: int = 0,
    ) -> tuple[list[bytes], int]:
        """Return the summaries of one page, and how many rows the filter holds.

        Equal times are ordered by `sequence`, so pages are slices of one total order.
        """
        shape, values = statements.shape_of(filters)
        sql = statements.page(shape, order, descending=descending)
        partition = self._partitions.get(tenant, tenant)
        found = self._execute(sql, (partition, vendor, kind, *values, limit, offset)).fetchall()
        if not shape or (len(shape) == 1 and filters.statuses):
            totals = self._totals((partition, vendor, kind))
            total = sum(totals.get(s, 0) for s in set(filters.statuses or totals))
        else:
            total = self._execute(statements.count(shape), (partition, vendor, kind, *values)).fetchone()[0]
        return [summary for (summary,) in found], total

    def slice(
        self,
        tenant: str,
        vendor: str,
        kind: str,
        filters: Filters = EVERYTHING,
        *,
        sorting: Sorting = (),
        start: str = "",
        inclusive: bool = True,
        limit: int,
    ) -> list[tuple[str, bytes]]:
        """Return ids and summaries from the row with id `start` on (or behind it): pages that never shift.

        Unsorted, the row inserted last comes first. Raises `LookupError` where no row has that id.
        """
        shape, values = statements.shape_of(filters)
        place: statements.Place = "start"
        known = {"limit": limit, "offset": 0}
        if start:
            row = self.row(tenant, vendor, kind, start)
            if row is None:
                raise LookupError(f"No {kind} has the id {start}.")
            place = "with" if inclusive else "behind"
            known |= {f"at_{name}": getattr(row, name) for name in ("created_at", "updated_at", "sequence")}
        sql, names = statements.slice_(shape, sorting, place)
        given = iter((self._partitions.get(tenant, tenant), vendor, kind, *values))
        return self._execute(sql, [known[n] if n in known else next(given) for n in names]).fetchall()

    def children(self, tenant: str, vendor: str, kind: str, parent: str) -> list[bytes]:
        """Documents of the rows of `kind` that belong to `parent`, oldest first."""
        partition = self._partitions.get(tenant, tenant)
        found = self._execute(statements.CHILDREN, (partition, vendor, kind, parent)).fetchall()
        return [document for (document,) in found]

    def rows(self, tenant: str, vendor: str, kind: str, filters: Filters = EVERYTHING) -> Iterator[Row]:
        """Whole rows, oldest first; read them to the end before writing."""
        shape, values = statements.shape_of(filters)
        partition = self._partitions.get(tenant, tenant)
        for found in self._execute(statements.every(shape), (partition, vendor, kind, *values)):
            yield Row(tenant, *found)

    def totals(self, tenant: str, vendor: str, kind: str) -> dict[str, int]:
        """How many rows of `kind` there are per vendor status, from the counters."""
        totals = self._totals((self._partitions.get(tenant, tenant), vendor, kind))
        return {status: total for status, total in totals.items() if total}

    def total(self, tenant: str, vendor: str, kind: str) -> int:
        """Return how many rows of `kind` there are."""
        return sum(self._totals((self._partitions.get(tenant, tenant), vendor, kind)).values())

    def next_due(self, tenant: str, vendors: tuple[str, ...]) -> int | None:
        """Return when the earliest step of these vendors is due; remembered, so it costs no query."""
        partition = self._partitions.get(tenant, tenant)
        try:
            return self._memory.next_due[partition, vendors]
        except KeyError:
            step = self.next_step(tenant, vendors)
            due = self._memory.next_due[partition, vendors] = None if step is None else step.due
            return due

    def next_step(self, tenant: str, vendors: tuple[str, ...]) -> Step | None:
        """Return the step that is due first; of equal times the one scheduled first."""
        if not vendors:
            return None
        values = (self.partition(tenant), *vendors, 1, 0)
        found = self._execute(statements.next_step(len(vendors)), values).fetchone()
        if found is None:
            return None
        number, _, vendor, due, step, subject, body = found
        return Step(tenant, vendor, due, step, subject, orjson.loads(body), number)

    async def yield_after_commit(self) -> None:
        """Let others at the event loop, and go on once what was changed is on disk; raises as COMMIT does."""
        pending = self.pending
        if pending is not None:
            await pending
        await Turn()

    def chunks(self, statement: sa.sql.ClauseElement, size: int) -> Iterator[list[tuple[Any, ...]]]:
        """Run a query and yield what it finds, so many rows at a time; nothing may be written meanwhile."""
        cursor = self._execute(*statements.bound(statement))
        while found := cursor.fetchmany(size):
            yield found

    def fetch(self, statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        """Run a query of `statements` with its values."""
        return self._execute(statement, values).fetchall()

    def select(self, statement: sa.sql.ClauseElement) -> list[tuple[Any, ...]]:
        """Run a rare query, made of `tables`."""
        return self._execute(*statements.bound(statement)).fetchall()

    def _totals(self, owner: Owner) -> dict[str, int]:
        known = self._memory.totals.get(owner)
        if known is None:
            known = self._memory.totals[owner] = dict(self._execute(statements.TOTALS, owner).fetchall())
        return known
