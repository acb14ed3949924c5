"""Decides when the hub works: runs jobs that are due, and sleeps until the next one is.

What waits is in the database, so the engine keeps nothing. A job is short: it leases what is due, does it,
and ends. This engine is a loop in one process; several processes can run it on one database, because a job
leases what it works on.
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
    """A kind of work.

    `run` does what is due, and returns how much was due. `next_due` returns when to run it again.
    """

    name: str
    run: Callable[[], Awaitable[int]]
    next_due: Callable[[], Awaitable[datetime | None]]


class Engine(Protocol):
    """Runs jobs until it is cancelled."""

    async def run(self, jobs: Sequence[Job]) -> None:
        """Run the jobs whenever they are due; return only if cancelled."""

    def wake(self) -> None:
        """Look for due work now, because some was added."""


@dataclass
class Loop:
    """An engine for one machine: each job has a loop of its own in this process.

    A job that raises an exception is reported once and tried again, so one job never stops another.
    `problems` contains a sentence for each job that fails at the moment, keyed by its name.
    """

    clock: Clock
    sleep: Sleep
    problems: dict[str, str] = field(default_factory=dict)
    _wakes: list[asyncio.Event] = field(default_factory=list)

    async def run(self, jobs: Sequence[Job]) -> None:
        async with asyncio.TaskGroup() as loops:
            for job in jobs:
                awake = asyncio.Event()
                self._wakes.append(awake)
                loops.create_task(self._repeat(job, awake), name=job.name)

    def wake(self) -> None:
        for awake in self._wakes:
            awake.set()

    async def _repeat(self, job: Job, awake: asyncio.Event) -> None:
        while True:
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
        """Sleep until the next work is due, or until `wake` is called."""
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
