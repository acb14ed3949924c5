"""Implements `returns sandbox verify`, which compares a tenant's stored data with its ledger."""

import typer

from mock_server.cli.output import Format, notify, print_json, print_line
from mock_server.cli.request import DEFAULT_URL, FAILED, As, Tenant, Token, Url, call, member, tenant_path


def register(commands: typer.Typer) -> None:
    """Add the command to `returns sandbox`."""
    commands.command()(verify)


def verify(
    tenant: Tenant = "demo", output: As = Format.table, url: Url = DEFAULT_URL, token: Token = ""
) -> None:
    """Compare a tenant's stored statuses, counters and reports with those that its ledger results in.

    Prints a sentence for each difference. The exit code is 1 if there are differences.
    """
    answer = call(url, token, "GET", tenant_path(tenant, "verify"))
    differences, found = member(answer, "differences"), member(answer, "found")
    if output is Format.json:
        print_json(answer)
    else:
        for difference in differences:
            print_line(difference["message"])
        if found > len(differences):
            print_line(f"There are {found - len(differences)} more differences.")
    compared = (
        f"{member(answer, 'rows')} rows and {member(answer, 'events')} events of {tenant} were compared"
    )
    notify(f"{compared}: {found or 'no'} difference{'' if found == 1 else 's'}.")
    if found:
        raise typer.Exit(FAILED)
