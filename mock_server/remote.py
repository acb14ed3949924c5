"""Commands that ask a running sandbox, over its control plane (`openapi/sandbox.yaml`)."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import httpx

DEFAULT_URL = "http://127.0.0.1:4010"
_FAILED, _MISUSED = 1, 2
_EXIT_CODES = {400: 5, 401: 3, 403: 3, 404: 4, 409: 5, 429: 6}
"""By HTTP status, as `returns --help` lists them."""
_SECONDS = 30.0

commands = typer.Typer(
    no_args_is_help=True, help="Set the scene in a running sandbox, and see what happened."
)

Url = Annotated[str, typer.Option("--url", envvar="RETURNS_SANDBOX_URL", help="Where the sandbox is.")]
Token = Annotated[
    str, typer.Option("--token", envvar="RETURNS_CONTROL_TOKEN", help="Its control token, if it has one.")
]
Tenant = Annotated[str, typer.Option("--tenant", help="Whose.")]


class Format(StrEnum):
    """How an answer is printed."""

    table = "table"
    json = "json"


class Turn(StrEnum):
    """Which way a switch is turned."""

    on = "on"
    off = "off"


class CredentialsFormat(StrEnum):
    """How credentials are printed."""

    table = "table"
    json = "json"
    curl = "curl"


As = Annotated[Format, typer.Option("--format", help="For people or for programs.")]


def credentials(
    tenant: Tenant = "demo",
    output: Annotated[CredentialsFormat, typer.Option("--format")] = CredentialsFormat.table,
    url: Url = DEFAULT_URL,
    token: Token = "",
) -> None:
    """Show how to log in to each API of a running sandbox."""
    answer = _ask(url, token, "GET", f"/tenants/{_part(tenant)}/credentials")
    if output is CredentialsFormat.json:
        print(answer.text)  # noqa: T201
    elif output is CredentialsFormat.curl:
        for name, found in answer.json()["vendors"].items():
            print(_curl(name, found))  # noqa: T201
    else:
        rows = [
            (name, found["base_url"], field, value)
            for name, found in answer.json()["vendors"].items()
            for field, value in found["fields"].items()
        ]
        _table(("vendor", "base URL", "field", "value"), rows, broken=False)


@commands.command()
def tenants(output: As = Format.table, url: Url = DEFAULT_URL, token: Token = "") -> None:
    """List the tenants."""
    _show(_ask(url, token, "GET", "/tenants"), output, "tenants")


@commands.command("create-tenant")
def create_tenant(
    name: str,
    *,
    seed: Annotated[int | None, typer.Option(help="What its returns are drawn from.")] = None,
    seed_size: Annotated[int | None, typer.Option(help="Returns it starts with, per vendor.")] = None,
    plan: Annotated[str | None, typer.Option(help="Plan of its keys.")] = None,
    limits: Annotated[str | None, typer.Option(help="on, off, or auto: off while frozen.")] = None,
    first_moment: Annotated[
        str | None, typer.Option(help="When its clock starts: 2026-03-02T09:00:00Z.")
    ] = None,
    frozen: Annotated[bool, typer.Option("--frozen", help="Its clock stands still.")] = False,
    output: As = Format.table,
    url: Url = DEFAULT_URL,
    token: Token = "",
) -> None:
    """Make a tenant: one merchant with an account at every vendor."""
    wish = {"name": name, "seed": seed, "seed_size": seed_size, "plan": plan, "limits": limits}
    wish |= {"first_moment": first_moment, "frozen": frozen or None}
    body = {field: value for field, value in wish.items() if value is not None}
    _show(_ask(url, token, "POST", "/tenants", body), output)


@commands.command()
def reset(
    tenant: Annotated[str, typer.Argument(help="Which.")] = "demo",
    output: As = Format.table,
    url: Url = DEFAULT_URL,
    token: Token = "",
) -> None:
    """Put a tenant back to its first moment: times and ids start over."""
    _show(_ask(url, token, "POST", f"/tenants/{_part(tenant)}/reset"), output)
    again = "A trigger that watched this tenant begins anew with --restart: it may know the ids and times."
    print(again, file=sys.stderr)  # noqa: T201


@commands.command("delete-tenant")
def delete_tenant(tenant: str, url: Url = DEFAULT_URL, token: Token = "") -> None:
    """Remove a tenant and everything of it."""
    _ask(url, token, "DELETE", f"/tenants/{_part(tenant)}")


@commands.command()
def clock(
    tenant: Tenant = "demo", output: As = Format.table, url: Url = DEFAULT_URL, token: Token = ""
) -> None:
    """Read a tenant's clock."""
    _show(_ask(url, token, "GET", f"/tenants/{_part(tenant)}/clock"), output)


@commands.command()
def advance(
    seconds: Annotated[int, typer.Argument(help="How far.")],
    tenant: Tenant = "demo",
    output: As = Format.table,
    url: Url = DEFAULT_URL,
    token: Token = "",
) -> None:
    """Move a tenant's clock forward; what falls due on the way happens."""
    answer = _ask(url, token, "POST", f"/tenants/{_part(tenant)}/clock/advance", {"seconds": seconds})
    _show(answer, output, "ran", otherwise="clock")


@commands.command()
def freeze(
    tenant: Tenant = "demo", output: As = Format.table, url: Url = DEFAULT_URL, token: Token = ""
) -> None:
    """Stop a tenant's clock."""
    _show(_ask(url, token, "POST", f"/tenants/{_part(tenant)}/clock/freeze"), output)


@commands.command()
def unfreeze(
    tenant: Tenant = "demo", output: As = Format.table, url: Url = DEFAULT_URL, token: Token = ""
) -> None:
    """Let a tenant's clock tick on."""
    _show(_ask(url, token, "POST", f"/tenants/{_part(tenant)}/clock/unfreeze"), output)


@commands.command()
def switches(
    tenant: Tenant = "demo", output: As = Format.table, url: Url = DEFAULT_URL, token: Token = ""
) -> None:
    """List what can be turned on and off, and how it stands."""
    _show(_ask(url, token, "GET", f"/tenants/{_part(tenant)}/switches"), output, "switches")


@commands.command()
def switch(
    vendor: str,
    name: str,
    position: Annotated[Turn, typer.Argument(help="Which way.")],
    shop: Annotated[str | None, typer.Option(help="Of a switch that each shop has for itself.")] = None,
    tenant: Tenant = "demo",
    output: As = Format.table,
    url: Url = DEFAULT_URL,
    token: Token = "",
) -> None:
    """Turn a switch of a vendor on or off."""
    body = {"vendor": vendor, "name": name, "on": position is Turn.on, **({"shop": shop} if shop else {})}
    _show(_ask(url, token, "PUT", f"/tenants/{_part(tenant)}/switches", body), output)


@commands.command()
def plan(
    vendor: str,
    name: Annotated[str | None, typer.Argument(help="A plan of the vendor's.")] = None,
    *,
    second: Annotated[int | None, typer.Option(help="Requests a second.")] = None,
    minute: Annotated[int | None, typer.Option(help="Requests a minute.")] = None,
    day: Annotated[int | None, typer.Option(help="Requests a day.")] = None,
    key: Annotated[str, typer.Option(help="Which key.")] = "default",
    tenant: Tenant = "demo",
    output: As = Format.table,
    url: Url = DEFAULT_URL,
    token: Token = "",
) -> None:
    """Give a key another plan, or limits of its own."""
    limits = {"second": second, "minute": minute, "day": day}
    windows = {unit: requests for unit, requests in limits.items() if requests is not None}
    if bool(name) == bool(windows):
        _stop("Name either a plan, or limits with --second, --minute or --day.", _MISUSED)
    body = {"plan": name} if name else {"windows": windows}
    path = f"/tenants/{_part(tenant)}/keys/{_part(vendor)}/{_part(key)}"
    _show(_ask(url, token, "PATCH", path, body), output)


@commands.command()
def ledger(
    tenant: Tenant = "demo",
    after: Annotated[int, typer.Option(help="Sequence number to begin after.")] = 0,
    limit: Annotated[int, typer.Option(help="Events to show.")] = 100,
    kind: Annotated[str | None, typer.Option(help="Only events of this kind: return.created …")] = None,
    output: As = Format.table,
    url: Url = DEFAULT_URL,
    token: Token = "",
) -> None:
    """Show what happened, in order."""
    query = {"after": after, "limit": limit, **({"kind": kind} if kind else {})}
    _show(_ask(url, token, "GET", f"/tenants/{_part(tenant)}/ledger", query=query), output, "events")


@commands.command()
def move(
    vendor: str,
    return_id: str,
    status: Annotated[str, typer.Argument(help="Where to, in the vendor's words.")],
    tenant: Tenant = "demo",
    output: As = Format.table,
    url: Url = DEFAULT_URL,
    token: Token = "",
) -> None:
    """Move a return, as the merchant would in the vendor's own pages."""
    body = {"vendor": vendor, "status": status}
    path = f"/tenants/{_part(tenant)}/returns/{_part(return_id)}/move"
    _show(_ask(url, token, "POST", path, body), output, "document")


def _part(name: str) -> str:
    """Write a name as one segment of a path."""
    return quote(name, safe="")


def _ask(
    url: str, token: str, method: str, path: str, body: Any = None, query: Mapping[str, Any] | None = None
) -> httpx.Response:
    """Ask the control plane; a refusal or silence ends the program with one sentence."""
    import httpx

    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        answer = httpx.request(
            method,
            f"{url.rstrip('/')}/__sandbox{path}",
            json=body,
            params=query,
            headers=headers,
            timeout=_SECONDS,
        )
    except (httpx.TransportError, httpx.InvalidURL):
        _stop(f"No sandbox answers at {url}; start one with `returns serve`, or name it with --url.")
    if answer.is_error:
        _stop(_reason(answer), _EXIT_CODES.get(answer.status_code, _FAILED))
    return answer


def _reason(answer: httpx.Response) -> str:
    from httpx import codes

    try:
        message = str(answer.json()["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return f"What answers at {answer.url.host} is no sandbox: it says {answer.status_code}."
    if answer.status_code == codes.UNAUTHORIZED:
        return f"{message} Give it with --token or RETURNS_CONTROL_TOKEN; `returns serve` printed it."
    return message


def _stop(sentence: str, code: int = _FAILED) -> Any:
    print(sentence, file=sys.stderr)  # noqa: T201
    raise typer.Exit(code)


def _curl(vendor: str, found: Mapping[str, Any]) -> str:
    import openapi
    from mock_server import curl

    return curl.command(openapi.read(vendor), found["base_url"], found["headers"], found["query"])


def _show(answer: httpx.Response, output: Format, inside: str = "", *, otherwise: str = "") -> None:
    """Print an answer: as it came, or what it holds under `inside` (if empty: `otherwise`) as a table."""
    if output is Format.json:
        print(answer.text)  # noqa: T201
        return
    content = answer.json()
    content = content.get(inside) or content.get(otherwise, []) if inside else content
    if isinstance(content, list):
        columns = list(dict.fromkeys(name for entry in content for name in entry))
        _table(columns, [[entry.get(name) for name in columns] for entry in content])
    else:
        _table(("", ""), list(content.items()))


def _table(columns: Sequence[str], rows: Sequence[Sequence[Any]], *, broken: bool = True) -> None:
    """Print a table; unless `broken`, long lines are left to the terminal, so that values can be copied."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, show_header=any(columns))
    for column in columns:
        table.add_column(column, overflow="fold")  # an id that is cut off is of no use
    for row in rows:
        table.add_row(*(value if isinstance(value, str) else json.dumps(value) for value in row))
    console = Console()
    if not console.is_terminal or not broken:
        console.width = max(console.width, 200)
    console.print(table)
