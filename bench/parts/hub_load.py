"""Measures the hub as a process under load: lateness, share of a core, memory, and the CPU time of a poll.

Each connection is a shop of its own in a sandbox on another core, and each subscription has its own target.
After a minute without changes, one return is created in each shop, evenly over the time of the measurement.
"""

import asyncio
import random
import re
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx

from bench.plan import Plan
from bench.results import Part
from bench.servers import LOAD_CORE, Server, sandbox, started

VENDOR: Final = "swap"
"""A vendor without a limit for a day, whose triggers read one list: it is polled once a minute."""
SUBSCRIPTIONS: Final = 3
"""How many subscriptions each connection has; each one receives each change."""
_PORT, _HUB_PORT = 4837, 4838
_QUIET: Final = 60.0
"""How many seconds the hub polls before the first change, to measure polls without events."""
_AT_ONCE: Final = 8
_PATIENCE: Final = 60.0
"""How many seconds after the published bound the last delivery is awaited."""
_RETURN: Final = {
    "vendor": VENDOR,
    "order_number": "#1001",
    "customer_email": "iris.lane@example.com",
    "items": [{"sku": "TEE-NVY-M", "quantity": 1, "reason": "wrong_size"}],
}


@dataclass
class Targets:
    """An HTTP server with all targets; `arrived` has the times of each shop's deliveries."""

    url: str = ""
    arrived: dict[str, list[float]] = field(default_factory=dict)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Accept the deliveries of one HTTP connection."""
        with suppress(asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                [length] = re.findall(r"content-length: *(\d+)", head, re.IGNORECASE)
                await reader.readexactly(int(length))
                shop = head.split(" ", 2)[1].split("/")[1]
                self.arrived.setdefault(shop, []).append(time.monotonic())
                writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
                await writer.drain()
        writer.close()


@dataclass
class Load:
    """A sandbox, a hub, and their clients; `shops` are the names of the connections."""

    control: httpx.AsyncClient
    api: httpx.AsyncClient
    hub: Server
    shops: list[str]
    targets: Targets

    async def connect_all(self) -> None:
        """Create a tenant, a connection and the subscriptions of each shop."""
        await _all(self._connect(shop) for shop in self.shops)

    async def _connect(self, shop: str) -> None:
        tenant = {"name": shop, "seed_size": 0, "limits": "off"}
        _checked(await self.control.post("/tenants", json=tenant))
        found = _checked(await self.control.get(f"/tenants/{shop}/credentials")).json()["vendors"][VENDOR]
        login = {name: found[name] for name in ("base_url", "fields")}
        made = _checked(await self.api.post("/connections", json={"vendor": VENDOR, "name": shop, **login}))
        for number in range(SUBSCRIPTIONS):
            wanted = {"trigger": "return_created", "target": f"{self.targets.url}/{shop}/{number}"}
            body = {"connection": made.json()["id"], **wanted}
            _checked(await self.api.post("/subscriptions", json=body))

    async def change_all(self, seconds: float) -> dict[str, float]:
        """Create a return in each shop within some seconds; return when each one was created."""
        created: dict[str, float] = {}
        begun = time.monotonic()
        # Not in the order of the connections, because the hub polls them in that order.
        shops = random.Random(1).sample(self.shops, len(self.shops))
        for number, shop in enumerate(shops):
            await asyncio.sleep(begun + number * seconds / len(self.shops) - time.monotonic())
            created[shop] = time.monotonic()
            _checked(await self.control.post(f"/tenants/{shop}/returns", json=_RETURN))
        return created

    async def all_delivered(self, until: float) -> None:
        """Wait until each subscription has received its change. Exits at the time `until`."""
        wanted = len(self.shops) * SUBSCRIPTIONS
        while (received := sum(map(len, self.targets.arrived.values()))) < wanted:
            if time.monotonic() > until:
                raise SystemExit(f"{received:,} of {wanted:,} deliveries have arrived.")
            await asyncio.sleep(0.2)

    async def plans(self) -> tuple[int, int]:
        """Return the calls that the hub has sent, and its published bound in seconds."""
        plans = _checked(await self.api.get("/plan")).json()["logins"]
        return sum(plan["sent_today"] for plan in plans), max(plan["late"] for plan in plans)


def measure(plan: Plan) -> Part:
    """Measure once, because the full load takes a quarter of an hour."""
    part = Part("hub_load", "The hub under load")
    with tempfile.TemporaryDirectory() as folder:
        options = ("--vendor", VENDOR, "--seed-size", "0")
        with sandbox(Path(folder), _PORT, *options, orders=False) as server, _hub(Path(folder)) as hub:
            asyncio.run(_measured(part, server, hub, plan))
        database = sum(file.stat().st_size for file in Path(folder).glob("hub.sqlite3*")) / 2**20
        part.add("the database after the load", _column(plan), "disk in MiB", database)
    return part


async def _measured(part: Part, server: Server, hub: Server, plan: Plan) -> None:
    async with _load(server, hub, plan.hub_connections) as load:
        await load.connect_all()
        await asyncio.sleep(_QUIET)
        (quiet, calls), bound = await _quiet(load)
        used, begun = hub.cpu, time.monotonic()
        created = await load.change_all(plan.hub_seconds)
        share = (hub.cpu - used) / (time.monotonic() - begun)
        await load.all_delivered(time.monotonic() + bound + _PATIENCE)
    late = [max(load.targets.arrived[shop]) - at for shop, at in created.items()]
    column = _column(plan)
    part.add("the published bound", column, "lateness in s", bound)
    part.add("the latest delivery", column, "lateness in s", max(late))
    part.add("the median delivery", column, "lateness in s", statistics.median(late))
    part.add("polls without events", column, "CPU per poll in ms", quiet / calls * 1e3)
    part.add("polls and deliveries", column, "share of a core in %", share * 100)
    part.add("at the end", column, "memory in MiB", hub.memory)


async def _quiet(load: Load) -> tuple[tuple[float, int], int]:
    """Return the CPU seconds and the calls of `_QUIET` seconds without changes, and the published bound."""
    before, bound = await load.plans()
    used = load.hub.cpu
    await asyncio.sleep(_QUIET)
    spent = load.hub.cpu - used
    after, _ = await load.plans()
    return (spent, after - before), bound


@contextmanager
def _hub(folder: Path) -> Iterator[Server]:
    """Run a hub on the core of the load."""
    returns = str(Path(sys.executable).with_name("returns"))
    command = [returns, "hub", "--port", str(_HUB_PORT), "--key-file", str(folder / "hub.key")]
    command += ["--database", f"sqlite:///{folder / 'hub.sqlite3'}", "--webhook-allow", "127.0.0.1"]
    url = f"http://127.0.0.1:{_HUB_PORT}"
    with started("hub", command, url, folder, probe="/live", core=LOAD_CORE) as hub:
        yield hub


@asynccontextmanager
async def _load(server: Server, hub: Server, connections: int) -> AsyncIterator[Load]:
    targets = Targets()
    receiving = await asyncio.start_server(targets.answer, "127.0.0.1", 0)
    targets.url = f"http://127.0.0.1:{receiving.sockets[0].getsockname()[1]}"
    headers = {"Authorization": f"Bearer {hub.printed(r'shown only now: (.+)')}"}
    async with (
        receiving,
        httpx.AsyncClient(base_url=f"{server.base_url}/__sandbox", timeout=120) as control,
        httpx.AsyncClient(base_url=hub.base_url, timeout=120, headers=headers) as api,
    ):
        yield Load(control, api, hub, [f"shop-{number}" for number in range(connections)], targets)


async def _all(work: Iterable[Awaitable[None]]) -> None:
    """Do some work, `_AT_ONCE` at a time."""
    places = asyncio.Semaphore(_AT_ONCE)

    async def one(awaited: Awaitable[None]) -> None:
        async with places:
            await awaited

    async with asyncio.TaskGroup() as tasks:
        for awaited in work:
            tasks.create_task(one(awaited))


def _checked(answer: httpx.Response) -> httpx.Response:
    if answer.is_error:
        raise SystemExit(f"{answer.request.url} answers {answer.status_code}: {answer.text[:500]}")
    return answer


def _column(plan: Plan) -> str:
    return f"{plan.hub_connections:,} connections"
