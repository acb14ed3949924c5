"""A transport for httpx's synchronous client that calls an ASGI application in this process."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from mock_server.app import Sandbox, create_app
from mock_server.settings import Settings

URL = "http://127.0.0.1:4010"


class InProcess(httpx.BaseTransport):
    """Send each request to an application, and read the whole answer."""

    def __init__(self, app: Any) -> None:
        self._runner = asyncio.Runner()
        self._inner = httpx.ASGITransport(app)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._runner.run(self._handle(request))

    def close(self) -> None:
        self._runner.close()

    async def _handle(self, request: httpx.Request) -> httpx.Response:
        answer = await self._inner.handle_async_request(request)
        raw = b"".join([part async for part in answer.aiter_raw()])
        return httpx.Response(answer.status_code, headers=answer.headers, content=raw)


@contextmanager
def opened(**settings: Any) -> Iterator[tuple[Sandbox, httpx.Client]]:
    """Open a sandbox in memory, by default with an empty `demo`, and a client of its root."""
    app = create_app(Settings(**{"seed_size": 0, "database": "sqlite://", **settings}))
    try:
        plain = {"accept-encoding": "identity"}  # compressing each answer would take most of the time
        with httpx.Client(transport=InProcess(app), base_url=URL, headers=plain) as client:
            yield app, client
    finally:
        app.world.close()
