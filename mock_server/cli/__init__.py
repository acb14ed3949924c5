"""Commands that ask a running sandbox, over its control plane (`openapi/sandbox.yaml`)."""

import typer

from mock_server.cli import keys, ledger, returns, tenants
from mock_server.cli.keys import credentials
from mock_server.cli.request import DEFAULT_URL

__all__ = ["DEFAULT_URL", "commands", "credentials"]


def commands() -> typer.Typer:
    """Give the commands of `returns sandbox`."""
    made = typer.Typer(
        no_args_is_help=True, help="Set the scene in a running sandbox, and see what happened."
    )
    for part in (tenants, keys, returns, ledger):
        part.register(made)
    return made
