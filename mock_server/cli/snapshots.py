"""Implements the commands that take, list, restore and delete snapshots of a tenant, and clone tenants."""

from typing import Annotated

import typer

from mock_server.cli.output import Format, notify, print_answer
from mock_server.cli.request import DEFAULT_URL, As, Tenant, Token, Url, call, not_none, tenant_path

Name = Annotated[str, typer.Argument(help="Name of the snapshot.")]


def register(commands: typer.Typer) -> None:
    """Add the commands for snapshots and clones to `returns sandbox`."""
    for command in (snapshot, snapshots, restore, clone):
        commands.command()(command)
    commands.command("delete-snapshot")(delete_snapshot)


def snapshot(
    name: Annotated[
        str | None, typer.Argument(help="Name of the new snapshot; default: snapshot-1, …")
    ] = None,
    tenant: Tenant = "demo",
    output: As = Format.table,
    url: Url = DEFAULT_URL,
    token: Token = "",
) -> None:
    """Take a snapshot of a tenant.

    A snapshot contains the tenant's records, ledger, webhooks, switches and clock. Use `restore` to return to
    it.
    """
    answer = call(url, token, "POST", tenant_path(tenant, "snapshots"), not_none(name=name))
    print_answer(answer, output)


def snapshots(
    tenant: Tenant = "demo", output: As = Format.table, url: Url = DEFAULT_URL, token: Token = ""
) -> None:
    """List the snapshots of a tenant."""
    print_answer(call(url, token, "GET", tenant_path(tenant, "snapshots")), output, "snapshots")


def restore(
    name: Name,
    tenant: Tenant = "demo",
    output: As = Format.table,
    url: Url = DEFAULT_URL,
    token: Token = "",
) -> None:
    """Restore a snapshot of a tenant.

    The clock is set back to the time of the snapshot. The tenant's keys do not change.
    """
    answer = call(url, token, "POST", tenant_path(tenant, "snapshots", name, "restore"))
    print_answer(answer, output)
    notify("Restart triggers that polled this tenant with --restart; they remember later ids and times.")


def delete_snapshot(name: Name, tenant: Tenant = "demo", url: Url = DEFAULT_URL, token: Token = "") -> None:
    """Delete a snapshot of a tenant."""
    call(url, token, "DELETE", tenant_path(tenant, "snapshots", name))
    notify(f"The snapshot {name} of {tenant} is deleted.")


def clone(
    name: Annotated[str, typer.Argument(help="Name of the new tenant.")],
    tenant: Annotated[str, typer.Option("--tenant", help="Name of the tenant to copy.")] = "demo",
    output: As = Format.table,
    url: Url = DEFAULT_URL,
    token: Token = "",
) -> None:
    """Create a copy of a tenant.

    The copy has the same data and time, but different keys.
    """
    print_answer(call(url, token, "POST", tenant_path(tenant, "clone"), {"name": name}), output)
