"""Creates, resets and deletes tenants and advances their clocks, without blocking other requests.

The work is done in short slices, and other requests run between the slices. To create or reset a tenant, its
seed data (see `layouts`) is copied in slices into a partition that does not belong to a tenant yet, and one
short transaction assigns the partition to the tenant. Clients therefore see a new tenant only when it is
complete, and during a reset they see either all old rows or all new rows. If the process is killed before
that transaction, the unfinished partition is listed in `stray_partitions`, and the next start empties it.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any, Final
from weakref import WeakValueDictionary

import sqlalchemy as sa

from mock_server.clock import SECOND, SLICE, ExecutedStep, ticks
from mock_server.layouts import Layouts
from mock_server.store import tables
from mock_server.store.partition import empty, fill
from mock_server.tenants import Tenant, Tenants
from mock_server.vendors import Vendor
from mock_server.world import World

WEBHOOK_SECONDS: Final = 20
"""The total time in seconds that one call of `Bulk.advance` waits for webhook receivers."""
_log = logging.getLogger(__name__)


class Bulk:
    """Creates, resets and deletes tenants and advances their clocks while other requests are served."""

    def __init__(self, world: World, tenants: Tenants, served: Mapping[str, Vendor]) -> None:
        self._world = world
        self._tenants = tenants
        self._vendors = tuple(served)
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self.layouts = Layouts(world)
        self._in_use: set[str] = set()

    async def create(self, name: str, **requested: Any) -> Tenant:
        """Create a tenant in slices, so that other requests are served in between.

        Accepts the same options and raises the same errors as `Tenants.create`.
        """
        async with self.exclusive(name):
            tenant = self._tenants.plan(name, **requested)
            partition = self._tenants.free_partition(name)
            async with self.filled(partition, partial(self._fill, tenant, partition)):
                with self._world.store.change() as change:
                    self._tenants.insert(change, tenant, partition)
                    change.run(no_longer_stray(partition))
            return tenant

    async def reset(self, name: str) -> Tenant:
        """Reset a tenant to its seed data in slices, so that other requests are served in between.

        Raises `UnknownTenantError` if the tenant does not exist.
        """
        async with self.exclusive(name):
            tenant = self._tenants.after_reset(name)
            partition = self._tenants.free_partition(name)
            async with self.filled(partition, partial(self._fill, tenant, partition)):
                with self._world.store.change() as change:
                    old = self._tenants.move(change, tenant, partition)
                    change.run(no_longer_stray(partition))
            await self.empty(old)
            return tenant

    async def delete(self, name: str) -> None:
        """Delete a tenant and its snapshots immediately, and then delete their rows in slices.

        Raises the same errors as `Tenants.delete`.
        """
        async with self.exclusive(name):
            with self._world.store.change() as change:
                partition = self._tenants.remove(change, name)
            await self._world.store.yield_after_commit()
            await self.empty(partition)
            await self._empty_strays()

    async def advance(self, name: str, to: Callable[[int], int]) -> list[ExecutedStep]:
        """Advance a tenant's clock, and return the scheduled steps that were run.

        Waits until earlier operations on the tenant have finished, and then calls `to` with the tenant's
        current time to get the target time; both are in microseconds since the Unix epoch. Steps and webhook
        retries run in the order of their due times; while each one runs, the clock shows its due time. Raises
        `UnknownTenantError` if the tenant does not exist, and any error that `to` raises.
        """
        clocks, executed = self._world.clocks, list[ExecutedStep]()
        async with self.exclusive(name):
            self._tenants.get(name)  # the tenant may have been deleted during the wait
            target = to(clocks.now(name))
            with clocks.moving(name):
                end, deadline = ticks() + SLICE, _Deadline()
                while True:
                    # Steps and retries run in the order in which they are due. A retry runs before a step
                    # that is due at the same time.
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
        """Send a tenant's due webhooks, and return the time at which the next attempt is due.

        Returns None if no attempt is pending, or if slow receivers have used up the time limit. In the second
        case, the background task sends the remaining webhooks later.
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
    async def exclusive(self, name: str) -> AsyncIterator[None]:
        """Hold the tenant's lock during the `with` block.

        `create`, `reset`, `delete` and `advance` hold the same lock, so they wait until the block ends.
        """
        lock = self._locks.setdefault(name, asyncio.Lock())
        async with lock:
            yield

    @asynccontextmanager
    async def filled(self, partition: str, fill: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
        """Call `fill` to fill a partition, and then run the `with` block, which assigns the partition.

        The partition is listed as stray until the block assigns it to a tenant or a snapshot, and calls
        `no_longer_stray`. If `fill` fails, or the block raises an error, the partition is emptied.
        """
        store = self._world.store
        await self._empty_strays()
        self._in_use.add(partition)
        try:
            with store.change() as change:
                change.run(sa.insert(tables.stray_partitions).values(name=partition))
            await store.yield_after_commit()
            await fill()
            yield
            await store.yield_after_commit()
        except BaseException:
            if partition in self._tenants.stray_partitions():
                await self.empty(partition)
            raise
        finally:
            self._in_use.discard(partition)

    async def _empty_strays(self) -> None:
        """Empty all stray partitions that are not in use.

        An earlier attempt to empty them may have failed, for example because the disk was full. Other tasks
        can assign or empty a partition while this method empties another one, so it checks each partition
        again before it empties it.
        """
        for partition in self._tenants.stray_partitions():
            if partition not in self._in_use and partition in self._tenants.stray_partitions():
                await self.empty(partition)

    async def _fill(self, tenant: Tenant, partition: str) -> None:
        """Copy the seed data of a tenant to a partition."""
        events = 0
        for vendor in () if tenant.is_empty else self._vendors:
            async with self.layouts.content(vendor, tenant) as content:
                for newest in fill(content, self._world.store, partition, events=events):
                    events = newest
                    await self._world.store.yield_after_commit()

    async def empty(self, partition: str) -> None:
        """Empty a stray partition in slices.

        If this fails, logs the error, and leaves the partition in the list of stray partitions.
        """
        self._in_use.add(partition)
        try:
            for _ in empty(self._world.store, partition):
                await self._world.store.yield_after_commit()
            with self._world.store.change() as change:
                change.run(no_longer_stray(partition))
            await self._world.store.yield_after_commit()
        except Exception:  # noqa: BLE001 - the tenant itself is changed already; the disk may be full
            _log.exception("The partition %s could not be emptied; trying again later.", partition)
        finally:
            self._in_use.discard(partition)


class _Deadline:
    """The time limit for sending webhooks during one call to `Bulk.advance`."""

    def __init__(self) -> None:
        self._end = ticks() + WEBHOOK_SECONDS * SECOND

    @property
    def remaining(self) -> float:
        """The number of seconds until the deadline; 0 after the deadline."""
        return max(0, self._end - ticks()) / SECOND

    def has_passed(self) -> bool:
        """Return True if the deadline has passed."""
        return ticks() >= self._end


def no_longer_stray(partition: str) -> sa.Delete:
    """Build the statement that removes a partition from the list of stray partitions."""
    table = tables.stray_partitions
    return sa.delete(table).where(table.c.name == partition)
