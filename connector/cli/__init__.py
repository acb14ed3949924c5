"""The connector's commands of the program `returns`: connect, catalog, trigger, action, search and others."""

import typer

from connector.cli import action, catalog, connect, generate, lint, trigger


def register(app: typer.Typer) -> None:
    """Add the connector's commands to the program."""
    app.command()(connect.connect)
    app.command()(catalog.catalog)
    app.command()(trigger.trigger)
    app.command()(action.action)
    app.command()(action.search)
    app.command()(catalog.fidelity)
    app.add_typer(generate.commands, name="generate")
    app.add_typer(lint.commands, name="lint")
