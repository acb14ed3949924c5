"""Serves the hub's API, polls and delivers until the process is stopped."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

import uvicorn

from connector.errors import ConfigurationError
from connector.hub.hub import Hub
from connector.hub.one_process import only_process
from connector.hub.serving import configured
from connector.hub.watchdog import ended

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from connector.hub.hub import Options

log = logging.getLogger("returns_connector.hub")

GRACE = 10
"""How many seconds requests, and then jobs, may take to end after the process is asked to stop."""


def listen(host: str, port: int) -> socket.socket:
    """Open a socket that listens on a host and port.

    `::` means all addresses of this machine, IPv4 too. Raises `ConfigurationError` if the port is in use or
    needs privileges, or if there is no such host.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        both = family == socket.AF_INET6 and socket.has_dualstack_ipv6()
        return socket.create_server((host, port), family=family, dualstack_ipv6=both)
    except UnicodeError as problem:
        raise ConfigurationError(
            f"The hub cannot listen on {host!r} (this is not a host name). Choose another with --host."
        ) from problem
    except OSError as problem:
        number = problem.errno or 0  # negative if the host cannot be resolved: see `strerror`
        why = (os.strerror(number) if number > 0 else problem.strerror or str(problem)).lower()
        raise ConfigurationError(
            f"The hub cannot listen on {host} port {port} ({why}). Choose another with --host or --port."
        ) from problem


class _Server(uvicorn.Server):
    """A server that leaves the signals to `serve`; uvicorn's would end the process before the jobs end."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        handled = {one: signal.signal(one, self.handle_exit) for one in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in handled.items():
                signal.signal(number, handler)


async def serve(options: Options, listening: socket.socket, ready: Callable[[str | None], None]) -> None:
    """Run a hub until SIGINT or SIGTERM.

    `ready` is called once the hub works, with the first admin key if the database is new. To stop, the hub
    answers the requests that it has, and lets the jobs end their present runs, for `GRACE` seconds each. A
    delivery that is interrupted is sent again after the next start. Raises `ConfigurationError` if another
    hub uses the same database of SQLite.
    """
    with listening, only_process(options.database):
        await _serve(options, listening, ready)


async def _serve(options: Options, listening: socket.socket, ready: Callable[[str | None], None]) -> None:
    async with Hub.open(options) as hub:
        config = configured(hub.app(), GRACE)
        server = _Server(config)
        ready(await hub.first_key())
        working = asyncio.create_task(hub.work())
        log.info("The hub works.")
        try:
            await server.serve(sockets=[listening])
        finally:
            log.info("The hub stops.")
            hub.stop()
            await ended(working, GRACE)
