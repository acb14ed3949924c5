"""Runs the hub's jobs when they are due, and sleeps in between.

All waiting work is stored in the database, so an engine keeps no state. A job is short: it leases some of the
work that is due, does it, and ends. `Loop` runs the jobs in one process; `connector.hub.queue` distributes
them between processes.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from connector.hub.store import DatabaseUnavailableError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from datetime import datetime

    import sqlalchemy as sa

    from connector.clock import Clock, Sleep

log = logging.getLogger("returns_connector.hub")

LONGEST_SLEEP = timedelta(seconds=30)
"""The longest sleep: another process can have added work meanwhile."""
SHORTEST_SLEEP = 0.02
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
    `run` must be called again, or None if no work is waiting. `name` completes the sentence "The hub cannot
    …". If `shared` is missing, each process runs the job for itself.
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
    longest pause between two runs.
    """

    clock: Clock
    sleep: Sleep
    longest: timedelta = LONGEST_SLEEP
    problems: Problems = field(default_factory=Problems)
    _wakes: list[asyncio.Event] = field(default_factory=list)
    _stopping: bool = False

    async def run(self, jobs: Sequence[Job]) -> None:
        async with asyncio.TaskGroup() as loops:
            for job in jobs:
                awake = asyncio.Event()
                self._wakes.append(awake)
                loops.create_task(self._keep(job, awake), name=job.name)

    def stop(self) -> None:
        self._stopping = True
        self.wake()

    def wake(self) -> None:
        for awake in self._wakes:
            awake.set()

    async def _keep(self, job: Job, awake: asyncio.Event) -> None:
        """Repeat a job, and start its loop again if the loop itself fails."""
        while not self._stopping:
            try:
                await self._repeat(job, awake)
            except Exception as problem:  # noqa: BLE001 - a loop is always started again
                self.problems[job.name] = f"The loop to {job.name} ended ({problem}) and is started again."
                log.error(self.problems[job.name])  # noqa: TRY400 - one line, without a traceback
                await self.sleep(AFTER_A_CRASH)

    async def _repeat(self, job: Job, awake: asyncio.Event) -> None:
        while not self._stopping:
            try:
                if await job.run():
                    self.wake()
                due = await job.next_due()
            except Exception as problem:  # noqa: BLE001 - the loop continues after any failure
                self.problems.add(job.name, problem)
                await self.sleep(AFTER_A_CRASH)
                continue
            self.problems.end(job.name)
            await self._rest(due, awake)

    async def _rest(self, due: datetime | None, awake: asyncio.Event) -> None:
        """Sleep until the time `due`, at most `longest`, or until `wake` sets `awake`."""
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
