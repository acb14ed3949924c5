"""Watches the hub's background jobs: notices one that stands still, and restarts them all if they end."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import datetime

    from connector.clock import Clock, Sleep
    from connector.hub.engine import Engine, Job

T = TypeVar("T")

log = logging.getLogger("returns_connector.hub")

STANDSTILL = timedelta(minutes=10)
"""How long a job may take for one run. The requests of the slowest poll take less."""
RESTART_PAUSE = 5.0


class Watchdog:
    """Runs an engine until cancelled, and knows whether each of its jobs goes on.

    `problems` contains a sentence for each job that stands still, and one if the engine ended and waits to be
    restarted.
    """

    def __init__(self, clock: Clock, sleep: Sleep) -> None:
        self._clock = clock
        self._sleep = sleep
        self._beats: dict[str, datetime] = {}
        self._begun: dict[object, tuple[str, datetime]] = {}
        self._ended = "The background jobs have not started yet."
        self._stopping = False

    async def run(self, engine: Engine, jobs: Sequence[Job]) -> None:
        """Run the jobs in an engine, and start it again if it ends; return only if cancelled or stopped."""
        while not self._stopping:
            for job in jobs:
                self._beat(job.name)
            self._ended = ""
            try:
                await engine.run([self._watched(job) for job in jobs])
                problem = "it returned"
            except Exception as failure:  # noqa: BLE001 - the jobs go on after any failure
                problem = _reason(failure)
            if self._stopping:
                return
            self._ended = f"The background jobs ended ({problem}) and are started again."
            log.error(self._ended)
            await self._sleep(RESTART_PAUSE)

    def stop(self) -> None:
        """Let `run` return when the engine has ended."""
        self._stopping = True
        self._ended = "The hub is stopping."

    def ages(self) -> dict[str, float]:
        """Return how many seconds ago each job last began or ended a run, keyed by the job's name.

        If workers of this process do shared work of a job at the moment, it is the age of the oldest.
        """
        now = self._clock()
        since = dict(self._beats)
        for name, began in self._begun.values():
            since[name] = min(since[name], began)
        return {name: (now - at).total_seconds() for name, at in since.items()}

    def problems(self) -> list[str]:
        """Return a sentence for each job that stands still, or one if no job runs."""
        if self._ended:
            return [self._ended]
        longest = STANDSTILL.total_seconds()
        return [
            f"The job to {name} has not moved for {age / 60:.0f} minutes."
            for name, age in self.ages().items()
            if age > longest
        ]

    def _watched(self, job: Job) -> Job:
        shared = job.shared and replace(job.shared, work=self._timed(job.name, job.shared.work))
        return replace(
            job,
            run=self._beating(job.name, job.run),
            next_due=self._beating(job.name, job.next_due),
            shared=shared,
        )

    def _timed(self, name: str, work: Callable[[str], Awaitable[None]]) -> Callable[[str], Awaitable[None]]:
        async def run(lease: str) -> None:
            this = object()
            self._begun[this] = (name, self._clock())
            try:
                await work(lease)
            finally:
                del self._begun[this]

        return run

    def _beating(self, name: str, work: Callable[[], Awaitable[T]]) -> Callable[[], Awaitable[T]]:
        async def run() -> T:
            self._beat(name)
            try:
                return await work()
            finally:
                self._beat(name)

        return run

    def _beat(self, name: str) -> None:
        self._beats[name] = self._clock()


def _reason(failure: BaseException) -> str:
    """Return the first cause of a failure; an exception group contains the failures of several tasks."""
    while isinstance(failure, BaseExceptionGroup):
        failure = failure.exceptions[0]
    return f"{type(failure).__name__}: {failure}".rstrip(": ")


async def ended(task: asyncio.Task[None], grace: float) -> None:
    """Wait up to `grace` seconds for a task to end by itself, then cancel it."""
    await asyncio.wait((task,), timeout=grace)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
