"""Server-sent events of the console: one after each change of the tenant, none for others or for reading."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import httpx
from support.first_moment import STARTS

from mock_server.app import Sandbox, create_app
from mock_server.settings import Settings

URL = "http://127.0.0.1:4010"
PATIENCE = 60.0
QUIET = 1.0


class Viewer:
    """A browser's event source: `lines` receives what the server sends."""

    def __init__(self, app: Sandbox, tenant: str) -> None:
        self._app = app
        self._leave = asyncio.Event()
        self.lines: asyncio.Queue[bytes] = asyncio.Queue()
        self.status = 0
        self.content_type = b""
        self._scope = {
            "type": "http",
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": "/console/changes",
            "raw_path": b"/console/changes",
            "query_string": b"tenant=" + tenant.encode(),
            "headers": [(b"host", b"127.0.0.1:4010")],
            "client": ("127.0.0.1", 5_000),
            "server": ("127.0.0.1", 4_010),
        }

    async def run(self) -> None:
        await self._app(self._scope, self._receive, self._send)

    def leave(self) -> None:
        self._leave.set()

    async def _receive(self) -> dict[str, Any]:
        await self._leave.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status, self.content_type = message["status"], dict(message["headers"])[b"content-type"]
        elif message.get("body"):
            await self.lines.put(message["body"])

    async def next(self) -> bytes:
        return await asyncio.wait_for(self.lines.get(), PATIENCE)

    async def is_quiet(self) -> bool:
        """Return True if nothing arrives for a while."""
        try:
            await asyncio.wait_for(self.lines.get(), QUIET)
        except TimeoutError:
            return True
        return False


@asynccontextmanager
async def watching(app: Sandbox, tenant: str) -> AsyncIterator[Viewer]:
    viewer = Viewer(app, tenant)
    running = asyncio.create_task(viewer.run())
    try:
        assert await viewer.next() == b"retry: 1000\n\n"
        yield viewer
    finally:
        viewer.leave()
        await asyncio.wait_for(running, PATIENCE)


def with_sandbox(scenario: Callable[[Sandbox, httpx.AsyncClient], Coroutine[Any, Any, None]]) -> None:
    """Run a scenario with an application and a client of its control plane."""
    app = create_app(Settings(seed_size=0, first_moment=STARTS))

    async def run() -> None:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url=f"{URL}/__sandbox") as client:
            await client.post("/tenants", json={"name": "other", "seed_size": 0})
            await scenario(app, client)

    try:
        asyncio.run(run())
    finally:
        app.world.close()


RETURN = {
    "vendor": "returnmate",
    "order_number": "#2001",
    "customer_email": "iris.lane@example.com",
    "items": [{"sku": "TEE-NVY-M", "quantity": 1, "reason": "wrong_size"}],
}


def test_change_of_the_tenant_is_reported() -> None:
    async def scenario(app: Sandbox, client: httpx.AsyncClient) -> None:
        async with watching(app, "demo") as viewer:
            assert (viewer.status, viewer.content_type) == (200, b"text/event-stream; charset=utf-8")
            assert (await client.post("/tenants/demo/returns", json=RETURN)).status_code == 201
            assert await viewer.next() == b"data: changed\n\n"
            assert (await client.post("/tenants/demo/clock/freeze")).status_code == 200
            assert await viewer.next() == b"data: changed\n\n"

    with_sandbox(scenario)


def test_other_tenants_and_reading_are_not_reported() -> None:
    """A page that is fetched again must not cause the next event, even if moves are rehearsed for it."""

    async def scenario(app: Sandbox, client: httpx.AsyncClient) -> None:
        made = (await client.post("/tenants/demo/returns", json=RETURN)).json()
        async with watching(app, "demo") as viewer:
            assert (await client.post("/tenants/other/returns", json=RETURN)).status_code == 201
            shown = await client.get(f"/tenants/demo/returns/returnmate/{made['id']}")
            assert len(shown.json()["moves"]) > 0
            await client.get("/tenants/demo/ledger")
            assert await viewer.is_quiet()

    with_sandbox(scenario)


def test_requests_are_reported_even_if_they_are_refused() -> None:
    async def scenario(app: Sandbox, client: httpx.AsyncClient) -> None:
        async with watching(app, "demo") as viewer:
            for headers in ({}, {"Authorization": "Bearer sandbox-demo-returnmate"}):
                await client.get(f"{URL}/returnmate/v1/rmas", headers=headers)
                assert await viewer.next() == b"data: changed\n\n"
        assert app.world.journal.listeners == []

    with_sandbox(scenario)


def test_many_changes_are_reported_together() -> None:
    async def scenario(app: Sandbox, client: httpx.AsyncClient) -> None:
        async with watching(app, "demo") as viewer:
            for _ in range(20):
                await client.post("/tenants/demo/returns", json=RETURN)
            assert await viewer.next() == b"data: changed\n\n"
            events = 1
            while not await viewer.is_quiet():
                events += 1
            assert events < 10

    with_sandbox(scenario)


def test_streams_end_when_the_sandbox_shuts_down() -> None:
    async def scenario(app: Sandbox, client: httpx.AsyncClient) -> None:
        viewer = Viewer(app, "demo")
        running = asyncio.create_task(viewer.run())
        await viewer.next()
        app.world.journal.close()
        await asyncio.wait_for(running, PATIENCE)

    with_sandbox(scenario)
