"""The store: reads and writes all tenants' rows, counters, ledger events and scheduled steps in SQLite.

The store contains no HTTP code and no vendor-specific code. It is synchronous, because each statement takes
only microseconds, and must be used from one thread. All writes use `Store.change()`.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Self

import orjson
import sqlalchemy as sa

from mock_server.store import listing, statements, tables
from mock_server.store.batch import Batch, Turn
from mock_server.store.change import Change
from mock_server.store.database import open_database, open_scratch, probe
from mock_server.store.figures import Facts, Figure, Figures, Number
from mock_server.store.file import Watch
from mock_server.store.memory import Memory, Reload, TenantTable
from mock_server.store.model import Filters, Order, Row, Sorting, Step, StoreError
from mock_server.store.pages import Pages
from mock_server.store.vacuum import finish, vacuum
from mock_server.store.watching import WatchedChange, watch

__all__ = ["EVERYTHING", "Change", "Filters", "Order", "Row", "Sorting", "Step", "Store", "StoreError"]

EVERYTHING = Filters()
_NOT_HOLDING = -1
_RELEASE = "RELEASE change"
_ROLLBACK_TO = ("ROLLBACK TO change", _RELEASE)


class Store:
    """Reads and writes the database of one sandbox. Create it with `Store.open(url)` or `Store.scratch()`."""

    def __init__(self, connection: sqlite3.Connection, watch: Watch) -> None:
        self._connection = connection
        self._watch = watch
        self._failure = ""
        self.in_memory = not self._connection.execute("PRAGMA database_list").fetchone()[2]
        self._execute = self._connection.execute
        self._memory = Memory()
        self._pages = Pages(connection, self._memory)
        self._changing = False
        self.version = 0  # grows whenever rows change or a change is undone
        self._batch: Batch | None = None
        self._uncommitted: list[TenantTable] = []
        self._callbacks: list[Callable[[], None]] = []
        self.on_commit: list[Callable[[], None]] = []  # called after every commit
        self._held = _NOT_HOLDING
        self._marks = 0, 0, 0
        self._partitions = self._memory.partitions
        self._partitions.update(self._execute(statements.PARTITIONS).fetchall())
        self.on_change(tables.tenants, self._reload_partition)

    @classmethod
    def open(cls, url: str) -> Self:
        """Open the database at `sqlite://` (in memory) or `sqlite:///path`.

        Raises `StoreError` if the database cannot be opened or created.
        """
        return cls(*open_database(url))

    @classmethod
    def scratch(cls) -> Self:
        """Create an empty temporary store, which is deleted when it is closed."""
        return cls(open_scratch(), Watch(""))

    def close(self) -> None:
        """Commit the pending changes, if any, and close the database."""
        if self._batch:
            self._batch.flush()
        finish(self._connection)
        self._connection.close()

    def commit_together(self, loop: asyncio.AbstractEventLoop) -> None:
        """Enable group commit: the changes of up to two iterations of `loop` are committed together."""
        self._batch = Batch(loop, self._commit)

    @property
    def pending(self) -> asyncio.Future[None] | None:
        """A future that resolves at the next commit; await it before you respond. None if no change waits."""
        return self._batch.pending if self._batch else None

    @contextmanager
    def change(self) -> Iterator[Change]:
        """Open a transaction that is committed when the `with` block ends, or rolled back if the block fails.

        Reads in the block see its writes. Nesting blocks raises `RuntimeError`; pass the `Change` instead.
        With group commit, each change is a savepoint in the batch's transaction: a failure undoes only it.
        """
        if self._changing:
            raise RuntimeError("A change is open already; pass it on instead of opening another.")
        execute, batch = self._execute, self._batch
        # The first change of a batch begins the transaction that `Batch.flush` commits.
        if batch is None or not batch.open:
            execute("BEGIN IMMEDIATE")
        elif not self._connection.in_transaction:  # SQLite rolled back, for example when the disk was full
            raise StoreError("An earlier change of the same batch failed, and the whole batch was undone.")
        if batch:
            execute("SAVEPOINT change")
        self._changing = True
        self.version += 1
        mark = len(self._memory.undo)
        change = (WatchedChange if self._memory.watched else Change)(self._connection, self._memory)
        try:
            yield change
            if batch:
                self._end_savepoint()
            self._uncommitted += change.changed
            self._callbacks += change.callbacks
            if not batch:
                self._commit()
        except BaseException as error:
            self._note(error)
            self._undo(_ROLLBACK_TO if batch else ("ROLLBACK",), change.changed, mark)
            raise
        finally:
            self._changing = False
            self.version += 1
            if batch:
                batch.join()

    def _end_savepoint(self) -> None:
        if self._held == _NOT_HOLDING:
            self._execute(_RELEASE)
        else:  # `hold` keeps the savepoint open; savepoints of the same name form a stack
            self._held += 1

    def hold(self) -> None:
        """Start to track changes, so that `undo_held` can undo all changes made after this call.

        Do not await before calling `release` or `undo_held`: other tasks' changes would be undone too.
        """
        self._held = 0
        self._marks = len(self._uncommitted), len(self._callbacks), len(self._memory.undo)

    def release(self) -> None:
        """Keep the changes made since `hold`, so that `undo_held` can no longer undo them."""
        held, self._held = self._held, _NOT_HOLDING
        for _ in range(held):
            self._execute(_RELEASE)

    def undo_held(self) -> None:
        """Undo the changes made since `hold`; without group commit, they are already committed and remain."""
        held, self._held = self._held, _NOT_HOLDING
        first_uncommitted, first_callback, mark = self._marks
        changed = self._uncommitted[first_uncommitted:]
        if held > 0 and self._connection.in_transaction:
            self._undo(_ROLLBACK_TO * held, changed, mark)
        del self._uncommitted[first_uncommitted:], self._callbacks[first_callback:]

    def _commit(self) -> None:
        try:
            self._watch.check()
            self._execute("COMMIT")
        except BaseException as error:
            self._note(error)
            self._memory.forget_sums()  # they may have been read from uncommitted rows
            self._undo(("ROLLBACK",), self._uncommitted, 0)
            raise
        finally:
            callbacks = self._callbacks
            self._uncommitted, self._callbacks = [], []
        self._failure = ""
        self._memory.undo.clear()
        for callback in (*callbacks, *self.on_commit):
            callback()

    def vacuum(self) -> bool:
        """Remove deleted data from the file; return False if it is so large that only `close` does this."""
        if self._batch:
            self._batch.flush()
        return vacuum(self._connection, self._watch)

    def _note(self, error: BaseException) -> None:
        if isinstance(error, sqlite3.Error):
            self._failure = f"The last change could not be stored: {error}."

    def write_problem(self) -> str:
        """Return a message that explains why the store cannot save changes, or "" if no problem is known.

        The message is a sentence for the user. If the last write failed, another one is tried.
        """
        try:
            self._watch.check()
            if self._failure and not (self._batch and self._batch.open):
                probe(self._connection)
                self._failure = ""
        except StoreError as error:
            return str(error)
        except sqlite3.Error as error:
            self._note(error)
        return self._failure

    def _undo(self, rollback: Sequence[str], changed: Sequence[TenantTable], mark: int) -> None:
        """Run the `rollback` statements, then reload the caches of the `changed` tables from the database.

        Caches are updated while a change is still open, so without the reload they would still contain undone
        changes to keys, clocks or switches. After a full disk or an I/O error, SQLite may have rolled back
        the whole transaction (https://www.sqlite.org/lang_transaction.html, section 3). In that case, the
        caches of all tables that the batch changed are reloaded.
        """
        self._memory.forget()
        self.version += 1
        if self._connection.in_transaction:
            for statement in rollback:
                self._execute(statement)
            self._memory.revert(mark)
        else:
            self._memory.forget_sums()
            changed = (*self._uncommitted, *changed)
        try:
            self._memory.reload(dict.fromkeys(changed))
        except sqlite3.Error as error:  # the caches are now wrong, so no further change may be saved
            self._watch.fail(error)

    def on_change(self, table: sa.Table, reload: Reload) -> None:
        """Register a function that reloads a tenant's caches when the tenant's rows in `table` change.

        `reload` must read the current rows with `tenant_rows`; it is also called if a change is undone.
        """
        self._memory.on_change(table.name, reload)

    def watching(self, partition: str) -> AbstractContextManager[Callable[[], bool]]:
        """Detect changes to a partition while it is being copied; see `watching.watch`."""
        return watch(self._memory, partition)

    def tenant_rows(self, table: sa.Table, tenant: str, *columns: str) -> list[tuple[Any, ...]]:
        """Fetch the given columns of a tenant's rows in `table`, which must be one of `tables.REMEMBERED`."""
        return self._execute(statements.of_tenant(table, columns), (tenant,)).fetchall()

    def partition(self, tenant: str) -> str:
        """Return the name of the partition that contains the tenant's rows."""
        return self._partitions.get(tenant, tenant)

    def tenants_by_partition(self) -> dict[str, str]:
        """Return each tenant's name, keyed by partition. Partitions without a tenant are left out."""
        return {partition: name for name, partition in self._partitions.items()}

    def next_webhook(self, last: tuple[str, str, str]) -> tuple[str, str, str, int] | None:
        """Find the next webhook after `last` that has a pending delivery, and the earliest due time.

        Webhooks are sorted by (partition, vendor, ID). Returns these and the due time (µs), or None.
        """
        row: tuple[str, str, str, int] | None
        row = self._execute(statements.NEXT_WEBHOOK, (*last, 1, 0)).fetchone()
        return row

    def due_deliveries(self, webhook: tuple[str, str, str], now: int, limit: int) -> list[tuple[Any, ...]]:
        """Fetch up to `limit` deliveries to a webhook (partition, vendor, ID) that are due at `now` (µs).

        Rows have all columns except `tenant`, in the table's order, and are sorted by due time.
        """
        return self._execute(statements.DUE_DELIVERIES, (*webhook, now, limit, 0)).fetchall()

    def _reload_partition(self, tenant: str) -> None:
        self._partitions.pop(tenant, None)
        self._partitions.update(
            self._execute(statements.of_tenant(tables.tenants, ("name", "partition")), (tenant,))
        )

    def row(self, tenant: str, vendor: str, kind: str, id_: str) -> Row | None:
        """Fetch one row by its ID; return None if the row does not exist."""
        key = (self._partitions.get(tenant, tenant), vendor, kind, id_)
        values = self._execute(statements.ROW, key).fetchone()
        return None if values is None else Row(tenant, *values)

    def document(self, tenant: str, vendor: str, kind: str, id_: str) -> bytes | None:
        """Fetch a row's document as JSON bytes; return None if the row does not exist."""
        partition = self._partitions.get(tenant, tenant)
        values = self._execute(statements.DOCUMENT, (partition, vendor, kind, id_)).fetchone()
        return None if values is None else values[0]

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
        """Fetch one page of row summaries, and the total number of rows that match the filters.

        Rows with the same timestamp are sorted by `sequence`, so that pages neither repeat nor skip rows.
        The total is read from counters, unless the filters combine times or name records (see `Pages.count`).
        """
        key = (self._partitions.get(tenant, tenant), vendor, kind)
        total = self._pages.count(key, filters)
        page = self._pages.page(key, filters, order, descending=descending, limit=limit, offset=offset)
        return page, total

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
        """Fetch up to `limit` row IDs and summaries for keyset pagination.

        The slice starts at the row with the ID `start`, or after it if `inclusive` is False; "" is the first
        row. Without `sorting`, the newest row is first. Unlike offset pages, slices do not shift when
        rows are inserted before them. Raises `LookupError` if no row has this ID.
        """
        row = self.row(tenant, vendor, kind, start) if start else None
        if start and row is None:
            raise LookupError(f"No {kind} has the id {start}.")
        key = (self._partitions.get(tenant, tenant), vendor, kind)
        return self._pages.slice(key, filters, sorting, row, inclusive=inclusive, limit=limit)

    def children(self, tenant: str, vendor: str, kind: str, parent: str) -> list[bytes]:
        """Fetch the documents of the rows of `kind` whose parent has the ID `parent`, oldest first."""
        partition = self._partitions.get(tenant, tenant)
        rows = self._execute(statements.CHILDREN, (partition, vendor, kind, parent)).fetchall()
        return [document for (document,) in rows]

    def rows(self, tenant: str, vendor: str, kind: str, filters: Filters = EVERYTHING) -> Iterator[Row]:
        """Yield the rows that match the filters, oldest first. Do not write until all rows have been read."""
        shape, values = statements.shape_of(filters)
        partition = self._partitions.get(tenant, tenant)
        for row in self._execute(listing.every(shape), (partition, vendor, kind, *values)):
            yield Row(tenant, *row)

    def totals(self, tenant: str, vendor: str, kind: str) -> dict[str, int]:
        """Count the rows of `kind` for each status, using the counters. Zero counts are left out."""
        totals = self._pages.totals((self._partitions.get(tenant, tenant), vendor, kind))
        return {status: total for status, total in totals.items() if total}

    def total(self, tenant: str, vendor: str, kind: str) -> int:
        """Count the rows of `kind`, using the counters."""
        return sum(self._pages.totals((self._partitions.get(tenant, tenant), vendor, kind)).values())

    def next_due(self, tenant: str, vendors: tuple[str, ...]) -> int | None:
        """Return when these vendors' next step is due (µs), or None; cached, as every request needs it."""
        key = self._partitions.get(tenant, tenant), vendors
        try:
            return self._memory.next_due[key]
        except KeyError:
            step = self.next_step(tenant, vendors)
            return self._memory.next_due.setdefault(key, None if step is None else step.due)

    def next_step(self, tenant: str, vendors: tuple[str, ...]) -> Step | None:
        """Fetch these vendors' next step, or None; steps with the same due time run in scheduling order."""
        if not vendors:
            return None
        values = (self.partition(tenant), *vendors, 1, 0)
        row = self._execute(statements.next_step(len(vendors)), values).fetchone()
        if row is None:
            return None
        id_, _, vendor, due, step, subject, body = row
        return Step(tenant, vendor, due, step, subject, orjson.loads(body), id_)

    async def yield_after_commit(self) -> None:
        """Wait for the pending commit, if any, then let other tasks run; raise the error if it fails."""
        if (pending := self.pending) is not None:
            await pending
        await Turn()

    async def figures(
        self, tenant: str, vendor: str, kind: str, facts: Facts, *, kept: bool = True
    ) -> Mapping[Figure, Number]:
        """Return the sums of what `facts` names for each row (see `Figures`); other requests run meanwhile.

        If `kept` is True, the sums are kept: `facts` must be the same function in every call for a kind.
        """
        found = Figures((self.partition(tenant), vendor, kind), facts)
        while True:
            if kept:  # not `found`: a reset or a failed commit may have dropped it
                found = self._memory.figures.setdefault(found.key, Figures(found.key, facts))
            if found.complete:
                return found.values
            found.read(self._connection)
            await self.yield_after_commit()

    def chunks(self, statement: sa.sql.ClauseElement, size: int) -> Iterator[list[tuple[Any, ...]]]:
        """Run a query, and yield its rows in lists of up to `size`. Do not write until all rows are read."""
        cursor = self._execute(*statements.bound(statement))
        while chunk := cursor.fetchmany(size):
            yield chunk

    def fetch(self, statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        """Run a compiled query from `statements`, and return its rows."""
        return self._execute(statement, values).fetchall()

    def select(self, statement: sa.sql.ClauseElement) -> list[tuple[Any, ...]]:
        """Compile and run a query, and return its rows. For frequent queries, use `fetch` instead."""
        return self._execute(*statements.bound(statement)).fetchall()
