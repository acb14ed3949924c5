"""Runs the hub's jobs when they are due, and sleeps in between.

All waiting work is stored in the database, so an engine keeps no state. A job is short: it leases some of the
work that is due, does it, and ends. `Loop` runs the jobs in one process; `connector.hub.queue` distributes
them between processes.
"""

from __future__ import annotations

import asyncio
import logging
from asyncio import Task, TaskGroup
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from connector.hub.leases import new_lease
from connector.hub.store import DatabaseUnavailableError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from datetime import datetime

    import sqlalchemy as sa

    from connector.clock import Clock, Sleep
    from connector.hub.store import Store

log = logging.getLogger("returns_connector.hub")

LONGEST_SLEEP = timedelta(seconds=30)
"""The longest sleep: another process can have added work meanwhile."""
SHORTEST_SLEEP = 0.02
GATHERING_PAUSE = 0.2
"""The pause in seconds before a job is run again, so that what becomes due meanwhile is done together."""
LEASES_AT_ONCE = 100
"""Under how many leases of one kind of work a process works at once.

A lease ends with its slowest item, such as a vendor that does not answer, and must not hold up other work."""
CROWDED_PAUSE = timedelta(seconds=1)
"""The longest pause before due work is leased that could not be leased, because others of its kind hang."""
AFTER_A_CRASH = 5.0
"""The pause in seconds after a job that raised an exception, for example because the database is away."""


@dataclass(frozen=True, slots=True)
class Shared:
    """Work that several processes can share: one of them leases it, and any of them does it.

    `lease` leases some work that is due under the ID of a lease, in a transaction, and returns the number of
    items. `work` does what is leased under an ID; what is done already is not done again. `queue` is the name
    of the queue in which the leases wait.
    """

    queue: str
    lease: Callable[[sa.Connection, str, datetime], int]
    work: Callable[[str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Job:
    """A kind of work that the engine repeats, such as polling.

    `run` does the work that is due, and returns the number of items. `next_due` returns the time at which
    work is due again, or None if no work is waiting. `name` completes the sentence "The hub cannot …". An
    engine with a database uses `shared` instead of `run`. If `shared` is missing, each process runs the job
    for itself.
    """

    name: str
    run: Callable[[], Awaitable[int]]
    next_due: Callable[[], Awaitable[datetime | None]]
    shared: Shared | None = None


class Engine(Protocol):
    """The interface of an engine, which runs jobs until it is stopped or cancelled.

    `problems` contains a sentence for each job that currently fails, keyed by the job's name.
    """

    @property
    def problems(self) -> Mapping[str, str]: ...

    async def run(self, jobs: Sequence[Job]) -> None:
        """Run each job whenever it is due, until stopped or cancelled."""

    def wake(self) -> None:
        """Run the jobs now, because work may have been added."""

    def stop(self) -> None:
        """Let each job end its present run, and then return from `run`."""


class Problems(dict[str, str]):
    """The jobs that currently fail: a sentence for each, keyed by name. Each failure is logged once."""

    def add(self, name: str, problem: Exception) -> None:
        """Note that a job has failed; an outage of the database is not noted, because `Store` reports it."""
        if isinstance(problem, DatabaseUnavailableError):
            return
        sentence = f"The hub cannot {name}: {' '.join(str(problem).split()).rstrip('.')}."
        if name not in self:
            log.error("%s It tries again.", sentence)
        self[name] = sentence

    def end(self, name: str) -> None:
        """Note that a job works."""
        if self.pop(name, None):
            log.warning("The hub can %s again.", name)


@dataclass
class Loop:
    """An engine that runs each job in a loop of its own in this process.

    A job that raises an exception is run again later, and does not stop the other jobs. `longest` is the
    longest pause between two runs. Work that can be shared is leased in `store`, if there is one, so that
    work under several leases is done at once.
    """

    clock: Clock
    sleep: Sleep
    longest: timedelta = LONGEST_SLEEP
    store: Store | None = None
    _problems: Problems = field(default_factory=Problems)
    _work_problems: Problems = field(default_factory=Problems)
    _wakes: list[asyncio.Event] = field(default_factory=list)
    _stopping: bool = False

    @property
    def problems(self) -> Mapping[str, str]:
        return {**self._problems, **self._work_problems}

    async def run(self, jobs: Sequence[Job]) -> None:
        async with TaskGroup() as tasks:
            for job in jobs:
                awake = asyncio.Event()
                self._wakes.append(awake)
                tasks.create_task(self._keep(job, awake, tasks), name=job.name)

    def stop(self) -> None:
        self._stopping = True
        self.wake()

    def wake(self) -> None:
        for awake in self._wakes:
            awake.set()

    async def _keep(self, job: Job, awake: asyncio.Event, tasks: TaskGroup) -> None:
        """Repeat a job, and start its loop again if the loop itself fails."""
        running: set[Task[None]] = set()
        while not self._stopping:
            try:
                await self._repeat(job, awake, tasks, running)
            except Exception as problem:  # noqa: BLE001 - a loop is always started again
                self._problems[job.name] = f"The loop to {job.name} ended ({problem}) and is started again."
                log.error(self._problems[job.name])  # noqa: TRY400 - one line, without a traceback
                await self.sleep(AFTER_A_CRASH)

    async def _repeat(
        self, job: Job, awake: asyncio.Event, tasks: TaskGroup, running: set[Task[None]]
    ) -> None:
        while not self._stopping:
            try:
                if job.shared is None or self.store is None:
                    due = await self._alone(job)
                else:
                    due = await self._lease(job, job.shared, self.store, tasks, running)
            except Exception as problem:  # noqa: BLE001 - the loop continues after any failure
                self._problems.add(job.name, problem)
                await self.sleep(AFTER_A_CRASH)
                continue
            self._problems.end(job.name)
            await self._rest(due, awake)

    async def _alone(self, job: Job) -> datetime | None:
        """Run a job, and return the time at which it is due again."""
        if await job.run():
            self.wake()
        return await job.next_due()

    async def _lease(
        self, job: Job, shared: Shared, store: Store, tasks: TaskGroup, running: set[Task[None]]
    ) -> datetime | None:
        """Lease some work that is due, begin it, and return the time at which more work is due."""
        found = 0
        if len(running) < LEASES_AT_ONCE:
            lease = new_lease()
            found = await store.run(shared.lease, lease, self.clock())
        if found:
            running.add(task := tasks.create_task(self._work(job, shared.work(lease)), name=job.name))
            task.add_done_callback(running.discard)
        due = await job.next_due()
        return due if found or due is None else max(due, self.clock() + CROWDED_PAUSE)

    async def _work(self, job: Job, work: Awaitable[None]) -> None:
        """Do what is leased under one lease; a failure does not concern other leases."""
        try:
            await work
        except Exception as problem:  # noqa: BLE001 - the loop continues after any failure
            self._work_problems.add(job.name, problem)
        else:
            self._work_problems.end(job.name)
        finally:
            self.wake()

    async def _rest(self, due: datetime | None, awake: asyncio.Event) -> None:
        """Sleep until the time `due`, at most `longest`, or until `wake` sets `awake`."""
        if due is None or due > self.clock():
            await self.sleep(GATHERING_PAUSE)
        now = self.clock()
        until = now + self.longest if due is None else min(due, now + self.longest)
        seconds = max((until - now).total_seconds(), SHORTEST_SLEEP)
        sleeping = asyncio.ensure_future(self.sleep(seconds))
        waking = asyncio.ensure_future(awake.wait())
        try:
            await asyncio.wait((sleeping, waking), return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            waking.cancel()
            awake.clear()
