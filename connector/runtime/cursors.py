"""Where cursors are kept, and what is still to be handed over: one SQLite file, one runner at a time."""

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
"""What a file of an earlier version lacks."""
OWNER_ONLY = 0o600
SKIP = "insert into skipped (profile, trigger, event, why, at) values (?, ?, ?, ?, ?)"
FRACTION = "\0decimal"
"""The only member of an object that stands for an exact fraction."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """What was set aside, why and when; `event` is None for a row that could not be read."""

    event: Event | None
    why: str
    at: datetime


class Cursors:
    """The file of cursors, and an outbox beside them.

    `advance` moves a cursor and puts what the poll told into the outbox, both or neither; so whatever a
    cursor has passed was handed over, is waiting, or was set aside. `settle` takes one event out, once it was
    handed over; `set_aside` puts it where `skipped` lists it and `retry` brings it back from.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: tuple[int, int] | None = None
        with self._usable():
            path.parent.mkdir(parents=True, exist_ok=True)
            _for_owner_only(path)
            self._database = sqlite3.connect(path, timeout=10, isolation_level=None)
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
    def held(self, profile: str, trigger: str) -> Iterator[None]:
        """Keep other runners of the same profile and trigger out; raises `ConfigurationError` when one is in.

        The lock is the operating system's, on a file of its own: it ends with the process, however that ends.
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
                    f"Another runner is polling {trigger} with profile {profile}; stop it first, or give"
                    " this one another state file."
                ) from problem
        try:
            yield
        finally:
            lock.close()

    def load(self, profile: str, trigger: str) -> Cursor | None:
        """Return the cursor, or None."""
        with self._usable():
            found = self._database.execute(
                "select cursor from cursors where profile = ? and trigger = ?", (profile, trigger)
            ).fetchone()
        if found is None:
            return None
        try:
            cursor = json.loads(found[0])
        except ValueError:
            cursor = None
        if not isinstance(cursor, dict):
            raise ConfigurationError(
                f"The cursor of {trigger} in {self.path} is damaged. Begin again without it: `returns"
                " trigger` does with --restart."
            )
        return cursor

    def waiting(self, profile: str, trigger: str) -> list[tuple[int, Event]]:
        """Return the events that are still to be handed over, in the order kept, each with its place."""
        with self._usable():
            rows = self._database.execute(
                "select place, event from waiting where profile = ? and trigger = ? order by place",
                (profile, trigger),
            ).fetchall()
        return [(place, self._event(text)) for place, text in rows]

    def tries(self, profile: str, trigger: str) -> dict[int, int]:
        """Return how often a waiting event failed, by its place; those that never failed are left out."""
        with self._usable():
            rows = self._database.execute(
                "select place, tries from waiting where profile = ? and trigger = ? and tries > 0",
                (profile, trigger),
            ).fetchall()
        return dict(rows)

    def tried(self, place: int) -> None:
        """Take note that an event could not be handed over."""
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
        """Keep the cursor, and the events that led to it until they are settled; both or neither.

        `rows` say of rows that could not be read, and are given up `at` this moment, where they lay and why.
        """
        texts = [_written(event) for event in events]
        given_up = [(profile, trigger, None, _storable(why), at.isoformat()) for why in rows] if at else []
        with self._usable(), self._whole():
            self._database.execute(
                "insert or replace into cursors values (?, ?, ?)", (profile, trigger, json.dumps(cursor))
            )
            self._database.executemany(
                "insert into waiting (profile, trigger, event) values (?, ?, ?)",
                [(profile, trigger, text) for text in texts],
            )
            self._database.executemany(SKIP, given_up)

    def set_aside(self, place: int, why: str, at: datetime) -> None:
        """Move a waiting event to those that are skipped; both or neither."""
        with self._usable(), self._whole():
            found = self._database.execute(
                "select profile, trigger, event from waiting where place = ?", (place,)
            ).fetchone()
            self._database.execute(SKIP, (*found, _storable(why), at.isoformat()))
            self._database.execute("delete from waiting where place = ?", (place,))

    def skipped(self, profile: str, trigger: str) -> list[Skipped]:
        """Return what was set aside, in that order."""
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
        """Let all skipped events wait for their hand-over again; returns how many. Rows stay skipped."""
        whose = (profile, trigger)
        with self._usable(), self._whole():
            moved = self._database.execute(
                "insert into waiting (profile, trigger, event) select profile, trigger, event from skipped"
                " where profile = ? and trigger = ? and event is not null order by place",
                whose,
            )
            self._database.execute(
                "delete from skipped where profile = ? and trigger = ? and event is not null", whose
            )
        return moved.rowcount

    def settle(self, place: int) -> None:
        """Forget one event: it was handed over."""
        with self._usable():
            self._database.execute("delete from waiting where place = ?", (place,))

    def forget(self, profile: str, trigger: str) -> None:
        """Drop the cursor and what is waiting: the next poll is a first one."""
        with self._usable(), self._whole():
            for table in ("waiting", "cursors"):
                self._database.execute(
                    f"delete from {table} where profile = ? and trigger = ?",  # noqa: S608 - our own two names
                    (profile, trigger),
                )

    @contextmanager
    def _whole(self) -> Iterator[None]:
        """Do all of it or nothing."""
        self._database.execute("begin immediate")
        try:
            yield
            self._database.execute("commit")
        except BaseException:
            if self._database.in_transaction:  # a full disk may have ended it
                self._database.execute("rollback")
            raise

    def _event(self, text: str) -> Event:
        try:
            return _read(text)
        except (KeyError, TypeError, ValueError) as problem:
            raise ConfigurationError(
                f"An event that waits in {self.path} is damaged. Begin again without it: `returns trigger`"
                " does with --restart."
            ) from problem

    @contextmanager
    def _usable(self) -> Iterator[None]:
        """Report a full disk, a lock that lasts, a file of something else or a deleted one in a sentence."""
        try:
            if self._file is not None and _identity(self.path) != self._file:
                raise ConfigurationError(
                    f"The file of cursors {self.path} was deleted or replaced while it was in use. Start"
                    " again; a new file begins with a first poll."
                )
            yield
        except (OSError, sqlite3.DatabaseError) as problem:
            why = getattr(problem, "strerror", None) or str(problem)
            raise ConfigurationError(
                f"The file of cursors {self.path} cannot be used: {why.lower()}. Name another with --state."
            ) from problem


def _for_owner_only(path: Path) -> None:
    """Create the file for its owner alone, and take an existing one from others: it holds customers' data.

    A file that exists is not opened here: closing it would end the locks of this process on it.
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, OWNER_ONLY))
    if path.is_file() and path.stat().st_mode & 0o077:
        with suppress(PermissionError):  # somebody else's file
            path.chmod(OWNER_ONLY)


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what tells the file at a path from another; None where there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return (found.st_dev, found.st_ino)


def _storable(text: str) -> str:
    """Return a text as SQLite takes it: half of a cut surrogate pair is written as its escape."""
    return text.encode("utf-8", "backslashreplace").decode()


def _written(event: Event) -> str:
    """Write an event as JSON, its fractions exact."""
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


def _read(text: str) -> Event:
    def restored(found: dict[str, Any]) -> Any:
        text = found.get(FRACTION)
        with suppress(InvalidOperation):
            return Decimal(text) if isinstance(text, str) else found
        return found

    found = json.loads(text, object_hook=restored)
    occurred = found["occurred_at"]
    return Event(
        id=found["id"],
        trigger=found["trigger"],
        occurred_at=datetime.fromisoformat(occurred) if occurred else None,
        observed_at=datetime.fromisoformat(found["observed_at"]),
        data=found["data"],
    )
