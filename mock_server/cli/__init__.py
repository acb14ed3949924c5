"""The `returns sandbox …` commands, which call a running sandbox's control plane (`openapi/sandbox.yaml`)."""

from collections.abc import Callable, Mapping
from typing import Final

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
from mock_server.cli.help import CommandsByTask
from mock_server.cli.options import with_options
from mock_server.cli.request import DEFAULT_URL

__all__ = ["DEFAULT_URL", "commands", "credentials"]

_WEBHOOK: Final = "webhook"
_TASKS: Final[Mapping[str, Mapping[str, Callable[..., None]]]] = {
    "Tenants": {
        "tenants": tenants.tenants,
        "tenant": tenants.show_tenant,
        "create-tenant": tenants.create_tenant,
        "clone": snapshots.clone,
        "reset": tenants.reset,
        "delete-tenant": tenants.delete_tenant,
    },
    "Returns": {
        "returns": forecast.returns,
        "return": forecast.return_,
        "create-return": returns.create_return,
        "move": returns.move,
        "acts": returns.acts,
        "act": returns.act,
    },
    "Clock": {
        "clock": tenants.clock,
        "next": forecast.next_,
        "advance": tenants.advance,
        "freeze": tenants.freeze,
        "unfreeze": tenants.unfreeze,
    },
    "What your code sent, and what happened": {
        "requests": requests.requests,
        "request": requests.request,
        "clear-requests": requests.clear_requests,
        "ledger": ledger.ledger,
    },
    "Webhooks": {
        "webhooks": webhooks.webhooks,
        _WEBHOOK: webhooks.webhooks,
        "test-event": webhooks.send_test_event,
        "deliveries": webhooks.deliveries,
        "delivery": webhooks.delivery,
        "resend": webhooks.resend,
    },
    "Faults and outages": {
        "fault-kinds": faults.fault_kinds,
        "scenario": faults.scenario,
        "add-fault": faults.add_fault,
        "faults": faults.faults,
        "fault": faults.fault,
        "delete-fault": faults.delete_fault,
        "delete-faults": faults.delete_faults,
        "switches": tenants.switches,
        "switch": tenants.switch,
    },
    "API keys": {
        "keys": keys.keys,
        "create-key": keys.create_key,
        "plan": keys.plan,
    },
    "Snapshots and files": {
        "snapshot": snapshots.snapshot,
        "snapshots": snapshots.snapshots,
        "restore": snapshots.restore,
        "delete-snapshot": snapshots.delete_snapshot,
        "seed-template": shop.seed_template,
        "export": shop.export,
        "dump": dumps.dump,
        "load": dumps.load,
    },
    "The sandbox and its data": {
        "health": tenants.health,
        "verify": verify.verify,
        "forget": forget.forget,
    },
}
"""The functions of all commands, keyed by the title of the task and then by the name of the command."""


def commands() -> typer.Typer:
    """Build the `returns sandbox` command group."""
    group = typer.Typer(
        cls=CommandsByTask,
        no_args_is_help=True,
        help="Control a running sandbox.\n\n"
        "Prepare tenants, clocks, keys and returns for a test, and inspect the events and webhooks.",
    )
    for task, functions in _TASKS.items():
        for name, function in functions.items():
            if name == _WEBHOOK:
                group.add_typer(webhooks.commands(), name=name, rich_help_panel=task)
            else:
                group.command(name, rich_help_panel=task)(with_options(function))
    return group


credentials = with_options(keys.credentials)
