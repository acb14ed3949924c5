"""Starts the sandbox without the connector's commands: `python -m mock_server serve`."""

import typer

from mock_server.cli.serve import register

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None)
register(app)

if __name__ == "__main__":
    app(prog_name="python -m mock_server")
