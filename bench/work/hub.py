"""Measures the hub in a process of its own, at a sandbox whose URL is given; prints the figures as JSON.

    python -m bench.work.hub http://127.0.0.1:4010 20 100

The arguments are the sandbox's URL, the number of polls and the number of returns whose events are delivered.
Targets answer without a network. CPU times are those of this process, without the sandbox's.
"""

import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from bench.loads import FIRST_MOMENT
from bench.replayed import moment
from bench.servers import memory_of

_VENDOR, _HOUR = "returnmate", 3_600
_UNIT = "CPU in ms"
_CONNECTIONS, _ADDRESS = 1_000, "https://api.example.com"


class Targets(httpx.AsyncBaseTransport):
    """All targets: counts the requests, and accepts each one."""

    def __init__(self) -> None:
        self.received = 0

    async def handle_async_request(self, _request: httpx.Request) -> httpx.Response:
        self.received += 1
        return httpx.Response(200)


@dataclass
class Clock:
    """The time of the hub; it moves together with the sandbox's clock."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


def main(url: str, polls: int, returns: int) -> list[tuple[str, str, str, float]]:
    """Run all measurements, and return the figures."""
    return asyncio.run(_measured(url, polls, returns))


async def _measured(url: str, polls: int, returns: int) -> list[tuple[str, str, str, float]]:
    async with httpx.AsyncClient(base_url=f"{url}/__sandbox/tenants/demo", timeout=60) as control:
        clock, targets = Clock(moment(FIRST_MOMENT)), Targets()

        async def advance() -> None:
            answer = await control.post("/clock/advance", json={"seconds": _HOUR})
            clock.now = moment(answer.raise_for_status().json()["clock"]["now"])

        await control.post("/clock/freeze")
        await advance()
        async with _hub(control, clock, targets) as hub:
            await hub.poller.poll_due()
            quiet = await _spent(hub.poller.poll_due, polls, before=advance)
            await _new_returns(control, returns)
            await advance()
            found = await _spent(hub.poller.poll_due, 1)
            delivered = await _spent(lambda: _deliver_all(hub), 1)
            memory = await _memory(hub)
    if targets.received != returns:
        raise SystemExit(f"The target received {targets.received} events of {returns} returns.")
    return [
        ("a poll without events", "hub", _UNIT, quiet * 1e3),
        ("an event, found by a poll", "hub", _UNIT, (found - quiet) / returns * 1e3),
        ("a delivery", "hub", _UNIT, delivered / returns * 1e3),
        (f"{_CONNECTIONS:,} open connections", "hub", "memory in MiB", memory),
    ]


async def _memory(hub: Any) -> float:
    """Open connections with a login each, and return the memory in MiB that they take."""
    from connector.hub.connections import Account

    before = memory_of(os.getpid())
    opened = [
        hub.vendors.connect(
            Account(str(number), f"shop {number}", _VENDOR, _ADDRESS, str(number), {"api_key": str(number)})
        )
        for number in range(_CONNECTIONS)
    ]
    taken = memory_of(os.getpid()) - before
    for connection in opened:
        await connection.client.close()
    return taken


async def _deliver_all(hub: Any) -> None:
    """Deliver all events; the hub delivers a limited number at once."""
    while await hub.deliverer.deliver_due():
        """More events may be due."""


@asynccontextmanager
async def _hub(control: httpx.AsyncClient, clock: Clock, targets: Targets) -> AsyncIterator[Any]:
    """Open a hub with a connection to the sandbox and a subscription to its new returns."""
    from connector.hub.encryption import new_key
    from connector.hub.hub import Hub, Options

    login = (await control.get("/credentials")).json()["vendors"][_VENDOR]
    with tempfile.TemporaryDirectory() as folder:
        database = f"sqlite:///{Path(folder, 'hub.sqlite3')}"
        options = Options(database, new_key(), clock=clock, sleep=_no_wait, target_transport=targets)
        async with Hub.open(options) as hub:
            headers = {"Authorization": f"Bearer {await hub.first_key()}"}
            network = httpx.ASGITransport(hub.app())
            async with httpx.AsyncClient(
                transport=network, base_url="http://hub.example.com", headers=headers
            ) as api:
                where = {"base_url": login["base_url"], "fields": {"api_key": login["fields"]["api_key"]}}
                await _post(api, "/connections", {"vendor": _VENDOR, "name": "shop", **where})
                target = "https://hooks.example.com/returns"
                await _post(api, "/subscriptions", {"trigger": "return_created", "target": target})
            yield hub


async def _no_wait(_seconds: float) -> None:
    """Do not wait: the clock of the measurement decides."""


async def _post(api: httpx.AsyncClient, path: str, body: dict[str, Any]) -> None:
    answer = await api.post(path, json=body)
    if answer.is_error:
        raise SystemExit(f"The hub answers {path} with {answer.status_code}: {answer.text[:500]}")


async def _new_returns(control: httpx.AsyncClient, count: int) -> None:
    item = {"sku": "BOOT-CHE-39", "quantity": 1, "reason": "wrong_size"}
    for number in range(count):
        body = {"vendor": _VENDOR, "customer_email": "kim@example.com", "items": [item]}
        answer = await control.post("/returns", json={**body, "order_number": f"#{90_000 + number}"})
        answer.raise_for_status()


async def _spent(
    work: Callable[[], Awaitable[Any]], times: int, before: Callable[[], Awaitable[None]] | None = None
) -> float:
    """Run `before` and some work several times; return the CPU time in seconds of the work in one run."""
    seconds = 0.0
    for _ in range(times):
        if before:
            await before()
        begun = time.process_time()
        await work()
        seconds += time.process_time() - begun
    return seconds / times


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
