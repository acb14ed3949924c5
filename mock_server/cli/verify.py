"""Implements `returns sandbox verify`, which compares a tenant's stored data with its ledger."""

import typer

from mock_server.cli.options import ShownAtTenant
from mock_server.cli.output import ignoring_closed_pipe, notify, print_json, print_line
from mock_server.cli.request import FAILED, member


def verify(at: ShownAtTenant) -> None:
    """Compare a tenant's stored statuses, counters and reports with those computed from its ledger.

    Prints a sentence for each difference. The exit code is 1 if there are differences.
    """
    answer = at.call("GET", at.path("verify"))
    differences, found = member(answer, "differences"), member(answer, "found")
    with ignoring_closed_pipe():
        if at.wants_json:
            print_json(answer)
            differences = []
        for difference in differences:
            print_line(difference["message"])
        if found > len(differences) and not at.wants_json:
            print_line(f"There are {found - len(differences)} more differences.")
    compared = (
        f"{member(answer, 'rows')} rows and {member(answer, 'events')} events of {at.tenant} were compared"
    )
    notify(f"{compared}: {found or 'no'} difference{'' if found == 1 else 's'}.")
    if found:
        raise typer.Exit(FAILED)
