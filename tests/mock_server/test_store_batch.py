"""Group commit: changes of one event-loop turn are committed together before any caller continues."""

import asyncio
import contextlib
import sqlite3
from pathlib import Path

import pytest
from support.worlds import row

from mock_server.store import Store
from mock_server.store.batch import Batch


def test_changes_of_one_turn_are_committed_together(tmp_path: Path) -> None:
    file = f"sqlite:///{tmp_path / 'rows.sqlite3'}"

    async def write() -> None:
        store = Store.open(file)
        store.commit_together(asyncio.get_running_loop())
        assert store.pending is None
        for name in ("r1", "r2"):
            with store.change() as change:
                change.put(row(name))
        pending = store.pending
        assert pending is not None
        assert not pending.done()
        assert store.total("acme", "shop", "return") == 2
        await pending
        assert store.pending is None
        store.close()

    asyncio.run(write())
    store = Store.open(file)
    assert store.total("acme", "shop", "return") == 2
    store.close()


def test_failed_change_is_undone_without_the_others() -> None:
    async def write() -> None:
        store = Store.open("sqlite://")
        store.commit_together(asyncio.get_running_loop())
        with store.change() as change:
            change.put(row("r1"))
        with contextlib.suppress(RuntimeError), store.change() as change:
            change.put(row("r2"))
            raise RuntimeError
        with store.change() as change:
            change.put(row("r3"))
        assert store.pending is not None
        await store.pending
        assert store.totals("acme", "shop", "return") == {"pending": 2}
        assert store.row("acme", "shop", "return", "r2") is None
        store.close()

    asyncio.run(write())


def test_failed_commit_reaches_every_waiting_caller() -> None:
    def commit() -> None:
        raise OSError("the disk is full")

    async def wait() -> None:
        batch = Batch(asyncio.get_running_loop(), commit)
        batch.join()
        batch.join()
        for waiting in [batch.pending, batch.pending]:
            assert waiting is not None
            with pytest.raises(OSError, match="disk is full"):
                await waiting
        assert batch.pending is None

    asyncio.run(wait())


def test_cancelled_caller_does_not_cancel_others() -> None:
    """A disconnecting client cancels the future it awaits; the others still get their answers."""

    async def wait() -> None:
        store = Store.open("sqlite://")
        store.commit_together(asyncio.get_running_loop())
        with store.change() as change:
            change.put(row("r1"))

        async def answered() -> None:
            assert store.pending is not None
            await store.pending

        gone, waiting = asyncio.ensure_future(answered()), asyncio.ensure_future(answered())
        await asyncio.sleep(0)
        gone.cancel()
        await waiting
        assert gone.cancelled()
        assert store.pending is None
        store.close()

    asyncio.run(wait())


def test_close_commits_open_changes(tmp_path: Path) -> None:
    file = f"sqlite:///{tmp_path / 'rows.sqlite3'}"

    async def write() -> None:
        store = Store.open(file)
        store.commit_together(asyncio.get_running_loop())
        with store.change() as change:
            change.put(row("r1"))
        store.close()

    asyncio.run(write())
    store = Store.open(file)
    assert store.total("acme", "shop", "return") == 1
    store.close()


def fill_the_disk(store: Store) -> None:
    with store.change() as change:
        change.put(row("r1"))
        store._connection.execute("ROLLBACK")
        raise sqlite3.OperationalError("database or disk is full")


@pytest.mark.parametrize("together", [False, True])
def test_batch_rolled_back_by_sqlite_is_discarded(*, together: bool) -> None:
    """SQLite does so on a full disk: waiting callers get the error, and counters stay as they were."""

    async def write() -> None:
        store = Store.open("sqlite://")
        if together:
            store.commit_together(asyncio.get_running_loop())
        assert store.total("acme", "shop", "return") == 0
        with pytest.raises(sqlite3.OperationalError, match="full"):
            fill_the_disk(store)
        if together:
            assert store.pending is not None
            with pytest.raises(sqlite3.OperationalError, match="no transaction"):
                await store.pending
        assert store.total("acme", "shop", "return") == 0
        with store.change() as change:
            change.put(row("r2"))
        assert store.total("acme", "shop", "return") == 1
        store.close()

    asyncio.run(write())
