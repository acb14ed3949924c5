"""The workload for the performance guard: starts the sandbox, and sends requests to it.

As far as possible, every run executes the same instructions: the system clock is replaced by a constant,
timers use virtual time, nothing depends on random numbers, and requests are passed to the ASGI application
without a socket. `mark` is called at the end of each part of the run, so that callgrind counts the
instructions of each part separately (see `bench/callgrind.py`).
"""

import asyncio
import gc
import json
import os
import selectors
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bench.loads import FIRST_MOMENT, load_of
from bench.records import Api, Get, api, computed, shop_tenant
from bench.records import requests as completed

GUARDED = {
    "list of 25": load_of("returnmate", "list"),
    "one": load_of("returnmate", "one"),
    "create": load_of("returnmate", "create"),
    "invalid create": load_of("returnmate", "invalid"),
    "filtered list": load_of("returnmate", "filtered list"),
    "report": load_of("returnmate", "report"),
    "exsited create": load_of("exsited", "create"),
    "returngo create": load_of("returngo", "create"),
    "returnlogic create": load_of("returnlogic", "create"),
    "swap update": load_of("swap", "update"),
    "repeated list": load_of("returnmate", "list"),
    "repeated invalid create": load_of("returnmate", "invalid"),
}
"""The requests that are counted, keyed by measure: those of ReturnMate, and a write of each other vendor."""
_REPEATED = frozenset({"repeated list", "repeated invalid create"})
"""The measures whose responses the sandbox may keep; the responses of all others are computed."""
MEASURES = ("import", "start", *GUARDED, "poll")
_FIRST_MOMENT_NS = 1_772_452_800_000_000_000
_WARM_UP, _COUNTED, _POLLS = 10, 50, 10
_HOST, _PORT = "127.0.0.1", 4010


def mark(name: str = "", times: int = 1) -> None:
    """Mark the end of a part of the run: print the part's name and `times`, and make callgrind write a dump.

    `times` is the number of times that the part repeated the same work. If a part has no name, its
    instructions are not counted.
    """
    print(json.dumps([name, times]), flush=True)
    os.getppid()  # callgrind writes a dump before each call of this function, which is called only here


class VirtualTime(asyncio.SelectorEventLoop):
    """An event loop that never waits for a timer: it sets its virtual clock forward instead."""

    def __init__(self) -> None:
        self._virtual = 0.0
        super().__init__(_NonBlockingSelector(self._jump))

    def time(self) -> float:
        """Return the virtual time in seconds since the loop was created."""
        return self._virtual

    def _jump(self, seconds: float) -> None:
        self._virtual += seconds


class _NonBlockingSelector(selectors.SelectSelector):
    """A selector that never waits. Instead, it calls `jump` with the number of seconds to wait."""

    def __init__(self, jump: Callable[[float], None]) -> None:
        super().__init__()
        self._jump = jump

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0 if timeout is not None else None)
        if timeout and not ready:
            self._jump(timeout)
        return ready


class Caller:
    """An HTTP client that calls an ASGI application directly, without a socket.

    `headers` are sent with every request.
    """

    def __init__(self, app: Any) -> None:
        self._app = app
        self.headers: Mapping[str, str] = {}

    async def __call__(self, method: str, path: str, content: bytes = b"", *, status: int) -> Any:
        """Send a request and return the response's body; exit if the response's status is not `status`."""
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": content, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        await self._app(self._scope(method, path, content), receive, send)
        body = b"".join(message.get("body", b"") for message in sent[1:])
        if sent[0]["status"] != status:
            raise SystemExit(f"{method} {path} answers {sent[0]['status']}, not {status}: {body!r:.500}")
        return body

    def _scope(self, method: str, path: str, content: bytes) -> dict[str, Any]:
        path, _, query = path.partition("?")
        length = {"Content-Type": "application/json", "Content-Length": str(len(content))} if content else {}
        headers = {"Host": f"{_HOST}:{_PORT}", **self.headers, **length}
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "scheme": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
            "client": (_HOST, 50_000),
            "server": (_HOST, _PORT),
            "state": {},
        }


class Lifespan:
    """A context manager that starts an ASGI application on entry and stops it on exit.

    It uses the messages of the ASGI lifespan protocol.
    """

    def __init__(self, app: Any) -> None:
        self._app = app
        self._received: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def __aenter__(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": {}}
        self._running = asyncio.create_task(self._app(scope, self._received.get, self._sent.put))
        await self._send("startup")

    async def __aexit__(self, *_: object) -> None:
        await self._send("shutdown")
        await self._running

    async def _send(self, event: str) -> None:
        await self._received.put({"type": f"lifespan.{event}"})
        answer = await self._sent.get()
        if answer["type"] != f"lifespan.{event}.complete":
            raise SystemExit(f"The sandbox answers {event} with {answer}.")


async def requests(app: Any) -> None:
    """Send the requests of `GUARDED` to the sandbox, and poll a trigger of the connector.

    Each request is first sent `_WARM_UP` times without being counted. Then it is sent `_COUNTED` times, and
    the instructions for these requests are counted.
    """
    call = Caller(app)
    async with Lifespan(app):
        get = await _prepared(call)
        tenants = {
            vendor: {name: await api(get, name, vendor) for name in ("demo", "orders")}
            for vendor in {load.vendor for load in GUARDED.values()}
        }
        for name, load in GUARDED.items():
            sent = await completed(load, tenants[load.vendor])
            if name not in _REPEATED:
                sent = [computed(request) for request in sent]
            for number in range(_WARM_UP + _COUNTED):
                if number == _WARM_UP:
                    mark()
                request = sent[number % len(sent)]
                call.headers = request.headers
                await call(request.method, request.path, request.body, status=load.status)
            mark(name, _COUNTED)
        await _polls(tenants["returnmate"]["demo"])


async def _prepared(call: Caller) -> Get:
    """Create the tenant `orders`, and return the function that reads the records of the tenants."""

    async def get(path: str, headers: Mapping[str, str]) -> Any:
        call.headers = headers
        return json.loads(await call("GET", path, status=200))

    demo = await get("/__sandbox/tenants/demo", {})
    if demo["first_moment"] != FIRST_MOMENT:
        raise SystemExit(f"Real time does not stand still: demo begins at {demo['first_moment']}.")
    await call("POST", "/__sandbox/tenants", json.dumps(shop_tenant("orders")).encode(), status=201)
    return get


async def _polls(used: Api) -> None:
    """Poll a trigger of the connector, and count the polls; the sandbox answers before the count."""
    import connector
    from bench.replayed import Replayed, moment

    now = moment(FIRST_MOMENT)
    async with connector.open(
        "returnmate", api_key="bench", transport=Replayed(used), clock=lambda: now
    ) as connection:
        trigger = connection.triggers["new_return"]
        cursor = (await trigger.poll()).cursor
        for number in range(_WARM_UP + _POLLS):
            if number == _WARM_UP:
                mark()
            cursor = (await trigger.poll(cursor)).cursor
        mark("poll", _POLLS)


def main(folder: Path) -> None:
    """Import and start the sandbox with a database in `folder`, and send all loads to it."""
    time.time_ns = lambda: _FIRST_MOMENT_NS
    mark()
    from pydantic import SecretStr

    from mock_server.app import create_app
    from mock_server.settings import Settings

    mark("import")
    database = f"sqlite:///{folder / 'guard.sqlite3'}"
    app = create_app(Settings(database=database, secret=SecretStr("guard"), rate_limits=False))
    mark("start")
    gc.collect()
    gc.freeze()
    gc.disable()  # a collection would happen in some runs and not in others
    with asyncio.Runner(loop_factory=VirtualTime) as runner:
        runner.run(requests(app))
    mark()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
