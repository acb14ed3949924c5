"""Defines the subcommands of `returns` that use the connector, such as `connect`, `trigger` and `search`."""

import typer

from connector.cli import action, catalog, connect, generate, hub, lint, mcp, trigger, verify


def register(app: typer.Typer) -> None:
    """Add the connector's subcommands to `app`, the Typer app of the `returns` program."""
    app.command()(connect.connect)
    app.command()(catalog.catalog)
    app.command()(trigger.trigger)
    app.command()(action.action)
    app.command()(action.search)
    app.command()(catalog.fidelity)
    app.command()(verify.verify)
    app.add_typer(hub.commands, name="hub")
    app.command()(mcp.mcp)
    app.add_typer(generate.commands, name="generate")
    app.add_typer(lint.commands, name="lint")
