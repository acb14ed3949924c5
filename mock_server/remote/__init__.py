"""Commands that ask a running sandbox, over its control plane (`openapi/sandbox.yaml`)."""

from mock_server.remote import keys, merchant, scene, told
from mock_server.remote.asking import DEFAULT_URL
from mock_server.remote.keys import credentials

__all__ = ["DEFAULT_URL", "commands", "credentials"]

import typer


def commands() -> typer.Typer:
    """Give the commands of `returns sandbox`."""
    made = typer.Typer(
        no_args_is_help=True, help="Set the scene in a running sandbox, and see what happened."
    )
    for part in (scene, keys, merchant, told):
        part.register(made)
    return made
