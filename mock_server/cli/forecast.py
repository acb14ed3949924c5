"""Implements `returns sandbox next`, `returns sandbox returns` and `returns sandbox return`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from mock_server.cli.options import Last, OfVendor, ReturnId, ShownAtTenant, Vendor  # noqa: TC001 - typer reads the annotations
from mock_server.cli.output import notify, print_json, print_table
from mock_server.cli.request import MISUSED, fail, not_none

if TYPE_CHECKING:
    from collections.abc import Mapping


def next_(
    at: ShownAtTenant,
    *,
    vendor: OfVendor = None,
    limit: Annotated[int | None, typer.Option(help="Maximum number of entries.  [default: 20]")] = None,
) -> None:
    """List what will happen next, and when.

    Lists scheduled steps, such as carrier scans, and attempts to send webhooks, the earliest first.
    """
    query = not_none(vendor=vendor, limit=limit)
    answer = at.call("GET", at.path("next"), query=query)
    entries = answer.json().get("next", [])
    if at.wants_json:
        print_json(answer)
    elif entries:
        columns = ("at", "vendor", "return", "sentence")
        print_table(columns, [[entry[name] for name in columns] for entry in entries])
    else:
        notify("Nothing is scheduled.")


def returns(
    at: ShownAtTenant,
    *,
    vendor: OfVendor = None,
    status: Annotated[str | None, typer.Option(help="Show only returns with this vendor status.")] = None,
    state: Annotated[
        str | None, typer.Option(help="Show only returns in this state, for example requested or completed.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="Show only returns created at this time or later.")
    ] = None,
    search: Annotated[
        str | None, typer.Option(help="Show only returns that contain this text, such as an order number.")
    ] = None,
    page: Annotated[int | None, typer.Option(help="Page number.  [default: 1]")] = None,
    limit: Annotated[int | None, typer.Option(help="Maximum number of returns.  [default: 50]")] = None,
    last: Last = None,
) -> None:
    """List the returns of all vendors, newest first."""
    query = not_none(vendor=vendor, status=status, state=state, since=since, search=search)
    if last is not None and (page is not None or limit is not None):
        fail("Use --last without --page and --limit.", MISUSED)
    query |= not_none(page=page, limit=limit if last is None else last)
    answer = at.call("GET", at.path("returns"), query=query)
    listed = answer.json().get("returns", [])
    if at.wants_json:
        print_json(answer)
    elif listed:
        columns = ("id", "vendor", "number", "order", "customer", "status", "created", "amount")
        print_table(columns, list(map(_row, listed)))
        content = answer.json()
        if last is None:
            notify(f"Page {content['page']} of {content['pages']}, {content['total']} returns.")
        else:
            notify(f"The newest {len(listed)} of {content['total']} returns.")
    else:
        notify("There are no returns to show.")


def return_(
    at: ShownAtTenant,
    vendor: Vendor,
    return_id: ReturnId,
) -> None:
    """Show a return, the statuses that it can change to, and its next steps."""
    answer = at.call("GET", at.path("returns", vendor, return_id))
    if at.wants_json:
        at.show(answer)
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
