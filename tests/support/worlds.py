"""Parts of a sandbox without its server: stores, rows, clocks under the test's control, whole worlds."""

import asyncio
from collections.abc import Awaitable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

import openapi
from mock_server import vendors
from mock_server.clock import Clocks
from mock_server.control import Control
from mock_server.engine.call import Call
from mock_server.engine.reply import Reply
from mock_server.faults.registry import Faults
from mock_server.settings import Settings
from mock_server.store import Row, Store, tables
from mock_server.tenants import Tenants
from mock_server.world import World
from support.first_moment import STARTS

NOON = 1_772_452_800_000_000  # 2026-03-02T12:00:00Z
SECOND = 1_000_000
HOUR = 3_600 * SECOND


def row(id_: str, **changes: Any) -> Row:
    """Return a return of tenant `acme` at vendor `shop`, with some columns changed."""
    plain: dict[str, Any] = {
        "tenant": "acme",
        "vendor": "shop",
        "kind": "return",
        "status": "pending",
        "state": "requested",
        "created_at": NOON,
        "updated_at": NOON,
        "summary": b'"summary of %s"' % id_.encode(),
        "document": b'"document of %s"' % id_.encode(),
    }
    return Row(id=id_, **{**plain, **changes})


def put(store: Store, *rows: Row) -> None:
    """Store rows in one change."""
    with store.change() as change:
        for one in rows:
            change.put(one)


@dataclass
class RealTime:
    """Real time, set by the test."""

    now: int = NOON

    def __call__(self) -> int:
        return self.now


def ticking(store: Store, real: RealTime, *tenants: str, frozen: bool = False) -> Clocks:
    """Return clocks of tenants that tick with `real`, or are frozen at noon."""
    clocks = Clocks(store, real)
    plain = {"seed": 1, "seed_size": 0, "plan": "", "limits": "auto", "first_moment": NOON, "chosen": True}
    clock = {"frozen": frozen, "clock_offset": 0, "frozen_at": NOON if frozen else None}
    with store.change() as change:
        for name in tenants:
            values = {"name": name, "partition": name, **plain, **clock}
            change.run_for(name, sa.insert(tables.tenants).values(values))
    return clocks


@dataclass
class OpenWorld:
    """A world with its vendors and the control plane, called without HTTP."""

    world: World
    tenants: Tenants
    control: Control
    vendors: dict[str, Any] = field(default_factory=dict)

    def call(
        self, operation: str, body: Any = None, query: Mapping[str, Any] | None = None, **path: str
    ) -> Reply:
        """Call an operation of the control plane."""
        base = self.world.settings.base_url
        call = Call(operation, None, path, query or {}, {}, body, base)
        reply: Reply | Awaitable[Reply] = getattr(self.control, operation)(call)
        return reply if isinstance(reply, Reply) else asyncio.run(_awaited(reply))


async def _awaited(reply: Awaitable[Reply]) -> Reply:
    return await reply


@contextmanager
def open_world(**settings: Any) -> Iterator[OpenWorld]:
    """Open a world (in memory, by default with five returns) with every vendor."""
    world = World.open(
        Settings(**{"database": "sqlite://", "seed_size": 5, "first_moment": STARTS, **settings})
    )
    try:
        served = {name: vendors.load(name, world) for name in vendors.names()}
        tenants = Tenants(world, served)
        tenants.open()
        faults = Faults(world.store, {name: openapi.read(name) for name in served})
        yield OpenWorld(world, tenants, Control(world, tenants, served, faults), dict(served))
    finally:
        world.close()
