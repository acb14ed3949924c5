"""Implements the commands that take, list, restore and delete snapshots of a tenant, and clone tenants."""

from typing import Annotated

import typer

from mock_server.cli.options import AtTenant, ShownAtSandbox, ShownAtTenant
from mock_server.cli.output import notify
from mock_server.cli.request import not_none, tenant_path

Name = Annotated[str, typer.Argument(help="Name of the snapshot.")]


def snapshot(
    at: ShownAtTenant,
    name: Annotated[
        str | None, typer.Argument(help="Name of the new snapshot.  [default: snapshot-1, …]")
    ] = None,
) -> None:
    """Take a snapshot of a tenant.

    A snapshot contains the tenant's records, ledger, webhooks, switches and clock. Use `restore` to return to
    it.
    """
    answer = at.call("POST", at.path("snapshots"), not_none(name=name))
    at.show(answer)


def snapshots(at: ShownAtTenant) -> None:
    """List the snapshots of a tenant."""
    at.show(at.call("GET", at.path("snapshots")), "snapshots")


def restore(at: ShownAtTenant, name: Name) -> None:
    """Restore a snapshot of a tenant.

    The clock is set back to the time of the snapshot. The tenant's keys do not change.
    """
    answer = at.call("POST", at.path("snapshots", name, "restore"))
    at.show(answer)
    notify("Restart triggers that polled this tenant with --restart; they remember later ids and times.")


def delete_snapshot(at: AtTenant, name: Name) -> None:
    """Delete a snapshot of a tenant."""
    at.call("DELETE", at.path("snapshots", name))
    notify(f"The snapshot {name} of {at.tenant} is deleted.")


def clone(
    at: ShownAtSandbox,
    name: Annotated[str, typer.Argument(help="Name of the new tenant.")],
    tenant: Annotated[str, typer.Option("--tenant", help="Name of the tenant to copy.")] = "demo",
) -> None:
    """Create a copy of a tenant.

    The copy has the same data and time, but different keys.
    """
    at.show(at.call("POST", tenant_path(tenant, "clone"), {"name": name}))
