"""Brings the tables of the hub's database to the newest revision, with Alembic.

`versions` contains one module per revision, which is never changed once it was released. A revision only
adds tables, columns and indexes that an older program can ignore, so that processes of both versions can run
on one database while they are replaced one after the other. Add a revision for each change of
`connector.hub.tables`; a test compares both.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory

from connector.errors import ConfigurationError
from connector.hub.locks import MIGRATION, one_at_a_time
from connector.hub.tables import settings

FIRST = "0001"
BEFORE_ALEMBIC = "1"
"""The value of the setting `version` in databases that were created before Alembic was used."""


def migrate(connection: sa.Connection) -> None:
    """Create the tables, or bring them to the newest revision, in the transaction of `connection`.

    Several processes can start at once: one migrates, and the others wait for it. Raises `ConfigurationError`
    if a newer program has created the tables.
    """
    one_at_a_time(connection, MIGRATION)
    scripts = ScriptDirectory(str(Path(__file__).parent))
    context = MigrationContext.configure(connection)
    newest = str(scripts.get_current_head())
    found = context.get_current_revision() or _version_before_alembic(connection)
    if found is not None and found not in {script.revision for script in scripts.walk_revisions()}:
        raise ConfigurationError(
            f"The hub's database {connection.engine.url.render_as_string(hide_password=True)} has tables of"
            f" version {found}, but this program supports versions up to {newest}. Start the version of the"
            " program that created them, or choose another with --database."
        )
    if found == newest:
        return
    with Operations.context(context):
        for script in reversed(list(scripts.iterate_revisions("head", found or "base"))):
            script.module.upgrade()
    context.stamp(scripts, newest)
    _store_version(connection, newest)


def _version_before_alembic(connection: sa.Connection) -> str | None:
    """Return the revision of tables without Alembic's version table; None if there are no tables.

    The first version of the tables is Alembic's first revision.
    """
    if not sa.inspect(connection).has_table(settings.name):
        return None
    version = sa.select(settings.c.value).where(settings.c.name == "version")
    found = connection.execute(version).scalar_one_or_none()
    return FIRST if found == BEFORE_ALEMBIC else str(found)


def _store_version(connection: sa.Connection, version: str) -> None:
    """Store the revision in the setting that programs from before Alembic check, so that they refuse it."""
    here = settings.c.name == "version"
    if not connection.execute(sa.update(settings).where(here).values(value=version)).rowcount:
        connection.execute(sa.insert(settings).values(name="version", value=version))
