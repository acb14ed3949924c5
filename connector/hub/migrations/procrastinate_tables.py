"""Installs the tables and functions of Procrastinate in PostgreSQL, and upgrades them with the package."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from connector.hub.locks import MIGRATION, one_at_a_time
from connector.hub.tables import settings

SETTING = "procrastinate"
"""The setting that contains the name of Procrastinate's last migration that was applied."""
HERE = settings.c.name == SETTING


def install_or_upgrade(engine: sa.Engine) -> None:
    """Install Procrastinate's tables, or apply its migrations that are newer than the last one applied.

    Each migration has a transaction of its own, because PostgreSQL cannot use a new value of an enumeration
    in the transaction that adds it. A database that a newer version of Procrastinate has migrated is left as
    it is.
    """
    from procrastinate.schema import SchemaManager

    files = sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))
    with engine.begin() as connection:
        if _applied(connection) is None:
            _execute(connection, SchemaManager.get_schema())
            connection.execute(sa.insert(settings).values(name=SETTING, value=files[-1].name))
    with engine.begin() as connection:
        applied = str(_applied(connection))
    for file in files:
        if file.name <= applied:
            continue
        with engine.begin() as connection:
            if file.name > str(_applied(connection)):
                _execute(connection, file.read_text("utf-8"))
                connection.execute(sa.update(settings).where(HERE).values(value=file.name))


def _applied(connection: sa.Connection) -> str | None:
    """Return the name of the last migration; other processes that start at the same time wait."""
    one_at_a_time(connection, MIGRATION)
    return connection.execute(sa.select(settings.c.value).where(HERE)).scalar_one_or_none()


def _execute(connection: sa.Connection, script: str) -> None:
    """Execute a script of several statements, which only the driver can do."""
    connection.connection.driver_connection.execute(script)  # type: ignore[union-attr]
