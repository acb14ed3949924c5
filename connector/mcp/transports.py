"""Connects an MCP server to clients, over standard input and output or over HTTP on this machine."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import uvicorn
from mcp.server.stdio import stdio_server
from mcp.server.transport_security import TransportSecuritySettings

from connector.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcp.server.lowlevel import Server
    from starlette.applications import Starlette

HOST = "127.0.0.1"
PATH = "/mcp"
NAMES = (HOST, "localhost")


async def over_stdio(server: Server[Any]) -> None:
    """Serve one client until it closes standard input.

    Standard output carries the protocol's messages, so nothing else may be printed to it.
    """
    async with stdio_server() as (received, sent):
        await server.run(received, sent, server.create_initialization_options())


def http_app(server: Server[Any], port: int) -> Starlette:
    """Build the ASGI application that serves the protocol at `/mcp`.

    A web page must not reach the tools through the user's browser (DNS rebinding). Requests are therefore
    rejected unless `Host` and, if it is sent, `Origin` contain a name of this machine and `port`.
    """
    here = [f"{name}:{port}" for name in NAMES]
    origins = [f"http://{name}" for name in here]
    return server.streamable_http_app(
        streamable_http_path=PATH,
        transport_security=TransportSecuritySettings(
            enable_dns_rebinding_protection=True, allowed_hosts=here, allowed_origins=origins
        ),
    )


async def over_http(server: Server[Any], port: int, ready: Callable[[str], None]) -> None:
    """Serve clients on this machine until the process is interrupted.

    `ready` is called with the URL once clients can connect. If `port` is 0, the operating system chooses one.
    Raises `ConfigurationError` if the port cannot be used.
    """
    try:
        listener = socket.create_server((HOST, port))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ConfigurationError(
            f"Port {port} cannot be used ({reason}); choose another with --port."
        ) from error
    with listener:
        chosen = listener.getsockname()[1]
        config = uvicorn.Config(http_app(server, chosen), log_level="warning", lifespan="on")
        ready(f"http://{HOST}:{chosen}{PATH}")
        await uvicorn.Server(config).serve(sockets=[listener])
