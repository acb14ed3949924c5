"""Cursors and pending events in PostgreSQL, and cursors in a transaction of the user's."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from support.fake_vendor import rows

from connector import CursorTable, DatabaseCursors
from connector.errors import ConfigurationError
from connector.runtime.polling import Event
from connector.unified import poll_all

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.fake_vendor import Wire
    from support.postgres import Postgres

    from connector.runtime.connection import Connection

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
EVENT = Event(
    id="returnmate:new_return:r1",
    trigger="new_return",
    occurred_at=None,
    observed_at=AT,
    data={"id": "r1", "paid": Decimal("12.10"), "name": "Bob \ud83d \0"},
)


@pytest.fixture(scope="module")
def url(postgres: Postgres) -> str:
    return postgres.new_database()


@pytest.fixture(scope="module")
def engine(url: str) -> Iterator[sa.Engine]:
    engine = sa.create_engine(url)
    yield engine
    engine.dispose()


@pytest.fixture
def cursors(engine: sa.Engine) -> DatabaseCursors:
    with engine.begin() as db:
        for name in ("cursors", "waiting", "skipped", "schema", "locks"):
            db.exec_driver_sql(f"drop table if exists returns_{name}")
    return DatabaseCursors(engine)


def test_events_are_read_back_exactly_and_set_aside_and_retried(cursors: DatabaseCursors) -> None:
    assert cursors.load("p", "t") is None
    cursors.advance("p", "t", {"state": 1}, [EVENT], rows=["row 2 \ud83d\0 cannot be read"], at=AT)
    ((place, event),) = cursors.waiting("p", "t")
    assert (event, str(event.data["paid"])) == (EVENT, "12.10")
    cursors.record_failure(place)
    assert cursors.failures("p", "t") == {place: 1}
    cursors.set_aside(place, "why", AT)
    assert cursors.waiting("p", "t") == []
    row, one = cursors.skipped("p", "t")
    assert (row.event, row.why) == (None, r"row 2 \ud83d cannot be read")
    assert (one.event, one.why, one.at) == (EVENT, "why", AT)
    assert (cursors.retry("p", "t"), cursors.failures("p", "t")) == (1, {})
    assert cursors.retry("p", "t") == 0, "an unreadable row has no event"
    cursors.forget("p", "t")
    assert (cursors.load("p", "t"), cursors.waiting("p", "t")) == (None, [])
    cursors.advance("p", "t", {"state": 2}, [])
    assert cursors.load("p", "t") == {"state": 2}


def test_second_runner_that_ignores_the_lock_stores_nothing(
    cursors: DatabaseCursors, engine: sa.Engine
) -> None:
    other = DatabaseCursors(engine)
    for state in (1, 2):  # the first cursor of all, and a later one
        for runner in (cursors, other):
            runner.load("p", "t")
        cursors.advance("p", "t", {"state": state}, [EVENT])
        with pytest.raises(ConfigurationError, match="Another runner stored a cursor for t with profile p"):
            other.advance("p", "t", {"state": -1}, [EVENT])
        assert other.load("p", "t") == {"state": state}
        assert len(other.waiting("p", "t")) == state


def test_lock_is_released_when_its_connection_ends(cursors: DatabaseCursors, engine: sa.Engine) -> None:
    with cursors.locked("p", "t"):
        with engine.begin() as admin:  # as if the process had been killed
            admin.exec_driver_sql(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and state = 'idle in transaction'"
            )
        with cursors.locked("p", "t"):
            assert cursors.load("p", "t") is None, "other connections of the pool still work"


def test_tables_of_a_newer_version_are_refused(cursors: DatabaseCursors, engine: sa.Engine) -> None:
    with engine.begin() as db:
        db.exec_driver_sql("update returns_schema set version = 99")
    with pytest.raises(ConfigurationError, match="schema version 99"):
        DatabaseCursors(engine)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("postgresql+psycopg://someone:secret@/none?host=/nowhere", "cannot be used: "),
        ("postgresql+nothing://host/shop", "cannot be used: "),
        ("not an address", "cannot be used: Could not parse"),
        ("sqlite://", r"Use `connector.Cursors\(path\)`"),
    ],
)
def test_database_that_cannot_be_used_is_reported_in_one_sentence(address: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words) as caught:
        DatabaseCursors(address)
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_damaged_rows_are_reported_with_their_table(cursors: DatabaseCursors, engine: sa.Engine) -> None:
    cursors.advance("p", "t", {"state": 1}, [EVENT])
    with engine.begin() as db:
        db.exec_driver_sql("update returns_cursors set cursor = '[]'")
        db.exec_driver_sql("update returns_waiting set event = '{}'")
    with pytest.raises(ConfigurationError, match="cursor of t of p in the table returns_cursors is damaged"):
        cursors.load("p", "t")
    with pytest.raises(ConfigurationError, match="event in the table returns_waiting is damaged"):
        cursors.waiting("p", "t")


@pytest.fixture
def own(engine: sa.Engine) -> tuple[CursorTable, sa.Table]:
    """A table of cursors, and one of returns, as a program of the user's has them."""
    tables = sa.MetaData()
    cursors = CursorTable("own_cursors", metadata=tables)
    returns = sa.Table("own_returns", tables, sa.Column("id", sa.Text))
    tables.drop_all(engine)
    tables.create_all(engine)
    return cursors, returns


@pytest.mark.anyio
async def test_rows_and_cursors_are_stored_together_or_not_at_all(
    rm: Connection, wire: Wire, engine: sa.Engine, own: tuple[CursorTable, sa.Table]
) -> None:
    cursors, returns = own
    found: dict[str, Any] = {"id": "r1", "created_at": "2026-03-01T11:00:00Z"}
    wire.reply(rows(found))

    async def sync(*, fails: bool) -> list[str]:
        polled = await poll_all(
            {"shop": rm}, "new_return", cursors.load(engine, "new_return"), since=date(2026, 1, 1)
        )
        with engine.begin() as db:
            for event in polled.events:
                db.execute(returns.insert().values(id=event.raw["id"]))
            cursors.save(db, "new_return", polled.cursors)
            if fails:
                raise OSError("the process ends here")
        return [event.raw["id"] for event in polled.events]

    with pytest.raises(OSError, match="ends here"):
        await sync(fails=True)
    assert cursors.load(engine, "new_return") == {}
    assert await sync(fails=False) == ["r1"], "the same events arrive again"
    assert await sync(fails=False) == []
    with engine.begin() as db:
        assert db.scalars(sa.select(returns.c.id)).all() == ["r1"]


def add_and_save(engine: sa.Engine, returns: sa.Table, cursors: CursorTable) -> None:
    with engine.begin() as db:
        db.execute(returns.insert().values(id="twice"))
        cursors.save(db, "new_return", {"b": {"state": -1}})


def test_one_of_two_programs_that_poll_at_once_stores(
    engine: sa.Engine, own: tuple[CursorTable, sa.Table]
) -> None:
    first, returns = own
    second = CursorTable("own_cursors")
    for state in (1, 2):
        for program in (first, second):
            program.load(engine, "new_return")
        with engine.begin() as db:
            first.save(db, "new_return", {"a": {"state": state}, "b": {"state": state}})
        with pytest.raises(ConfigurationError, match="Another process stored"):
            add_and_save(engine, returns, second)
        assert second.load(engine, "new_return") == {"a": {"state": state}, "b": {"state": state}}
    with engine.begin() as db:
        assert db.scalars(sa.select(returns.c.id)).all() == []
        assert second.load(db, "another") == {}
