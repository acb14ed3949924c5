"""Implements `returns sandbox next`, `returns sandbox returns` and `returns sandbox return`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from mock_server.cli.completion import complete_vendor
from mock_server.cli.output import Format, notify, print_answer, print_json, print_table
from mock_server.cli.request import DEFAULT_URL, As, Tenant, Token, Url, Vendor, call, not_none, tenant_path

if TYPE_CHECKING:
    from collections.abc import Mapping

OfVendor = Annotated[
    str | None, typer.Option("--vendor", help="Show only this vendor.", autocompletion=complete_vendor)
]


def register(commands: typer.Typer) -> None:
    """Add `next`, `returns` and `return` to `returns sandbox`."""
    commands.command("next")(next_)
    commands.command()(returns)
    commands.command("return")(return_)


def next_(
    *,
    vendor: OfVendor = None,
    limit: Annotated[int | None, typer.Option(help="Maximum number of entries.  [default: 20]")] = None,
    tenant: Tenant = "demo",
    output: As = Format.table,
    url: Url = DEFAULT_URL,
    token: Token = "",
) -> None:
    """List what will happen next, and when.

    Lists scheduled steps, such as carrier scans, and attempts to send webhooks, the earliest first.
    """
    query = not_none(vendor=vendor, limit=limit)
    answer = call(url, token, "GET", tenant_path(tenant, "next"), query=query)
    entries = answer.json().get("next", [])
    if output is Format.json:
        print_json(answer)
    elif entries:
        columns = ("at", "vendor", "return", "sentence")
        print_table(columns, [[entry[name] for name in columns] for entry in entries])
    else:
        notify("Nothing is scheduled.")


def returns(
    *,
    vendor: OfVendor = None,
    status: Annotated[str | None, typer.Option(help="Show only this status, in the vendor's words.")] = None,
    state: Annotated[
        str | None, typer.Option(help="Show only this state, for example requested or completed.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="Show only returns created at this time or later.")
    ] = None,
    search: Annotated[
        str | None, typer.Option(help="Show only returns that contain this text, such as an order number.")
    ] = None,
    page: Annotated[int | None, typer.Option(help="Number of the page.  [default: 1]")] = None,
    limit: Annotated[int | None, typer.Option(help="Maximum number of returns.  [default: 50]")] = None,
    tenant: Tenant = "demo",
    output: As = Format.table,
    url: Url = DEFAULT_URL,
    token: Token = "",
) -> None:
    """List the returns of all vendors, newest first."""
    query = not_none(vendor=vendor, status=status, state=state, since=since, search=search)
    query |= not_none(page=page, limit=limit)
    answer = call(url, token, "GET", tenant_path(tenant, "returns"), query=query)
    listed = answer.json().get("returns", [])
    if output is Format.json:
        print_json(answer)
    elif listed:
        columns = ("id", "vendor", "number", "order", "customer", "status", "created", "amount")
        print_table(columns, list(map(_row, listed)))
        content = answer.json()
        notify(f"Page {content['page']} of {content['pages']}, {content['total']} returns.")
    else:
        notify("There is nothing to show.")


def return_(
    vendor: Vendor,
    return_id: Annotated[str, typer.Argument(help="The vendor's id of the return.")],
    tenant: Tenant = "demo",
    output: As = Format.table,
    url: Url = DEFAULT_URL,
    token: Token = "",
) -> None:
    """Show a return, the moves that it allows and its next steps."""
    answer = call(url, token, "GET", tenant_path(tenant, "returns", vendor, return_id))
    if output is Format.json:
        print_answer(answer, output)
        return
    shown = answer.json()
    rows = [(name, shown[name]) for name in ("id", "number", "vendor", "status", "state", "order_number")]
    rows += [("customer", _customer(shown)), ("amount", _amount(shown)), ("created_at", shown["created_at"])]
    rows += [("item", f"{item['quantity']} × {item['sku']}, {item['name']}") for item in shown["items"]]
    rows += [("parcel", f"{parcel['id']}: {parcel['status']}") for parcel in shown["parcels"]]
    rows += [("move", f"{move['status']}: {move['sentence']}") for move in shown["moves"]]
    rows += [("next", f"{entry['at']}: {entry['sentence']}") for entry in shown["next"]]
    print_table(("", ""), rows)


def _row(entry: Mapping[str, Any]) -> tuple[Any, ...]:
    head = (entry["id"], entry["vendor"], entry["number"], entry["order_number"])
    return (*head, _customer(entry), entry["status"], entry["created_at"], _amount(entry))


def _customer(entry: Mapping[str, Any]) -> str:
    customer: Mapping[str, str] = entry["customer"]
    return customer["name"] or customer["email"]


def _amount(entry: Mapping[str, Any]) -> str:
    return " ".join(filter(None, (entry["amount"], entry["currency"])))
