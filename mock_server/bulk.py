"""Work on a whole tenant in slices, so that no other tenant's requests wait for it.

A seed is laid out in a store of its own, by another thread, and copied from there into a partition that is no
tenant's yet; one short change then makes it the tenant's. So a tenant appears when it is complete, a reset
shows the old one or the new one, and of a process that is killed meanwhile nothing is seen: the partition is
listed as stray, and the next start empties it.
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
"""Returns of a seed, per vendor, that need not wait until a larger seed has been laid out."""
_SMALL_AT_ONCE: Final = 4
PATIENCE: Final = 20
"""Seconds that an advance waits for receivers of webhooks, in all."""
_log = logging.getLogger(__name__)


class _StoppedError(Exception):
    """The seed is not needed any more."""


class Bulk:
    """Makes, resets, deletes and advances tenants while the sandbox serves.

    It lays out one large seed at a time, and small ones beside it.
    """

    def __init__(self, world: World, tenants: Tenants, served: Mapping[str, Vendor]) -> None:
        self._world = world
        self._tenants = tenants
        self._vendors = tuple(served)
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._large_seeds = asyncio.Semaphore(1)
        self._small_seeds = asyncio.Semaphore(_SMALL_AT_ONCE)
        self._at_work: set[str] = set()

    async def create(self, name: str, **requested: Any) -> Tenant:
        """Make a tenant; takes and raises what `Tenants.create` does."""
        async with self._alone(name):
            tenant = self._tenants.plan(name, **requested)
            partition = self._tenants.free_partition(name)
            async with self._filled(tenant, partition):
                with self._world.store.change() as change:
                    self._tenants.enter(change, tenant, partition)
                    change.run(_forgotten(partition))
            return tenant

    async def reset(self, name: str) -> Tenant:
        """Reset a tenant; raises `UnknownTenantError`."""
        async with self._alone(name):
            tenant = self._tenants.renewed(name)
            partition = self._tenants.free_partition(name)
            async with self._filled(tenant, partition):
                with self._world.store.change() as change:
                    old = self._tenants.move(change, tenant, partition)
                    change.run(_forgotten(partition))
            await self._emptied(old)
            return tenant

    async def delete(self, name: str) -> None:
        """Remove a tenant; raises what `Tenants.delete` does."""
        async with self._alone(name):
            with self._world.store.change() as change:
                partition = self._tenants.leave(change, name)
            await self._world.store.yield_after_commit()
            await self._emptied(partition)

    async def advance(self, name: str, to: Callable[[int], int]) -> list[ExecutedStep]:
        """Move a tenant's clock forward; returns what happened on the way.

        `to` takes what the clock shows when its turn comes, and returns where to move it. Steps are carried
        out, and webhooks tried again, in the order in which they are due. Raises `UnknownTenantError`, and
        what `to` raises.
        """
        clocks, ran = self._world.clocks, list[ExecutedStep]()
        async with self._alone(name):
            self._tenants.get(name)  # it may have been deleted meanwhile
            target = to(clocks.now(name))
            with clocks.moving(name):
                end, patience = ticks() + SLICE, _Patience()
                while True:
                    attempt = await self._next_attempt(name, patience)
                    if attempt is not None and attempt <= min(target, clocks.next_due(name) or target):
                        clocks.move(name, attempt)
                    elif one := clocks.run_next(name, target):
                        ran.append(one)
                    else:
                        break
                    if ticks() > end:
                        await self._world.store.yield_after_commit()
                        end = ticks() + SLICE
                clocks.move(name, target)
        return ran

    async def _next_attempt(self, name: str, patience: "_Patience") -> int | None:
        """Send what is due to a tenant's webhooks; returns when the next attempt is due, or None.

        Receivers that hang use up the patience; from then on, they are left to the sender.
        """
        outbox = self._world.outbox
        due = outbox.next_due(name)
        if due is None or outbox.send_due is None or patience.is_over():
            return None
        if due <= self._world.clocks.now(name):
            with suppress(TimeoutError):
                async with asyncio.timeout(patience.left):
                    await outbox.send_due(name)
        return None if patience.is_over() else outbox.next_due(name)

    @asynccontextmanager
    async def _alone(self, name: str) -> AsyncIterator[None]:
        """Wait until no other work on the whole tenant is under way."""
        lock = self._locks.setdefault(name, asyncio.Lock())
        async with lock:
            yield

    @asynccontextmanager
    async def _filled(self, tenant: Tenant, partition: str) -> AsyncIterator[None]:
        """Lay out a seed in a partition, that the block makes the tenant's; a failure leaves none of it."""
        store = self._world.store
        await self._sweep()
        self._at_work.add(partition)
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
                await self._emptied(partition)
            raise
        finally:
            self._at_work.discard(partition)

    async def _sweep(self) -> None:
        """Empty partitions that could not be emptied before, because the disk was full, say."""
        for partition in self._tenants.stray_partitions():
            if partition not in self._at_work:
                await self._emptied(partition)

    async def _fill(self, tenant: Tenant, partition: str) -> None:
        events = 0
        for vendor in self._vendors:
            scratch = self._world.scratch()
            stop = Event()
            laying = asyncio.ensure_future(asyncio.to_thread(_lay_out, scratch, vendor, tenant, stop))
            try:
                await asyncio.shield(laying)
                for newest in fill(scratch.store, self._world.store, partition, events=events):
                    events = newest
                    await self._world.store.yield_after_commit()
            finally:
                stop.set()
                await asyncio.wait([laying])  # the thread must be done with the store before it is closed
                scratch.close()

    async def _emptied(self, partition: str) -> None:
        """Empty a stray partition; what cannot be removed now is removed later."""
        self._at_work.add(partition)
        try:
            for _ in empty(self._world.store, partition):
                await self._world.store.yield_after_commit()
            with self._world.store.change() as change:
                change.run(_forgotten(partition))
            await self._world.store.yield_after_commit()
        except Exception:  # noqa: BLE001 - the work itself is done; the disk may be full
            _log.exception("What was left of a tenant (%s) is removed later.", partition)
        finally:
            self._at_work.discard(partition)


class _Patience:
    """How long one advance waits for the receivers of webhooks, in all."""

    def __init__(self) -> None:
        self._end = ticks() + PATIENCE * SECOND

    @property
    def left(self) -> float:
        """Seconds that are left."""
        return max(0, self._end - ticks()) / SECOND

    def is_over(self) -> bool:
        """Say whether nothing is left."""
        return ticks() >= self._end


def _forgotten(partition: str) -> sa.Delete:
    """Return the statement by which a partition is not stray any more."""
    table = tables.stray_partitions
    return sa.delete(table).where(table.c.name == partition)


def _lay_out(scratch: World, name: str, tenant: Tenant, stop: Event) -> None:
    """Lay out a tenant's seed at one vendor; in another thread, on a world of its own."""
    vendor = vendors.load(name, scratch)
    made = seed.returns(tenant.seed, tenant.seed_size, before=tenant.first_moment, salt=name)
    with suppress(_StoppedError), scratch.store.change() as change:
        vendor.write_seed(change, tenant.name, _unless(stop, made), tenant.first_moment)


def _unless(stop: Event, made: Iterable[SeedReturn]) -> Iterator[SeedReturn]:
    for one in made:
        if stop.is_set():
            raise _StoppedError
        yield one
