"""Creates or opens the store's SQLite database, in a file or in memory, and configures and checks it."""

import os
import sqlite3
from pathlib import Path
from threading import Timer

import sqlalchemy as sa
from sqlalchemy.engine import make_url

from mock_server.store import file, statements, tables
from mock_server.store.file import Watch
from mock_server.store.migration import OLDEST, migrate
from mock_server.store.model import StoreError, WrongDatabaseError
from mock_server.store.tables import SCHEMA_VERSION, meta
from mock_server.store.vacuum import finish

_ADVICE = "Move the file away or choose another one with --database."
_ELSEWHERE = "Choose another one with --database."
_PROBE = "probe"
_MAX_CHECK_SECONDS = 2.0
"""The time limit in seconds for the integrity check at start-up; the rest of a large file is not checked."""


def open_database(url: str) -> tuple[sqlite3.Connection, Watch]:
    """Connect to a database in autocommit mode, and create the tables if it is empty.

    `url` is `sqlite://` (in memory) or `sqlite:///path`. Returns the connection, and a `Watch` that detects
    when the file is deleted or replaced. A file of the previous version of the sandbox is converted. Raises
    `StoreError` if the file cannot be opened, is in use or damaged, belongs to another program, or was
    written by another version.
    """
    path = _path(url)
    if path and not Path(path).parent.is_dir():
        raise WrongDatabaseError(f"The folder of the database {path} does not exist; create it first.")
    try:
        is_new = not path or file.create(path)
    except OSError as error:
        raise WrongDatabaseError(
            f"The database {path} cannot be created: {error.strerror}. {_ELSEWHERE}"
        ) from error
    if path and not Path(path).exists():
        raise WrongDatabaseError(f"The database {path} is a link to a file that does not exist. {_ELSEWHERE}")
    if path and not os.access(path, os.W_OK):
        raise WrongDatabaseError(
            f"The database {path} is read-only. Make it writable, or {_ADVICE[0].lower()}{_ADVICE[1:]}"
        )
    try:
        connection = sqlite3.connect(
            path or ":memory:", isolation_level=None, check_same_thread=False, cached_statements=512
        )
        try:
            _prepare(connection, path or "in memory", is_new=is_new)
            finish(connection)
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
    """Build the error message for a locked database file, with advice on how to unlock it.

    This function tries to read the file to find out what locks it: another sandbox blocks both readers and
    writers; other programs block only writers.
    """
    reader = sqlite3.connect(f"{Path(path).absolute().as_uri()}?mode=ro", uri=True, timeout=0)
    try:
        reader.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error:
        return f"The database {path} is in use by another sandbox; stop that first."
    finally:
        reader.close()
    return f"The database {path} is open in another program, perhaps a viewer; close it there first."


def open_scratch() -> sqlite3.Connection:
    """Create an empty temporary database with all tables; SQLite moves it to disk if it grows large."""
    connection = sqlite3.connect("", isolation_level=None, check_same_thread=False, cached_statements=128)
    for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -32768"):
        connection.execute(f"PRAGMA {pragma}")
    _create(connection)
    return connection


def probe(connection: sqlite3.Connection) -> None:
    """Insert a test row into the database and delete it again; raise `sqlite3.Error` if this fails."""
    execute = connection.execute
    execute("BEGIN IMMEDIATE")
    try:
        # An update to the same value would prove nothing: SQLite does not write unchanged pages.
        execute(*statements.bound(sa.insert(meta).values(name=_PROBE, value="")))
        execute(*statements.bound(sa.delete(meta).where(meta.c.name == _PROBE)))
        execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            execute("ROLLBACK")
        raise


def _path(url: str) -> str:
    try:
        parsed = make_url(url)
    except sa.exc.ArgumentError:
        raise WrongDatabaseError(
            f"{url!r} is not a database URL; use sqlite:///FILE or sqlite:// ."
        ) from None
    if parsed.get_backend_name() != "sqlite":
        raise WrongDatabaseError(f"The sandbox supports SQLite, not {parsed.get_backend_name()}.")
    database = parsed.database or ""
    return "" if database == ":memory:" else database


def _prepare(connection: sqlite3.Connection, name: str, *, is_new: bool) -> None:
    execute = connection.execute
    execute("PRAGMA busy_timeout = 2000")
    execute("PRAGMA locking_mode = EXCLUSIVE")  # one process per file, because clocks and keys are cached
    execute("PRAGMA synchronous = NORMAL")  # in WAL mode, a killed process loses no committed change
    execute("PRAGMA cache_size = -65536")  # KiB: the transaction of a large seed must fit into the cache
    execute("PRAGMA page_size = 2048")  # a create changes ten pages: half the default halves the log
    execute("PRAGMA wal_autocheckpoint = 4000")  # pages (8 MB): all requests wait during a checkpoint
    execute("BEGIN IMMEDIATE")
    try:
        names = {row[0] for row in execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if names:
            _check_version(connection, name)
            _create_missing_indexes(connection)
        else:
            _create(connection)
    except BaseException:
        execute("ROLLBACK")
        raise
    execute("COMMIT")
    execute("PRAGMA journal_mode = WAL")
    if not is_new:
        _check_integrity(connection, name)


def _check_integrity(connection: sqlite3.Connection, name: str) -> None:
    timer = Timer(_MAX_CHECK_SECONDS, connection.interrupt)
    timer.daemon = True
    timer.start()
    try:
        result = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
            return
        result = str(error)
    except sqlite3.DatabaseError as error:
        result = str(error)
    finally:
        timer.cancel()
        timer.join()
    if result != "ok":
        raise StoreError(f"The database {name} is damaged ({' '.join(result.split())}). {_ADVICE}")


def _create(connection: sqlite3.Connection) -> None:
    for statement in statements.schema():
        connection.execute(statement)
    connection.execute(*statements.bound(sa.insert(meta).values(name="schema", value=SCHEMA_VERSION)))


def _create_missing_indexes(connection: sqlite3.Connection) -> None:
    """Create the indexes of `rows` that an earlier version of the sandbox did not create."""
    for index in tables.rows.indexes:
        connection.execute(statements.create_index(index, if_not_exists=True))


def _check_version(connection: sqlite3.Connection, name: str) -> None:
    """Convert a database that the previous version of the sandbox wrote.

    Raises `StoreError` if another program or any other version wrote it. `name` is the file's name for error
    messages.
    """
    try:
        query = statements.bound(sa.select(meta.c.value).where(meta.c.name == "schema"))
        row = connection.execute(*query).fetchone()
    except sqlite3.OperationalError:
        row = None
    if row is None:
        raise WrongDatabaseError(f"The database {name} belongs to another program. {_ADVICE}")
    if row[0] == OLDEST:
        migrate(connection)
    elif row[0] != SCHEMA_VERSION:
        raise StoreError(
            f"The database {name} was written by another version of the sandbox "
            f"(schema {row[0]}, this one reads {SCHEMA_VERSION}). {_ADVICE}"
        )
