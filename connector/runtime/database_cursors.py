"""Stores triggers' cursors and the events that are pending delivery in a database, with SQLAlchemy."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

import sqlalchemy as sa

from connector.errors import ConfigurationError
from connector.runtime.cursor_table import LONG_TEXT, cursor_columns, parsed, stored
from connector.runtime.stored_events import Skipped, event_of, json_of, storable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from connector.runtime.polling import Cursor, Event

SCHEMA_VERSION = 1
PLACE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


class DatabaseCursors:
    """Stores triggers' cursors and pending events (the outbox) in a database; `Cursors` for SQLAlchemy.

    `database` is an SQLAlchemy URL, for example `postgresql+psycopg://user@host/shop`, or an `Engine`. The
    driver must be installed. The names of the tables begin with `prefix`; missing tables are created. Each
    method commits a separate transaction, and blocks the event loop until the database responds.

        with DatabaseCursors("postgresql+psycopg://user@host/shop") as cursors:
            trigger = connection.triggers["new_return"]
            with cursors.locked("shop", trigger.cursor_name()):
                result = await Runner(trigger, cursors, profile="shop", handler=handler).once()

    To store events and cursors in your own transaction, use `CursorTable` with `poll_all`.

    All methods raise `ConfigurationError` if the database cannot be used, if a newer version of this package
    created the tables, or if another runner stores a cursor for the same profile and trigger.
    """

    def __init__(self, database: str | sa.URL | sa.Engine, *, prefix: str = "returns_") -> None:
        with _usable():
            self._owned = not isinstance(database, sa.Engine)
            self._engine = (
                database
                if isinstance(database, sa.Engine)
                else sa.create_engine(database, pool_pre_ping=True)
            )
            if self._engine.dialect.name == "sqlite":
                raise ConfigurationError("Use `connector.Cursors(path)` for a SQLite file.")
            self._tables = _Tables(prefix)
            self._versions: dict[tuple[str, str], int] = {}
            with self._engine.begin() as db:
                self._tables.create(db)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the database connections, unless the constructor received an `Engine`."""
        if self._owned:
            self._engine.dispose()

    @contextmanager
    def locked(self, profile: str, trigger: str) -> Iterator[None]:
        """Lock a profile and trigger for the duration of a `with` block, by locking a row in a table.

        Raises `ConfigurationError` if another runner has the lock. The database releases the lock when the
        connection ends, even if the process is killed.
        """
        locks = self._tables.locks
        key = (locks.c.profile == profile, locks.c.trigger == trigger)
        with _usable():
            with self._engine.begin() as db:
                if db.execute(sa.select(locks).where(*key)).first() is None:
                    with suppress(sa.exc.IntegrityError), db.begin_nested():  # another runner may insert it
                        db.execute(locks.insert().values(profile=profile, trigger=trigger))
            db = self._engine.connect()
        try:
            try:
                db.execute(sa.select(locks).where(*key).with_for_update(nowait=True))
            except sa.exc.OperationalError as problem:
                raise ConfigurationError(
                    f"Another runner is polling {trigger} with profile {profile}; stop it first."
                ) from problem
            yield
        finally:
            with suppress(sa.exc.SQLAlchemyError):  # the connection may have ended, and the lock with it
                db.close()

    def load(self, profile: str, trigger: str) -> Cursor | None:
        """Load the stored cursor; return None if no cursor is stored."""
        table = self._tables.cursors
        with _usable(), self._engine.begin() as db:
            row = db.execute(
                sa.select(table.c.cursor, table.c.version).where(*_of(table, profile, trigger))
            ).first()
        self._versions[profile, trigger] = row.version if row else 0
        return parsed(row.cursor, f"{trigger} of {profile} in the table {table.name}") if row else None

    def waiting(self, profile: str, trigger: str) -> list[tuple[int, Event]]:
        """List the events that are pending delivery as `(place, event)` pairs, in order of their places."""
        table = self._tables.waiting
        rows = self._rows(
            sa.select(table.c.place, table.c.event)
            .where(*_of(table, profile, trigger))
            .order_by(table.c.place)
        )
        return [(row.place, _event(row.event, table.name)) for row in rows]

    def failures(self, profile: str, trigger: str) -> dict[int, int]:
        """Return the number of failed delivery attempts for each event that has failed, keyed by place."""
        table = self._tables.waiting
        rows = self._rows(
            sa.select(table.c.place, table.c.tries).where(*_of(table, profile, trigger), table.c.tries > 0)
        )
        return {row.place: row.tries for row in rows}

    def record_failure(self, place: int) -> None:
        """Add one to the number of failed delivery attempts for the event at `place`."""
        table = self._tables.waiting
        with _usable(), self._engine.begin() as db:
            db.execute(table.update().where(table.c.place == place).values(tries=table.c.tries + 1))

    def advance(
        self,
        profile: str,
        trigger: str,
        cursor: Cursor,
        events: Iterable[Event],
        *,
        rows: Iterable[str] = (),
        at: datetime | None = None,
    ) -> None:
        """Store a poll's cursor and add its events to the outbox; see `Cursors.advance`."""
        key = {"profile": profile, "trigger": trigger}
        added = [{**key, "event": json_of(event)} for event in events]
        given_up = [{**key, "why": storable(why), "at": at.isoformat()} for why in rows] if at else []
        version = self._versions.get((profile, trigger), 0)
        with _usable(), self._engine.begin() as db:
            if not stored(db, self._tables.cursors, profile, trigger, cursor, version):
                raise ConfigurationError(
                    f"Another runner stored a cursor for {trigger} with profile {profile}; stop one of them."
                )
            if added:
                db.execute(self._tables.waiting.insert(), added)
            if given_up:
                db.execute(self._tables.skipped.insert(), given_up)
        self._versions[profile, trigger] = version + 1

    def set_aside(self, place: int, why: str, at: datetime) -> None:
        """Move a pending event to the list of skipped events, with the reason `why` and the time `at`."""
        waiting = self._tables.waiting
        with _usable(), self._engine.begin() as db:
            row = db.execute(sa.select(waiting).where(waiting.c.place == place)).one()
            moved = {"profile": row.profile, "trigger": row.trigger, "event": row.event}
            db.execute(self._tables.skipped.insert().values(**moved, why=storable(why), at=at.isoformat()))
            db.execute(waiting.delete().where(waiting.c.place == place))

    def skipped(self, profile: str, trigger: str) -> list[Skipped]:
        """List the entries that were set aside (events and unreadable rows), oldest entry first."""
        table = self._tables.skipped
        rows = self._rows(
            sa.select(table.c.event, table.c.why, table.c.at)
            .where(*_of(table, profile, trigger))
            .order_by(table.c.place)
        )
        return [
            Skipped(row.event and _event(row.event, table.name), row.why, datetime.fromisoformat(row.at))
            for row in rows
        ]

    def retry(self, profile: str, trigger: str) -> int:
        """Move all skipped events back to the outbox and return their number."""
        table, key = self._tables.skipped, {"profile": profile, "trigger": trigger}
        events = (*_of(table, profile, trigger), table.c.event.is_not(None))
        with _usable(), self._engine.begin() as db:
            texts = db.scalars(sa.select(table.c.event).where(*events).order_by(table.c.place)).all()
            if texts:
                db.execute(self._tables.waiting.insert(), [{**key, "event": text} for text in texts])
                db.execute(table.delete().where(*events))
        return len(texts)

    def settle(self, place: int) -> None:
        """Remove the event at `place` from the outbox after its delivery."""
        table = self._tables.waiting
        with _usable(), self._engine.begin() as db:
            db.execute(table.delete().where(table.c.place == place))

    def forget(self, profile: str, trigger: str) -> None:
        """Delete the cursor and all pending events, so that the next poll is a first poll."""
        with _usable(), self._engine.begin() as db:
            for table in (self._tables.waiting, self._tables.cursors):
                db.execute(table.delete().where(*_of(table, profile, trigger)))
        self._versions.pop((profile, trigger), None)

    def _rows(self, query: sa.Select[Any]) -> list[sa.Row[Any]]:
        with _usable(), self._engine.begin() as db:
            return list(db.execute(query))


class _Tables:
    """The tables that `DatabaseCursors` uses; the table `schema` contains the version of their schema."""

    def __init__(self, prefix: str) -> None:
        self.metadata = sa.MetaData()
        self.schema = self._table(prefix, "schema", sa.Column("version", sa.Integer, nullable=False))
        self.cursors = self._table(prefix, "cursors", *cursor_columns())
        self.waiting = self._table(
            prefix,
            "waiting",
            *_outbox_columns(),
            sa.Column("event", LONG_TEXT, nullable=False),
            sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
            sa.Index(f"{prefix}waiting_by_trigger", "profile", "trigger", "place"),
        )
        self.skipped = self._table(
            prefix,
            "skipped",
            *_outbox_columns(),
            sa.Column("event", LONG_TEXT),
            sa.Column("why", LONG_TEXT, nullable=False),
            sa.Column("at", sa.String(40), nullable=False),
        )
        self.locks = self._table(
            prefix,
            "locks",
            sa.Column("profile", sa.String(255), primary_key=True),
            sa.Column("trigger", sa.String(255), primary_key=True),
        )

    def _table(self, prefix: str, name: str, *columns: Any) -> sa.Table:
        return sa.Table(f"{prefix}{name}", self.metadata, *columns)

    def create(self, db: sa.Connection) -> None:
        """Create missing tables; raise `ConfigurationError` if the existing ones have a newer schema."""
        self.metadata.create_all(db)
        version = db.scalar(sa.select(sa.func.max(self.schema.c.version)))
        if version is None:
            db.execute(self.schema.insert().values(version=SCHEMA_VERSION))
        elif version > SCHEMA_VERSION:
            raise ConfigurationError(
                f"The tables {self.schema.name} … have schema version {version}, and this version of"
                f" returns-connector reads up to {SCHEMA_VERSION}. Install the version that wrote them."
            )


def _outbox_columns() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("place", PLACE, primary_key=True, autoincrement=True),
        sa.Column("profile", sa.String(255), nullable=False),
        sa.Column("trigger", sa.String(255), nullable=False),
    )


def _of(table: sa.Table, profile: str, trigger: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (table.c.profile == profile, table.c.trigger == trigger)


def _event(text: str, table: str) -> Event:
    try:
        return event_of(text)
    except (KeyError, TypeError, ValueError) as problem:
        raise ConfigurationError(f"An event in the table {table} is damaged. Delete its row.") from problem


@contextmanager
def _usable() -> Iterator[None]:
    """Convert database errors in the `with` block to a `ConfigurationError`.

    The message contains no SQL statements and no values.
    """
    try:
        yield
    except (sa.exc.SQLAlchemyError, ModuleNotFoundError) as problem:
        why = str(getattr(problem, "orig", None) or problem).strip().splitlines()
        raise ConfigurationError(f"The database of the cursors cannot be used: {why[0]}") from problem
