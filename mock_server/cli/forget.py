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
    erased = answer.json()
    if not any(count for name, count in erased.items() if name != "rewritten"):
        notify(f"Nothing about {email} was found in {at.tenant}.")
    elif not erased["rewritten"]:
        notify(
            "The database file is rewritten when the sandbox stops; until then, its unused pages can contain "
            "older copies of the data."
        )
