"""Installs the tables and functions of Procrastinate in PostgreSQL, and upgrades them with the package."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from connector.hub.tables import settings

if TYPE_CHECKING:
    from collections.abc import Sequence

SETTING = "procrastinate"
"""The setting that contains the name of Procrastinate's last migration that was applied."""


def install_or_upgrade(connection: sa.Connection) -> None:
    """Install Procrastinate's tables, or apply its migrations that are newer than the last one applied.

    A database that a newer version of Procrastinate has migrated is left as it is.
    """
    from procrastinate.schema import SchemaManager

    files = sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))
    here = settings.c.name == SETTING
    applied = connection.execute(sa.select(settings.c.value).where(here)).scalar_one_or_none()
    if applied is None:
        _execute(connection, [SchemaManager.get_schema()])
        connection.execute(sa.insert(settings).values(name=SETTING, value=files[-1].name))
    elif applied < files[-1].name:
        _execute(connection, [file.read_text("utf-8") for file in files if file.name > applied])
        connection.execute(sa.update(settings).where(here).values(value=files[-1].name))


def _execute(connection: sa.Connection, scripts: Sequence[str]) -> None:
    """Execute scripts of several statements, which only the driver can do."""
    driver = connection.connection.driver_connection
    for script in scripts:
        driver.execute(script)  # type: ignore[union-attr]
