"""Operations on whole tenants run in slices: the result is complete or absent, and others run in between."""

import asyncio
import sqlite3
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from support.each import each
from support.stored import everything, killed, observing, run, stored
from support.worlds import HOUR, NOON, RealTime, open_world, row, ticking

import mock_server.bulk
from mock_server.bulk import Bulk
from mock_server.clock import SLICE, Clocks
from mock_server.engine.call import Call
from mock_server.engine.problem import Problem
from mock_server.store import Change, Step, Store, tables
from mock_server.tenants import Tenant, TenantExistsError, UnknownTenantError

DAY = 24 * HOUR
OPTIONS: dict[str, Any] = {"seed": 3, "seed_size": 25, "first_moment": NOON}
MAX_AT_A_TIME = 600
"""Rows that one slice may write or delete, not counting SQLite's own counters and indexes."""


def test_tenant_created_in_slices_equals_one_created_at_once() -> None:
    with open_world(secret="s") as one, open_world(secret="s") as two:
        made = one.tenants.create("acme", **OPTIONS)

        async def story(bulk: Bulk) -> None:
            assert await bulk.create("acme", **OPTIONS) == made

        run(two, story)
        expected = everything(one.world.store, "acme")
        assert all(each(expected.values()))
        assert everything(two.world.store, "acme") == expected
        assert two.tenants.stray_partitions() == []
        keys = [(key.vendor, key.key) for key in two.world.keys.held_by("acme")]
        assert keys == [(key.vendor, key.key) for key in one.world.keys.held_by("acme")]
        for name in each(one.vendors):
            assert two.world.store.totals("acme", name, "return") == one.world.store.totals(
                "acme", name, "return"
            )
        assert two.world.clocks.next_due("acme") == one.world.clocks.next_due("acme")


def test_tenant_appears_when_complete_and_others_run_in_between() -> None:
    with open_world() as opened:
        seen: list[int] = []
        changes: list[int] = []

        def look() -> None:
            changes.append(opened.world.store._connection.total_changes)
            if any(tenant.name == "acme" for tenant in opened.tenants.every()):
                seen.append(len(everything(opened.world.store, "acme")["rows"]))

        async def story(bulk: Bulk) -> None:
            with observing(opened, look):
                await bulk.create("acme", **OPTIONS)
                await bulk.reset("acme")
                await bulk.delete("acme")

        run(opened, story)
        assert len(set(seen)) == 1, "an incomplete tenant was visible"
        steps = [after - before for before, after in pairwise(changes)]
        assert max(steps) <= MAX_AT_A_TIME < changes[-1] - changes[0]
        assert stored(opened.world.store) == sum(map(len, everything(opened.world.store, "demo").values()))


def test_reset_shows_the_old_tenant_or_the_new_one() -> None:
    with open_world() as opened:
        opened.tenants.create("acme", **OPTIONS)
        fresh = everything(opened.world.store, "acme")
        with opened.world.store.change() as change:
            change.put(row("more", vendor="returnmate"))
            change.record("acme", "returnmate", kind="return.created", subject="more", at=NOON, body={})
        opened.world.switches.turn("acme", "returnlogic", "maintenance", on=True, at=NOON)
        used = everything(opened.world.store, "acme")
        seen: list[Any] = []

        def look() -> None:
            found = everything(opened.world.store, "acme")
            if not seen or seen[-1] != found:
                seen.append(found)

        async def story(bulk: Bulk) -> None:
            with observing(opened, look):
                await bulk.reset("acme")
            look()

        run(opened, story)
        assert seen == [used, fresh]
        assert not opened.world.switches.is_on("acme", "returnlogic", "maintenance")
        assert opened.tenants.stray_partitions() == []


@pytest.mark.parametrize("turns", [2, 8, 16])
@pytest.mark.parametrize("work", ["create", "reset", "delete"])
def test_killed_process_leaves_no_partial_tenant(work: str, turns: int, tmp_path: Path) -> None:
    file = tmp_path / "sandbox.sqlite3"
    with open_world(database=f"sqlite:///{file}") as opened:
        if work != "create":
            opened.tenants.create("acme", **OPTIONS)
        before = everything(opened.world.store, "acme")
        breaths = 0

        async def story(bulk: Bulk) -> None:
            options = OPTIONS if work == "create" else {}
            with observing(opened, look):
                await getattr(bulk, work)("acme", **options)
            assert breaths >= turns, "the operation ended before it was observed"

        def look() -> None:
            nonlocal breaths
            breaths += 1
            if breaths == turns:
                check()

        def check() -> None:
            with killed(file, tmp_path / "killed") as left:
                names = [tenant.name for tenant in left.tenants.every()]
                complete = everything(left.world.store, "acme")
                assert left.tenants.stray_partitions() == []
                assert stored(left.world.store) == sum(
                    sum(map(len, everything(left.world.store, name).values())) for name in names
                )
                if work == "reset":
                    assert complete == before
                else:
                    assert "acme" not in names

        run(opened, story)


def test_failed_operation_leaves_nothing_and_frees_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    with open_world() as opened:
        before = stored(opened.world.store)

        def fail(*_: Any, **__: Any) -> Any:
            raise sqlite3.OperationalError("database or disk is full")

        async def story(bulk: Bulk) -> None:
            with monkeypatch.context() as patched:
                patched.setattr(opened.tenants, "insert", fail)
                with pytest.raises(sqlite3.OperationalError):
                    await bulk.create("acme", **OPTIONS)
            assert (stored(opened.world.store), opened.tenants.stray_partitions()) == (before, [])
            await bulk.create("acme", **OPTIONS)

        run(opened, story)
        assert everything(opened.world.store, "acme")["rows"]


def test_cancelled_operation_leaves_nothing() -> None:
    with open_world() as opened:
        before = stored(opened.world.store)

        async def story(bulk: Bulk) -> None:
            task = asyncio.ensure_future(bulk.create("acme", **OPTIONS))

            def give_up() -> None:
                if stored(opened.world.store) > before:
                    task.cancel()

            with observing(opened, give_up):
                await asyncio.wait([task])
            assert task.cancelled()

        run(opened, story)
        assert (stored(opened.world.store), opened.tenants.stray_partitions()) == (before, [])


def test_small_tenant_does_not_wait_for_a_large_one() -> None:
    with open_world() as opened:

        async def story(bulk: Bulk) -> None:
            large = asyncio.ensure_future(bulk.create("large", seed_size=300, first_moment=NOON))
            await asyncio.sleep(0)
            for number in range(3):
                await bulk.create(f"small{number}", seed_size=1, first_moment=NOON)
            await bulk.reset("small0")
            assert not large.done()
            large.cancel()
            await asyncio.gather(large, return_exceptions=True)

        run(opened, story)
        assert opened.tenants.stray_partitions() == []


def test_rows_that_could_not_be_removed_are_removed_by_the_next_operation() -> None:
    with open_world() as opened:
        opened.tenants.create("acme", **OPTIONS)
        with opened.world.store.change() as change:
            opened.tenants.remove(change, "acme")  # as if the disk were full from here on

        async def story(bulk: Bulk) -> None:
            await bulk.create("other", seed_size=0)

        run(opened, story)
        assert opened.tenants.stray_partitions() == []
        known = sum(map(len, everything(opened.world.store, "demo").values()))
        assert stored(opened.world.store) == known + sum(
            map(len, everything(opened.world.store, "other").values())
        )


def test_name_is_given_once_to_concurrent_requests() -> None:
    with open_world() as opened:

        async def story(bulk: Bulk) -> None:
            asked = [bulk.create("acme", **OPTIONS) for _ in range(3)]
            made = await asyncio.gather(*asked, return_exceptions=True)
            assert sorted(type(one).__name__ for one in made) == sorted(
                [Tenant.__name__, TenantExistsError.__name__, TenantExistsError.__name__]
            )
            reset, deleted, gone = await asyncio.gather(
                bulk.reset("acme"), bulk.delete("acme"), bulk.reset("acme"), return_exceptions=True
            )
            assert (type(reset), deleted, type(gone)) == (Tenant, None, UnknownTenantError)

        run(opened, story)


def test_advancing_in_slices_has_the_same_result(monkeypatch: pytest.MonkeyPatch) -> None:
    with open_world(secret="s") as one, open_world(secret="s") as two:
        for opened in (one, two):
            opened.tenants.create("acme", **OPTIONS)
        expected = one.world.clocks.advance("acme", NOON + 30 * DAY)
        now = iter(range(0, 1_000_000_000, SLICE + 1))
        monkeypatch.setattr(mock_server.bulk, "ticks", lambda: next(now))
        turns = 0

        def look() -> None:
            nonlocal turns
            turns += 1
            assert two.world.clocks.catch_up_slice("acme"), (
                "a concurrent request runs no step of the operation"
            )

        async def story(bulk: Bulk) -> None:
            with observing(two, look):
                ran = await bulk.advance("acme", lambda _now: NOON + 30 * DAY)
            assert [(step.step.due, step.step.step, step.step.subject) for step in ran] == [
                (step.step.due, step.step.step, step.step.subject) for step in expected
            ]

        run(two, story)
        assert turns >= len(expected) > 10
        assert everything(two.world.store, "acme") == everything(one.world.store, "acme")


def test_long_overdue_steps_run_in_slices() -> None:
    store, real, now = Store.open("sqlite://"), RealTime(), iter(range(0, 1_000_000_000, SLICE + 1))
    ticking(store, real, "acme")
    clocks = Clocks(store, real, lambda: next(now))
    seen: list[int] = []

    def step(_change: Change, step: Step) -> None:
        seen.append(step.due)

    clocks.register_steps("shop", step)
    with store.change() as change:
        for due in range(1, 6):
            change.schedule("acme", "shop", due=NOON + due, step="scan", subject="r1")
    assert clocks.catch_up_slice("acme")
    real.now += HOUR
    assert not clocks.catch_up_slice("acme")
    assert len(seen) == 1
    asyncio.run(clocks.catch_up_in_slices("acme"))
    assert seen == [NOON + due for due in range(1, 6)]
    assert clocks.catch_up_slice("acme")


@pytest.mark.parametrize(
    ("operation", "body"),
    [("reset_tenant", None), ("delete_tenant", None), ("advance_clock", {"seconds": 60})],
)
def test_request_for_a_tenant_being_deleted_is_not_found(operation: str, body: Any) -> None:
    with open_world() as opened:
        opened.tenants.create("acme", **OPTIONS)

        async def story(_bulk: Bulk) -> None:
            call = Call("", None, {"tenant": "acme"}, {}, {}, body, "http://127.0.0.1:4010")
            first, deleted, late = [
                asyncio.ensure_future(getattr(opened.control, name)(call))
                for name in ("reset_tenant", "delete_tenant", operation)
            ]
            assert ((await first).status, (await deleted).status) == (200, 204)
            with pytest.raises(Problem, match='There is no tenant named "acme"') as raised:
                await late
            assert raised.value.kind == "not_found"

        run(opened, story)


def test_partition_that_is_assigned_while_another_is_emptied_keeps_its_rows() -> None:
    """The list of stray partitions is out of date once the first of them is empty."""
    with open_world() as opened:
        opened.tenants.create("a-large-one", **{**OPTIONS, "seed_size": 150})
        opened.tenants.create("same", **OPTIONS)
        expected = len(everything(opened.world.store, "same")["rows"])
        inside = sa.select(sa.func.count()).where(tables.rows.c.tenant == "acme")

        def written() -> int:
            return int(opened.world.store.select(inside)[0][0])

        async def story(bulk: Bulk) -> None:
            creating = asyncio.create_task(bulk.create("acme", **OPTIONS))
            while written() < expected:
                await opened.world.store.yield_after_commit()
            with opened.world.store.change() as change:  # as `delete` does, before it empties the partition
                opened.tenants.remove(change, "a-large-one")
            assert opened.tenants.stray_partitions() == ["a-large-one", "acme"]
            await bulk.create("another", **{**OPTIONS, "seed_size": 0})
            await creating

        run(opened, story)
        assert opened.tenants.stray_partitions() == []
        assert len(everything(opened.world.store, "acme")["rows"]) == expected > 0
