"""The `returns sandbox …` commands, which call a running sandbox's control plane (`openapi/sandbox.yaml`)."""

import typer

from mock_server.cli import (
    dumps,
    faults,
    forecast,
    forget,
    keys,
    ledger,
    requests,
    returns,
    shop,
    snapshots,
    tenants,
    verify,
    webhooks,
)
from mock_server.cli.keys import credentials
from mock_server.cli.request import DEFAULT_URL

__all__ = ["DEFAULT_URL", "commands", "credentials"]


def commands() -> typer.Typer:
    """Build the `returns sandbox` command group."""
    group = typer.Typer(
        no_args_is_help=True,
        help="Control a running sandbox.\n\n"
        "Prepare tenants, clocks, keys and returns for a test, and inspect the events and webhooks.",
    )
    modules = (
        tenants,
        shop,
        snapshots,
        dumps,
        verify,
        keys,
        returns,
        forecast,
        ledger,
        requests,
        forget,
        webhooks,
        faults,
    )
    for module in modules:
        module.register(group)
    return group
