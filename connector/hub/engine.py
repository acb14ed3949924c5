"""Runs the hub's jobs when they are due, and sleeps in between.

All waiting work is stored in the database, so the engine keeps no state. A job is short: it reserves (leases)
the work that is due, does it, and ends. `Loop` runs the jobs in one process. Several processes can work on
one database, because no two of them can lease the same work.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import datetime

    from connector.clock import Clock, Sleep

log = logging.getLogger("returns_connector.hub")

LONGEST_SLEEP = timedelta(seconds=30)
"""The longest sleep: another process can have added work meanwhile."""
SHORTEST_SLEEP = 0.02
AFTER_A_CRASH = 5.0
"""The pause in seconds after a job that raised an exception, for example because the database is away."""


@dataclass(frozen=True, slots=True)
class Job:
    """A kind of work that the engine repeats, such as polling.

    `run` does the work that is due, and returns the number of items. `next_due` returns the time at which
    `run` must be called again, or None if no work is waiting. `name` completes the sentence "The hub cannot
    …".
    """

    name: str
    run: Callable[[], Awaitable[int]]
    next_due: Callable[[], Awaitable[datetime | None]]


class Engine(Protocol):
    """The interface of an engine, which runs jobs until it is stopped or cancelled."""

    async def run(self, jobs: Sequence[Job]) -> None:
        """Run each job whenever it is due, until stopped or cancelled."""

    def wake(self) -> None:
        """Run the jobs now, because work may have been added."""

    def stop(self) -> None:
        """Let each job end its present run, and then return from `run`."""


@dataclass
class Loop:
    """An engine that runs each job in a loop of its own in this process.

    A job that raises an exception is run again later, and does not stop the other jobs. The exception is
    logged once. `problems` contains a sentence for each job that currently fails, keyed by the job's name.
    """

    clock: Clock
    sleep: Sleep
    problems: dict[str, str] = field(default_factory=dict)
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
                sentence = f"The hub cannot {job.name}: {problem}."
                if job.name not in self.problems:
                    log.error("%s It tries again.", sentence)  # noqa: TRY400 - one line, without a traceback
                self.problems[job.name] = sentence
                await self.sleep(AFTER_A_CRASH)
                continue
            if self.problems.pop(job.name, None):
                log.warning("The hub can %s again.", job.name)
            await self._rest(due, awake)

    async def _rest(self, due: datetime | None, awake: asyncio.Event) -> None:
        """Sleep until the time `due`, at most `LONGEST_SLEEP`, or until `wake` sets `awake`."""
        now = self.clock()
        until = now + LONGEST_SLEEP if due is None else min(due, now + LONGEST_SLEEP)
        seconds = max((until - now).total_seconds(), SHORTEST_SLEEP)
        sleeping = asyncio.ensure_future(self.sleep(seconds))
        waking = asyncio.ensure_future(awake.wait())
        try:
            await asyncio.wait((sleeping, waking), return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            waking.cancel()
            awake.clear()
