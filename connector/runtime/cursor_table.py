"""Stores cursors in a table of the user's database, in the user's own transaction."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from connector.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connector.runtime.polling import Cursor

NAME = "returns_cursors"
LONG_TEXT = sa.Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb")
"""The column type for cursors, which can be longer than the 64 KB that MySQL's TEXT can store."""


def cursor_columns() -> tuple[sa.Column[Any], ...]:
    """Return new columns for a table of cursors; `version` counts how often the cursor was stored."""
    return (
        sa.Column("profile", sa.String(255), primary_key=True),
        sa.Column("trigger", sa.String(255), primary_key=True),
        sa.Column("cursor", LONG_TEXT, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    )


class CursorTable:
    """A table of cursors that is written in your own database transactions, with SQLAlchemy.

    Store the events and the cursors of a poll in one transaction. If it fails, neither are stored, and the
    next poll returns the same events again: no event is lost and none is stored twice.

        cursors = CursorTable()
        cursors.create(engine)
        polled = await poll_all(shops, "new_return", cursors.load(engine, "new_return"))
        with engine.begin() as db:
            for event in polled.events:
                db.execute(…)
            cursors.save(db, "new_return", polled.cursors)

    No transaction is open during the poll. Instead, `save` raises `ConfigurationError` if another process has
    stored a cursor since `load`, so that your transaction is rolled back. `trigger` is a name of your choice
    with at most 255 characters; use one per trigger and combination of its inputs.

    `table` is the SQLAlchemy table. Pass the `metadata` of your own tables to include it in your migrations.
    """

    def __init__(
        self, name: str = NAME, *, schema: str | None = None, metadata: sa.MetaData | None = None
    ) -> None:
        self.table = sa.Table(name, metadata or sa.MetaData(), *cursor_columns(), schema=schema)
        self._versions: dict[tuple[str, str], int] = {}

    def create(self, db: sa.Connection | sa.Engine) -> None:
        """Create the table if it is missing."""
        self.table.create(db, checkfirst=True)

    def load(self, db: sa.Connection | sa.Engine, trigger: str) -> dict[str, Cursor]:
        """Return the stored cursors of a trigger, keyed by connection name; pass them to `poll_all`.

        Raises `ConfigurationError` if a cursor is damaged.
        """
        if isinstance(db, sa.Engine):
            with db.begin() as begun:
                return self.load(begun, trigger)
        table = self.table
        stored = sa.select(table.c.profile, table.c.cursor, table.c.version).where(table.c.trigger == trigger)
        found: dict[str, Cursor] = {}
        self._versions = {key: version for key, version in self._versions.items() if key[1] != trigger}
        for profile, text, version in db.execute(stored):
            found[profile] = parsed(text, f"{trigger} of {profile} in the table {table.fullname}")
            self._versions[profile, trigger] = version
        return found

    def save(self, db: sa.Connection, trigger: str, cursors: Mapping[str, Cursor]) -> None:
        """Store the cursors of a trigger, keyed by connection name; the caller commits the transaction.

        Raises `ConfigurationError` if another process has stored one of them since `load`.
        """
        for profile in sorted(cursors):  # a fixed order, so that two processes do not block each other
            version = self._versions.get((profile, trigger), 0)
            if not stored(db, self.table, profile, trigger, cursors[profile], version):
                raise ConfigurationError(
                    f"Another process stored the cursor of {trigger} of {profile} after this process loaded"
                    " it. Roll back, load the cursors and poll again."
                )
            self._versions[profile, trigger] = version + 1


def parsed(text: str, place: str) -> Cursor:
    """Parse a stored cursor; raise `ConfigurationError` if it is damaged. The message contains `place`."""
    try:
        cursor = json.loads(text)
    except ValueError:
        cursor = None
    if not isinstance(cursor, dict):
        raise ConfigurationError(
            f"The cursor of {place} is damaged. Delete it; the next poll is a first poll."
        )
    return cursor


def stored(
    db: sa.Connection, table: sa.Table, profile: str, trigger: str, cursor: Cursor, version: int
) -> bool:
    """Store a cursor if the version in the table is still `version`; return whether it was stored.

    Version 0 means that the table contains no cursor for the profile and trigger.
    """
    key = {"profile": profile, "trigger": trigger}
    new = {"cursor": json.dumps(cursor), "version": version + 1}
    if version:
        changed = table.update().where(
            table.c.profile == profile, table.c.trigger == trigger, table.c.version == version
        )
        return db.execute(changed.values(new)).rowcount == 1
    try:
        with db.begin_nested():  # the caller's transaction can continue if the row exists
            db.execute(table.insert().values(key | new))
    except sa.exc.IntegrityError:
        return False
    return True
