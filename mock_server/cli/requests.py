"""Implements `returns sandbox requests`, `request` and `clear-requests`, for requests that clients sent."""

from __future__ import annotations

import json
import os
import sys
from operator import itemgetter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mock_server.cli.options import After, AtTenant, OfVendor, ShownAtTenant, page
from mock_server.cli.output import notify, notify_stopped, print_line, print_table, printable
from mock_server.cli.request import FAILED, INTERRUPTED, MISUSED, events, fail, member, not_none
from mock_server.journal.lines import UNKNOWN, line, wants_colours
from mock_server.journal.moments import tenant_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

NoTenant = Annotated[
    bool, typer.Option("--no-tenant", help="Select the requests whose tenant is unknown instead.")
]
Id = Annotated[
    int | None,
    typer.Argument(
        help="ID of the request, as `returns sandbox requests` lists it.  [default: the newest request]",
        min=1,
    ),
]
_COLUMNS = ("id", "time", "tenant", "method", "path", "operation", "status", "ms", "verdict")
_CLOCK = "tenant's clock"
_NOTHING = "No request was recorded since the sandbox started, or the recorded requests were deleted."


def requests(
    at: ShownAtTenant,
    *,
    no_tenant: NoTenant = False,
    vendor: OfVendor = None,
    operation: Annotated[
        str | None, typer.Option(help="Show only requests to this operation, for example create_return.")
    ] = None,
    method: Annotated[str | None, typer.Option(help="Show only requests with this method.")] = None,
    status: Annotated[
        str | None, typer.Option(help="Show only requests with this status or class, for example 404 or 4xx.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="Show only requests since this time on the tenant's clock.")
    ] = None,
    after: After = None,
    text: Annotated[str | None, typer.Option(help="Show only requests that contain this text.")] = None,
    fault: Annotated[str | None, typer.Option(help="Show only requests that this fault changed.")] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", help="Show only this many of the oldest requests.")
    ] = None,
    last: Annotated[
        int | None,
        typer.Option("--last", help="Show only this many of the newest requests.  [default: 100]"),
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", help="Keep running, and print each new request in a line.")
    ] = False,
) -> None:
    """List the requests that your code sent, oldest first.

    The list includes requests with a wrong key or an unknown path, because the sandbox cannot know which
    tenant sent them.
    """
    query = not_none(vendor=vendor, operation=operation, status=status, since=since, text=text, fault=fault)
    query |= not_none(after=after, method=method.upper() if method else None)
    path = "/requests" if no_tenant else at.path("requests")
    if not no_tenant:
        query["without_tenant"] = "true"
    if follow:
        if no_tenant or limit is not None or last is not None:
            fail("Use --follow without --no-tenant, --limit and --last.", MISUSED)
        _follow(at, f"{path}/stream", query)
        return
    query |= page(after, limit, last)
    _list(at, path, _ordered(query))


def _ordered(query: Mapping[str, Any]) -> dict[str, Any]:
    """Convert the options `limit` and `last` to the query parameters `limit` and `order`.

    The option `limit` selects the oldest requests. `last` selects the newest requests, in the control plane's
    default order.
    """
    ordered = {name: value for name, value in query.items() if name != "last"}
    if "limit" in query:
        return {**ordered, "order": "oldest"}
    return {**ordered, **not_none(limit=query.get("last"))}


def _list(at: ShownAtTenant, path: str, query: Mapping[str, Any]) -> None:
    answer = at.call("GET", path, query=query)
    found = member(answer, "requests")
    if at.wants_json:
        at.show(answer)
    elif found:
        _print_table(sorted(found, key=itemgetter("id")))
    else:
        notify("No request matches. The journal keeps the newest requests since the sandbox started.")


def _follow(at: ShownAtTenant, path: str, query: Mapping[str, Any]) -> None:
    colours = wants_colours(os.environ, is_terminal=sys.stdout.isatty())
    try:
        for exchange in events(at.url, at.token, path, query):
            shown = json.dumps(exchange) if at.wants_json else line(exchange, colours=colours)
            print_line(shown, flush=True)
    except KeyboardInterrupt:
        notify_stopped()
        raise typer.Exit(INTERRUPTED) from None
    notify("The sandbox has stopped.")


def request(at: ShownAtTenant, id_: Id = None, *, no_tenant: NoTenant = False) -> None:
    """Show one request and its response, with headers and bodies.

    All tenants share one numbering, so the first request of a tenant is rarely number 1. Without an ID, the
    newest request is shown. Credentials are hidden.
    """
    path = "/requests" if no_tenant else at.path("requests")
    if id_ is None:
        query = {"limit": 1} if no_tenant else {"limit": 1, "without_tenant": "true"}
        found = member(at.call("GET", path, query=query), "requests")
        if not found:
            fail(_NOTHING, FAILED)
        id_ = found[0]["id"]
    answer = at.call("GET", f"{path}/{id_}")
    if at.wants_json:
        at.show(answer)
    else:
        for line in _lines(answer.json()):
            print_line(line)


def clear_requests(at: AtTenant, *, no_tenant: NoTenant = False) -> None:
    """Delete the recorded requests of a tenant."""
    at.call("DELETE", "/requests" if no_tenant else at.path("requests"))
    notify("The recorded requests are deleted.")


def _print_table(exchanges: Sequence[Mapping[str, Any]]) -> None:
    """Print requests with real times, and with the times on the tenant's clock where these differ."""
    clocks = [tenant_time(exchange) for exchange in exchanges]
    rows = [_row(exchange) for exchange in exchanges]
    if not any(clocks):
        print_table(_COLUMNS, rows)
        return
    with_clocks = [(*row[:2], clock, *row[2:]) for row, clock in zip(rows, clocks, strict=True)]
    print_table((*_COLUMNS[:2], _CLOCK, *_COLUMNS[2:]), with_clocks)


def _row(exchange: Mapping[str, Any]) -> tuple[Any, ...]:
    return (
        exchange["id"],
        exchange["received_at"],
        exchange["tenant"] or UNKNOWN,
        exchange["method"],
        _target(exchange),
        exchange["operation"] or UNKNOWN,
        exchange["status"],
        f"{exchange['duration_ms']:.1f}",
        exchange["verdict"] + _fault(exchange),
    )


def _target(exchange: Mapping[str, Any]) -> str:
    return f"{exchange['path']}?{exchange['query']}" if exchange["query"] else str(exchange["path"])


def _fault(exchange: Mapping[str, Any]) -> str:
    return f" Fault: {exchange['fault']}." if exchange["fault"] else ""


def _lines(exchange: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of the detailed view of a request."""
    yield f"Request {exchange['id']} of tenant {exchange['tenant'] or UNKNOWN}"
    yield f"Received at {exchange['received_at']} in real time"
    if clock := tenant_time(exchange):
        yield f"At {clock} on the tenant's clock"
    yield f"Operation: {exchange['operation'] or UNKNOWN} ({exchange['vendor'] or 'no vendor'})"
    yield printable(f"Verdict: {exchange['verdict']}{_fault(exchange)}")
    yield from (printable(f"  {one['field']}: {one['message']}") for one in exchange["errors"])
    yield ""
    yield printable(f"{exchange['method']} {_target(exchange)}")
    yield from _message(exchange["request"])
    yield ""
    yield f"Status {exchange['status']} after {exchange['duration_ms']:.1f} ms"
    yield from _message(exchange["response"])


def _message(message: Mapping[str, Any]) -> Iterator[str]:
    yield from (printable(f"{name}: {value}") for name, value in message["headers"].items())
    if message["body_format"] == "json":
        yield from ("", *json.dumps(message["body"], indent=2).splitlines())
    elif message["body_format"] == "text":
        yield from ("", *map(printable, message["body"].splitlines()))
    elif message["body_format"] == "binary":
        yield from ("", f"({message['body_bytes']} bytes that are not text)")
    if message["body_cut"]:
        yield f"(cut; the body has {message['body_bytes']} bytes)"
