"""Where cursors are kept, and what is still to be handed over: one SQLite file, one runner at a time."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self

from connector.errors import ConfigurationError
from connector.polling import Event

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from connector.polling import Cursor

TABLES = """
create table if not exists cursors (
    profile text not null, trigger text not null, cursor text not null, primary key (profile, trigger)
) without rowid;
create table if not exists waiting (
    place integer primary key, profile text not null, trigger text not null, event text not null
);
create index if not exists waiting_by_trigger on waiting (profile, trigger, place);
"""
FRACTION = "\0decimal"
"""The only member of an object that stands for an exact fraction."""


class Cursors:
    """The file of cursors, and an outbox beside them.

    `advance` moves a cursor and puts what the poll told into the outbox, both or neither; so whatever a
    cursor has passed was handed over or is waiting. `settle` takes one event out, once it was handed over.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._usable():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(path, timeout=10, isolation_level=None)
            self._database.executescript("pragma journal_mode = wal; pragma synchronous = full;" + TABLES)

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
        lock = sqlite3.connect(
            self.path.with_name(f"{self.path.name}-{name}.lock"), timeout=0, isolation_level=None
        )
        try:
            lock.execute("begin exclusive")
        except sqlite3.OperationalError as problem:
            lock.close()
            raise ConfigurationError(
                f"Another runner is polling {trigger} with profile {profile}; stop it first, or give this "
                "one another state file."
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
        cursor: Cursor = json.loads(found[0])
        return cursor

    def waiting(self, profile: str, trigger: str) -> list[tuple[int, Event]]:
        """Return the events that are still to be handed over, in the order kept, each with its place."""
        with self._usable():
            rows = self._database.execute(
                "select place, event from waiting where profile = ? and trigger = ? order by place",
                (profile, trigger),
            ).fetchall()
        return [(place, _read(text)) for place, text in rows]

    def advance(self, profile: str, trigger: str, cursor: Cursor, events: Iterable[Event]) -> None:
        """Keep the cursor, and the events that led to it until they are settled; both or neither."""
        texts = [_written(event) for event in events]
        with self._usable(), self._whole():
            self._database.execute(
                "insert or replace into cursors values (?, ?, ?)", (profile, trigger, json.dumps(cursor))
            )
            self._database.executemany(
                "insert into waiting (profile, trigger, event) values (?, ?, ?)",
                [(profile, trigger, text) for text in texts],
            )

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

    @contextmanager
    def _usable(self) -> Iterator[None]:
        """Tell of a full disk, a lock that lasts, or a file that is none of ours, in a sentence."""
        try:
            yield
        except (OSError, sqlite3.DatabaseError) as problem:
            why = getattr(problem, "strerror", None) or str(problem)
            raise ConfigurationError(
                f"The file of cursors {self.path} cannot be used: {why.lower()}. Name another with --state."
            ) from problem


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
        return Decimal(found[FRACTION]) if FRACTION in found else found

    found = json.loads(text, object_hook=restored)
    occurred = found["occurred_at"]
    return Event(
        id=found["id"],
        trigger=found["trigger"],
        occurred_at=datetime.fromisoformat(occurred) if occurred else None,
        observed_at=datetime.fromisoformat(found["observed_at"]),
        data=found["data"],
    )
