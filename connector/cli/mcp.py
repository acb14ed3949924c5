"""Implements the `returns mcp` command: offers searches and actions to AI assistants."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import AsyncExitStack
from enum import StrEnum
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated, Any

import typer

from connector.cli.completion import complete_profile, complete_vendor
from connector.cli.installed import registered
from connector.cli.options import connect_with, profiles
from connector.cli.output import notify
from connector.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from mcp.server.lowlevel import Server

    from connector.definition.model import Risk
    from connector.runtime.connection import Connection

    Transport = Callable[[Server[Any]], Coroutine[Any, Any, None]]

PORT = 4030
MISSING = "`returns mcp` needs the package mcp. Install it with: pip install 'returns-connector[mcp]'"


class Allowed(StrEnum):
    """A kind of action that the server offers only if the user allows it with --allow."""

    financial = "financial"
    destructive = "destructive"


def mcp(
    vendors: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[VENDOR]...",
            help="Offer only the connections to these vendors.  [default: all]",
            show_default=False,
            autocompletion=complete_vendor,
        ),
    ] = None,
    profile: Annotated[
        str | None,
        typer.Option(
            help="Offer only the connections with this profile name; see `returns connect`.",
            show_default=False,
            autocompletion=complete_profile,
        ),
    ] = None,
    allow: Annotated[
        list[Allowed] | None,
        typer.Option(help="Also offer actions of this kind; repeatable.", show_default=False),
    ] = None,
    read_only: Annotated[  # noqa: FBT002
        bool, typer.Option("--read-only", help="Offer only tools that read, and none that change records.")
    ] = False,
    sandbox: Annotated[  # noqa: FBT002
        bool,
        typer.Option(
            "--sandbox",
            help="Control a running sandbox instead: tenants, clock, faults, requests.",
        ),
    ] = False,
    http: Annotated[  # noqa: FBT002
        bool, typer.Option("--http", help="Serve HTTP on this machine instead of standard input and output.")
    ] = False,
    port: Annotated[
        int, typer.Option(help="Port to serve HTTP on; 0 picks a free port.", min=0, max=65535)
    ] = PORT,
) -> None:
    """Offer searches and actions to AI assistants over the Model Context Protocol.

    Each search and action of the connections that are set up becomes a tool, with typed inputs and a short
    result. Actions that move money or delete records need --allow. The assistant's application usually starts
    this command and communicates over standard input and output; docs/mcp.md shows how to configure it.

    If there are no profiles, the connections to a running sandbox are offered.
    """
    if read_only and allow:
        raise typer.BadParameter("--read-only and --allow contradict each other.")
    if sandbox and (vendors or profile):
        raise typer.BadParameter("--sandbox offers no connections; leave out the vendors and --profile.")
    if find_spec("mcp") is None:
        raise ConfigurationError(MISSING)
    allowed = _allowed([kind.value for kind in allow or ()], read_only=read_only)
    transport = _transport(port if http else None)
    if sandbox:
        asyncio.run(transport(_sandbox_server(allowed)))
    else:
        asyncio.run(_serve(vendors or (), profile, allowed, transport))


def _allowed(more: Sequence[Risk], *, read_only: bool) -> tuple[Risk, ...]:
    return ("read",) if read_only else ("read", "write", *more)


def _transport(port: int | None) -> Transport:
    """Return a function that serves over HTTP on `port`, or over standard input and output without a port."""
    from functools import partial

    from connector.mcp.transports import over_http, over_stdio

    if port is not None:
        return partial(over_http, port=port, ready=_ready)
    # A thread reads standard input and cannot be interrupted while it waits, so Ctrl-C must end the process.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if sys.stdin.isatty():
        notify("Waiting for a client on standard input; Ctrl-C stops it.")
    return over_stdio


def _ready(url: str) -> None:
    notify(f"Serving the Model Context Protocol at {url}; Ctrl-C stops it.")


def _sandbox_server(allowed: Sequence[Risk]) -> Server[Any]:
    """Build the server for a sandbox's control plane.

    The function that builds the server belongs to the sandbox's package and is loaded from an entry point.
    Raises `ConfigurationError` if it is not registered, or if it raises `ValueError`, for example for an
    invalid setting.
    """
    build = registered("returns.mcp", "sandbox")[0]
    try:
        server: Server[Any] = build(os.environ, allowed)
    except ValueError as error:
        raise ConfigurationError(str(error)) from error
    return server


async def _serve(
    vendors: Sequence[str],
    profile: str | None,
    allowed: tuple[Risk, ...],
    transport: Transport,
) -> None:
    from connector.definition import compiler
    from connector.mcp.server import serve_connections

    integrations = [compiler.integration(vendor) for vendor in vendors or compiler.vendors()]
    chosen = await profiles().choose_all(integrations, profile)
    connections: dict[str, dict[str, Connection]] = {}
    async with AsyncExitStack() as stack:
        for integration, each in chosen:
            connection = await stack.enter_async_context(connect_with(integration, each))
            connections.setdefault(integration.vendor.id, {})[each.name] = connection
        await transport(serve_connections(connections, allowed))
