"""The runner polls, stores and delivers events: at least once, and usually exactly once."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from support.each import each
from support.fake_vendor import Time, Wire, rows

from connector.errors import ConfigurationError, UnexpectedResponse, ValidationFailed
from connector.runtime.cursors import Cursors
from connector.runtime.database_cursors import DatabaseCursors
from connector.runtime.polling import Event
from connector.runtime.runner import Runner

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.postgres import Postgres

    from connector.runtime.connection import Connection
    from connector.runtime.outbox import Outbox

pytestmark = pytest.mark.anyio


class Crash(Exception):  # noqa: N818
    """Simulates the death of the process."""


class Shop:
    """Returns sorted by creation, served like ReturnMate's API."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = [{"id": "rma_0", "created_at": "2026-03-01T11:00:00Z"}]

    def add(self, count: int) -> None:
        for _ in range(count):
            number = len(self.rows)
            self.rows.append({"id": f"rma_{number}", "created_at": f"2026-03-01T12:{number:02d}:00Z"})

    def __call__(self, request: httpx.Request) -> httpx.Response:
        after = request.url.params.get("created_after", "")
        found = [row for row in self.rows if row["created_at"] >= after]
        return rows(*(reversed(found) if request.url.params["order"] == "desc" else found))


@pytest.fixture
def shop(wire: Wire) -> Shop:
    made = Shop()
    wire.reply(made)
    return made


@pytest.fixture
def cursors(tmp_path: Path) -> Iterator[Cursors]:
    with Cursors(tmp_path / "c") as found:
        yield found


@pytest.fixture(scope="module")
def database(postgres: Postgres) -> str:
    return postgres.new_database()


@pytest.fixture(params=["file", "database"])
def stored(request: pytest.FixtureRequest) -> Iterator[Outbox]:
    """Each store for cursors, empty."""
    if request.param == "file":
        yield request.getfixturevalue("cursors")
        return
    place = hashlib.sha256(request.node.name.encode()).hexdigest()[:12]
    with DatabaseCursors(request.getfixturevalue("database"), prefix=f"t{place}_") as found:
        yield found


def runner(rm: Connection, cursors: Outbox, delivered: list[str], crash: str | None = None) -> Runner:
    async def hand_over(event: Event) -> None:
        delivered.append(event.id)

    def crashes(point: str) -> None:
        if point == crash:
            raise Crash(point)

    return Runner(rm.triggers["new_return"], cursors, profile="p", handler=hand_over, crash=crashes)


async def test_first_round_takes_note_and_later_rounds_deliver_each_event_once(
    rm: Connection, shop: Shop, stored: Outbox
) -> None:
    delivered: list[str] = []
    assert (await runner(rm, stored, delivered).once()).first_poll
    shop.add(3)
    assert (await runner(rm, stored, delivered).once()).handed_over == 3
    assert (await runner(rm, stored, delivered).once()).handed_over == 0
    assert delivered == [f"returnmate:new_return:rma_{number}" for number in (1, 2, 3)]


@pytest.mark.parametrize(
    ("point", "repeated"),
    [("polled", 0), ("kept", 0), ("handed_over_one", 1), ("settled_one", 0), ("handed_over", 0)],
)
async def test_crash_at_any_point_loses_no_event(
    rm: Connection, shop: Shop, stored: Outbox, point: str, repeated: int
) -> None:
    delivered: list[str] = []
    await runner(rm, stored, delivered).once()
    shop.add(3)
    with pytest.raises(Crash):
        await runner(rm, stored, delivered, crash=point).once()
    await runner(rm, stored, delivered).once()
    assert set(delivered) == {f"returnmate:new_return:rma_{number}" for number in (1, 2, 3)}
    assert len(delivered) == 3 + repeated


async def test_event_is_delivered_again_after_the_handler_fails(
    rm: Connection, shop: Shop, stored: Outbox
) -> None:
    await runner(rm, stored, []).once()
    shop.add(2)
    delivered: list[str] = []

    async def fails_on_the_second(event: Event) -> None:
        delivered.append(event.id)
        if len(delivered) == 2:
            raise OSError("disk full")

    failing = Runner(rm.triggers["new_return"], stored, profile="p", handler=fails_on_the_second)
    with pytest.raises(OSError, match="disk full"):
        await failing.once()
    await runner(rm, stored, delivered).once()
    assert delivered == [f"returnmate:new_return:rma_{number}" for number in (1, 2, 2)]


async def test_limit_leaves_the_remaining_events_for_the_next_round(
    rm: Connection, shop: Shop, cursors: Cursors
) -> None:
    delivered: list[str] = []
    await runner(rm, cursors, delivered).once()
    shop.add(3)
    assert not (await runner(rm, cursors, delivered).once(limit=2)).all_handed_over
    await runner(rm, cursors, delivered).once()
    assert len(delivered) == len(set(delivered)) == 3


async def test_watch_continues_after_the_vendor_was_unavailable(
    rm: Connection, wire: Wire, shop: Shop, time: Time, cursors: Cursors
) -> None:
    delivered: list[str] = []
    failed: list[str] = []
    away = [httpx.ConnectError("refused")] * 4
    await runner(rm, cursors, delivered).once()
    shop.add(1)
    wire.reply(*away, shop)
    await runner(rm, cursors, delivered).watch(
        interval=10, sleep=time.sleep, limit=1, on_error=lambda problem: failed.append(str(problem))
    )
    assert len(delivered) == len(failed) == 1


async def test_watch_continues_after_an_invalid_answer(
    rm: Connection, wire: Wire, shop: Shop, time: Time, cursors: Cursors
) -> None:
    page = httpx.Response(200, text="<html>Down for maintenance</html>")
    delivered: list[str] = []
    failed: list[str] = []

    async def sleep(seconds: float) -> None:
        await time.sleep(seconds)
        if not failed:
            shop.add(1)
            wire.reply(page, shop)

    await runner(rm, cursors, delivered).watch(
        interval=10, sleep=sleep, limit=1, on_error=lambda problem: failed.append(str(problem))
    )
    assert len(delivered) == len(failed) == 1


async def test_watch_does_not_start_at_an_address_that_is_no_api(
    rm: Connection, wire: Wire, time: Time, cursors: Cursors
) -> None:
    wire.reply(httpx.Response(200, text="<html>Welcome</html>"))
    with pytest.raises(UnexpectedResponse):
        await runner(rm, cursors, []).watch(interval=10, sleep=time.sleep)


def test_two_runners_of_one_trigger_have_separate_cursors(stored: Outbox) -> None:
    with (
        stored.locked("p", "t"),
        stored.locked("p", "other"),
        stored.locked("q", "t"),
        pytest.raises(ConfigurationError, match="Another runner"),
        stored.locked("p", "t"),
    ):
        pass
    with stored.locked("p", "t"):
        pass


def test_killed_runner_leaves_no_lock(cursors: Cursors, tmp_path: Path) -> None:
    code = (
        "import sys, os, pathlib; from connector.runtime.cursors import Cursors\n"
        "with Cursors(pathlib.Path(sys.argv[1])).locked('p', 't'):\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "c")], check=False)
    with cursors.locked("p", "t"):
        pass


def test_file_that_is_no_database_is_reported_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "c").write_text("no database at all, but long enough to be looked at " * 20)
    with pytest.raises(ConfigurationError, match="cannot be used"):
        Cursors(tmp_path / "c")


async def test_full_disk_is_reported_in_one_sentence_and_loses_nothing(
    rm: Connection, shop: Shop, cursors: Cursors
) -> None:
    delivered: list[str] = []
    await runner(rm, cursors, delivered).once()
    before = cursors.load("p", "returnmate:new_return")
    shop.add(40)
    (pages,) = cursors._database.execute("pragma page_count").fetchone()
    cursors._database.execute(f"pragma max_page_count = {pages}")
    with pytest.raises(ConfigurationError, match="cannot be used: database or disk is full"):
        await runner(rm, cursors, delivered).once()
    assert (cursors.load("p", "returnmate:new_return"), delivered) == (before, [])
    cursors._database.execute("pragma max_page_count = 1000000")
    assert (await runner(rm, cursors, delivered).once()).handed_over == 40


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"trigger": "returnmate:new_shipment"}, "belongs to returnmate:new_shipment"),
        ({"version": 99}, "version 99"),
        ({"strategy": "window_scan"}, "only version 1"),
        ({"state": None}, "damaged"),
    ],
)
async def test_cursor_of_another_trigger_is_refused(
    rm: Connection, shop: Shop, change: dict[str, Any], words: str
) -> None:
    polled = await rm.triggers["new_return"].poll()
    with pytest.raises(ConfigurationError, match=words):
        await rm.triggers["new_return"].poll({**polled.cursor, **change})


async def test_cursor_that_is_no_dict_is_refused(rm: Connection) -> None:
    wrong: Any = "2026-03-01"
    with pytest.raises(ConfigurationError, match="must be the dict that the last poll returned"):
        await rm.triggers["new_return"].poll(wrong)


CHANGED = "return_status_changed"


def statuses(shop: Shop, *words: str) -> None:
    """Give the shop one return per status."""
    shop.rows = [
        {"id": f"rma_{number}", "created_at": "2026-03-01T11:00:00Z", "status": word}
        for number, word in enumerate(words)
    ]


async def test_filter_is_applied_locally_and_never_sent(rm: Connection, wire: Wire, shop: Shop) -> None:
    trigger = rm.triggers[CHANGED]
    statuses(shop, "pending", "pending", "pending")
    cursor = (await trigger.poll()).cursor
    statuses(shop, "received", "approved", "Received")
    narrow, wide = await trigger.poll(cursor, status=" received"), await trigger.poll(cursor)
    assert [event.data["id"] for event in narrow.events] == ["rma_0", "rma_2"]
    assert [event.data["id"] for event in wide.events] == ["rma_0", "rma_1", "rma_2"]
    assert narrow.events == (wide.events[0], wide.events[2])
    assert narrow.cursor == wide.cursor, "the cursor does not depend on the filter"
    assert (await trigger.poll(cursor, status="")).events == wide.events
    assert not any("status" in key for request in each(wire.requests) for key in request.url.params)


async def test_unknown_trigger_input_is_refused_before_any_request(
    rm: Connection, wire: Wire, shop: Shop
) -> None:
    with pytest.raises(ValidationFailed, match="did you mean status"):
        await rm.triggers[CHANGED].poll(None, staus="received")
    with pytest.raises(ValidationFailed, match="there are no inputs"):
        await rm.triggers["return_received"].poll(None, status="received")
    assert wire.requests == []


async def test_watchers_with_different_filters_have_separate_cursors(
    rm: Connection, shop: Shop, stored: Outbox
) -> None:
    delivered: dict[str, list[str]] = {}

    async def round_of(**inputs: str) -> None:
        found = delivered.setdefault(inputs.get("status", "all"), [])

        async def hand_over(event: Event) -> None:
            found.append(event.data["id"])

        await Runner(rm.triggers[CHANGED], stored, profile="p", handler=hand_over, inputs=inputs).once()

    statuses(shop, "pending", "pending")
    for inputs in ({}, {"status": "received"}, {"status": "approved"}):
        await round_of(**inputs)
    statuses(shop, "received", "approved")
    for inputs in ({"status": "received"}, {}, {"status": "approved"}, {"status": "received"}, {}):
        await round_of(**inputs)
    assert delivered == {"received": ["rma_0"], "all": ["rma_0", "rma_1"], "approved": ["rma_1"]}
    trigger = rm.triggers[CHANGED]
    assert trigger.cursor_name() == trigger.cursor_name(status="") == trigger.name
    assert trigger.cursor_name(status="received") != trigger.name


def test_waiting_events_are_stored_exactly_and_removed_with_the_cursor(
    cursors: Cursors, tmp_path: Path
) -> None:
    event = Event(
        id="returnmate:new_return:rma_1",
        trigger="new_return",
        occurred_at=datetime(2026, 3, 1, 12, tzinfo=UTC),
        observed_at=datetime(2026, 3, 1, 12, 0, 0, 5, tzinfo=UTC),
        data={"id": "rma_1", "paid": Decimal("12.10"), "lines": [{"tax": Decimal("1E-7"), "note": None}]},
    )
    undated = replace(event, id="returnmate:new_return:rma_2", occurred_at=None)
    cursors.advance("p", "t", {"state": 1}, [event, undated])
    with Cursors(tmp_path / "c") as reopened:
        (first, read), (second, other) = reopened.waiting("p", "t")
        assert (read, other) == (event, undated)
        assert str(read.data["paid"]) == "12.10"
        assert reopened.waiting("p", "other") == []
        reopened.settle(first)
        assert [place for place, _ in reopened.waiting("p", "t")] == [second]
        reopened.forget("p", "t")
        assert (reopened.load("p", "t"), reopened.waiting("p", "t")) == (None, [])


async def test_waiting_events_are_delivered_before_new_ones_within_the_limit(
    rm: Connection, shop: Shop, stored: Outbox
) -> None:
    delivered: list[str] = []
    await runner(rm, stored, delivered).once()
    shop.add(3)
    await runner(rm, stored, delivered).once(limit=1)
    shop.add(1)
    assert (await runner(rm, stored, delivered).once(limit=2)).handed_over == 2
    assert delivered == [f"returnmate:new_return:rma_{number}" for number in (1, 2, 3)]
    assert (await runner(rm, stored, delivered).once()).handed_over == 1


@pytest.mark.parametrize(("hours", "words"), [(26, "26 h 0 min ahead of"), (-1, "1 h 0 min behind")])
async def test_clock_difference_is_reported_once(
    rm: Connection, wire: Wire, time: Time, cursors: Cursors, hours: int, words: str
) -> None:
    def answers(_request: httpx.Request) -> httpx.Response:
        found = rows({"id": "rma_0", "created_at": "2026-03-01T11:00:00Z"})
        found.headers["date"] = format_datetime(time.now + timedelta(hours=hours), usegmt=True)
        return found

    wire.reply(answers)
    delivered: list[str] = []
    notes = [(await runner(rm, cursors, delivered).once()).notes for _ in range(3)]
    ((said,), second, third) = notes
    assert said.startswith(f"ReturnMate's clock is {words} the clock of this machine")
    assert (second, third) == ((), ())


async def test_clock_difference_below_five_minutes_is_not_reported(
    rm: Connection, wire: Wire, time: Time, cursors: Cursors
) -> None:
    date = {"date": format_datetime(time.now + timedelta(minutes=5), usegmt=True)}
    wire.reply(httpx.Response(200, headers=date, content=rows().content))
    assert (await runner(rm, cursors, []).once()).notes == ()
