"""Removes deleted data from unused pages of the database file, at once or when the file is closed.

SQLite does this by rewriting the whole file (VACUUM), and every request waits meanwhile. A small file is
therefore rewritten at once, and a large one when the sandbox stops. If the sandbox is killed before that, the
next start rewrites the file.
"""

import sqlite3
from contextlib import suppress
from typing import Final

import sqlalchemy as sa

from mock_server.store import statements
from mock_server.store.file import Watch
from mock_server.store.tables import meta

MAX_AT_ONCE: Final = 9 * 256 * 1024
"""The maximum size in bytes of a file that is rewritten while requests are served; this takes about 30 ms."""
_PENDING: Final = "vacuum"
_HERE: Final = meta.c.name == _PENDING


def pending() -> sa.Insert:
    """Build the statement that marks the file for rewriting; run it in the transaction of the deletions."""
    return sa.insert(meta).prefix_with("OR REPLACE").values(name=_PENDING, value="")


def vacuum(connection: sqlite3.Connection, watch: Watch) -> bool:
    """Rewrite the file if it is marked for rewriting and small; return False if it is too large."""
    if not _is_pending(connection):
        return True
    pages, size = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
    if pages * size > MAX_AT_ONCE and connection.execute("PRAGMA database_list").fetchone()[2]:
        return False
    _rewrite(connection)
    watch.renew()
    return True


def finish(connection: sqlite3.Connection) -> None:
    """Rewrite the file if it is marked for rewriting; if this fails, the file remains marked."""
    with suppress(sqlite3.Error):
        if _is_pending(connection):
            _rewrite(connection)


def _rewrite(connection: sqlite3.Connection) -> None:
    connection.execute("VACUUM")
    connection.execute(*statements.bound(sa.delete(meta).where(_HERE)))
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()


def _is_pending(connection: sqlite3.Connection) -> bool:
    query = statements.bound(sa.select(meta.c.name).where(_HERE))
    return connection.execute(*query).fetchone() is not None
