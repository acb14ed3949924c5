"""Implements `returns sandbox forget`, which erases a customer's personal data."""

from typing import Annotated

import typer

from mock_server.cli.options import ShownAtTenant
from mock_server.cli.output import notify


def forget(
    at: ShownAtTenant, email: Annotated[str, typer.Argument(help="E-mail address of the customer.")]
) -> None:
    """Erase a customer's personal data.

    Prints how many records, events, deliveries and requests contained it. This cannot be undone.
    """
    answer = at.call("POST", at.path("forget"), {"email": email})
    at.show(answer)
    if not any(answer.json().values()):
        notify(f"Nothing about {email} was found in {at.tenant}.")
