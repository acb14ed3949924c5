"""Stores triggers' cursors and the events that are pending delivery (the outbox) in one SQLite file.

`database_cursors.py` stores the same in another database. Only one runner at a time may use the same
profile and trigger; `Cursors.locked` enforces this.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import TYPE_CHECKING, Self

from connector.errors import ConfigurationError
from connector.runtime.cursor_schema import is_current, migrate
from connector.runtime.stored_events import Skipped, event_of, json_of, storable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from connector.runtime.polling import Cursor, Event

OWNER_ONLY = 0o600
SKIP = "insert into skipped (profile, trigger, event, why, at) values (?, ?, ?, ?, ?)"


class Cursors:
    """Stores triggers' cursors and the events that are pending delivery (the outbox) in a SQLite file.

    `advance` stores a new cursor and adds the poll's events to the outbox in one transaction. Therefore no
    event is lost: once a cursor is stored, each event from its poll is in the outbox until it is delivered or
    set aside. `settle` removes a delivered event from the outbox. `set_aside` moves an event from the outbox
    to the list of skipped events, and `retry` moves all skipped events back. A `place` is an event's number
    in the outbox.

        with Cursors(Path("cursors.sqlite3")) as cursors, cursors.locked("shop", "returngo:new_return"):
            cursor = cursors.load("shop", "returngo:new_return")

    A file that an earlier version wrote is migrated when it is opened. All methods raise
    `ConfigurationError` if a newer version wrote the file, or if the file cannot be used, for example
    because the disk is full, access is denied, or the file is not a SQLite database.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: tuple[int, int] | None = None
        with self._usable():
            path.parent.mkdir(parents=True, exist_ok=True)
            _restrict_to_owner(path)
            self._database = sqlite3.connect(path, timeout=10, isolation_level=None)
            # synchronous = full: a power failure cannot undo an `advance` that has returned.
            self._database.executescript("pragma journal_mode = wal; pragma synchronous = full;")
            self._migrate()
            self._file = _identity(path)

    def _migrate(self) -> None:
        """Migrate a file from an earlier version to the current schema, or leave it unchanged on failure."""
        try:
            if not is_current(self._database):
                with self._transaction():
                    migrate(self._database, self.path)
        except BaseException:
            self._database.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()

    def close(self) -> None:
        self._database.close()

    @contextmanager
    def locked(self, profile: str, trigger: str) -> Iterator[None]:
        """Lock a profile and trigger for the duration of a `with` block.

        Raises `ConfigurationError` if another runner has the lock. The operating system holds the lock on a
        separate file, and releases it even if the process is killed.
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
        """Load the stored cursor; return None if no cursor is stored.

        Raises `ConfigurationError` if the cursor is damaged.
        """
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
        """List the events that are pending delivery as `(place, event)` pairs, in order of their places."""
        with self._usable():
            rows = self._database.execute(
                "select place, event from waiting where profile = ? and trigger = ? order by place",
                (profile, trigger),
            ).fetchall()
        return [(place, self._event(text)) for place, text in rows]

    def failures(self, profile: str, trigger: str) -> dict[int, int]:
        """Return the number of failed delivery attempts for each pending event, keyed by place.

        Events that have not failed are left out.
        """
        with self._usable():
            rows = self._database.execute(
                "select place, tries from waiting where profile = ? and trigger = ? and tries > 0",
                (profile, trigger),
            ).fetchall()
        return dict(rows)

    def record_failure(self, place: int) -> None:
        """Add one to the number of failed delivery attempts for the event at `place`."""
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
        """Store a poll's cursor and add the poll's events to the outbox, in one transaction.

        With two transactions, a crash between them would lose the events if the cursor were stored first, or
        deliver them twice if the events were stored first. `rows` are sentences about unreadable rows; they
        are added to the skipped entries with the time `at`. If `at` is None, `rows` is ignored.
        """
        texts = [json_of(event) for event in events]
        given_up = [(profile, trigger, None, storable(why), at.isoformat()) for why in rows] if at else []
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
        """Move a pending event to the list of skipped events, with the reason `why` and the time `at`."""
        with self._usable(), self._transaction():
            row = self._database.execute(
                "select profile, trigger, event from waiting where place = ?", (place,)
            ).fetchone()
            self._database.execute(SKIP, (*row, storable(why), at.isoformat()))
            self._database.execute("delete from waiting where place = ?", (place,))

    def skipped(self, profile: str, trigger: str) -> list[Skipped]:
        """List the entries that were set aside (events and unreadable rows), oldest entry first."""
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
        """Move all skipped events back to the outbox and return their number.

        Unreadable rows have no event to deliver, so they stay in the list of skipped entries.
        """
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
        """Remove the event at `place` from the outbox after its delivery."""
        with self._usable():
            self._database.execute("delete from waiting where place = ?", (place,))

    def forget(self, profile: str, trigger: str) -> None:
        """Delete the cursor and all pending events, so that the next poll is a first poll.

        Skipped entries are kept.
        """
        with self._usable(), self._transaction():
            for table in ("waiting", "cursors"):
                self._database.execute(
                    f"delete from {table} where profile = ? and trigger = ?",  # noqa: S608 - two constant names
                    (profile, trigger),
                )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Run the `with` block in one transaction, which is rolled back if the block raises an exception."""
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
            return event_of(text)
        except (KeyError, TypeError, ValueError) as problem:
            raise ConfigurationError(
                f"A waiting event in {self.path} is damaged. Discard it and start over (`returns trigger"
                " --restart`)."
            ) from problem

    @contextmanager
    def _usable(self) -> Iterator[None]:
        """Convert file and database errors in the `with` block to a `ConfigurationError`.

        Also raises `ConfigurationError` if the file was deleted or replaced after it was opened.
        """
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
    """Make the file, which contains customer data, accessible to its owner only; create it if necessary.

    An existing file is not opened here: closing any descriptor of a file drops all POSIX locks that the
    process holds on the file, including SQLite's (https://sqlite.org/howtocorrupt.html, section 2.2).
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, OWNER_ONLY))
    if path.is_file() and path.stat().st_mode & 0o077:
        with suppress(PermissionError):  # the file belongs to another user
            path.chmod(OWNER_ONLY)


def _identity(path: Path) -> tuple[int, int] | None:
    """Return the device and inode numbers of the file at a path; None if there is no file."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return (status.st_dev, status.st_ino)
