"""Runs the sandbox on uvicorn, in one process with one event loop."""

from __future__ import annotations

import gc
import logging
import sys
from functools import partial
from typing import TYPE_CHECKING

import uvicorn

from mock_server.app import Sandbox, create_app
from mock_server.dumps import MAX_DUMP
from mock_server.journal.refused import record_refusal
from mock_server.serving.protocol import Protocol
from mock_server.serving.sweeper import Sweeper

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from mock_server.settings import Settings

_YOUNG, _MIDDLE, _OLD = 50_000, 20, 50
"""Thresholds of the garbage collector, which runs rarely because requests create no reference cycles."""
_SECONDS_TO_FINISH = 1


def serve(
    settings: Settings,
    listener: socket.socket,
    *,
    ready: Callable[[Sandbox], None],
    leaving: Callable[[], None],
) -> None:
    """Serve requests on `listener` until a signal ends the process.

    Calls `ready` as soon as requests are accepted, and `leaving` before the shutdown. Raises the errors of
    `create_app` and `ready`.
    """
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s"
    )
    app = create_app(settings)
    _tune_garbage_collection()
    largest = max(settings.max_body, MAX_DUMP)  # each operation has its own limit, which is lower for most
    is_recorded = settings.journal or settings.log
    refused = partial(record_refusal, app.world.journal) if is_recorded else None
    config = uvicorn.Config(
        app,
        loop="auto",  # uvloop where it is installed
        http=partial(Protocol, max_body=largest, refused=refused),  # type: ignore[arg-type]  # called as a class
        ws="none",
        proxy_headers=False,
        lifespan="on",
        access_log=False,
        server_header=False,
        date_header=False,  # the engine sends its own, on the tenant's clock
        log_config=None,
        timeout_keep_alive=settings.keep_alive,
        timeout_graceful_shutdown=_SECONDS_TO_FINISH,
    )
    server = _Server(config, app, ready, leaving)
    server.run(sockets=[listener])
    if server.failure is not None:
        raise server.failure


class _Server(uvicorn.Server):
    def __init__(
        self,
        config: uvicorn.Config,
        app: Sandbox,
        ready: Callable[[Sandbox], None],
        leaving: Callable[[], None],
    ) -> None:
        super().__init__(config)
        self._app = app
        self._ready = ready
        self._leaving = leaving
        self.failure: Exception | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if not self.started:
            return
        sweeper = Sweeper(lambda: self.server_state.connections, self.config.timeout_keep_alive)
        self._app.world.tasks.start("that closes slow connections", sweeper.run)
        try:
            self._ready(self._app)
        except Exception as error:  # noqa: BLE001 - `serve` raises it after the shutdown
            self.failure = error
            self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._app.world.journal.close()  # otherwise, open streams of requests would delay the shutdown
        self._leaving()  # not after `run`: uvicorn raises the signal again, which ends the process
        await super().shutdown(sockets)


def _tune_garbage_collection() -> None:
    """Exclude objects created at start-up from garbage collection, and make collections less frequent.

    `returns serve` starts without garbage collection (see `cli/serve.py`); this function turns it on.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)
    gc.enable()
