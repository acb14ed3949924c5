"""Opening the SQLite database behind a store: a file, or memory."""

import os
import sqlite3
from pathlib import Path
from threading import Timer

import sqlalchemy as sa
from sqlalchemy.engine import make_url

from mock_server.store import file, statements
from mock_server.store.file import Watch
from mock_server.store.model import StoreError
from mock_server.store.tables import SCHEMA_VERSION, meta

_ADVICE = "Move the file away or name another one with --database."
_ELSEWHERE = "Name another one with --database."
_LONGEST_CHECK = 2.0
"""Seconds that looking for damage may take at the start; a large file is not looked through to its end."""


def open_database(url: str) -> tuple[sqlite3.Connection, Watch]:
    """Connect, in autocommit mode, to a database with our tables; they are made if it is empty.

    `url` is `sqlite://` (memory) or `sqlite:///path`. Raises `StoreError` when the file cannot be
    opened, is in use, is damaged, belongs to another program, or was written by another version.
    """
    path = _path(url)
    if path and not Path(path).parent.is_dir():
        raise StoreError(f"The folder of the database {path} does not exist; make it first.")
    try:
        is_new = not path or file.create(path)
    except OSError as error:
        raise StoreError(f"The database {path} cannot be made: {error.strerror}. {_ELSEWHERE}") from error
    if path and not Path(path).exists():
        raise StoreError(f"The database {path} is a link to a file that does not exist. {_ELSEWHERE}")
    if path and not os.access(path, os.W_OK):
        raise StoreError(
            f"The database {path} is read-only. Make it writable, or {_ADVICE[0].lower()}{_ADVICE[1:]}"
        )
    try:
        connection = sqlite3.connect(
            path or ":memory:", isolation_level=None, check_same_thread=False, cached_statements=512
        )
        try:
            _prepare(connection, path or "in memory", is_new=is_new)
        except BaseException:
            connection.close()
            raise
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
            raise StoreError(_in_use(path)) from None
        raise StoreError(f"The database {path} cannot be opened: {error}. {_ADVICE}") from error
    except sqlite3.Error as error:
        raise StoreError(f"The database {path} cannot be opened: {error}. {_ADVICE}") from error
    if path:
        file.make_private(path)
    return connection, Watch(path)


def _in_use(path: str) -> str:
    """Say who has the file: another sandbox keeps readers away, any other program does not."""
    reader = sqlite3.connect(f"{Path(path).absolute().as_uri()}?mode=ro", uri=True, timeout=0)
    try:
        reader.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error:
        return f"The database {path} is in use by another sandbox; end that first."
    finally:
        reader.close()
    return f"The database {path} is open in another program, a viewer perhaps; close it there first."


def open_scratch() -> sqlite3.Connection:
    """Connect to an empty database with our tables: in memory as far as it fits, and gone when closed."""
    connection = sqlite3.connect("", isolation_level=None, check_same_thread=False, cached_statements=128)
    for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -32768"):
        connection.execute(f"PRAGMA {pragma}")
    _create(connection)
    return connection


def _path(url: str) -> str:
    try:
        parsed = make_url(url)
    except sa.exc.ArgumentError:
        raise StoreError(f"{url!r} is no database URL; write sqlite:///FILE or sqlite:// .") from None
    if parsed.get_backend_name() != "sqlite":
        raise StoreError(f"The sandbox stores in SQLite, not in {parsed.get_backend_name()}.")
    database = parsed.database or ""
    return "" if database == ":memory:" else database


def _prepare(connection: sqlite3.Connection, name: str, *, is_new: bool) -> None:
    execute = connection.execute
    execute("PRAGMA busy_timeout = 2000")
    execute("PRAGMA locking_mode = EXCLUSIVE")  # clocks and keys are in memory too: one process per file
    execute("PRAGMA synchronous = NORMAL")  # in WAL mode: a killed process loses nothing
    execute("PRAGMA cache_size = -65536")  # KiB; a large seed is one transaction and must not spill
    execute("PRAGMA page_size = 2048")  # a create touches ten pages; half the size is half the log
    execute("PRAGMA wal_autocheckpoint = 4000")  # pages: 8 MB, as each checkpoint makes everybody wait
    execute("BEGIN IMMEDIATE")
    try:
        names = {row[0] for row in execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if names:
            _check_version(connection, name)
        else:
            _create(connection)
    except BaseException:
        execute("ROLLBACK")
        raise
    execute("COMMIT")
    execute("PRAGMA journal_mode = WAL")
    if not is_new:
        _look_for_damage(connection, name)


def _look_for_damage(connection: sqlite3.Connection, name: str) -> None:
    timer = Timer(_LONGEST_CHECK, connection.interrupt)
    timer.daemon = True
    timer.start()
    try:
        found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
            return
        found = str(error)
    except sqlite3.DatabaseError as error:
        found = str(error)
    finally:
        timer.cancel()
        timer.join()
    if found != "ok":
        raise StoreError(f"The database {name} is damaged ({' '.join(found.split())}). {_ADVICE}")


def _create(connection: sqlite3.Connection) -> None:
    for statement in statements.schema():
        connection.execute(statement)
    connection.execute(*statements.bound(sa.insert(meta).values(name="schema", value=SCHEMA_VERSION)))


def _check_version(connection: sqlite3.Connection, name: str) -> None:
    try:
        query = statements.bound(sa.select(meta.c.value).where(meta.c.name == "schema"))
        found = connection.execute(*query).fetchone()
    except sqlite3.OperationalError:
        found = None
    if found is None:
        raise StoreError(f"The database {name} belongs to another program. {_ADVICE}")
    if found[0] != SCHEMA_VERSION:
        raise StoreError(
            f"The database {name} was written by another version of the sandbox "
            f"(schema {found[0]}, this one reads {SCHEMA_VERSION}). {_ADVICE}"
        )
