"""Implements `returns sandbox create-return`, `move`, `acts` and `act`.

They simulate what shoppers and merchants do on the vendor's own website.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from mock_server.cli.completion import complete_vendor
from mock_server.cli.inputs import InputError, describe_inputs, parse_inputs
from mock_server.cli.options import ReturnId, ShownAtTenant, Vendor  # noqa: TC001 - typer reads the annotations
from mock_server.cli.output import notify, print_line, print_table
from mock_server.cli.request import MISUSED, fail, member

if TYPE_CHECKING:
    from collections.abc import Iterator

Inputs = Annotated[
    list[str] | None,
    typer.Option(
        "--input",
        "-i",
        help="An input as KEY=VALUE, or KEY[0].FIELD=VALUE for items of a list; repeatable.",
        show_default=False,
    ),
]

_SHOPPER_INPUTS: Final = {
    "properties": {"items": {"items": {"properties": {"quantity": {"type": "integer"}}}}},
}
"""The JSON Schema of the `create-return` inputs that are not strings."""


def create_return(
    at: ShownAtTenant,
    vendor: Vendor,
    inputs: Inputs = None,
    *,
    order_number: Annotated[str, typer.Option(help="Order number.")] = "#1001",
    customer_email: Annotated[
        str, typer.Option(help="Email address of the shopper.")
    ] = "iris.lane@example.com",
) -> None:
    """Create a return as a shopper.

    Each item needs three inputs: items[0].sku, items[0].quantity and items[0].reason. Other inputs are
    created_at, customer_name, return_type and items[0].notes.
    """
    try:
        details = parse_inputs(_SHOPPER_INPUTS, inputs or ())
    except InputError as error:
        fail(str(error), MISUSED)
    body = {"order_number": order_number, "customer_email": customer_email, **details, "vendor": vendor}
    answer = at.call("POST", at.path("returns"), body)
    at.show_document(answer)


def move(
    at: ShownAtTenant,
    vendor: Vendor,
    return_id: ReturnId,
    status: Annotated[str, typer.Argument(help="The new status, as the vendor calls it.")],
) -> None:
    """Change the status of a return.

    The effect is the same as when a merchant changes the status on the vendor's own website.
    """
    body = {"vendor": vendor, "status": status}
    answer = at.call("POST", at.path("returns", return_id, "move"), body)
    at.show_document(answer)


def acts(
    at: ShownAtTenant,
    vendor: Annotated[
        str | None,
        typer.Argument(help="Show only this vendor's acts.  [default: all]", autocompletion=complete_vendor),
    ] = None,
) -> None:
    """List acts and their inputs.

    An act is an operation that a merchant can perform on the vendor's own website, but not through the API.
    """
    names = [vendor] if vendor else member(at.call("GET", "/health"), "vendors")
    entries = [{"vendor": name, **entry} for name in names for entry in _acts(at, name)]
    if at.wants_json:
        print_line(json.dumps({"acts": entries}))
    elif entries:
        rows = [row for entry in entries for row in _rows(entry)]
        print_table(("vendor", "act", "what it does", "input", "type"), rows)
    else:
        notify(f"{vendor} has no acts." if vendor else "No vendor of this sandbox has acts.")


def act(
    at: ShownAtTenant,
    vendor: Vendor,
    name: Annotated[str, typer.Argument(help="Name of the act; `returns sandbox acts` lists them.")],
    inputs: Inputs = None,
) -> None:
    """Perform an act as the merchant.

    Prints the record that the act changed.
    """
    schemas = {entry["name"]: entry["schema"] for entry in _acts(at, vendor)}
    try:
        body = parse_inputs(schemas.get(name, {}), inputs or ())
    except InputError as error:
        fail(str(error), MISUSED)
    path = at.path("vendors", vendor, "acts", name)
    at.show_document(at.call("POST", path, body))


def _acts(at: ShownAtTenant, vendor: str) -> list[dict[str, Any]]:
    answer = at.call("GET", at.path("vendors", vendor, "acts"))
    entries: list[dict[str, Any]] = member(answer, "acts")
    return entries


def _rows(entry: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """Yield a table row for each input of an act, or one row if the act has no inputs.

    The vendor and the act's name and description are shown only in the first row.
    """
    head = (entry["vendor"], entry["name"], entry["description"])
    for key, kind in describe_inputs(entry["schema"]) or [("", "")]:
        yield (*head, key, kind)
        head = ("", "", "")
