"""Events whose handler fails: retried, held back, set aside, listed and delivered again."""

from __future__ import annotations

import sqlite3
import stat
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.fake_vendor import Time, Wire, rows

import connector
from connector.errors import ConfigurationError, ConnectorError, OutcomeUnknown, Skip
from connector.runtime import cursor_schema
from connector.runtime.cursors import Cursors
from connector.runtime.polling import Event
from connector.runtime.runner import MAX_RETRY_PAUSE, Runner, RunResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx

    from connector.runtime.connection import Connection

pytestmark = pytest.mark.anyio

KEY = "return_status_changed"
NAME = f"returnmate:{KEY}"


@pytest.fixture
def cursors(tmp_path: Path) -> Iterator[Cursors]:
    with Cursors(tmp_path / "c") as found:
        yield found


def shows(wire: Wire, **statuses: str) -> None:
    """Let the list hold one return per keyword, with the given status."""
    found = [
        {"id": key, "created_at": "2026-03-01T11:00:00Z", "status": status}
        for key, status in statuses.items()
    ]
    wire.reply(lambda _request: rows(*found))


class Consumer:
    """A handler that records its events; `refuses` maps an event to the exception it raises."""

    def __init__(self) -> None:
        self.delivered: list[str] = []
        self.refuses: dict[str, Exception] = {}
        self.asked: list[str] = []

    async def __call__(self, event: Event) -> None:
        name = event.id.removeprefix(f"{NAME}:")
        self.asked.append(name)
        if name in self.refuses:
            raise self.refuses[name]
        self.delivered.append(name)


def runner(rm: Connection, cursors: Cursors, consumer: Consumer, **more: Any) -> Runner:
    return Runner(rm.triggers[KEY], cursors, profile="p", handler=consumer, **more)


async def first_round(rm: Connection, wire: Wire, cursors: Cursors, count: int = 3) -> Consumer:
    consumer = Consumer()
    shows(wire, **{f"r{one}": "pending" for one in range(1, count + 1)})
    await runner(rm, cursors, consumer).once()
    return consumer


async def test_failing_handler_holds_back_later_events_of_the_same_record_only(
    rm: Connection, wire: Wire, cursors: Cursors
) -> None:
    consumer = await first_round(rm, wire, cursors)
    consumer.refuses = {"r1:approved": OSError("disk full")}
    shows(wire, r1="approved", r2="approved", r3="pending")
    with pytest.raises(OSError, match="disk full"):
        await runner(rm, cursors, consumer).once()
    assert consumer.delivered == ["r2:approved"]
    shows(wire, r1="received", r2="received", r3="approved")
    with pytest.raises(OSError, match="disk full"):
        await runner(rm, cursors, consumer).once()
    assert consumer.delivered == ["r2:approved", "r2:received", "r3:approved"]
    consumer.refuses = {}
    ran = await runner(rm, cursors, consumer).once()
    assert consumer.delivered[3:] == ["r1:approved", "r1:received"], "in order, and once each"
    assert (ran.all_handed_over, cursors.skipped("p", NAME)) == (True, [])


async def test_watch_retries_after_growing_pauses(
    rm: Connection, wire: Wire, cursors: Cursors, time: Time
) -> None:
    consumer = await first_round(rm, wire, cursors)
    consumer.refuses = {"r1:approved": ValueError("no")}
    shows(wire, r1="approved", r2="pending", r3="pending")
    tried: list[float] = []
    start = time.now
    failed: list[ConnectorError] = []

    async def sleep(seconds: float) -> None:
        if len(consumer.asked) > len(tried):
            tried.append((time.now - start).total_seconds())
        await time.sleep(seconds)
        if len(tried) == 7:
            consumer.refuses = {}

    await runner(rm, cursors, consumer).watch(interval=300, sleep=sleep, limit=1, on_error=failed.append)
    pauses = [after - before for before, after in pairwise(tried)]
    assert pauses == [300, 600, 1_200, 2_400, MAX_RETRY_PAUSE, MAX_RETRY_PAUSE]
    assert consumer.delivered == ["r1:approved"]
    assert len(failed) == len(tried)
    assert "r1:approved was not handed over (ValueError: no)" in str(failed[0])


async def test_only_skip_sets_an_event_aside_and_retry_delivers_it(
    rm: Connection, wire: Wire, cursors: Cursors
) -> None:
    consumer = await first_round(rm, wire, cursors)
    consumer.refuses = {"r1:approved": connector.Skip("no such order"), "r2:approved": Skip()}
    shows(wire, r1="approved", r2="approved", r3="approved")
    ran = await runner(rm, cursors, consumer).once()
    assert (consumer.delivered, ran.handed_over, ran.all_handed_over) == (["r3:approved"], 1, True)
    assert len(ran.notes) == 2
    assert "r1:approved is set aside: no such order" in ran.notes[0]
    first, second = cursors.skipped("p", NAME)
    assert (first.event and first.event.id, first.why) == (f"{NAME}:r1:approved", "no such order")
    assert second.why
    assert (await runner(rm, cursors, consumer).once()).handed_over == 0, "it is not retried automatically"
    consumer.refuses = {"r2:approved": Skip("still")}
    before = len(wire.requests)
    ran = await runner(rm, cursors, consumer).retry()
    assert (consumer.delivered, ran.handed_over) == (["r3:approved", "r1:approved"], 1)
    assert len(wire.requests) == before, "nothing is polled"
    (left,) = cursors.skipped("p", NAME)
    assert left.why == "still"


async def test_skip_reason_with_a_lone_surrogate_is_stored(
    rm: Connection, wire: Wire, cursors: Cursors
) -> None:
    consumer = await first_round(rm, wire, cursors)
    consumer.refuses = {"r1:approved": Skip("no order \ud83d")}
    shows(wire, r1="approved", r2="approved")
    ran = await runner(rm, cursors, consumer).once()
    assert (consumer.delivered, ran.all_handed_over) == (["r2:approved"], True)
    assert [one.why for one in cursors.skipped("p", NAME)] == ["no order \\ud83d"]


async def test_exception_listed_in_ends_leaves_the_event_waiting(
    rm: Connection, wire: Wire, cursors: Cursors, time: Time
) -> None:
    consumer = await first_round(rm, wire, cursors)
    consumer.refuses = {"r2:approved": BrokenPipeError()}
    shows(wire, r1="approved", r2="approved", r3="approved")
    ends = runner(rm, cursors, consumer, ends=(BrokenPipeError,))
    with pytest.raises(BrokenPipeError):
        await ends.watch(interval=10, sleep=time.sleep)
    assert consumer.asked == ["r1:approved", "r2:approved"]
    consumer.refuses = {}
    await runner(rm, cursors, consumer).once()
    assert consumer.delivered == ["r1:approved", "r2:approved", "r3:approved"]


async def test_cancelled_handler_leaves_the_event_waiting(
    rm: Connection, wire: Wire, cursors: Cursors
) -> None:
    consumer = await first_round(rm, wire, cursors)
    shows(wire, r1="approved", r2="approved", r3="pending")

    async def interrupted(_event: Event) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await Runner(rm.triggers[KEY], cursors, profile="p", handler=interrupted).once()
    assert len(cursors.waiting("p", NAME)) == 2
    assert cursors.failures("p", NAME) == {}
    await runner(rm, cursors, consumer).once()
    assert consumer.delivered == ["r1:approved", "r2:approved"]


async def test_watch_continues_after_an_unexpected_exception(
    rm: Connection, wire: Wire, cursors: Cursors, time: Time
) -> None:
    consumer = await first_round(rm, wire, cursors)
    failed: list[ConnectorError] = []
    rounds: list[RunResult] = []

    def bursts(_request: httpx.Request) -> httpx.Response:
        raise OverflowError("date value out of range")

    async def sleep(seconds: float) -> None:
        await time.sleep(seconds)
        if not failed:
            wire.reply(bursts)
        else:
            shows(wire, r1="approved")

    await runner(rm, cursors, consumer).watch(
        interval=10, sleep=sleep, limit=1, on_error=failed.append, on_round=rounds.append
    )
    assert consumer.delivered == ["r1:approved"]
    (problem,) = failed
    assert "OverflowError: date value out of range" in str(problem)
    assert problem.__cause__ is not None
    assert problem.__cause__.__traceback__ is not None


async def test_five_failing_events_hold_back_no_other_record(
    rm: Connection, wire: Wire, cursors: Cursors, monkeypatch: pytest.MonkeyPatch
) -> None:
    consumer = await first_round(rm, wire, cursors, count=12)
    trigger = rm.triggers[KEY]
    stuck = {f"r{one}" for one in range(1, 7)}
    asked: list[str] = []

    async def read_details(event: Event) -> Event:
        asked.append(event.data["id"])
        if event.data["id"] in stuck:
            raise OutcomeUnknown("nonsense", sent={})
        return event

    monkeypatch.setattr(trigger, "read_details", read_details)
    shows(wire, **{f"r{one}": "approved" for one in range(1, 13)})

    async def once() -> RunResult:  # each round as a process of its own, as with cron
        return await Runner(trigger, cursors, profile="p", handler=consumer).once()

    assert (await once()).problem is not None
    assert asked == [f"r{one}" for one in range(1, 6)]
    await once()
    assert sorted(consumer.delivered) == sorted(f"r{one}:approved" for one in range(7, 13))
    shows(wire, **{f"r{one}": "approved" for one in range(1, 13)}, r13="approved")
    assert (await once()).handed_over == 1, "the poll continues"
    asked.clear()
    await once()
    assert len(asked) <= 6
    stuck.clear()
    assert (await once()).all_handed_over
    assert len(consumer.delivered) == len(set(consumer.delivered)) == 13


EVENT = Event(
    id=f"{NAME}:r1:approved",
    trigger=KEY,
    occurred_at=None,
    observed_at=datetime(2026, 3, 1, 12, tzinfo=UTC),
    data={"id": "r1", "status": "approved", "name": "Bob \ud83d"},
)


def test_cursor_file_of_an_earlier_version_is_migrated(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "c") as old:
        old.executescript(
            "create table cursors (profile text not null, trigger text not null, cursor text not null,"
            " primary key (profile, trigger)) without rowid;"
            "create table waiting (place integer primary key, profile text not null, trigger text not null,"
            " event text not null);"
            """insert into cursors values ('p', 't', '{"state": 1}');"""
            """insert into waiting values (7, 'p', 't', '{"id": "e", "trigger": "k", "occurred_at": null,"""
            """ "observed_at": "2026-03-01T12:00:00+00:00", "data": {"id": "r"}}');"""
        )
    for _ in range(2):
        with Cursors(tmp_path / "c") as cursors:
            ((place, event),) = cursors.waiting("p", "t")
            assert (place, event.id, cursors.load("p", "t")) == (7, "e", {"state": 1})
            assert cursors.failures("p", "t") == {}
    with Cursors(tmp_path / "c") as cursors:
        cursors.record_failure(7)
        assert cursors.failures("p", "t") == {7: 1}
        cursors.set_aside(7, "why", EVENT.observed_at)
        assert [one.why for one in cursors.skipped("p", "t")] == ["why"]
        assert (cursors.retry("p", "t"), cursors.failures("p", "t")) == (1, {})


def test_each_step_of_the_schema_runs_once_and_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def column(database: sqlite3.Connection) -> None:
        database.execute("alter table cursors add column note text")

    def fails(database: sqlite3.Connection) -> None:
        database.execute("drop table cursors")
        raise OSError("the disk is gone")

    with Cursors(tmp_path / "c") as cursors:
        cursors.advance("p", "t", {"state": 1}, [EVENT])
    monkeypatch.setattr(cursor_schema, "STEPS", (*cursor_schema.STEPS, column, fails))
    with pytest.raises(ConfigurationError, match="the disk is gone"):
        Cursors(tmp_path / "c")
    monkeypatch.setattr(cursor_schema, "STEPS", cursor_schema.STEPS[:-1])
    for _ in range(2):
        with Cursors(tmp_path / "c") as cursors:
            assert cursors.load("p", "t") == {"state": 1}
            assert [event for _place, event in cursors.waiting("p", "t")] == [EVENT]
    monkeypatch.setattr(cursor_schema, "STEPS", cursor_schema.STEPS[:-1])
    with pytest.raises(ConfigurationError, match=r"schema version 2, and this version .* up to 1"):
        Cursors(tmp_path / "c")


def test_unreadable_rows_that_are_set_aside_are_listed_and_never_delivered(cursors: Cursors) -> None:
    cursors.advance("p", "t", {"state": 1}, [EVENT], rows=["row 2 cannot be read"], at=EVENT.observed_at)
    (one,) = cursors.skipped("p", "t")
    assert (one.event, one.why, one.at) == (None, "row 2 cannot be read", EVENT.observed_at)
    assert cursors.retry("p", "t") == 0
    assert [event for _place, event in cursors.waiting("p", "t")] == [EVENT]
    cursors.forget("p", "t")
    assert len(cursors.skipped("p", "t")) == 1, "events set aside survive --restart"


def broken(path: Path, statement: str) -> None:
    with sqlite3.connect(path) as database:
        database.execute(statement)


@pytest.mark.parametrize("text", ["not JSON", "[]", "null", '{"state"'])
def test_cursor_that_is_no_json_is_reported_in_one_sentence(
    tmp_path: Path, cursors: Cursors, text: str
) -> None:
    cursors.advance("p", "t", {"state": 1}, [EVENT])
    broken(tmp_path / "c", f"update cursors set cursor = '{text}'")
    with pytest.raises(ConfigurationError, match=r"The cursor of t in .* is damaged"):
        cursors.load("p", "t")
    broken(tmp_path / "c", f"update waiting set event = '{text}'")
    with pytest.raises(ConfigurationError, match=r"A waiting event in .* is damaged"):
        cursors.waiting("p", "t")
    cursors.forget("p", "t")
    assert (cursors.load("p", "t"), cursors.waiting("p", "t")) == (None, [])


@pytest.mark.parametrize("state", [{}, {"rows": 7}, {"start": "x", "rows": {}, "resume": {}, "laps": 0}])
async def test_cursor_with_a_damaged_state_is_reported_in_one_sentence(
    rm: Connection, wire: Wire, cursors: Cursors, state: dict[str, Any]
) -> None:
    consumer = await first_round(rm, wire, cursors)
    kept = cursors.load("p", NAME)
    assert kept is not None
    cursors.advance("p", NAME, {**kept, "state": state}, ())
    with pytest.raises(ConfigurationError, match="damaged"):
        await runner(rm, cursors, consumer).once()


@pytest.mark.parametrize("then", [Path.exists, Path.touch])
def test_file_deleted_or_replaced_during_a_watch_is_reported_in_one_sentence(
    tmp_path: Path, cursors: Cursors, then: Callable[[Path], object]
) -> None:
    cursors.advance("p", "t", {"state": 1}, [EVENT])
    (tmp_path / "c").rename(tmp_path / "away")
    then(tmp_path / "c")
    gone = pytest.raises(ConfigurationError, match="was deleted or replaced while it was in use")
    with gone:
        cursors.load("p", "t")
    with gone:
        cursors.settle(1)
    with gone:
        cursors.advance("p", "t", {}, ())


def test_read_only_file_is_reported_in_one_sentence(cursors: Cursors) -> None:
    cursors._database.execute("pragma query_only = on")
    with pytest.raises(ConfigurationError, match="cannot be used: attempt to write a readonly database"):
        cursors.advance("p", "t", {"state": 1}, [EVENT])


def test_folder_in_place_of_the_file_is_reported_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be used"):
        Cursors(tmp_path)


def test_file_is_readable_by_its_owner_only(tmp_path: Path, cursors: Cursors) -> None:
    cursors.advance("p", "t", {"state": 1}, [EVENT])
    for path in (tmp_path / "c", tmp_path / "c-wal"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    (tmp_path / "old").touch(mode=0o644)
    with Cursors(tmp_path / "old"):
        assert stat.S_IMODE((tmp_path / "old").stat().st_mode) == 0o600


async def test_record_with_a_lone_surrogate_is_stored_and_read_back(cursors: Cursors) -> None:
    strange = {"id": "r1", "\0decimal": "no number", "n": float("inf")}
    events = [EVENT, Event(EVENT.id, KEY, None, EVENT.observed_at, strange)]
    cursors.advance("p", "t", {"state": 1}, events)
    assert [event for _place, event in cursors.waiting("p", "t")] == events
