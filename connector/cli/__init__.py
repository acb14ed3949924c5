"""The connector's commands of the program `returns`, such as `connect`, `trigger`, `action` and `search`."""

import typer

from connector.cli import action, catalog, connect, generate, lint, trigger


def register(app: typer.Typer) -> None:
    """Add the connector's commands to `app`, the program `returns`."""
    app.command()(connect.connect)
    app.command()(catalog.catalog)
    app.command()(trigger.trigger)
    app.command()(action.action)
    app.command()(action.search)
    app.command()(catalog.fidelity)
    app.add_typer(generate.commands, name="generate")
    app.add_typer(lint.commands, name="lint")
