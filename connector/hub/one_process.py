"""Lets only one hub run on a database of SQLite."""

from __future__ import annotations

import sqlite3
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from connector.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

MEMORY = ":memory:"


@contextmanager
def only_process(url: str) -> Iterator[None]:
    """Hold the lock of a database's hub until the block ends; do nothing for PostgreSQL.

    The lock is one of the operating system on the file `<database>.lock`, so it also ends if the process is
    killed. Raises `ConfigurationError` if another process holds it, or if the file cannot be created.
    """
    database = _file(url)
    with ExitStack() as held:
        if database is not None:
            held.enter_context(_locked(database))
        yield


@contextmanager
def _locked(database: Path) -> Iterator[None]:
    """Lock an empty database beside the hub's, because SQLite locks files in the same way on all systems."""
    file = database.with_name(f"{database.name}.lock")
    try:
        connection = sqlite3.connect(file, timeout=0, isolation_level=None)
    except sqlite3.Error as problem:
        raise _refused(database, file, problem) from problem
    with closing(connection):
        try:
            connection.execute("begin exclusive")
        except sqlite3.Error as problem:
            raise _refused(database, file, problem) from problem
        yield


def _file(url: str) -> Path | None:
    """Return the path of SQLite's file; None for PostgreSQL, a database in memory, and a wrong URL."""
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError:
        return None  # `Store` reports it
    if parsed.get_backend_name() != "sqlite":
        return None
    path = (parsed.database or MEMORY).removeprefix("file:").partition("?")[0]
    return None if path == MEMORY else Path(path).resolve()


def _refused(database: Path, file: Path, problem: sqlite3.Error) -> ConfigurationError:
    if problem.sqlite_errorcode != sqlite3.SQLITE_BUSY:
        return ConfigurationError(
            f"The hub's database {database} cannot be used: its lock {file.name} cannot be created"
            f" ({problem}). Choose another with --database."
        )
    return ConfigurationError(
        f"Another hub already uses the database {database}. A database of SQLite serves one process: stop the"
        " other one, or let several share a PostgreSQL database with --database postgresql://hub@db/hub."
    )
