"""The database file: private, checked for damage when opened, and watched for removal."""

import asyncio
import os
import shutil
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from stat import S_IMODE

import pytest
import sqlalchemy as sa
from support.worlds import put, row

from mock_server.store import Store, StoreError, database, tables

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="files have no mode there, and open ones stay")


def url(path: Path) -> str:
    return f"sqlite:///{path}"


def mode(path: Path) -> int:
    return S_IMODE(path.stat().st_mode)


@POSIX
def test_database_and_its_log_are_private_from_the_start(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.db"
    before = os.umask(0)
    try:
        store = Store.open(url(path))
        put(store, row("r1"))
        assert {file.name: mode(file) for file in tmp_path.iterdir()} == {
            "sandbox.db": 0o600,
            "sandbox.db-wal": 0o600,
        }
        store.close()
        path.chmod(0o644)
        Store.open(url(path)).close()
        assert mode(path) == 0o600
    finally:
        os.umask(before)


@POSIX
def test_file_of_another_program_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear customer, " * 100)
    path.chmod(0o644)
    with pytest.raises(StoreError):
        Store.open(url(path))
    assert mode(path) == 0o644


def filled(path: Path) -> None:
    store = Store.open(url(path))
    put(store, *(row(f"r{number}", document=b"d" * 1_500) for number in range(60)))
    store.close()


def test_damaged_page_is_reported_at_the_start(tmp_path: Path) -> None:
    filled(tmp_path / "good.db")
    size = 2_048
    pages = (tmp_path / "good.db").stat().st_size // size
    assert pages > 60
    for page in range(2, pages, 7):
        path = tmp_path / "bad.db"
        shutil.copy(tmp_path / "good.db", path)
        with path.open("r+b") as file:
            file.seek(page * size)
            file.write(bytes(range(256)) * (size // 256))
        with pytest.raises(StoreError, match=r"bad\.db (is damaged|cannot be opened).*Move the file away"):
            Store.open(url(path))


def test_file_too_large_to_check_in_time_is_opened() -> None:
    class Busy:
        def interrupt(self) -> None:
            """Raise as SQLite does when a check is interrupted."""

        def execute(self, _statement: str) -> None:
            error = sqlite3.OperationalError("interrupted")
            error.sqlite_errorcode = sqlite3.SQLITE_INTERRUPT
            raise error

    # must not raise
    database._check_integrity(Busy(), "large.db")  # type: ignore[arg-type]


def deleted(file: Path) -> None:
    file.unlink()


def replaced(file: Path) -> None:
    other = file.with_name("other")
    shutil.copy(file, other)
    other.replace(file)


def cut_short(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def emptied(file: Path) -> None:
    os.truncate(file, 0)


TAKEN: dict[Callable[[Path], None], str] = {
    deleted: "was deleted",
    replaced: "was replaced by another file",
    cut_short: "was truncated",
    emptied: "was truncated",
}


@POSIX
@pytest.mark.parametrize("suffix", ["", "-wal"])
@pytest.mark.parametrize("take", TAKEN)
@pytest.mark.parametrize("together", [False, True])
def test_no_write_is_acknowledged_after_the_file_was_removed(
    take: Callable[[Path], None], suffix: str, together: bool, tmp_path: Path
) -> None:
    path = tmp_path / "sandbox.db"
    filled(path)

    async def story() -> None:
        store = Store.open(url(path))
        if together:
            store.commit_together(asyncio.get_running_loop())
        put(store, row("first"))
        await store.yield_after_commit()
        assert store.write_problem() == ""
        take(Path(f"{path}{suffix}"))
        with pytest.raises((StoreError, sqlite3.OperationalError)):  # SQLite itself may notice first
            await stored(store, "lost")
        sentence = f"sandbox.db{suffix} {TAKEN[take]}; nothing is stored until the sandbox is restarted."
        assert store.write_problem().endswith(sentence)
        with pytest.raises((StoreError, sqlite3.OperationalError)):
            await stored(store, "lost too")
        if take in {deleted, replaced}:
            assert store.total("acme", "shop", "return") == 61

    asyncio.run(story())


async def stored(store: Store, id_: str) -> None:
    put(store, row(id_))
    await store.yield_after_commit()


@POSIX
def test_missing_file_is_reported_before_any_write(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.db"
    store = Store.open(url(path))
    assert store.write_problem() == ""
    path.unlink()
    assert (
        store.write_problem()
        == f"The file {path} was deleted; nothing is stored until the sandbox is restarted."
    )


def test_full_disk_is_reported_until_there_is_space(tmp_path: Path) -> None:
    store = Store.open(url(tmp_path / "sandbox.db"))
    put(store, row("first"))
    pages = store._execute("PRAGMA page_count").fetchone()[0]
    store._execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(sqlite3.OperationalError, match="full"):
        put(store, *(row(f"r{number}", document=b"d" * 1_500) for number in range(60)))
    assert store.total("acme", "shop", "return") == 1
    assert "full" in store._failure
    store._execute("PRAGMA max_page_count = 1000000")
    assert store.write_problem() == ""
    put(store, row("second"))
    assert store.total("acme", "shop", "return") == 2
    store.close()


def test_health_recovers_only_with_a_write_that_reaches_the_disk(tmp_path: Path) -> None:
    """SQLite skips writing an unchanged value, so such a write would succeed on a full disk."""
    path = tmp_path / "sandbox.db"
    filled(path)
    store = Store.open(url(path))
    store._note(sqlite3.OperationalError("database or disk is full"))
    log = path.with_name(path.name + "-wal")
    before = log.stat().st_size if log.exists() else 0
    kept = store.select(sa.select(tables.meta))
    assert store.write_problem() == ""
    assert log.stat().st_size > before
    assert store.select(sa.select(tables.meta)) == kept
    store.close()


def test_reader_is_not_mistaken_for_another_sandbox(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.db"
    filled(path)
    reader = sqlite3.connect(path)
    reader.execute("SELECT count(*) FROM rows").fetchone()
    with pytest.raises(StoreError, match="is open in another program, perhaps a viewer; close it"):
        Store.open(url(path))
    reader.close()
    Store.open(url(path)).close()


@POSIX
@pytest.mark.skipif(os.geteuid() == 0, reason="everything is writable for root")
def test_read_only_file_is_reported_with_a_solution(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.db"
    filled(path)
    path.chmod(0o400)
    with pytest.raises(StoreError, match=r"is read-only\. Make it writable, or move the file away"):
        Store.open(url(path))
