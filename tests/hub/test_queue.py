"""The engine for several processes ends in order, and reports a worker without a heartbeat."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from procrastinate.worker import Worker
from support.postgres import Postgres

from connector.clock import now, sleep
from connector.hub.engine import Job, Shared
from connector.hub.queue import STEADY, Queue
from connector.hub.store import Store

HEARTBEAT = 0.5


class Work:
    """One item of work, whose lease is due at once; `done` contains what the work has reached."""

    def __init__(self) -> None:
        self.waiting = 1
        self.done: list[str] = []
        self.begun = asyncio.Event()

    def lease(self, _connection: sa.Connection, _lease: str, _now: datetime) -> int:
        found, self.waiting = self.waiting, 0
        return found

    async def do(self, _lease: str) -> None:
        self.done.append("begun")
        self.begun.set()
        await asyncio.sleep(0.5)
        self.done.append("ended")

    def job(self) -> Job:
        return Job("work", self.never, self.no_time, Shared("items", self.lease, self.do))

    async def never(self) -> int:
        raise AssertionError("A shared job is done by workers.")

    async def no_time(self) -> None:
        return None


async def eventually(holds: Callable[[], bool]) -> None:
    for _ in range(1_500):
        if holds():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("It did not happen within 30 seconds.")


def test_a_queue_that_is_stopped_ends_the_work_that_runs(postgres: Postgres) -> None:
    async def story() -> None:
        work = Work()
        with Store(postgres.new_database()) as store:
            queue = Queue(store, now, sleep, HEARTBEAT)
            running = asyncio.create_task(queue.run([work.job()]))
            await asyncio.wait_for(work.begun.wait(), 60)
            queue.stop()
            await asyncio.wait_for(running, 60)
            assert work.done == ["begun", "ended"]
            left = sa.text("select count(*) from procrastinate_jobs")
            assert await store.run(lambda database: database.execute(left).scalar_one()) == 0

    asyncio.run(story())


def test_a_worker_without_a_heartbeat_is_a_problem_until_it_has_one(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = datetime(2026, 6, 1, tzinfo=UTC)
    begun, usable = asyncio.Event(), asyncio.Event()
    run_worker = Worker.run

    async def stuck(worker: Worker) -> None:
        begun.set()
        await usable.wait()
        await run_worker(worker)  # type: ignore[no-untyped-call]

    async def story() -> None:
        nonlocal at
        with Store(postgres.new_database()) as store:
            queue = Queue(store, lambda: at, lambda _seconds: sleep(HEARTBEAT), HEARTBEAT)
            running = asyncio.create_task(queue.run([Work().job()]))
            await asyncio.wait_for(begun.wait(), 60)
            await sleep(2 * HEARTBEAT)
            assert queue.problems == {}
            at += STEADY + timedelta(seconds=1)
            assert list(queue.problems.values()) == [
                "The worker to work has had no heartbeat for 61 seconds."
            ]
            usable.set()
            await eventually(lambda: not queue.problems)
            queue.stop()
            await asyncio.wait_for(running, 60)

    monkeypatch.setattr(Worker, "run", stuck)
    asyncio.run(story())
