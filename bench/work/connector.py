"""Measures the connector in a process of its own, at a sandbox whose URL is given; prints JSON.

    python -m bench.work.connector http://127.0.0.1:4010 300 1000

The arguments are the sandbox's URL, the number of calls and the number of connections. Each figure is a list
of row, column, unit and value. CPU times are those of this process, without the sandbox's.
"""

import asyncio
import gc
import json
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from bench.loads import FIRST_MOMENT
from bench.replayed import moment

_VENDOR, _PAGE = "returnmate", 100
_US, _MS = "CPU per call in µs", "CPU in ms"
_CONNECTOR, _HTTPX = "connector", "bare httpx"


def main(url: str, calls: int, connections: int) -> list[tuple[str, str, str, float]]:
    """Run all measurements, and return the figures."""
    begun = time.process_time()
    from connector.definition.compiler import integration, vendors

    imported = time.process_time()
    compiled = [integration(vendor) for vendor in vendors()]
    seconds = time.process_time() - imported
    figures = [
        ("import of the compiler", _CONNECTOR, _MS, (imported - begun) * 1e3),
        (f"compile {len(compiled)} integrations", _CONNECTOR, _MS, seconds * 1e3),
    ]
    figures += asyncio.run(_calls(url, calls))
    figures += asyncio.run(_memory(connections))
    return figures


async def _calls(url: str, calls: int) -> list[tuple[str, str, str, float]]:
    """Measure one call and one poll, each with the connector and with httpx alone."""
    import httpx

    import connector

    async with httpx.AsyncClient(timeout=60) as client:
        found = await client.get(f"{url}/__sandbox/tenants/demo/credentials")
        login = found.json()["vendors"][_VENDOR]
        paths: list[str] = []
        plain = partial(_plain, client, login["base_url"], login["headers"])
        async with connector.open(
            "returnmate", api_key=login["fields"]["api_key"], base_url=login["base_url"], clock=_now
        ) as opened:
            id_ = (await plain("/rmas?per_page=1"))["data"][0]["id"]
            one = opened.operations.get_return
            ours, theirs = await _alternately(lambda: one(id=id_), lambda: plain(f"/rmas/{id_}"), times=calls)
            trigger, rows = opened.triggers["new_return"], 0
            since = moment(FIRST_MOMENT) - timedelta(days=100)

            async def poll() -> None:
                nonlocal rows
                rows = len((await trigger.poll(since=since)).events)

            await _noting_paths(opened, paths, poll)

            async def read() -> None:
                for path in paths:
                    await plain(path)

            polled, read_plain = await _alternately(poll, read, times=max(2, calls // 100))
    label = f"a poll of {rows:,} rows"
    return [
        ("a call", _HTTPX, _US, theirs * 1e6),
        ("a call", _CONNECTOR, _US, ours * 1e6),
        ("overhead of a call", _CONNECTOR, _US, (ours - theirs) * 1e6),
        (label, _HTTPX, _MS, read_plain * 1e3),
        (label, _CONNECTOR, _MS, polled * 1e3),
    ]


def _now() -> datetime:
    return moment(FIRST_MOMENT)


async def _plain(client: Any, base_url: str, headers: dict[str, str], path: str) -> Any:
    """Send a GET request with httpx alone, and parse the JSON."""
    answer = await client.get(base_url + path, headers=headers)
    return json.loads(answer.content)


async def _noting_paths(opened: Any, paths: list[str], work: Callable[[], Awaitable[None]]) -> None:
    """Run `work`, and add the path of each request that the connection sends to `paths`."""

    class Observer:
        def sending(self, request: Any) -> None:
            paths.append(f"{request.path}?{urlencode(request.query)}")

        def received(self, _request: Any, _reply: Any) -> None:
            """Ignore the response."""

    opened.client.observer = Observer()
    await work()
    opened.client.observer = None


async def _alternately(
    ours: Callable[[], Awaitable[Any]], theirs: Callable[[], Awaitable[Any]], *, times: int
) -> tuple[float, float]:
    """Run two pieces of work in turn, and return the CPU time in seconds that each takes on average."""
    spent = [0.0, 0.0]
    for _ in range(max(2, times // 10)):
        await ours()
        await theirs()
    for _ in range(times):
        for place, work in enumerate((ours, theirs)):
            before = time.process_time()
            await work()
            spent[place] += time.process_time() - before
    return spent[0] / times, spent[1] / times


async def _memory(count: int) -> list[tuple[str, str, str, float]]:
    """Measure the memory of many open connections to one vendor, which have not sent a request yet."""
    import connector
    from connector.definition.compiler import integration

    compiled = integration(_VENDOR)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(connector.open(compiled, api_key="bench"))
        gc.collect()
        before = _resident()
        for _ in range(count):
            await stack.enter_async_context(connector.open(compiled, api_key="bench"))
        gc.collect()
        grown = _resident() - before
    return [(f"{count:,} connections", _CONNECTOR, "memory in MiB", grown / 1024)]


def _resident() -> int:
    """Return the resident memory of this process in KiB."""
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
