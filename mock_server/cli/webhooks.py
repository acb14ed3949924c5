"""Implements the commands for webhooks and their deliveries.

Users can manage webhooks as in the vendors' dashboards, and see what the sandbox sent and how receivers
responded.
"""

import sys
from typing import Annotated, Any

import typer

from mock_server.cli.completion import complete_vendor
from mock_server.cli.inputs import InputError, parse_inputs
from mock_server.cli.ledger import After, Last, Limit, page
from mock_server.cli.output import Format, notify, print_answer, print_json, print_line, print_table
from mock_server.cli.request import (
    DEFAULT_URL,
    MISUSED,
    As,
    Tenant,
    Token,
    Url,
    Vendor,
    call,
    fail,
    member,
    not_none,
    tenant_path,
)
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
    typer.Option("--event", help="An event that it receives; repeatable.  [default: all events]"),
]
OfVendor = Annotated[
    str | None,
    typer.Option("--vendor", help="Only deliveries of this vendor.", autocompletion=complete_vendor),
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
        help="A condition in the vendor's words, such as type[0]=Refund; repeatable.",
        show_default=False,
    ),
]


def register(commands: typer.Typer) -> None:
    """Add the commands for webhooks to `returns sandbox`."""
    commands.command()(webhooks)
    one = typer.Typer(
        no_args_is_help=True, help="List events; add, change, pause, resume or delete a webhook."
    )
    one.command()(events)
    for command in (add, change, pause, resume, delete):
        one.command()(command)
    commands.add_typer(one, name="webhook")
    commands.command("test-event")(send_test_event)
    commands.command()(deliveries)
    commands.command()(delivery)
    commands.command()(resend)


def webhooks(
    tenant: Tenant = "demo", output: As = Format.table, url: Url = DEFAULT_URL, token: Token = ""
) -> None:
    """List the webhooks of all vendors.

    Their secrets are not shown.
    """
    print_answer(call(url, token, "GET", tenant_path(tenant, "webhooks")), output, "webhooks")


def events(
    vendor: Vendor,
    tenant: Tenant = "demo",
    output: As = Format.table,
    url: Url = DEFAULT_URL,
    token: Token = "",
) -> None:
    """List the events that a vendor's webhooks report.

    Some events never occur in the sandbox; they can be sent only as test events.
    """
    path = tenant_path(tenant, "vendors", vendor, "webhook-events")
    print_answer(call(url, token, "GET", path), output, "events")


def add(
    vendor: Vendor,
    receiver: Annotated[str, typer.Argument(metavar="URL", help="URL that receives the deliveries.")],
    *,
    event: Events = None,
    secret: Annotated[
        str | None, typer.Option(help="Secret that signs the deliveries.  [default: a new one]")
    ] = None,
    condition: Conditions = None,
    version: Annotated[
        int | None, typer.Option(help="Version of the payload.  [default: the vendor's newest]")
    ] = None,
    tenant: Tenant = "demo",
    output: As = Format.table,
    url: Url = DEFAULT_URL,
    token: Token = "",
) -> None:
    """Add a webhook, as merchants do in the vendor's dashboard.

    The secret is shown only once.
    """
    if sys.__stdout__ is None:
        fail("Standard output is closed, and the secret is shown only once; no webhook was added.", MISUSED)
    body = not_none(vendor=vendor, url=receiver, events=event or None, secret=secret, version=version)
    body |= not_none(conditions=_conditions(condition))
    answer = call(url, token, "POST", tenant_path(tenant, "webhooks"), body)
    if output is Format.json:
        print_json(answer)
    else:
        rows = [(phrase(name), value) for name, value in answer.json().items()]
        print_table(("", ""), rows, wrap=False)


def change(
    webhook: WebhookId,
    *,
    receiver: Annotated[
        str | None, typer.Option("--to", help="New URL that receives the deliveries.")
    ] = None,
    event: Events = None,
    secret: Annotated[
        str | None, typer.Option(help="New secret that signs the deliveries, at least 32 characters.")
    ] = None,
    condition: Conditions = None,
    tenant: Tenant = "demo",
    output: As = Format.table,
    url: Url = DEFAULT_URL,
    token: Token = "",
) -> None:
    """Change the URL, the events, the secret or the conditions of a webhook."""
    body = not_none(url=receiver, events=event or None, secret=secret, conditions=_conditions(condition))
    if not body:
        fail("Name what to change with --to, --event, --secret or --condition.", MISUSED)
    print_answer(call(url, token, "PATCH", tenant_path(tenant, "webhooks", webhook), body), output)


def pause(
    webhook: WebhookId,
    tenant: Tenant = "demo",
    output: As = Format.table,
    url: Url = DEFAULT_URL,
    token: Token = "",
) -> None:
    """Pause a webhook.

    It receives nothing until it is resumed, and events that happen meanwhile are not delivered later.
    """
    body = {"active": False}
    print_answer(call(url, token, "PATCH", tenant_path(tenant, "webhooks", webhook), body), output)


def resume(
    webhook: WebhookId,
    tenant: Tenant = "demo",
    output: As = Format.table,
    url: Url = DEFAULT_URL,
    token: Token = "",
) -> None:
    """Resume a paused webhook."""
    body = {"active": True}
    print_answer(call(url, token, "PATCH", tenant_path(tenant, "webhooks", webhook), body), output)


def delete(webhook: WebhookId, tenant: Tenant = "demo", url: Url = DEFAULT_URL, token: Token = "") -> None:
    """Delete a webhook and its pending deliveries."""
    call(url, token, "DELETE", tenant_path(tenant, "webhooks", webhook))
    notify(f"Webhook {webhook} is deleted, with its pending deliveries.")


def send_test_event(
    webhook: WebhookId,
    event: Annotated[
        str | None, typer.Argument(help="Event to send.  [default: the webhook's first event]")
    ] = None,
    tenant: Tenant = "demo",
    output: As = Format.table,
    url: Url = DEFAULT_URL,
    token: Token = "",
) -> None:
    """Send a test event about an invented record to a webhook."""
    body = not_none(event=event)
    print_answer(call(url, token, "POST", tenant_path(tenant, "webhooks", webhook, "test"), body), output)


def deliveries(
    *,
    tenant: Tenant = "demo",
    after: After = 0,
    limit: Limit = None,
    last: Last = None,
    vendor: OfVendor = None,
    webhook: OfWebhook = None,
    event: OfEvent = None,
    return_id: OfReturn = None,
    state: State = None,
    output: As = Format.table,
    url: Url = DEFAULT_URL,
    token: Token = "",
) -> None:
    """List sent and pending webhooks, oldest first.

    Shows the result of each delivery's last attempt.
    """
    query = page(after, limit, last) | not_none(vendor=vendor, webhook=webhook, event=event, state=state)
    query |= {"return": return_id} if return_id else {}
    answer = call(url, token, "GET", tenant_path(tenant, "deliveries"), query=query)
    print_answer(answer, output, "deliveries")


def delivery(
    delivery_id: DeliveryId,
    tenant: Tenant = "demo",
    output: As = Format.table,
    url: Url = DEFAULT_URL,
    token: Token = "",
) -> None:
    """Show a delivery with its payload and its attempts."""
    answer = call(url, token, "GET", tenant_path(tenant, "deliveries", str(delivery_id)))
    if output is Format.json:
        print_json(answer)
        return
    attempts = member(answer, "log")
    head = [(phrase(name), value) for name, value in answer.json().items() if name != "log"]
    print_table(("", ""), head)
    print_line("")
    print_table(
        ("attempt", "at", "status", "error", "answer", "milliseconds"),
        [list(attempt.values()) for attempt in attempts],
    )


def resend(
    delivery_id: Annotated[
        int | None, typer.Argument(metavar="[DELIVERY]", help="ID of one delivery, instead of several.")
    ] = None,
    *,
    vendor: OfVendor = None,
    webhook: OfWebhook = None,
    event: OfEvent = None,
    state: State = None,
    after: Annotated[int | None, typer.Option(help="Only deliveries after this ID.")] = None,
    until: Annotated[int | None, typer.Option(help="Only deliveries up to this ID.")] = None,
    tenant: Tenant = "demo",
    output: As = Format.table,
    url: Url = DEFAULT_URL,
    token: Token = "",
) -> None:
    """Send one delivery again, or all deliveries that match the options.

    Without an ID and --state, all deliveries that failed or are still waiting are sent again.
    """
    selected = not_none(vendor=vendor, webhook=webhook, event=event, state=state, after=after, until=until)
    if delivery_id is None:
        path = tenant_path(tenant, "deliveries", "resend")
        print_answer(call(url, token, "POST", path, selected), output)
    elif selected:
        fail("Name either a delivery, or options that select several.", MISUSED)
    else:
        path = tenant_path(tenant, "deliveries", str(delivery_id), "resend")
        print_answer(call(url, token, "POST", path), output)


def _conditions(given: list[str] | None) -> dict[str, Any] | None:
    """Parse `--condition` options; exit if one is invalid."""
    if not given:
        return None
    try:
        return parse_inputs({}, given)
    except InputError as error:
        fail(str(error), MISUSED)
