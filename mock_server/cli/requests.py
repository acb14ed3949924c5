"""Implements `returns sandbox requests`, `request` and `clear-requests`, for requests that clients sent."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mock_server.cli.completion import complete_vendor
from mock_server.cli.output import Format, notify, print_answer, print_line, print_table, printable
from mock_server.cli.request import (
    DEFAULT_URL,
    FAILED,
    INTERRUPTED,
    MISUSED,
    As,
    Tenant,
    Token,
    Url,
    call,
    events,
    fail,
    member,
    not_none,
    tenant_path,
)
from mock_server.journal.lines import line, wants_colours
from mock_server.journal.moments import tenant_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

NoTenant = Annotated[
    bool, typer.Option("--no-tenant", help="Use the requests whose tenant is unknown instead.")
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


def register(commands: typer.Typer) -> None:
    """Add `requests`, `request` and `clear-requests` to `returns sandbox`."""
    commands.command()(requests)
    commands.command()(request)
    commands.command("clear-requests")(clear_requests)


def requests(
    *,
    tenant: Tenant = "demo",
    no_tenant: NoTenant = False,
    vendor: Annotated[
        str | None, typer.Option(help="Show only requests to this vendor.", autocompletion=complete_vendor)
    ] = None,
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
    after: Annotated[int | None, typer.Option(help="Show only requests with a higher ID.")] = None,
    text: Annotated[str | None, typer.Option(help="Show only requests that contain this text.")] = None,
    fault: Annotated[str | None, typer.Option(help="Show only requests that this fault changed.")] = None,
    limit: Annotated[
        int | None, typer.Option(help="Maximum number of requests, the newest ones.  [default: 100]")
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", help="Keep running, and print each new request in a line.")
    ] = False,
    output: As = Format.table,
    url: Url = DEFAULT_URL,
    token: Token = "",
) -> None:
    """List the requests that your code sent, oldest first.

    The list includes requests with a wrong key or an unknown path, because the sandbox cannot know which
    tenant sent them.
    """
    query = not_none(vendor=vendor, operation=operation, status=status, since=since, text=text, fault=fault)
    query |= not_none(after=after, limit=limit, method=method.upper() if method else None)
    path = "/requests" if no_tenant else tenant_path(tenant, "requests")
    if not no_tenant:
        query["without_tenant"] = "true"
    if follow:
        if no_tenant or limit is not None:
            fail("Use --follow without --no-tenant and --limit.", MISUSED)
        _follow(url, token, f"{path}/stream", query, output)
        return
    answer = call(url, token, "GET", path, query=query)
    if output is Format.json:
        print_answer(answer, output)
    elif found := member(answer, "requests"):
        _print_table(found[::-1])
    else:
        notify("No request matches. The journal keeps the newest requests since the sandbox started.")


def _follow(url: str, token: str, path: str, query: Mapping[str, Any], output: Format) -> None:
    colours = wants_colours(os.environ, is_terminal=sys.stdout.isatty())
    try:
        for exchange in events(url, token, path, query):
            if output is Format.json:
                print_line(json.dumps(exchange), flush=True)
            else:
                print_line(line(exchange, colours=colours), flush=True)
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
    notify("The sandbox has stopped.")


def request(
    id_: Id = None,
    *,
    tenant: Tenant = "demo",
    no_tenant: NoTenant = False,
    output: As = Format.table,
    url: Url = DEFAULT_URL,
    token: Token = "",
) -> None:
    """Show one request and its response, with headers and bodies.

    All tenants share one numbering, so the first request of a tenant is rarely number 1. Without an ID, the
    newest request is shown. Credentials are hidden.
    """
    path = "/requests" if no_tenant else tenant_path(tenant, "requests")
    if id_ is None:
        query = {"limit": 1} if no_tenant else {"limit": 1, "without_tenant": "true"}
        found = member(call(url, token, "GET", path, query=query), "requests")
        if not found:
            fail(_NOTHING, FAILED)
        id_ = found[0]["id"]
    answer = call(url, token, "GET", f"{path}/{id_}")
    if output is Format.json:
        print_answer(answer, output)
    else:
        for line in _lines(answer.json()):
            print_line(line)


def clear_requests(
    *,
    tenant: Tenant = "demo",
    no_tenant: NoTenant = False,
    url: Url = DEFAULT_URL,
    token: Token = "",
) -> None:
    """Delete the recorded requests of a tenant."""
    call(url, token, "DELETE", "/requests" if no_tenant else tenant_path(tenant, "requests"))
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
        exchange["tenant"] or "unknown",
        exchange["method"],
        _target(exchange),
        exchange["operation"],
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
    yield f"Request {exchange['id']} of tenant {exchange['tenant'] or '(unknown)'}"
    yield f"Received at {exchange['received_at']} in real time"
    if clock := tenant_time(exchange):
        yield f"At {clock} on the tenant's clock"
    yield f"Operation: {exchange['operation'] or 'unknown'} ({exchange['vendor'] or 'no vendor'})"
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
