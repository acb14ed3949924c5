"""The hub's database: opens it, checks its version, and runs transactions in worker threads."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Concatenate, ParamSpec, Self, TypeVar

import sqlalchemy as sa

from connector.errors import ConfigurationError
from connector.hub import tables

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")

VERSION = "1"
"""The version of the tables. A database with another version is refused."""
POSTGRESQL_THREADS = 8


class Store:
    """A database, opened by URL (`sqlite:////var/lib/returns/hub.sqlite3` or `postgresql+psycopg://…`).

    `run` calls a function in a transaction in a worker thread, so that the event loop never waits for the
    disk. For SQLite, there is one thread, because SQLite allows one writer.

        events = await store.run(read_events, after=17)

    Raises `ConfigurationError` if the database cannot be opened or has tables of another version.
    """

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)
        threads = 1 if self.engine.dialect.name == "sqlite" else POSTGRESQL_THREADS
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="hub-database")
        try:
            with self.engine.begin() as connection:
                _prepare(connection, url)
        except sa.exc.SQLAlchemyError as problem:
            self.close()
            why = str(getattr(problem, "orig", None) or problem).strip().partition("\n")[0]
            raise ConfigurationError(
                f"The hub's database {self.engine.url.render_as_string(hide_password=True)} cannot be used:"
                f" {why}. Choose another with --database."
            ) from problem

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

        `connection` is a connection to the database.
        """

        def transaction() -> T:
            with self.engine.begin() as connection:
                return work(connection, *args, **options)

        return await asyncio.get_running_loop().run_in_executor(self._threads, transaction)


def _engine(url: str) -> sa.Engine:
    try:
        engine = sa.create_engine(url)
    except (sa.exc.ArgumentError, ModuleNotFoundError) as problem:
        raise ConfigurationError(
            f"The hub's database URL cannot be used: {problem}. An example is sqlite:///hub.sqlite3."
        ) from problem
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


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


def _prepare(connection: sa.Connection, url: str) -> None:
    tables.metadata.create_all(connection)
    version = sa.select(tables.settings.c.value).where(tables.settings.c.name == "version")
    found = connection.execute(version).scalar_one_or_none()
    if found is None:
        connection.execute(sa.insert(tables.settings).values(name="version", value=VERSION))
    elif found != VERSION:
        raise ConfigurationError(
            f"The hub's database {sa.make_url(url).render_as_string(hide_password=True)} has tables of"
            f" version {found}; this program supports version {VERSION}. Start the version of the program"
            " that created it, or choose another with --database."
        )
