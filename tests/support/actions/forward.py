"""An event loop on real sockets whose clock can be set forward, so that a time limit passes at once."""

import asyncio
from typing import Any

import httpx


class ForwardLoop(asyncio.SelectorEventLoop):
    """An event loop whose timers count real time and what `pass_time` adds."""

    added: float = 0.0

    def time(self) -> float:
        return super().time() + self.added

    def pass_time(self, seconds: float) -> None:
        self.added += seconds


class OnLoop(httpx.BaseTransport):
    """Sends the requests of another thread in a loop, so that its clock is that of their time limits."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.inner = httpx.AsyncHTTPTransport(verify=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        return asyncio.run_coroutine_threadsafe(self._answered(request), self.loop).result()

    async def _answered(self, request: httpx.Request) -> httpx.Response:
        sent: Any = httpx.Request(
            request.method,
            request.url,
            headers=request.headers,
            content=request.content,
            extensions=request.extensions,
        )
        response = await self.inner.handle_async_request(sent)
        body = await response.aread()
        await response.aclose()
        headers = [pair for pair in response.headers.raw if pair[0].lower() != b"content-encoding"]
        return httpx.Response(response.status_code, headers=headers, content=body)

    async def aclose(self) -> None:
        await self.inner.aclose()
