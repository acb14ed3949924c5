"""Alarms: each kind of problem reaches the owner once, with what to do, and its end does too."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from support.hub import TARGET, Bench, Received, Targets, hub_at, merchant_of
from support.merchant import Merchant

from connector.errors import ConfigurationError
from connector.hub import circuits, delivering
from connector.hub.alarms import book
from connector.hub.alarms.sending import EVERY, Routes
from connector.hub.alarms.silence import LEAST_HOURS, longest_pause
from connector.hub.moments import micros
from connector.hub.tables import calls, connections, events, lists

OWNER = "https://alarms.example.com/hook"
HOUR = 3_600
DAY = 86_400


def at_a_vendor(vendor: str, folder: Path, story: Callable[[Bench], Awaitable[None]], **options: Any) -> None:
    with merchant_of(vendor) as merchant:

        async def told() -> None:
            async with hub_at(merchant, folder, **{"alarms": Routes(url=OWNER), **options}) as bench:
                await story(bench)

        asyncio.run(told())


async def alarms(bench: Bench) -> list[tuple[str, str]]:
    """Look for problems, report them, and return the kind and state of each that was reported now."""
    bench.merchant.advance(EVERY.total_seconds())
    before = len(reported(bench))
    await bench.hub.watch.look()
    await bench.hub.watch.send_due()
    return [(one["kind"], one["state"]) for one in reported(bench)[before:]]


def reported(bench: Bench) -> list[dict[str, Any]]:
    return [one.body for one in bench.targets.received if one.url == OWNER]


async def ready(bench: Bench, trigger: str = "return_created") -> dict[str, Any]:
    connection = await bench.connect()
    await bench.subscribe(trigger)
    await bench.round()
    assert await alarms(bench) == []
    return connection


async def change(bench: Bench, statement: Any) -> None:
    await bench.hub.store.run(lambda database: database.execute(statement))


def test_a_refused_login_is_reported_once_and_its_end_too(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        connection = await ready(bench)
        right = bench.hub.encryption.encrypt(dict(bench.merchant.fields))
        wrong = bench.hub.encryption.encrypt({**bench.merchant.fields, "api_key": "revoked"})
        await change(bench, sa.update(connections).values(fields=wrong))
        await bench.hub.vendors.forget(connection["id"])
        await bench.round(HOUR)
        assert await alarms(bench) == [("login_refused", "open")]
        [message] = reported(bench)
        assert message["message"].startswith("shop: ReturnGO refuses the login, so nothing is polled.")
        assert message["text"] == message["message"]
        assert message["subject"] == connection["id"]
        assert await alarms(bench) == []
        await change(bench, sa.update(connections).values(fields=right))
        await bench.hub.vendors.forget(connection["id"])
        await bench.round(HOUR)
        assert await alarms(bench) == [("login_refused", "closed")]
        assert reported(bench)[-1]["text"].startswith("Ended: shop: ")
        assert await alarms(bench) == []
        [listed] = (await bench.get("/alarms"))["alarms"]
        assert (listed["state"], listed["sent"], listed["problem"]) == ("closed", True, None)

    at_a_vendor("returngo", tmp_path, story)


def test_a_dead_target_opens_its_circuit_and_is_reported(tmp_path: Path) -> None:
    alive = False

    def answer(received: Received) -> httpx.Response:
        return httpx.Response(200 if received.url == OWNER or alive else 404)

    async def story(bench: Bench) -> None:
        nonlocal alive
        await ready(bench)
        for _ in range(circuits.OPENS_AFTER + 2):
            bench.merchant.ask_for_return()
        await bench.round(HOUR)
        assert len(attempts(bench)) == circuits.OPENS_AFTER + 2
        assert await alarms(bench) == [("target_dead", "open")]
        assert "hooks.example.com" in reported(bench)[0]["message"]
        assert "It answered 404." in reported(bench)[0]["message"]
        assert TARGET not in reported(bench)[0]["message"]
        # The circuit is open: nothing is tried before its pause ends, and then one delivery at a time.
        bench.merchant.advance(1)
        resting = await bench.hub.store.run(delivering.next_due)
        await bench.hub.deliverer.deliver_due()
        assert len(attempts(bench)) == circuits.OPENS_AFTER + 2
        assert resting
        assert resting > bench.hub.clock()
        await bench.round(HOUR)
        assert len(attempts(bench)) == circuits.OPENS_AFTER + 3
        alive = True
        await bench.round(HOUR)
        await bench.hub.deliverer.deliver_due()
        assert await alarms(bench) == [("target_dead", "closed")]
        delivered = (await bench.get("/deliveries"))["deliveries"]
        assert {one["state"] for one in delivered} == {"delivered"}

    def attempts(bench: Bench) -> list[Received]:
        return [one for one in bench.targets.received if one.url == TARGET]

    at_a_vendor("returngo", tmp_path, story, targets=Targets(answer=answer))


def test_a_used_up_budget_and_too_many_changes_are_reported(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        connection = await ready(bench)
        now = micros(bench.hub.clock())
        row = {
            "connection": connection["id"], "trigger": "new_return", "record": "1", "observed_at": now,
            "data": "{}",
        }  # fmt: skip
        await bench.hub.store.run(
            lambda database: database.execute(
                sa.insert(events), [{**row, "id": f"e{number}"} for number in range(1_800)]
            )
        )
        assert await alarms(bench) == [("plan_exceeded", "open")]
        assert (
            "1,800 changes came in 24 hours, but the plan holds up to 360" in reported(bench)[-1]["message"]
        )
        await change(bench, sa.delete(events))
        assert await alarms(bench) == [("plan_exceeded", "closed")]
        await change(bench, sa.update(calls).values(count=1_800))
        assert await alarms(bench) == [("plan_exceeded", "open")]
        assert "The budget of 1,800 calls in 24 hours is used up" in reported(bench)[-1]["message"]

    at_a_vendor("returngo", tmp_path, story)


def test_a_list_that_is_silent_for_longer_than_usual_is_reported(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        connection = await ready(bench)
        now = bench.hub.clock()
        rows = [
            {
                "connection": connection["id"], "trigger": "new_return", "record": "1", "id": str(hours),
                "observed_at": micros(now - timedelta(hours=hours)), "data": "{}",
            }
            for hours in range(0, 24 * 9, 8)
        ]  # fmt: skip
        await bench.hub.store.run(lambda database: database.execute(sa.insert(events), rows))
        await bench.round(15 * HOUR)
        assert await alarms(bench) == []
        await bench.round(2 * HOUR)
        assert await alarms(bench) == [("silent", "open")]
        assert "Its longest pause in the last 30 days was 8 hours." in reported(bench)[-1]["message"]
        # A list that cannot be polled is not silent.
        await change(bench, sa.update(lists).values(failures=1))
        assert ("silent", "closed") in await alarms(bench)

    at_a_vendor("swap", tmp_path, story)


def test_a_usual_pause_needs_a_week_of_events() -> None:
    hours = list(range(0, 24 * 8, 4))
    assert longest_pause(hours) == 4
    assert longest_pause([*hours, hours[-1] + 60]) == 60
    assert longest_pause(hours[: LEAST_HOURS - 1]) is None
    assert longest_pause(hours[:LEAST_HOURS]) is None
    assert longest_pause([]) is None


def test_an_outage_of_the_vendor_is_reported_after_an_hour(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        await ready(bench)
        await change(bench, sa.update(lists).values(failures=3, problem="ReturnMate answered 503."))
        assert await alarms(bench) == []
        bench.merchant.advance(HOUR)
        assert await alarms(bench) == [("poll_fails", "open")]
        assert "ReturnMate answered 503." in reported(bench)[-1]["message"]

    at_a_vendor("returnmate", tmp_path, story)


@pytest.mark.parametrize("vendor", ["returngo", "returnmate"])
def test_a_hub_that_was_away_for_too_long_says_what_may_be_missing(vendor: str, tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        connection = await ready(bench, "return_status_changed")
        integration = bench.hub.integrations[vendor]
        back = integration.triggers["return_status_changed"].source.look_back  # type: ignore[union-attr]
        await bench.round(back - HOUR)
        assert await alarms(bench) == []
        await bench.round(back + DAY)
        assert await alarms(bench) == [("away", "open")]
        message = reported(bench)[-1]
        assert message["subject"] == connection["id"]
        assert f"longer than its look-back of {back // DAY} days" in message["message"]
        assert "may be missing" in message["message"]
        await bench.round(DAY)
        assert await alarms(bench) == []
        [listed] = (await bench.get("/alarms"))["alarms"]
        assert listed["state"] == "closed"

    at_a_vendor(vendor, tmp_path, story)


def test_an_alarm_is_repeated_until_the_owner_has_it(tmp_path: Path) -> None:
    statuses = iter([500, 302, 200])

    async def story(bench: Bench) -> None:
        assert (await bench.api.post("/alarms/test")).status_code == 202
        for problem in ["The webhook for alarms answered 500.", "The webhook for alarms answered 302.", None]:
            await bench.hub.watch.send_due()
            [listed] = (await bench.get("/alarms"))["alarms"]
            assert (listed["problem"], listed["sent"]) == (problem, problem is None)
            await bench.hub.watch.send_due()
            bench.merchant.advance(60)
        assert len(reported(bench)) == 3

    targets = Targets(answer=lambda _received: httpx.Response(next(statuses)))
    at_a_vendor("swap", tmp_path, story, targets=targets)


def test_a_command_receives_the_alarm_on_its_standard_input(tmp_path: Path) -> None:
    got = tmp_path / "got.json"
    script = tmp_path / "alarm.py"
    script.write_text(f"import pathlib, sys; pathlib.Path({str(got)!r}).write_bytes(sys.stdin.buffer.read())")

    async def story(bench: Bench) -> None:
        await bench.api.post("/alarms/test")
        await bench.hub.watch.send_due()
        assert json.loads(got.read_text())["kind"] == "test"
        [listed] = (await bench.get("/alarms"))["alarms"]
        assert listed["sent"]

    at_a_vendor("swap", tmp_path, story, alarms=Routes(command=f"'{sys.executable}' '{script}'"))


def test_a_command_that_fails_is_a_sentence(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        await bench.api.post("/alarms/test")
        await bench.hub.watch.send_due()
        [listed] = (await bench.get("/alarms"))["alarms"]
        assert listed["problem"] == "The alarm command cannot be started: no such file or directory."

    at_a_vendor("swap", tmp_path, story, alarms=Routes(command=str(tmp_path / "missing")))


def test_without_a_route_an_alarm_is_kept_until_there_is_one(tmp_path: Path) -> None:
    async def without(bench: Bench) -> None:
        assert (await bench.api.post("/alarms/test")).status_code == 202
        assert await bench.hub.watch.send_due() == 1
        [listed] = (await bench.get("/alarms"))["alarms"]
        assert (listed["sent"], "without --alarm-url" in listed["problem"]) == (False, True)

    async def with_one(bench: Bench) -> None:
        bench.merchant.advance(HOUR)
        await bench.hub.watch.send_due()
        assert [one["kind"] for one in reported(bench)] == ["test"]
        [listed] = (await bench.get("/alarms"))["alarms"]
        assert (listed["sent"], listed["problem"]) == (True, None)

    async def one_after_another(merchant: Merchant) -> None:
        for story, routes in ((without, Routes()), (with_one, Routes(url=OWNER))):
            async with hub_at(merchant, tmp_path, alarms=routes) as bench:
                await story(bench)

    with merchant_of("swap") as merchant:
        asyncio.run(one_after_another(merchant))


def test_an_alarm_that_ended_before_there_was_a_route_is_not_sent_later(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        await bench.api.post("/alarms/test")
        await bench.hub.watch.send_due()
        bench.merchant.advance(2 * DAY)
        await bench.hub.watch.look()
        await bench.hub.watch.send_due()
        assert await bench.hub.store.run(book.next_due) is None
        [listed] = (await bench.get("/alarms"))["alarms"]
        assert listed["state"] == "closed"

    at_a_vendor("swap", tmp_path, story, alarms=Routes())


@pytest.mark.parametrize(
    ("options", "words"), [({"url": "file:///x"}, "http or https"), ({"command": "'x"}, "cannot be read")]
)
def test_a_route_that_cannot_be_used_is_refused_at_the_start(options: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        Routes(**options)
