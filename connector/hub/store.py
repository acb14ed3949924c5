"""The hub's database: opens it, migrates its tables, and runs transactions in worker threads."""

from __future__ import annotations

import asyncio
import logging
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, ParamSpec, Self, TypeVar

import sqlalchemy as sa

from connector.errors import ConfigurationError, ConnectorError
from connector.hub.commits import SharedCommits
from connector.hub.migrations import migrate
from connector.hub.migrations.procrastinate_tables import install_or_upgrade
from connector.profiles.text_files import OWNER_ONLY, restrict

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger("returns_connector.hub")

P = ParamSpec("P")
T = TypeVar("T")

POSTGRESQL_THREADS = 8
CONNECTING = {"connect_timeout": "5", "options": "-c idle_in_transaction_session_timeout=10000"}
"""Parameters of connections to PostgreSQL, unless the URL contains them.

A connection may take 5 seconds. PostgreSQL ends a transaction that does nothing for 10 seconds, so that a
process that is paused in the middle of one does not lock out the others."""
ATTEMPTS = 3
"""How often a transaction is run that PostgreSQL ended because of others that ran at the same time."""
UNDONE_FOR_OTHERS = {"40001", "40P01"}
"""The codes (SQLSTATE) of PostgreSQL for serialization failures and deadlocks; the transaction was undone."""
OUTAGES = (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.InternalError, sa.exc.TimeoutError)
"""Errors of the database itself: no connection, read-only, disk full, locked."""


class DatabaseUnavailableError(ConnectorError):
    """Raised if the database cannot be used at the moment; nothing was changed."""


class Store:
    """A database, opened by URL (`sqlite:////var/lib/returns/hub.sqlite3` or `postgresql://…`).

    `run` calls a function in a transaction in a worker thread, so that the event loop never waits for the
    disk. For SQLite, which allows one writer, there is one thread, and transactions that wait at the same
    time share one commit. A caller goes on only after the commit of its own changes.

        events = await store.run(read_events, after=17)

    `problem` is a sentence if the last transaction found that the database cannot be used, or "". Raises
    `ConfigurationError` if the database cannot be opened or a newer program has created its tables.
    """

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)
        self.shared = self.engine.dialect.name != "sqlite"
        self.problem = ""
        self._outages = 0
        threads = POSTGRESQL_THREADS if self.shared else 1
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="hub-database")
        self._commits = SharedCommits(self.engine)
        try:
            with self.engine.begin() as connection:
                migrate(connection)
            if self.shared:
                install_or_upgrade(self.engine)
        except sa.exc.SQLAlchemyError as problem:
            self.close()
            raise ConfigurationError(
                f"The hub's database {self.engine.url.render_as_string(hide_password=True)} cannot be used:"
                f" {_why(problem)}. Choose another with --database."
            ) from problem
        except ConfigurationError:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()

    def close(self) -> None:
        self._threads.shutdown(wait=True)
        self.engine.dispose()

    async def run(
        self, work: Callable[Concatenate[sa.Connection, P], T], /, *args: P.args, **options: P.kwargs
    ) -> T:
        """Call `work(connection, …)` in one transaction and return its result; roll back if it raises.

        `connection` is a connection to the database. If PostgreSQL ends the transaction because of a
        deadlock, `work` is called again in another one. Raises `DatabaseUnavailableError` if the database
        cannot be used; an outage is logged once.
        """

        def called(connection: sa.Connection) -> T:
            return work(connection, *args, **options)

        outages = self._outages
        try:
            result = await (self._in_transaction(called) if self.shared else self._in_shared_one(called))
        except OUTAGES as problem:
            raise self._failed(problem) from problem
        if self.problem and outages == self._outages:  # it began after the last failure
            self.problem = ""
            log.warning("The hub's database works again.")
        return result

    async def _in_transaction(self, work: Callable[[sa.Connection], T]) -> T:
        """Run a transaction of its own, up to `ATTEMPTS` times if others made PostgreSQL undo it."""

        def transaction() -> T:
            for attempt in range(ATTEMPTS):
                try:
                    with self.engine.begin() as connection:
                        return work(connection)
                except sa.exc.DBAPIError as problem:
                    undone = getattr(problem.orig, "sqlstate", None) in UNDONE_FOR_OTHERS
                    if not undone or attempt == ATTEMPTS - 1:
                        raise
            raise AssertionError

        return await asyncio.get_running_loop().run_in_executor(self._threads, transaction)

    async def _in_shared_one(self, work: Callable[[sa.Connection], T]) -> T:
        """Run a transaction that shares its commit with the others that wait."""
        unit = self._commits.add(work)
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._threads, self._commits.result, unit)
        except asyncio.CancelledError:
            unit.dropped = True
            raise

    def _failed(self, problem: Exception) -> DatabaseUnavailableError:
        self._outages += 1
        sentence = f"The hub's database cannot be used: {_why(problem)}."
        if not self.problem:
            log.error("%s The hub tries again.", sentence)
        self.problem = self.problem or sentence
        return DatabaseUnavailableError(sentence)


def _why(problem: Exception) -> str:
    """Return the first line of the driver's message, without a period."""
    text = str(getattr(problem, "orig", None) or problem).strip()
    return text.partition("\n")[0].rstrip(".")


def connecting(url: sa.URL) -> dict[str, str]:
    """Return the parameters of `CONNECTING` that a URL does not contain."""
    return {name: value for name, value in CONNECTING.items() if name not in url.query}


def _engine(url: str) -> sa.Engine:
    """Create SQLAlchemy's engine; `postgresql://` and `postgres://` mean the driver psycopg."""
    try:
        parsed = sa.make_url(url)
        if parsed.drivername in {"postgres", "postgresql"}:
            parsed = parsed.set(drivername="postgresql+psycopg")
        if parsed.get_backend_name() == "postgresql":
            return sa.create_engine(
                parsed, pool_pre_ping=True, pool_size=POSTGRESQL_THREADS, connect_args=connecting(parsed)
            )
        engine = sa.create_engine(parsed)
    except (sa.exc.ArgumentError, ModuleNotFoundError) as problem:
        raise ConfigurationError(
            f"The hub's database URL cannot be used: {problem}. Examples are sqlite:///hub.sqlite3 and"
            " postgresql://hub@db.example.com/hub."
        ) from problem
    if engine.dialect.name == "sqlite":
        _keep_private(parsed.database)
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _keep_private(database: str | None) -> None:
    """Let only the owner read the file of an SQLite database, which contains customers' data.

    Does nothing if there is no such file, or if it cannot be created; SQLite then reports why.
    """
    if not database or database == ":memory:":
        return
    with suppress(OSError):
        os.close(os.open(database, os.O_CREAT | os.O_RDWR, OWNER_ONLY))
        if Path(database).is_file():
            restrict(Path(database))


def _prepare_sqlite(connection: object, _record: object) -> None:
    """Configure a new SQLite connection: write-ahead log, full synchronization, and foreign keys.

    `isolation_level` is None, so that only SQLAlchemy begins transactions, and not Python's driver.
    """
    connection.isolation_level = None  # type: ignore[attr-defined]
    for pragma in ("journal_mode = wal", "synchronous = full", "foreign_keys = on", "busy_timeout = 10000"):
        connection.execute(f"pragma {pragma}")  # type: ignore[attr-defined]


def _begin_sqlite(connection: sa.Connection) -> None:
    """Begin a transaction with the write lock, so that a transaction that reads first cannot fail later."""
    connection.exec_driver_sql("begin immediate")
