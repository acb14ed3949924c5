"""Stores cursors and the events that wait for delivery (the outbox) in one SQLite file.

One runner at a time may use a profile and trigger; `Cursors.locked` ensures that.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Self

from connector.errors import ConfigurationError
from connector.runtime.polling import Event

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from connector.runtime.polling import Cursor

TABLES = """
create table if not exists cursors (
    profile text not null, trigger text not null, cursor text not null, primary key (profile, trigger)
) without rowid;
create table if not exists waiting (
    place integer primary key, profile text not null, trigger text not null, event text not null
);
create index if not exists waiting_by_trigger on waiting (profile, trigger, place);
create table if not exists skipped (
    place integer primary key, profile text not null, trigger text not null, event text, why text not null,
    at text not null
);
"""
TRIES = "alter table waiting add column tries integer not null default 0"
"""Adds the column that files of earlier versions do not have."""
OWNER_ONLY = 0o600
SKIP = "insert into skipped (profile, trigger, event, why, at) values (?, ?, ?, ?, ?)"
FRACTION = "\0decimal"
"""The key of an object that represents a `Decimal`: JSON numbers would lose its exact digits."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """An event that was set aside, why and when; `event` is None for a row that could not be read."""

    event: Event | None
    why: str
    at: datetime


class Cursors:
    """The cursors of triggers and the outbox of their events, in a SQLite file.

    `advance` moves a cursor and adds the poll's events to the outbox in one transaction. So every event
    that a cursor has passed was delivered, waits in the outbox, or was set aside. `settle` removes a
    delivered event; `set_aside` moves one to the list that `skipped` returns, and `retry` moves those back.
    A `place` is an event's number in the outbox.

        with Cursors(Path("cursors.sqlite3")) as cursors, cursors.locked("shop", "returngo:new_return"):
            cursor = cursors.load("shop", "returngo:new_return")

    Raises `ConfigurationError` if the file cannot be used: full disk, no permission, another kind of file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: tuple[int, int] | None = None
        with self._usable():
            path.parent.mkdir(parents=True, exist_ok=True)
            _restrict_to_owner(path)
            self._database = sqlite3.connect(path, timeout=10, isolation_level=None)
            # synchronous = full: once `advance` returns, a power failure cannot undo it.
            self._database.executescript("pragma journal_mode = wal; pragma synchronous = full;" + TABLES)
            columns = {row[1] for row in self._database.execute("pragma table_info(waiting)")}
            if "tries" not in columns:
                self._database.execute(TRIES)
            self._file = _identity(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()

    def close(self) -> None:
        self._database.close()

    @contextmanager
    def locked(self, profile: str, trigger: str) -> Iterator[None]:
        """Lock a profile and trigger; raise `ConfigurationError` if another runner has the lock.

        The lock is the operating system's, on a separate file, so it is released even if the process is
        killed.
        """
        name = hashlib.sha256(f"{profile}\0{trigger}".encode()).hexdigest()[:16]
        with self._usable():
            place = self.path.with_name(f"{self.path.name}-{name}.lock")
            lock = sqlite3.connect(place, timeout=0, isolation_level=None)
            try:
                lock.execute("begin exclusive")
            except sqlite3.OperationalError as problem:
                lock.close()
                if "locked" not in str(problem):
                    raise
                raise ConfigurationError(
                    f"Another runner is polling {trigger} with profile {profile}; stop it first, or use"
                    " another state file."
                ) from problem
        try:
            yield
        finally:
            lock.close()

    def load(self, profile: str, trigger: str) -> Cursor | None:
        """Return the stored cursor, None if there is none; raise `ConfigurationError` if it is damaged."""
        with self._usable():
            row = self._database.execute(
                "select cursor from cursors where profile = ? and trigger = ?", (profile, trigger)
            ).fetchone()
        if row is None:
            return None
        try:
            cursor = json.loads(row[0])
        except ValueError:
            cursor = None
        if not isinstance(cursor, dict):
            raise ConfigurationError(
                f"The cursor of {trigger} in {self.path} is damaged. Discard it and start over (`returns"
                " trigger --restart`)."
            )
        return cursor

    def waiting(self, profile: str, trigger: str) -> list[tuple[int, Event]]:
        """Return the events that wait for delivery, oldest entry first, each with its place."""
        with self._usable():
            rows = self._database.execute(
                "select place, event from waiting where profile = ? and trigger = ? order by place",
                (profile, trigger),
            ).fetchall()
        return [(place, self._event(text)) for place, text in rows]

    def failures(self, profile: str, trigger: str) -> dict[int, int]:
        """Return how often each waiting event failed, by its place; events that never failed are left out."""
        with self._usable():
            rows = self._database.execute(
                "select place, tries from waiting where profile = ? and trigger = ? and tries > 0",
                (profile, trigger),
            ).fetchall()
        return dict(rows)

    def record_failure(self, place: int) -> None:
        """Count one more failed attempt to hand over an event."""
        with self._usable():
            self._database.execute("update waiting set tries = tries + 1 where place = ?", (place,))

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
        """Store the cursor and add the events that it has passed to the outbox, in one transaction.

        With two transactions, a crash between them would lose the events (cursor first) or deliver them twice
        (events first). `rows` are sentences about unreadable rows that are given up at the time `at`.
        """
        texts = [_json_of(event) for event in events]
        given_up = [(profile, trigger, None, _storable(why), at.isoformat()) for why in rows] if at else []
        with self._usable(), self._transaction():
            self._database.execute(
                "insert or replace into cursors values (?, ?, ?)", (profile, trigger, json.dumps(cursor))
            )
            self._database.executemany(
                "insert into waiting (profile, trigger, event) values (?, ?, ?)",
                [(profile, trigger, text) for text in texts],
            )
            self._database.executemany(SKIP, given_up)

    def set_aside(self, place: int, why: str, at: datetime) -> None:
        """Move a waiting event to the skipped ones, in one transaction."""
        with self._usable(), self._transaction():
            row = self._database.execute(
                "select profile, trigger, event from waiting where place = ?", (place,)
            ).fetchone()
            self._database.execute(SKIP, (*row, _storable(why), at.isoformat()))
            self._database.execute("delete from waiting where place = ?", (place,))

    def skipped(self, profile: str, trigger: str) -> list[Skipped]:
        """Return the events and rows that were set aside, in that order."""
        with self._usable():
            rows = self._database.execute(
                "select event, why, at from skipped where profile = ? and trigger = ? order by place",
                (profile, trigger),
            ).fetchall()
        return [
            Skipped(None if text is None else self._event(text), why, datetime.fromisoformat(at))
            for text, why, at in rows
        ]

    def retry(self, profile: str, trigger: str) -> int:
        """Move all skipped events back to the outbox and return how many; unreadable rows stay skipped."""
        key = (profile, trigger)
        with self._usable(), self._transaction():
            moved = self._database.execute(
                "insert into waiting (profile, trigger, event) select profile, trigger, event from skipped"
                " where profile = ? and trigger = ? and event is not null order by place",
                key,
            )
            self._database.execute(
                "delete from skipped where profile = ? and trigger = ? and event is not null", key
            )
        return moved.rowcount

    def settle(self, place: int) -> None:
        """Remove a delivered event from the outbox."""
        with self._usable():
            self._database.execute("delete from waiting where place = ?", (place,))

    def forget(self, profile: str, trigger: str) -> None:
        """Delete the cursor and the waiting events: the next poll is a first poll."""
        with self._usable(), self._transaction():
            for table in ("waiting", "cursors"):
                self._database.execute(
                    f"delete from {table} where profile = ? and trigger = ?",  # noqa: S608 - two constant names
                    (profile, trigger),
                )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Run the block in one transaction: commit it, or roll back on any exception."""
        self._database.execute("begin immediate")
        try:
            yield
            self._database.execute("commit")
        except BaseException:
            if self._database.in_transaction:  # SQLite itself rolls back on a full disk
                self._database.execute("rollback")
            raise

    def _event(self, text: str) -> Event:
        try:
            return _event_of(text)
        except (KeyError, TypeError, ValueError) as problem:
            raise ConfigurationError(
                f"A waiting event in {self.path} is damaged. Discard it and start over (`returns trigger"
                " --restart`)."
            ) from problem

    @contextmanager
    def _usable(self) -> Iterator[None]:
        """Turn the errors of file and database into a `ConfigurationError`, and notice a replaced file."""
        try:
            if self._file is not None and _identity(self.path) != self._file:
                raise ConfigurationError(
                    f"The cursor file {self.path} was deleted or replaced while it was in use. Start"
                    " again; a new file begins with a first poll."
                )
            yield
        except (OSError, sqlite3.DatabaseError) as problem:
            why = getattr(problem, "strerror", None) or str(problem)
            raise ConfigurationError(
                f"The cursor file {self.path} cannot be used: {why.lower()}. Choose another with --state."
            ) from problem


def _restrict_to_owner(path: Path) -> None:
    """Create the file readable by its owner only, and restrict an existing one: it holds customer data.

    An existing file is not opened here: closing any descriptor of a file drops all POSIX locks that the
    process holds on it, including SQLite's (https://sqlite.org/howtocorrupt.html, section 2.2).
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, OWNER_ONLY))
    if path.is_file() and path.stat().st_mode & 0o077:
        with suppress(PermissionError):  # the file belongs to another user
            path.chmod(OWNER_ONLY)


def _identity(path: Path) -> tuple[int, int] | None:
    """Return device and inode of the file at a path, None if there is no file."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return (status.st_dev, status.st_ino)


def _storable(text: str) -> str:
    """Return a text that SQLite can store: a lone surrogate is replaced by its escape."""
    return text.encode("utf-8", "backslashreplace").decode()


def _json_of(event: Event) -> str:
    """Write an event as JSON, with exact decimal numbers."""
    return json.dumps(
        {
            "id": event.id,
            "trigger": event.trigger,
            "occurred_at": event.occurred_at and event.occurred_at.isoformat(),
            "observed_at": event.observed_at.isoformat(),
            "data": event.data,
        },
        default=lambda value: {FRACTION: str(value)} if isinstance(value, Decimal) else dict(value),
    )


def _event_of(text: str) -> Event:
    """Read an event that `_json_of` wrote; raise `KeyError`, `TypeError` or `ValueError` if damaged."""

    def restored(members: dict[str, Any]) -> Any:
        digits = members.get(FRACTION)
        with suppress(InvalidOperation):
            return Decimal(digits) if isinstance(digits, str) else members
        return members

    fields = json.loads(text, object_hook=restored)
    occurred = fields["occurred_at"]
    return Event(
        id=fields["id"],
        trigger=fields["trigger"],
        occurred_at=datetime.fromisoformat(occurred) if occurred else None,
        observed_at=datetime.fromisoformat(fields["observed_at"]),
        data=fields["data"],
    )
