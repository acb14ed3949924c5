"""Implements the commands for webhooks and their deliveries.

Users can manage webhooks as in the vendors' dashboards, and see what the sandbox sent and how receivers
responded.
"""

import sys
from typing import Annotated, Any

import typer

from mock_server.cli.help import CommandsByTask
from mock_server.cli.inputs import InputError, parse_inputs
from mock_server.cli.options import (
    After,
    AtTenant,
    Last,
    Limit,
    OfVendor,
    ShownAtTenant,
    Vendor,
    page,
    with_options,
)
from mock_server.cli.output import notify, print_document, print_json, print_line, print_table
from mock_server.cli.request import MISUSED, fail, member, not_none
from mock_server.wording import phrase

WebhookId = Annotated[
    str, typer.Argument(metavar="WEBHOOK", help="ID of the webhook; `returns sandbox webhooks` lists them.")
]
DeliveryId = Annotated[
    int,
    typer.Argument(metavar="DELIVERY", help="ID of the delivery; `returns sandbox deliveries` lists them."),
]
Events = Annotated[
    list[str] | None,
    typer.Option("--event", help="An event to deliver; repeatable.  [default: all events]"),
]
OfWebhook = Annotated[str | None, typer.Option("--webhook", help="Only deliveries to this webhook.")]
OfEvent = Annotated[str | None, typer.Option("--event", help="Only deliveries of this event.")]
OfReturn = Annotated[
    str | None, typer.Option("--return", help="Only deliveries about the return with this ID.")
]
State = Annotated[
    str | None, typer.Option("--state", help="Only deliveries in this state: waiting, delivered or given_up.")
]
Conditions = Annotated[
    list[str] | None,
    typer.Option(
        "--condition",
        help="A condition that the vendor supports, such as type[0]=Refund; repeatable.",
        show_default=False,
    ),
]


def commands() -> typer.Typer:
    """Build the `returns sandbox webhook` command group."""
    group = typer.Typer(
        cls=CommandsByTask,
        no_args_is_help=True,
        help="List events; add, change, pause, resume or delete a webhook.",
    )
    for function in (events, add, change, pause, resume, delete):
        group.command()(with_options(function))
    return group


def webhooks(at: ShownAtTenant, *, vendor: OfVendor = None) -> None:
    """List the webhooks of all vendors.

    Their secrets are not shown.
    """
    at.show(at.call("GET", at.path("webhooks"), query=not_none(vendor=vendor)), "webhooks")


def events(at: ShownAtTenant, vendor: Vendor) -> None:
    """List the events that a vendor's webhooks report.

    Some events never occur in the sandbox; they can be sent only as test events.
    """
    path = at.path("vendors", vendor, "webhook-events")
    at.show(at.call("GET", path), "events")


def add(
    at: ShownAtTenant,
    vendor: Vendor,
    receiver: Annotated[str, typer.Argument(metavar="URL", help="URL that receives the deliveries.")],
    *,
    event: Events = None,
    secret: Annotated[
        str | None, typer.Option(help="Secret for signing deliveries.  [default: a new one]")
    ] = None,
    condition: Conditions = None,
    version: Annotated[
        int | None, typer.Option(help="Version of the payload.  [default: the vendor's newest]")
    ] = None,
) -> None:
    """Add a webhook, as merchants do in the vendor's dashboard.

    The secret is shown only once.
    """
    if sys.__stdout__ is None:
        fail("Standard output is closed, and the secret is shown only once; no webhook was added.", MISUSED)
    body = not_none(vendor=vendor, url=receiver, events=event or None, secret=secret, version=version)
    body |= not_none(conditions=_conditions(condition))
    answer = at.call("POST", at.path("webhooks"), body)
    if at.wants_json:
        print_json(answer)
    else:
        rows = [(phrase(name), value) for name, value in answer.json().items()]
        print_table(("", ""), rows, wrap=False)


def change(
    at: ShownAtTenant,
    webhook: WebhookId,
    *,
    receiver: Annotated[
        str | None, typer.Option("--to", help="New URL that receives the deliveries.")
    ] = None,
    event: Events = None,
    secret: Annotated[
        str | None, typer.Option(help="New secret for signing deliveries, at least 32 characters.")
    ] = None,
    condition: Conditions = None,
) -> None:
    """Change the URL, the events, the secret or the conditions of a webhook."""
    body = not_none(url=receiver, events=event or None, secret=secret, conditions=_conditions(condition))
    if not body:
        fail("Name what to change with --to (the new URL), --event, --secret or --condition.", MISUSED)
    at.show(at.call("PATCH", at.path("webhooks", webhook), body))


def pause(at: ShownAtTenant, webhook: WebhookId) -> None:
    """Pause a webhook.

    While it is paused, it receives nothing. Events that occur during this time are not delivered later
    either.
    """
    body = {"active": False}
    at.show(at.call("PATCH", at.path("webhooks", webhook), body))


def resume(at: ShownAtTenant, webhook: WebhookId) -> None:
    """Resume a paused webhook."""
    body = {"active": True}
    at.show(at.call("PATCH", at.path("webhooks", webhook), body))


def delete(at: AtTenant, webhook: WebhookId) -> None:
    """Delete a webhook and its pending deliveries."""
    at.call("DELETE", at.path("webhooks", webhook))
    notify(f"Webhook {webhook} is deleted, with its pending deliveries.")


def send_test_event(
    at: ShownAtTenant,
    webhook: WebhookId,
    event: Annotated[
        str | None, typer.Argument(help="Event to send.  [default: the webhook's first event]")
    ] = None,
) -> None:
    """Send a test event about an invented record to a webhook."""
    body = not_none(event=event)
    at.show(at.call("POST", at.path("webhooks", webhook, "test"), body))


def deliveries(
    at: ShownAtTenant,
    *,
    after: After = None,
    limit: Limit = None,
    last: Last = None,
    vendor: OfVendor = None,
    webhook: OfWebhook = None,
    event: OfEvent = None,
    return_id: OfReturn = None,
    state: State = None,
) -> None:
    """List sent and pending webhooks, oldest first.

    Shows the result of each delivery's last attempt.
    """
    query = page(after, limit, last) | not_none(vendor=vendor, webhook=webhook, event=event, state=state)
    query |= {"return": return_id} if return_id else {}
    answer = at.call("GET", at.path("deliveries"), query=query)
    at.show(answer, "deliveries")


def delivery(at: ShownAtTenant, delivery_id: DeliveryId) -> None:
    """Show a delivery with its payload and its attempts."""
    answer = at.call("GET", at.path("deliveries", str(delivery_id)))
    if at.wants_json:
        print_json(answer)
        return
    attempts = member(answer, "log")
    rest = [item for item in answer.json().items() if item[0] not in {"log", "payload"}]
    head = [(phrase(name), value) for name, value in rest]
    print_table(("", ""), head)
    print_line("")
    print_document(member(answer, "payload"))
    print_line("")
    print_table(
        ("attempt", "at", "status", "error", "answer", "milliseconds"),
        [list(attempt.values()) for attempt in attempts],
    )


def resend(
    at: ShownAtTenant,
    delivery_id: Annotated[
        int | None, typer.Argument(metavar="[DELIVERY]", help="ID of the only delivery to send again.")
    ] = None,
    *,
    vendor: OfVendor = None,
    webhook: OfWebhook = None,
    event: OfEvent = None,
    state: State = None,
    after: Annotated[int | None, typer.Option(help="Only deliveries after this ID.")] = None,
    until: Annotated[int | None, typer.Option(help="Only deliveries up to this ID.")] = None,
) -> None:
    """Send one delivery again, or all deliveries that match the options.

    With neither an ID nor --state, only deliveries that failed or are still waiting match.
    """
    selected = not_none(vendor=vendor, webhook=webhook, event=event, state=state, after=after, until=until)
    if delivery_id is None:
        path = at.path("deliveries", "resend")
        at.show(at.call("POST", path, selected))
    elif selected:
        fail("Name either a delivery, or options that select several.", MISUSED)
    else:
        path = at.path("deliveries", str(delivery_id), "resend")
        at.show(at.call("POST", path))


def _conditions(given: list[str] | None) -> dict[str, Any] | None:
    """Parse the `--condition` options; return None if there are none, and exit if one is invalid."""
    if not given:
        return None
    try:
        return parse_inputs({}, given)
    except InputError as error:
        fail(str(error), MISUSED)
