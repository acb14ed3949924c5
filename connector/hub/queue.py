"""Distributes the hub's jobs between processes, with Procrastinate on PostgreSQL.

Each process leases what is due and puts the ID of the lease into a queue, in one transaction. A worker of
any process takes it from there and does the work. A process that dies no longer updates its heartbeat;
another one then puts its jobs into the queue again. A job that runs twice changes nothing, because what is
settled is no longer leased under its ID.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import procrastinate
import psycopg
import sqlalchemy as sa
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job as QueuedJob
from procrastinate.manager import JobManager
from procrastinate.worker import Worker
from psycopg_pool import AsyncConnectionPool

from connector.hub.engine import CROWDED_PAUSE, LEASES_AT_ONCE, Job, Loop, Problems
from connector.hub.leases import new_lease
from connector.hub.store import DatabaseUnavailableError, connecting

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
    from datetime import datetime

    from connector.clock import Clock, Sleep
    from connector.hub.engine import Shared
    from connector.hub.store import Store

MISSED = 3
"""A process counts as dead after this number of heartbeats without one."""
MOST_WAITING = 8
"""No more work is leased while this number of jobs waits in its queue, where a lease can end too."""
FETCH_PAUSE = 2.0
"""The longest pause in seconds until a worker sees a job of which PostgreSQL does not notify it."""
CONNECTIONS = 4
"""The most connections to PostgreSQL that the workers share; each also listens on one of its own."""
RETRY = procrastinate.RetryStrategy(max_attempts=8, exponential_wait=2)
"""A job that fails is tried again with the same lease, after 2, 4, 8, … seconds."""
GRACE = 8
"""How many seconds the running jobs may take to end if the process is asked to stop."""
RESTART_PAUSE = 1.0
STEADY = timedelta(minutes=1)
MOST_ENDINGS = 3
"""If this number of workers of a queue end, each within a minute, something is wrong."""
TAKE_OVER = "take over the jobs of processes that ended"
WAITING = sa.text("select count(*) from procrastinate_jobs where status = 'todo' and queue_name = :queue")
ALONE = "select pg_try_advisory_xact_lock(hashtext('returns hub'), hashtext('search for dead processes'))"
ALIVE = """select id from procrastinate_workers
    where id = any(%s) and last_heartbeat > now() - make_interval(secs => %s)"""
QUIET = ("procrastinate", "psycopg")
"""Loggers of libraries that report each failure of each connection; the hub reports an outage once."""


class _Jobs(JobManager):
    """Procrastinate's jobs, without an error if a job that has ended cannot be removed or retried.

    In that case another process has run the job too, because this one was paused, or the database does not
    answer. The job may then run again, which changes nothing.
    """

    async def finish_job(self, *job: Any, **options: Any) -> None:
        try:
            await super().finish_job(*job, **options)
        except ConnectorException:
            return

    async def retry_job(self, *job: Any, **options: Any) -> None:
        try:
            await super().retry_job(*job, **options)
        except ConnectorException:
            return


class Queue:
    """An engine that shares the work with the other processes that use the same database.

    `heartbeat` is the number of seconds between two heartbeats, and between two searches for dead processes.
    Jobs that are not shared run in a loop of this process.
    """

    def __init__(self, store: Store, clock: Clock, sleep: Sleep, heartbeat: float) -> None:
        self._store = store
        self._clock = clock
        self._sleep = sleep
        self._heartbeat = heartbeat
        self._loop = Loop(clock, sleep, timedelta(seconds=heartbeat))
        self._work_problems = Problems()
        self._workers: dict[str, Worker] = {}
        self._seen: dict[str, datetime] = {}
        self._stopping = False

    @property
    def problems(self) -> Mapping[str, str]:
        return {**self._loop.problems, **self._work_problems, **self._silent_workers()}

    def wake(self) -> None:
        self._loop.wake()

    def stop(self) -> None:
        self._stopping = True
        self._loop.stop()
        for worker in self._workers.values():
            worker.stop()  # type: ignore[no-untyped-call]

    def _silent_workers(self) -> dict[str, str]:
        """Return a sentence for each job whose worker has no heartbeat, except during an outage."""
        if self._store.problem:
            return {}
        ages = {name: self._clock() - at for name, at in self._seen.items()}
        return {
            name: f"The worker to {name} has had no heartbeat for {age.total_seconds():.0f} seconds."
            for name, age in ages.items()
            if age > STEADY
        }

    async def run(self, jobs: Sequence[Job]) -> None:
        shared = [(job, job.shared) for job in jobs if job.shared is not None]
        alone = [job for job in jobs if job.shared is None]
        feeding = [_Feeder(self._store, self._clock, *one).job() for one in shared]
        with _quiet():
            async with self._opened() as (app, pool), asyncio.TaskGroup() as tasks:
                for job, parts in shared:
                    self._register(app, job, parts)
                    tasks.create_task(self._keep_working(app, job, parts.queue), name=parts.queue)
                watch = Job(TAKE_OVER, lambda: self._watch(app, pool), self._next_watch)
                tasks.create_task(self._loop.run([*feeding, *alone, watch]), name="loop")

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[tuple[procrastinate.App, AsyncConnectionPool]]:
        """Open Procrastinate with a pool that also works if the database is away at the moment."""
        url = self._store.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        pool = AsyncConnectionPool(
            url,
            kwargs=connecting(self._store.engine.url),
            min_size=1,
            max_size=CONNECTIONS,
            timeout=self._heartbeat,
            check=AsyncConnectionPool.check_connection,
            open=False,
        )
        async with pool:
            app = procrastinate.App(connector=procrastinate.PsycopgConnector())
            app.job_manager = _Jobs(app.connector)
            async with app.open_async(pool):
                yield app, pool

    def _register(self, app: procrastinate.App, job: Job, parts: Shared) -> None:
        @app.task(name=parts.queue, queue=parts.queue, retry=RETRY)
        async def work(lease: str) -> None:
            try:
                await parts.work(lease)
            except Exception as problem:
                self._work_problems.add(job.name, problem)
                raise
            finally:
                self._loop.wake()
            self._work_problems.end(job.name)

    async def _keep_working(self, app: procrastinate.App, job: Job, queue: str) -> None:
        """Run a worker of a queue, and start another one if it ends.

        A worker ends if it loses its connection, or if this process was paused and another one has taken it
        for dead. It is a problem only if several workers end one after another.
        """
        endings = 0
        self._seen[job.name] = self._clock()
        while not self._stopping:
            began = self._clock()
            worker = self._workers[job.name] = Worker(
                app,
                queues=[queue],
                name=queue,
                concurrency=LEASES_AT_ONCE,
                fetch_job_polling_interval=FETCH_PAUSE,
                shutdown_graceful_timeout=GRACE,
                delete_jobs="always",
                install_signal_handlers=False,
                update_heartbeat_interval=self._heartbeat,
                stalled_worker_timeout=self._dead_after,
            )
            try:
                await worker.run()  # type: ignore[no-untyped-call]
            except Exception as problem:  # noqa: BLE001 - a worker is always started again
                endings = endings + 1 if self._clock() - began < STEADY else 1
                if endings >= MOST_ENDINGS and not _is_outage(problem):
                    self._work_problems.add(job.name, problem)
            if not self._stopping:
                await self._sleep(RESTART_PAUSE)

    @property
    def _dead_after(self) -> float:
        return MISSED * self._heartbeat

    async def _next_watch(self) -> datetime:
        return self._clock() + timedelta(seconds=self._heartbeat)

    async def _watch(self, app: procrastinate.App, pool: AsyncConnectionPool) -> int:
        """Restart this process's workers without a heartbeat, and retry the jobs of dead processes.

        Returns the number of these jobs. Only one process at a time searches for them, because a job that is
        retried twice could run twice at once.
        """
        try:
            async with pool.connection() as connection:
                await self._watch_workers(connection)
                async with connection.transaction():
                    [alone] = await (await connection.execute(ALONE)).fetchone() or [False]
                    return await self._take_over(app.job_manager) if alone else 0
        except (psycopg.Error, ConnectorException) as problem:
            if _is_outage(problem):
                raise DatabaseUnavailableError(str(problem)) from problem
            raise

    async def _watch_workers(self, connection: psycopg.AsyncConnection[Any]) -> None:
        running = [(name, worker) for name, worker in self._workers.items() if worker.worker_id]
        ids = [worker.worker_id for _, worker in running]
        found = await connection.execute(ALIVE, [ids, self._dead_after])
        alive = {id_ for [id_] in await found.fetchall()}
        for name, worker in running:
            if worker.worker_id in alive:
                self._seen[name] = self._clock()
            else:
                worker.stop()  # type: ignore[no-untyped-call]

    async def _take_over(self, jobs: JobManager) -> int:
        stalled = list(await jobs.get_stalled_jobs(seconds_since_heartbeat=self._dead_after))
        for job in stalled:
            await jobs.retry_job(job)
        await jobs.prune_stalled_workers(self._dead_after)
        return len(stalled)


class _Feeder:
    """Puts the leases of one kind of work into its queue."""

    def __init__(self, store: Store, clock: Clock, job: Job, shared: Shared) -> None:
        self._store = store
        self._clock = clock
        self._job = job
        self._shared = shared
        self._nothing = False
        self._jobs = JobManager(procrastinate.SyncPsycopgConnector())

    def job(self) -> Job:
        """Return the job that leases what is due and puts it into the queue."""
        return Job(self._job.name, self._feed, self._next_due)

    async def _feed(self) -> int:
        return await self._store.run(self._lease)

    def _lease(self, connection: sa.Connection) -> int:
        queue = self._shared.queue
        waiting = connection.execute(WAITING, {"queue": queue}).scalar_one()
        lease = new_lease()
        found = self._shared.lease(connection, lease, self._clock()) if waiting < MOST_WAITING else 0
        self._nothing = not found
        if found:
            job = QueuedJob(
                queue=queue, lock=None, queueing_lock=None, task_name=queue, task_kwargs={"lease": lease}
            )
            self._jobs.defer_job(job, connection=connection.connection.driver_connection)
        return found

    async def _next_due(self) -> datetime | None:
        due = await self._job.next_due()
        return max(due, self._clock() + CROWDED_PAUSE) if due and self._nothing else due


def _is_outage(problem: BaseException) -> bool:
    """Return True if an exception was caused by a connection that was lost or cannot be made."""
    causes = (problem, problem.__cause__, problem.__context__)
    lost = (psycopg.OperationalError, psycopg.errors.IdleInTransactionSessionTimeout)
    return any(isinstance(cause, lost) for cause in causes)


@contextmanager
def _quiet() -> Iterator[None]:
    """Let the libraries log only what is critical."""
    loggers = [logging.getLogger(name) for name in QUIET]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
