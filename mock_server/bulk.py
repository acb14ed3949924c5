"""Creates, resets, deletes and advances whole tenants in slices, without blocking other tenants.

Another thread writes the seed into a temporary store. From there it is copied in slices into a partition that
does not belong to a tenant yet, and one short transaction makes it the tenant's partition. So clients see a
new tenant only when it is complete, and during a reset either all old rows or all new ones. If the process is
killed in between, the unfinished partition is listed in `stray_partitions`, and the next start empties it.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from threading import Event
from typing import Any, Final
from weakref import WeakValueDictionary

import sqlalchemy as sa

from mock_server import seed, vendors
from mock_server.clock import SECOND, SLICE, ExecutedStep, ticks
from mock_server.seed import SeedReturn
from mock_server.store import tables
from mock_server.store.partition import empty, fill
from mock_server.tenants import Tenant, Tenants
from mock_server.vendors import Vendor
from mock_server.world import World

_SMALL: Final = 30
"""Returns per vendor up to which a seed is small: small seeds do not wait for large ones."""
_SMALL_AT_ONCE: Final = 4
WEBHOOK_SECONDS: Final = 20
"""How long one advance waits for the receivers of webhooks, in total."""
_log = logging.getLogger(__name__)


class _StoppedError(Exception):
    """Writing of the seed was stopped, because it is no longer needed."""


class Bulk:
    """Creates, resets, deletes and advances tenants while requests are served.

    One large seed is written at a time, and up to `_SMALL_AT_ONCE` small ones.
    """

    def __init__(self, world: World, tenants: Tenants, served: Mapping[str, Vendor]) -> None:
        self._world = world
        self._tenants = tenants
        self._vendors = tuple(served)
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._large_seeds = asyncio.Semaphore(1)
        self._small_seeds = asyncio.Semaphore(_SMALL_AT_ONCE)
        self._in_use: set[str] = set()

    async def create(self, name: str, **requested: Any) -> Tenant:
        """Create a tenant; takes the same options and raises the same errors as `Tenants.create`."""
        async with self._exclusive(name):
            tenant = self._tenants.plan(name, **requested)
            partition = self._tenants.free_partition(name)
            async with self._filled(tenant, partition):
                with self._world.store.change() as change:
                    self._tenants.insert(change, tenant, partition)
                    change.run(_delete_stray(partition))
            return tenant

    async def reset(self, name: str) -> Tenant:
        """Reset a tenant; raises `UnknownTenantError`."""
        async with self._exclusive(name):
            tenant = self._tenants.after_reset(name)
            partition = self._tenants.free_partition(name)
            async with self._filled(tenant, partition):
                with self._world.store.change() as change:
                    old = self._tenants.move(change, tenant, partition)
                    change.run(_delete_stray(partition))
            await self._empty(old)
            return tenant

    async def delete(self, name: str) -> None:
        """Delete a tenant; raises the same errors as `Tenants.delete`."""
        async with self._exclusive(name):
            with self._world.store.change() as change:
                partition = self._tenants.remove(change, name)
            await self._world.store.yield_after_commit()
            await self._empty(partition)

    async def advance(self, name: str, to: Callable[[int], int]) -> list[ExecutedStep]:
        """Move a tenant's clock forward, and return the steps that were run.

        `to` is called with the tenant's time once earlier work on the tenant is done, and returns the target
        time. Steps are run and webhooks are retried in the order in which they are due, each at its own time
        on the clock. Raises `UnknownTenantError`, and every error of `to`.
        """
        clocks, executed = self._world.clocks, list[ExecutedStep]()
        async with self._exclusive(name):
            self._tenants.get(name)  # it may have been deleted while this waited
            target = to(clocks.now(name))
            with clocks.moving(name):
                end, deadline = ticks() + SLICE, _Deadline()
                while True:
                    # Steps and retries happen in the order in which they are due; a retry precedes a step
                    # of the same time.
                    attempt = await self._next_attempt(name, deadline)
                    if attempt is not None and attempt <= min(target, clocks.next_due(name) or target):
                        clocks.move(name, attempt)
                    elif step := clocks.run_next(name, target):
                        executed.append(step)
                    else:
                        break
                    if ticks() > end:
                        await self._world.store.yield_after_commit()
                        end = ticks() + SLICE
                clocks.move(name, target)
        return executed

    async def _next_attempt(self, name: str, deadline: "_Deadline") -> int | None:
        """Send a tenant's due webhooks, and return when the next attempt is due; None if there is none.

        After the deadline, which receivers that hang use up, webhooks are left to the background task.
        """
        outbox = self._world.outbox
        due = outbox.next_due(name)
        if due is None or outbox.send_due is None or deadline.has_passed():
            return None
        if due <= self._world.clocks.now(name):
            with suppress(TimeoutError):
                async with asyncio.timeout(deadline.remaining):
                    await outbox.send_due(name)
        return None if deadline.has_passed() else outbox.next_due(name)

    @asynccontextmanager
    async def _exclusive(self, name: str) -> AsyncIterator[None]:
        """Wait until no other create, reset, delete or advance of this tenant is under way."""
        lock = self._locks.setdefault(name, asyncio.Lock())
        async with lock:
            yield

    @asynccontextmanager
    async def _filled(self, tenant: Tenant, partition: str) -> AsyncIterator[None]:
        """Fill a partition with the tenant's seed; the block then makes it the tenant's.

        The partition is listed as stray until then. If anything fails, it is emptied again.
        """
        store = self._world.store
        await self._empty_strays()
        self._in_use.add(partition)
        try:
            with store.change() as change:
                change.run(sa.insert(tables.stray_partitions).values(name=partition))
            await store.yield_after_commit()
            if tenant.seed_size:
                async with self._small_seeds if tenant.seed_size <= _SMALL else self._large_seeds:
                    await self._fill(tenant, partition)
            yield
            await store.yield_after_commit()
        except BaseException:
            if partition in self._tenants.stray_partitions():
                await self._empty(partition)
            raise
        finally:
            self._in_use.discard(partition)

    async def _empty_strays(self) -> None:
        """Empty stray partitions that could not be emptied before, for example because the disk was full."""
        for partition in self._tenants.stray_partitions():
            if partition not in self._in_use:
                await self._empty(partition)

    async def _fill(self, tenant: Tenant, partition: str) -> None:
        events = 0
        for vendor in self._vendors:
            scratch = self._world.scratch()
            stop = Event()
            writing = asyncio.ensure_future(asyncio.to_thread(_write_seed, scratch, vendor, tenant, stop))
            try:
                # Cancelling this task does not stop the thread. So it is shielded, asked to stop, and waited
                # for: the store that it writes to is closed below.
                await asyncio.shield(writing)
                for newest in fill(scratch.store, self._world.store, partition, events=events):
                    events = newest
                    await self._world.store.yield_after_commit()
            finally:
                stop.set()
                await asyncio.wait([writing])  # the thread must finish before its store is closed
                scratch.close()

    async def _empty(self, partition: str) -> None:
        """Empty a stray partition in slices; if that fails, a later call tries again."""
        self._in_use.add(partition)
        try:
            for _ in empty(self._world.store, partition):
                await self._world.store.yield_after_commit()
            with self._world.store.change() as change:
                change.run(_delete_stray(partition))
            await self._world.store.yield_after_commit()
        except Exception:  # noqa: BLE001 - the tenant's change itself is done; perhaps the disk is full
            _log.exception("The partition %s could not be emptied; trying again later.", partition)
        finally:
            self._in_use.discard(partition)


class _Deadline:
    """The end of the time that one advance waits for the receivers of webhooks."""

    def __init__(self) -> None:
        self._end = ticks() + WEBHOOK_SECONDS * SECOND

    @property
    def remaining(self) -> float:
        """Seconds until the deadline, 0 after it."""
        return max(0, self._end - ticks()) / SECOND

    def has_passed(self) -> bool:
        """Return True after the deadline."""
        return ticks() >= self._end


def _delete_stray(partition: str) -> sa.Delete:
    """Return the statement that removes a partition from the list of stray ones."""
    table = tables.stray_partitions
    return sa.delete(table).where(table.c.name == partition)


def _write_seed(scratch: World, name: str, tenant: Tenant, stop: Event) -> None:
    """Write a tenant's seed of one vendor; runs in another thread, on a world that only it uses."""
    vendor = vendors.load(name, scratch)
    returns = seed.returns(tenant.seed, tenant.seed_size, before=tenant.first_moment, salt=name)
    with suppress(_StoppedError), scratch.store.change() as change:
        vendor.write_seed(change, tenant.name, _until(stop, returns), tenant.first_moment)


def _until(stop: Event, returns: Iterable[SeedReturn]) -> Iterator[SeedReturn]:
    for seed_return in returns:
        if stop.is_set():
            raise _StoppedError
        yield seed_return
