"""Serving: one process, one event loop, uvicorn with uvloop and httptools."""

import gc
import logging
import socket
import sys
from collections.abc import Callable

import uvicorn

from mock_server.app import Sandbox, create_app
from mock_server.settings import Settings

_YOUNG, _MIDDLE, _OLD = 50_000, 20, 50
"""Collect garbage rarely: a request leaves no cycles behind."""
_SECONDS_TO_FINISH = 1


def serve(settings: Settings, listener: socket.socket, announce: Callable[[Sandbox], None]) -> None:
    """Serve until a signal comes; `announce` is called once requests are answered.

    Raises what `create_app` raises.
    """
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s"
    )
    app = create_app(settings)
    _calm_the_collector()
    config = uvicorn.Config(
        app,
        loop="auto",  # uvloop, where there is one
        http="httptools",
        ws="none",
        proxy_headers=False,
        lifespan="on",
        access_log=False,
        server_header=False,
        date_header=False,  # the engine's follows the tenant's clock
        log_config=None,
        timeout_graceful_shutdown=_SECONDS_TO_FINISH,
    )
    _Server(config, lambda: announce(app)).run(sockets=[listener])


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()


def _calm_the_collector() -> None:
    """Keep what was made at start-up out of every later collection."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)
