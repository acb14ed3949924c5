"""Where cursors are kept: one SQLite file, one row per profile and trigger, one runner at a time."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from connector.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from connector.polling import Cursor

TABLES = """
create table if not exists cursors (
    profile text not null, trigger text not null, cursor text not null, primary key (profile, trigger)
) without rowid;
create table if not exists handed_over (
    profile text not null, trigger text not null, event text not null, primary key (profile, trigger, event)
) without rowid;
create table if not exists begun (
    profile text not null, trigger text not null, event text not null, primary key (profile, trigger, event)
);
"""


class Cursors:
    """The file of cursors.

    `note` notes events one by one while a poll's events are being handed over; `commit` moves the cursor
    past them and forgets the notes in one transaction. After a crash in between, the next poll finds the
    same events again and the notes tell which of them were delivered. A note outlives a poll that stopped
    at its ceiling before it came to the event: rows that showed up meanwhile push others back.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(path, timeout=10, isolation_level=None)
            self._database.executescript("pragma journal_mode = wal; pragma synchronous = full;" + TABLES)
        except (OSError, sqlite3.DatabaseError) as problem:
            raise ConfigurationError(f"The file of cursors {path} cannot be used: {problem}.") from problem

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
        """Return the cursor last committed, or None."""
        found = self._database.execute(
            "select cursor from cursors where profile = ? and trigger = ?", (profile, trigger)
        ).fetchone()
        if found is None:
            return None
        cursor: Cursor = json.loads(found[0])
        return cursor

    def handed_over(self, profile: str, trigger: str) -> set[str]:
        """Return the ids of events handed over that no committed cursor has passed."""
        rows = self._database.execute(
            "select event from handed_over where profile = ? and trigger = ?", (profile, trigger)
        )
        return {row[0] for row in rows}

    def begun(self, profile: str, trigger: str) -> list[str]:
        """Return the ids of events whose hand-over was begun, in order, that no kept cursor has passed.

        After a crash nobody knows of the last of them whether it arrived.
        """
        rows = self._database.execute(
            "select event from begun where profile = ? and trigger = ? order by rowid", (profile, trigger)
        )
        return [row[0] for row in rows]

    def begin(self, profile: str, trigger: str, events: Iterable[str]) -> None:
        """Note that some events are about to be handed over, in one go."""
        self._database.execute("begin immediate")
        self._database.executemany(
            "insert or replace into begun values (?, ?, ?)", [(profile, trigger, one) for one in events]
        )
        self._database.execute("commit")

    def note(self, profile: str, trigger: str, event: str) -> None:
        """Note that one event was handed over."""
        self._database.execute(
            "insert or ignore into handed_over values (?, ?, ?)", (profile, trigger, event)
        )

    def commit(self, profile: str, trigger: str, cursor: Cursor, passed: Iterable[str] | None = None) -> None:
        """Keep the cursor and forget the notes of the events it has `passed` (None: all), both or neither."""
        self._database.execute("begin immediate")
        try:
            self._database.execute(
                "insert or replace into cursors values (?, ?, ?)", (profile, trigger, json.dumps(cursor))
            )
            known = self.handed_over(profile, trigger).union(self.begun(profile, trigger))
            gone = [(profile, trigger, event) for event in (known if passed is None else passed)]
            for table in ("handed_over", "begun"):
                self._database.executemany(
                    f"delete from {table} where profile = ? and trigger = ? and event = ?",  # noqa: S608 - ours
                    gone,
                )
            self._database.execute("commit")
        except BaseException:
            self._database.execute("rollback")
            raise

    def forget(self, profile: str, trigger: str) -> None:
        """Drop the cursor: the next poll is a first one."""
        for table in ("cursors", "handed_over", "begun"):
            self._database.execute(
                f"delete from {table} where profile = ? and trigger = ?",  # noqa: S608 - our own two names
                (profile, trigger),
            )
