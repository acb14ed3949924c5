"""Transactions that wait at the same time share a commit of SQLite, and each one succeeds or fails alone."""

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

import sqlalchemy as sa
from support.each import each

from connector.hub.commits import MOST, SharedCommits
from connector.hub.store import DatabaseUnavailableError, Store
from connector.hub.tables import settings


def write(connection: sa.Connection, name: str) -> str:
    connection.execute(sa.insert(settings).values(name=name, value=""))
    return name


class Waiting:
    """A store on a file whose first transaction holds the others up, and the number of its commits."""

    def __init__(self, store: Store, file: Path) -> None:
        self.store, self.file, self.commits = store, file, 0
        self._begun, self._released = Event(), Event()
        sa.event.listen(store.engine, "commit", self._count)

    def _count(self, _connection: sa.Connection) -> None:
        self.commits += 1

    def _hold(self, connection: sa.Connection) -> None:
        self._begun.set()
        assert self._released.wait(60)
        write(connection, "held")

    async def begin(self, *units: Callable[[sa.Connection], Any]) -> list[asyncio.Task[Any]]:
        """Start a transaction, and `units` while it waits to be released; return the tasks of `units`."""
        held = asyncio.ensure_future(self.store.run(self._hold))
        await asyncio.to_thread(self._begun.wait, 60)
        waiting = [asyncio.ensure_future(self.store.run(unit)) for unit in units]
        await asyncio.sleep(0)
        assert not held.done()
        return waiting

    async def run(self, *units: Callable[[sa.Connection], Any]) -> list[Any]:
        """Let transactions wait at the same time; return their results or exceptions."""
        waiting = await self.begin(*units)
        self.release()
        return await asyncio.gather(*waiting, return_exceptions=True)

    def release(self) -> None:
        self._released.set()

    def stored(self) -> set[str]:
        """Read with another connection, which sees what is committed only."""
        with sqlite3.connect(self.file) as reader:
            return {name for [name] in reader.execute("select name from settings where name <> 'version'")}


@contextmanager
def opened(folder: Path) -> Iterator[Waiting]:
    file = folder / "hub.sqlite3"
    with Store(f"sqlite:///{file}") as store:
        yield Waiting(store, file)


def story(folder: Path, told: Callable[[Waiting], Coroutine[Any, Any, None]]) -> None:
    with opened(folder) as waiting:
        asyncio.run(told(waiting))


def writes(*names: str) -> list[Callable[[sa.Connection], str]]:
    return [lambda connection, name=name: write(connection, name) for name in names]  # type: ignore[misc]


def test_transactions_that_wait_at_the_same_time_share_a_commit(tmp_path: Path) -> None:
    async def told(waiting: Waiting) -> None:
        names = [f"unit {number}" for number in range(MOST + 5)]
        assert await waiting.run(*writes(*names)) == names
        assert waiting.stored() == {"held", *names}
        assert waiting.commits == 3  # the one that held them up, the most that one commit takes, and the rest

    story(tmp_path, told)


def test_a_caller_goes_on_only_after_the_commit_of_its_changes(tmp_path: Path) -> None:
    async def told(waiting: Waiting) -> None:
        async def seen(name: str) -> bool:
            await waiting.store.run(write, name)
            return name in waiting.stored()

        results = await asyncio.gather(*(seen(f"unit {number}") for number in range(20)))
        assert waiting.commits < 20
        assert results == [True] * 20

    story(tmp_path, told)


def test_a_transaction_that_fails_undoes_its_own_changes_only(tmp_path: Path) -> None:
    def fails(connection: sa.Connection) -> None:
        write(connection, "undone")
        raise LookupError("no such row")

    def breaks_a_constraint(connection: sa.Connection) -> None:
        write(connection, "undone")
        write(connection, "before")

    async def told(waiting: Waiting) -> None:
        before, after = writes("before", "after")
        results = await waiting.run(before, fails, breaks_a_constraint, after)
        assert (results[0], results[3]) == ("before", "after")
        assert isinstance(results[1], LookupError)
        assert isinstance(results[2], sa.exc.IntegrityError)
        assert waiting.stored() == {"held", "before", "after"}
        assert waiting.commits == 2
        assert waiting.store.problem == ""

    story(tmp_path, told)


def test_a_commit_that_fails_is_reported_to_every_caller(tmp_path: Path) -> None:
    def fail(_connection: sa.Connection) -> None:
        if waits[0].commits == 2:
            raise sa.exc.OperationalError("commit", {}, sqlite3.OperationalError("database or disk is full"))

    def missing(_connection: sa.Connection) -> None:
        raise LookupError("another transaction, which is not stored either, has deleted it")

    waits: list[Waiting] = []

    async def told(waiting: Waiting) -> None:
        waits.append(waiting)
        sa.event.listen(waiting.store.engine, "commit", fail)
        one, two = writes("one", "two")
        for result in each(await waiting.run(one, missing, two)):
            assert isinstance(result, DatabaseUnavailableError)
        assert waiting.stored() == {"held"}
        assert await waiting.store.run(write, "later") == "later"
        assert waiting.stored() == {"held", "later"}

    story(tmp_path, told)


def test_transactions_whose_shared_one_is_undone_are_reported_as_failed(tmp_path: Path) -> None:
    def undone_by_sqlite(connection: sa.Connection) -> None:
        # SQLite does this itself, for example if the disk is full.
        connection.connection.driver_connection.execute("rollback")  # type: ignore[union-attr]
        raise sa.exc.OperationalError("insert", {}, sqlite3.OperationalError("disk I/O error"))

    async def told(waiting: Waiting) -> None:
        one, two = writes("one", "two")
        for result in each(await waiting.run(one, undone_by_sqlite, two)):
            assert isinstance(result, DatabaseUnavailableError)
        assert waiting.stored() == {"held"}
        assert waiting.store.problem.startswith("The hub's database cannot be used: disk I/O error")

    story(tmp_path, told)


def test_a_transaction_whose_caller_is_canceled_before_its_turn_is_not_run(tmp_path: Path) -> None:
    async def told(waiting: Waiting) -> None:
        canceled, other = await waiting.begin(*writes("canceled", "other"))
        canceled.cancel()
        await asyncio.sleep(0)
        waiting.release()
        assert await other == "other"
        assert canceled.cancelled()
        assert waiting.stored() == {"held", "other"}

    story(tmp_path, told)


def test_a_transaction_that_is_dropped_at_its_turn_ends(tmp_path: Path) -> None:
    with Store(f"sqlite:///{tmp_path}/hub.sqlite3") as store:
        commits, run = SharedCommits(store.engine), list[str]()
        unit = commits.add(lambda _connection: run.append("dropped"))
        unit.dropped = True
        thread = Thread(target=commits.result, args=[unit], daemon=True)
        thread.start()
        thread.join(60)
        assert not thread.is_alive()
        assert run == []
