"""Rows of the user's and cursors are stored in one transaction, once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import sqlalchemy as sa
from support.fake_vendor import rows

from connector import CursorTable
from connector.errors import ConfigurationError
from connector.unified import PollAllResult, poll_all, poll_transaction

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.fake_vendor import Wire

    from connector.runtime.connection import Connection

pytestmark = pytest.mark.anyio
KIND, SINCE = "return_created", date(2026, 1, 1)
ROW = {"id": "r1", "created_at": "2026-03-01T11:00:00Z"}


@pytest.fixture
def engine() -> Iterator[sa.Engine]:
    engine = sa.create_engine("sqlite://")
    with engine.begin() as db:
        db.exec_driver_sql("create table returns (id text primary key)")
    yield engine
    engine.dispose()


def stored(engine: sa.Engine) -> list[str]:
    with engine.begin() as db:
        return list(db.scalars(sa.text("select id from returns order by id")))


async def sync(engine: sa.Engine, rm: Connection, *, fails: bool = False) -> PollAllResult:
    async with poll_transaction(engine, CursorTable(), {"shop": rm}, KIND, since=SINCE) as (db, polled):
        for found in polled.returns.get("shop", ()):
            db.execute(sa.text("insert into returns values (:id)"), {"id": found.id})
        if fails:
            raise OSError("the process ends here")
    return polled


async def test_nothing_is_stored_if_the_block_fails_and_everything_once_if_not(
    engine: sa.Engine, rm: Connection, wire: Wire
) -> None:
    wire.reply(rows(ROW))
    with pytest.raises(OSError, match="ends here"):
        await sync(engine, rm, fails=True)
    assert stored(engine) == []
    assert CursorTable().load(engine, KIND) == {}
    first = await sync(engine, rm)
    assert (len(first.events), stored(engine)) == (1, ["r1"])
    assert CursorTable().load(engine, KIND) == first.cursors
    assert (await sync(engine, rm)).events == (), "the cursor was not stored"


async def overtaken(engine: sa.Engine, rm: Connection) -> None:
    """Store a row, and a cursor as another process would store it during the poll."""
    other = CursorTable()
    async with poll_transaction(engine, CursorTable(), {"shop": rm}, KIND) as (db, polled):
        other.load(db, KIND)
        other.save(db, KIND, {"shop": {"state": 1}})
        (found,) = polled.returns["shop"]
        db.execute(sa.text("insert into returns values (:id)"), {"id": found.id})


async def test_no_row_is_kept_if_another_process_stored_a_cursor_meanwhile(
    engine: sa.Engine, rm: Connection, wire: Wire
) -> None:
    wire.reply(rows(ROW))
    await sync(engine, rm)
    wire.reply(rows(ROW, {**ROW, "id": "r2"}))
    with pytest.raises(ConfigurationError, match="Another process stored the cursor of return_created"):
        await overtaken(engine, rm)
    assert stored(engine) == ["r1"]


async def test_connection_that_fails_keeps_its_cursor(engine: sa.Engine, rm: Connection, wire: Wire) -> None:
    wire.reply(rows(ROW))
    known = (await sync(engine, rm)).cursors
    wire.reply(httpx.ConnectError("no route"))
    failed = await sync(engine, rm)
    assert set(failed.failed) == {"shop"}
    assert CursorTable().load(engine, KIND) == known


async def test_newest_record_of_each_return_is_kept(rm: Connection, wire: Wire) -> None:
    wire.reply(rows(ROW, {**ROW, "id": "r2"}))
    polled = await poll_all({"shop": rm}, KIND, since=SINCE)
    first, second = polled.events
    assert first.record
    newer = first.record.model_copy(update={"status": "approved"})
    records = (newer, None, first.record.model_copy(update={"id": None}))
    more = (first.model_copy(update={"record": one}) for one in records)
    seen = replace(polled, events=(*polled.events, *more)).returns
    assert seen == {"shop": (newer, second.record)}


async def test_each_trigger_has_its_own_cursor(engine: sa.Engine, rm: Connection, wire: Wire) -> None:
    wire.reply(rows(ROW))
    cursors, other = CursorTable(), "return_status_changed"
    first = (await sync(engine, rm)).cursors
    async with poll_transaction(engine, cursors, {"shop": rm}, other) as (_db, polled):
        assert cursors.load(engine, other) == {}
    assert (cursors.load(engine, KIND), cursors.load(engine, other)) == (first, polled.cursors)
    wire.reply(rows({**ROW, "status": "approved", "updated_at": "2026-03-02T11:00:00Z"}))
    async with poll_transaction(engine, cursors, {"shop": rm}, other) as (_db, polled):
        assert [one.record and one.record.id for one in polled.events] == ["r1"]


@pytest.mark.parametrize("included", [True, False])
async def test_what_is_assumed_is_polled_on_request(
    engine: sa.Engine, rm: Connection, monkeypatch: pytest.MonkeyPatch, included: bool
) -> None:
    asked = []

    async def recorded(*given: Any, **options: Any) -> PollAllResult:
        asked.append(options)
        return await poll_all(*given, **options)

    monkeypatch.setattr("connector.unified.transaction.poll_all", recorded)
    async with poll_transaction(
        engine, CursorTable(), {"shop": rm}, KIND, since=SINCE, include_assumed=included
    ):
        assert asked == [{"since": SINCE, "include_assumed": included}]
