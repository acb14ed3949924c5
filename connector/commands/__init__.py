"""The connector's part of the command line."""

import typer

from connector.commands import about, act, connect, generate, lint, watch


def register(app: typer.Typer) -> None:
    """Add the connector's commands to the program."""
    app.command()(connect.connect)
    app.command()(about.catalog)
    app.command()(watch.trigger)
    app.command()(act.action)
    app.command()(act.search)
    app.command()(about.fidelity)
    app.add_typer(generate.commands, name="generate")
    app.add_typer(lint.commands, name="lint")
