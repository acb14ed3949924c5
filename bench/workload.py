"""What the guard for speed counts: one process that starts the sandbox and answers requests, without waiting.

Every run does the same work: real time stands still, random numbers decide nothing, timers are virtual,
and requests enter at the ASGI boundary. `mark` ends a part; it prints the part's name and how often the
part did its work. Callgrind writes a dump at each mark (see `bench/callgrind.py`).
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
from urllib.parse import urlsplit

from bench.loads import LOADS

FIRST_MOMENT = "2026-03-02T12:00:00Z"
_FIRST_MOMENT_NS = 1_772_452_800_000_000_000
_WARM_UP, _COUNTED = 10, 100
_HOST, _PORT = "127.0.0.1", 4010


def mark(name: str = "", times: int = 1) -> None:
    """End a part of the run; a part without a name is not kept."""
    print(json.dumps([name, times]), flush=True)
    os.getppid()  # nothing else calls it; callgrind dumps what it counted when it sees the call


class VirtualTime(asyncio.SelectorEventLoop):
    """An event loop whose clock jumps to the next timer instead of waiting for it."""

    def __init__(self) -> None:
        self._virtual = 0.0
        super().__init__(_Impatient(self._jump))

    def time(self) -> float:
        """Return seconds of virtual time."""
        return self._virtual

    def _jump(self, seconds: float) -> None:
        self._virtual += seconds


class _Impatient(selectors.SelectSelector):
    """Returns what is ready; hands a time-out to `jump` instead of sleeping."""

    def __init__(self, jump: Callable[[float], None]) -> None:
        super().__init__()
        self._jump = jump

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0 if timeout is not None else None)
        if timeout and not ready:
            self._jump(timeout)
        return ready


class Caller:
    """Calls an ASGI application as a server does, without a socket."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self.headers: Mapping[str, str] = {}

    async def __call__(self, method: str, path: str, content: bytes = b"", *, status: int) -> Any:
        """Return the answer's body; stop the run if its status differs."""
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
    """Starts and stops an application by ASGI's lifespan messages."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._received: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def __aenter__(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": {}}
        self._running = asyncio.create_task(self._app(scope, self._received.get, self._sent.put))
        await self._say("startup")

    async def __aexit__(self, *_: object) -> None:
        await self._say("shutdown")
        await self._running

    async def _say(self, what: str) -> None:
        await self._received.put({"type": f"lifespan.{what}"})
        answer = await self._sent.get()
        if answer["type"] != f"lifespan.{what}.complete":
            raise SystemExit(f"The sandbox answers {what} with {answer}.")


async def requests(app: Any) -> None:
    """Send each load to a tenant of its own: some requests to warm up, then those that count."""
    call = Caller(app)
    async with Lifespan(app):
        base, ids = await _tenant(call)
        for load in LOADS:
            path = base + load.path.format(id=ids[0])
            content = json.dumps(load.body).encode() if load.body else b""
            for _ in range(_WARM_UP):
                await call(load.method, path, content, status=load.status)
            mark()
            for _ in range(_COUNTED):
                await call(load.method, path, content, status=load.status)
            mark(load.name, _COUNTED)


async def _tenant(call: Caller) -> tuple[str, list[str]]:
    """Make a tenant and log in; returns the path of its API and the ids of its newest returns."""
    demo = json.loads(await call("GET", "/__sandbox/tenants/demo", status=200))
    if demo["first_moment"] != FIRST_MOMENT:
        raise SystemExit(f"Real time does not stand still: demo begins at {demo['first_moment']}.")
    wish = {"name": "bench", "plan": "enterprise", "limits": "off", "seed_size": 50}
    wish |= {"first_moment": FIRST_MOMENT, "frozen": True}
    await call("POST", "/__sandbox/tenants", json.dumps(wish).encode(), status=201)
    answer = await call("GET", "/__sandbox/tenants/bench/credentials", status=200)
    found = json.loads(answer)["vendors"]["returnmate"]
    call.headers = found["headers"]
    base = urlsplit(found["base_url"]).path
    listed = json.loads(await call("GET", f"{base}/rmas?per_page=25", status=200))["data"]
    if len(listed) != 25:  # noqa: PLR2004 - the load's own number
        raise SystemExit(f"The list of 25 holds {len(listed)} returns.")
    return base, [one["id"] for one in listed]


def main(folder: Path) -> None:
    """Import, start and call the sandbox, with its database in `folder`."""
    time.time_ns = lambda: _FIRST_MOMENT_NS
    mark()
    from pydantic import SecretStr

    from mock_server.app import create_app
    from mock_server.settings import Settings

    mark("import")
    database = f"sqlite:///{folder / 'guard.sqlite3'}"
    app = create_app(Settings(database=database, secret=SecretStr("guard")))
    mark("start")
    gc.collect()
    gc.freeze()
    gc.disable()  # a collection would fall into one run and not into another
    with asyncio.Runner(loop_factory=VirtualTime) as runner:
        runner.run(requests(app))
    mark()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
