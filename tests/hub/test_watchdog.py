"""Readiness watches each background loop: one that ends is restarted, one that stands still is reported."""

import asyncio
import signal
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from support.hub import Bench, database_of, hub_at, merchant_of
from support.hub_process import running_hub

from connector.hub.engine import Job, Loop, Shared
from connector.hub.watchdog import STANDSTILL, Watchdog, ended


class Clock:
    """A clock that the test moves; sleeping moves nothing and yields to the other tasks."""

    def __init__(self) -> None:
        self.now = datetime(2026, 6, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    async def sleep(self, _seconds: float) -> None:
        await asyncio.sleep(0)


async def nothing_waits() -> None:
    return None


async def turns(count: int = 20) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


def test_a_loop_that_ends_is_started_again_and_the_others_go_on() -> None:
    clock = Clock()
    runs = {"good": 0, "bad": 0}

    class Fragile(Loop):
        async def _rest(self, _due: datetime | None, _awake: asyncio.Event) -> None:
            if runs["bad"] == 1:
                runs["bad"] += 1
                raise RuntimeError("the loop is broken")
            await asyncio.sleep(0)

    async def story() -> None:
        async def run(name: str) -> int:
            runs[name] += 1
            return 0

        engine, watchdog = Fragile(clock, clock.sleep), Watchdog(clock, clock.sleep)
        jobs = [Job(name, lambda name=name: run(name), nothing_waits) for name in runs]  # type: ignore[misc]
        task = asyncio.create_task(watchdog.run(engine, jobs))
        await turns(40)
        assert runs["good"] > 2
        assert runs["bad"] > 2
        assert watchdog.problems() == []
        watchdog.stop()
        engine.stop()
        await ended(task, 1)
        assert not task.cancelled()

    asyncio.run(story())


def test_an_engine_that_ends_turns_readiness_red_and_is_started_again() -> None:
    clock = Clock()

    class Broken:
        problems: dict[str, str] = {}  # noqa: RUF012

        def __init__(self) -> None:
            self.starts = 0

        async def run(self, _jobs: Sequence[Job]) -> None:
            self.starts += 1
            if self.starts == 1:
                raise ExceptionGroup("tasks", [OSError("no memory")])
            await asyncio.sleep(3_600)

        def wake(self) -> None:
            """Do nothing."""

        def stop(self) -> None:
            """Do nothing."""

    async def story() -> None:
        engine, paused = Broken(), asyncio.Event()

        async def sleep(_seconds: float) -> None:
            await paused.wait()

        watchdog = Watchdog(clock, sleep)
        assert watchdog.problems() == ["The background jobs have not started yet."]
        task = asyncio.create_task(watchdog.run(engine, []))
        await turns()
        [problem] = watchdog.problems()
        assert problem == "The background jobs ended (OSError: no memory) and are started again."
        paused.set()
        await turns()
        assert (watchdog.problems(), engine.starts) == ([], 2)
        await ended(task, 0)

    asyncio.run(story())


def test_shared_work_that_stands_still_turns_readiness_red_although_leases_go_on() -> None:
    clock = Clock()
    release = asyncio.Event()

    class Working:
        """Does the shared work of each job under one lease, while it asks for the next one."""

        problems: dict[str, str] = {}  # noqa: RUF012

        async def run(self, jobs: Sequence[Job]) -> None:
            [(job, shared)] = [(job, job.shared) for job in jobs if job.shared]
            working = asyncio.ensure_future(shared.work("lease"))
            while not working.done():
                await job.next_due()
                await asyncio.sleep(0)
            await asyncio.sleep(3_600)

        def wake(self) -> None:
            """Do nothing."""

        def stop(self) -> None:
            """Do nothing."""

    async def run() -> int:
        return 0

    async def hang(_lease: str) -> None:
        await release.wait()

    async def story() -> None:
        shared = Shared("items", lambda _connection, _lease, _now: 0, hang)
        watchdog = Watchdog(clock, clock.sleep)
        task = asyncio.create_task(watchdog.run(Working(), [Job("wait", run, nothing_waits, shared)]))
        await turns()
        assert watchdog.problems() == []
        clock.now += STANDSTILL + timedelta(seconds=1)
        await turns()
        assert watchdog.problems() == ["The job to wait has not moved for 10 minutes."]
        release.set()
        await turns()
        assert watchdog.problems() == []
        await ended(task, 0)

    asyncio.run(story())


def test_a_job_that_stands_still_turns_readiness_red(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        hub = bench.hub
        assert (await bench.api.get("/ready")).status_code == 503
        stuck, release = asyncio.Event(), asyncio.Event()

        async def hang() -> int:
            stuck.set()
            await release.wait()
            return 0

        hub.jobs = lambda: [Job("wait", hang, nothing_waits)]  # type: ignore[method-assign]
        task = asyncio.create_task(hub.work())
        await stuck.wait()
        assert (await bench.api.get("/ready")).json() == {"status": "ok", "problems": []}
        bench.merchant.advance((STANDSTILL + timedelta(seconds=1)).total_seconds())
        answer = await bench.api.get("/ready")
        assert answer.status_code == 503
        assert answer.json()["problems"] == ["The job to wait has not moved for 10 minutes."]
        assert (await bench.api.get("/live")).status_code == 200
        hub.stop()
        assert (await bench.api.get("/ready")).json()["problems"] == ["The hub is stopping."]
        release.set()
        await ended(task, 5)
        assert not task.cancelled()

    with merchant_of("swap") as merchant:

        async def told() -> None:
            async with hub_at(merchant, tmp_path) as bench:
                await story(bench)

        asyncio.run(told())


def test_a_hub_that_is_asked_to_stop_ends_in_order(tmp_path: Path) -> None:
    options = ["--log-format", "json"]
    with running_hub(tmp_path, options=options, database=database_of(tmp_path)) as hub:
        hub.wait(lambda: hub.api.get("/ready").status_code == 200)
        hub.process.send_signal(signal.SIGTERM)
        assert hub.process.wait(timeout=60) == 0
    errors = "\n".join(hub.lines)
    assert '"message": "The hub stops."' in errors
    assert errors.count("The hub stops.") == 1
    assert '"level": "info"' in errors
    assert "Traceback" not in errors
