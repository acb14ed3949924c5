"""`Layouts`: generates the seed data of tenants in worker threads, and caches it for other tenants.

Generating the data takes most of the time that is needed to create a tenant. The data is determined by the
vendor, the first moment (the time at which the tenant's clock starts), and either a shop or the seed and the
number of returns. Tenants for which these are equal get the same data, except for a few words that contain
the tenant's name (see `TenantWords`). So the data is cached as a template, and these words are replaced for
each tenant.

Data is cached only if the client chose the first moment. Otherwise the first moment is the current time,
which no other tenant shares.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, suppress
from threading import Event
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar
from weakref import WeakValueDictionary

from mock_server import seed, vendors
from mock_server.layouts.template import Template
from mock_server.seed import SeedReturn
from mock_server.shop.kept import kept
from mock_server.store.content import Content, StoreContent
from mock_server.tenants import Tenant
from mock_server.vendors import TenantWords
from mock_server.world import World

if TYPE_CHECKING:
    from mock_server.shop.model import Shop

_T = TypeVar("_T")
_SMALL: Final = 30
"""The maximum number of returns per vendor in a small seed; small seeds do not wait for large seeds."""
_SMALL_AT_ONCE: Final = 4
MAX_RETURNS: Final = 1_000
"""The maximum number of returns per vendor in seed data that is kept as a template."""
MAX_BYTES: Final = 64 * 1024 * 1024
"""The maximum memory of all templates in bytes; beyond it, the least recently used are dropped."""


class _StoppedError(Exception):
    """Raised in the worker thread to stop the generation of seed data that is no longer needed."""


class _Key(NamedTuple):
    """The values from which seed data is generated.

    Tenants with equal keys get the same data, except for the words that depend on the tenant's name.
    """

    vendor: str
    seed: int
    seed_size: int
    shop: str
    first_moment: int


class Layouts:
    """Generates the seed data of one sandbox's tenants.

    At most one large seed and `_SMALL_AT_ONCE` small seeds are generated at the same time. If several tenants
    need the same data, it is generated once.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._large_seeds = asyncio.Semaphore(1)
        self._small_seeds = asyncio.Semaphore(_SMALL_AT_ONCE)
        self._templates: OrderedDict[_Key, Template] = OrderedDict()
        self._locks: WeakValueDictionary[_Key, asyncio.Lock] = WeakValueDictionary()

    @property
    def size(self) -> int:
        """The approximate memory of all templates, in bytes."""
        return sum(template.size for template in self._templates.values())

    @asynccontextmanager
    async def content(self, vendor: str, tenant: Tenant) -> AsyncIterator[Content]:
        """Yield a tenant's seed data for one vendor; the data is readable until the `with` block ends."""
        if not tenant.chosen or tenant.seed_size > MAX_RETURNS:
            async with self._generated(vendor, tenant, _write) as (world, _):
                yield StoreContent(world.store)
        else:
            template = await self._template(vendor, tenant)
            yield template.copy(tenant.name)

    async def _template(self, vendor: str, tenant: Tenant) -> Template:
        key = _Key(vendor, tenant.seed, tenant.seed_size, tenant.shop, tenant.first_moment)
        lock = self._locks.setdefault(key, asyncio.Lock())
        async with lock:
            template = self._templates.get(key)
            if template is None:
                async with self._generated(vendor, tenant, _write_template) as (_, template):
                    self._keep(key, template)
            else:
                self._templates.move_to_end(key)
            return template

    def _keep(self, key: _Key, template: Template) -> None:
        self._templates[key] = template
        while self.size > MAX_BYTES:
            self._templates.popitem(last=False)

    @asynccontextmanager
    async def _generated(
        self, vendor: str, tenant: Tenant, work: Callable[[World, str, Tenant, "Shop | None", Event], _T]
    ) -> AsyncIterator[tuple[World, _T]]:
        """Call `work` in a worker thread to generate a tenant's seed data for one vendor.

        Yields the temporary world that contains the data, and the result of `work`.
        """
        async with self._small_seeds if tenant.seed_size <= _SMALL else self._large_seeds:
            scratch = self._world.scratch()
            stop, shop = Event(), kept(self._world.store, tenant.shop)
            writing = asyncio.ensure_future(asyncio.to_thread(work, scratch, vendor, tenant, shop, stop))
            try:
                # Cancelling this task does not stop the thread, and the store that the thread writes to is
                # closed below. So the thread is shielded from cancellation, asked to stop, and awaited.
                yield scratch, await asyncio.shield(writing)
            finally:
                stop.set()
                await asyncio.wait([writing])  # the thread must finish before its store is closed
                scratch.close()


def _write(scratch: World, name: str, tenant: Tenant, shop: "Shop | None", stop: Event) -> None:
    """Write a tenant's seed data for one vendor into a temporary world; stop early if `stop` is set.

    Runs in a worker thread; no other thread uses `scratch`.
    """
    vendor = vendors.load(name, scratch)
    with suppress(_StoppedError), scratch.store.change() as change:
        if shop is not None:
            from mock_server.shop.writing import write_shop

            write_shop(change, tenant.name, vendor, shop, tenant.first_moment)
            return
        returns = seed.returns(tenant.seed, tenant.seed_size, before=tenant.first_moment, salt=name)
        vendor.write_seed(change, tenant.name, _until(stop, returns), tenant.first_moment)


def _write_template(scratch: World, name: str, tenant: Tenant, shop: "Shop | None", stop: Event) -> Template:
    """Write a tenant's seed data as `_write` does, and convert the data to a template."""
    _write(scratch, name, tenant, shop, stop)
    vendor = vendors.load(name, scratch)
    words = vendor.tenant_words(tenant.name) if isinstance(vendor, TenantWords) else None
    pattern = vendor.word_pattern if isinstance(vendor, TenantWords) else ""
    return Template.of(StoreContent(scratch.store), tenant.name, words, pattern)


def _until(stop: Event, returns: Iterable[SeedReturn]) -> Iterator[SeedReturn]:
    for seed_return in returns:
        if stop.is_set():
            raise _StoppedError
        yield seed_return
