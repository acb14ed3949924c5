"""Defines the schema of a cursor file, and migrates files that earlier versions created.

A file stores how many of the migrations in `STEPS` were run on it (SQLite's `user_version`). To change the
schema, append a migration. Never change a migration that was released.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector.errors import ConfigurationError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from pathlib import Path

TABLES = (
    """create table if not exists cursors (
        profile text not null, trigger text not null, cursor text not null, primary key (profile, trigger)
    ) without rowid""",
    """create table if not exists waiting (
        place integer primary key, profile text not null, trigger text not null, event text not null
    )""",
    "create index if not exists waiting_by_trigger on waiting (profile, trigger, place)",
    """create table if not exists skipped (
        place integer primary key, profile text not null, trigger text not null, event text, why text not
        null, at text not null
    )""",
)


def first(database: sqlite3.Connection) -> None:
    """Create the tables and the column `tries` if they are missing.

    Files from before versions were stored have some of the tables, and may lack the column.
    """
    for statement in TABLES:
        database.execute(statement)
    columns = {row[1] for row in database.execute("pragma table_info(waiting)")}
    if "tries" not in columns:
        database.execute("alter table waiting add column tries integer not null default 0")


STEPS: tuple[Callable[[sqlite3.Connection], None], ...] = (first,)


def is_current(database: sqlite3.Connection) -> bool:
    """Check whether the file has the current schema."""
    return _version(database) == len(STEPS)


def migrate(database: sqlite3.Connection, path: Path) -> None:
    """Run the migrations that have not been run on the file, within the caller's transaction.

    Raises `ConfigurationError` if a newer version of this package wrote the file.
    """
    version = _version(database)
    if version > len(STEPS):
        raise ConfigurationError(
            f"The cursor file {path} has schema version {version}, and this version of returns-connector"
            f" reads up to {len(STEPS)}. Install the version that wrote the file, or use another file."
        )
    for step in STEPS[version:]:
        step(database)
    database.execute(f"pragma user_version = {len(STEPS)}")


def _version(database: sqlite3.Connection) -> int:
    (version,) = database.execute("pragma user_version").fetchone()
    return int(version)
