"""Serves the hub's API, polls and delivers until the process is stopped."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING

import uvicorn

from connector.errors import ConfigurationError
from connector.hub.hub import Hub

if TYPE_CHECKING:
    from collections.abc import Callable

    from connector.hub.hub import Options

GRACE = 10
"""How many seconds requests may take to end after the process is asked to stop."""


def listen(host: str, port: int) -> socket.socket:
    """Open a socket that listens on a host and port.

    Raises `ConfigurationError` if the port is in use or needs privileges.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except OSError as problem:
        why = (problem.strerror or str(problem)).lower()
        raise ConfigurationError(
            f"The hub cannot listen on {host} port {port} ({why}). Choose another with --host or --port."
        ) from problem


async def serve(options: Options, listening: socket.socket, ready: Callable[[str | None], None]) -> None:
    """Run a hub until SIGINT or SIGTERM.

    `ready` is called once the hub works, with the first admin key if the database is new. A delivery that is
    interrupted is sent again after the next start.
    """
    async with Hub.open(options) as hub:
        config = uvicorn.Config(
            hub.app(), log_level="warning", access_log=False, timeout_graceful_shutdown=GRACE
        )
        server = uvicorn.Server(config)
        ready(await hub.first_key())
        working = asyncio.create_task(hub.work())
        try:
            await server.serve(sockets=[listening])
        finally:
            working.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await working
