"""A hub of the test's process that also listens on a port of this machine, for apps in other processes."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import uvicorn

from connector.hub.serving import Protocol
from support.hub import Bench, Received, hub_at, merchant_of


def free_port() -> int:
    """Return a port that is free now; a hub after another one can listen on it."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


@asynccontextmanager
async def served(bench: Bench, port: int) -> AsyncIterator[None]:
    """Serve the hub's API until the block ends."""
    with socket.create_server(("127.0.0.1", port)) as listening:
        config = uvicorn.Config(
            bench.hub.app(), http=Protocol, lifespan="off", log_level="error", access_log=False
        )
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
                await asyncio.sleep(0.01)
            yield
        finally:
            server.should_exit = True
            await serving


def at_a_served_hub(vendor: str, folder: Path, port: int, story: Callable[[Bench], Awaitable[None]]) -> None:
    """Run a story with a hub on a port, and the merchant of a vendor."""
    with merchant_of(vendor) as merchant:

        async def told() -> None:
            async with hub_at(merchant, folder) as bench, served(bench, port):
                await story(bench)

        asyncio.run(told())


def raw_request(post: Received, **changed: str) -> dict[str, Any]:
    """Return a post as Zapier shows it to an app: names of headers begin with `Http-`, the body is a text."""
    headers = {f"Http-{name.title()}": value for name, value in post.headers.items()}
    return {
        "method": "POST",
        "querystring": "",
        "headers": headers,
        "content": post.content.decode(),
        **changed,
    }


def without(mapping: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Return a copy of a mapping without some keys."""
    return {key: value for key, value in mapping.items() if key not in names}
