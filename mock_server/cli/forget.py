"""Implements `returns sandbox forget`, which erases a customer's personal data."""

from typing import Annotated

import typer

from mock_server.cli.output import Format, notify, print_answer
from mock_server.cli.request import DEFAULT_URL, As, Tenant, Token, Url, call, tenant_path


def register(commands: typer.Typer) -> None:
    """Add `forget` to `returns sandbox`."""
    commands.command()(forget)


def forget(
    email: Annotated[str, typer.Argument(help="E-mail address of the customer.")],
    tenant: Tenant = "demo",
    output: As = Format.table,
    url: Url = DEFAULT_URL,
    token: Token = "",
) -> None:
    """Erase a customer's personal data.

    Prints how many records, events, deliveries and requests contained it. This cannot be undone.
    """
    answer = call(url, token, "POST", tenant_path(tenant, "forget"), {"email": email})
    print_answer(answer, output)
    erased = answer.json()
    if not any(count for name, count in erased.items() if name != "rewritten"):
        notify(f"Nothing about {email} was found in {tenant}.")
    elif not erased["rewritten"]:
        notify(
            "The database file is rewritten when the sandbox stops; until then, its unused pages can contain "
            "older copies of the data."
        )
