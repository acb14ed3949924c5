"""Setting the scene: tenants, their time, and what is turned on and off."""

from enum import StrEnum
from typing import Annotated

import typer

from mock_server.cli.output import Format, show, tell
from mock_server.cli.request import DEFAULT_URL, As, Tenant, Token, Url, ask, given, of_tenant


class OnOff(StrEnum):
    """Which way a switch is turned."""

    on = "on"
    off = "off"


def register(commands: typer.Typer) -> None:
    """Add these commands."""
    commands.command()(tenants)
    commands.command("create-tenant")(create_tenant)
    commands.command()(reset)
    commands.command("delete-tenant")(delete_tenant)
    for command in (clock, advance, freeze, unfreeze, switches, switch):
        commands.command()(command)


def tenants(output: As = Format.table, url: Url = DEFAULT_URL, token: Token = "") -> None:
    """List the tenants."""
    show(ask(url, token, "GET", "/tenants"), output, "tenants")


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
    requested = given(name=name, seed=seed, seed_size=seed_size, plan=plan, limits=limits)
    requested |= given(first_moment=first_moment, frozen=frozen or None)
    show(ask(url, token, "POST", "/tenants", requested), output)


def reset(
    tenant: Annotated[str, typer.Argument(help="Which.")] = "demo",
    output: As = Format.table,
    url: Url = DEFAULT_URL,
    token: Token = "",
) -> None:
    """Put a tenant back to its first moment: times and ids start over."""
    show(ask(url, token, "POST", of_tenant(tenant, "reset")), output)
    tell("A trigger that watched this tenant starts again with --restart: it may know the ids and times.")


def delete_tenant(tenant: str, url: Url = DEFAULT_URL, token: Token = "") -> None:
    """Remove a tenant and everything of it."""
    ask(url, token, "DELETE", of_tenant(tenant))
    tell(f"Tenant {tenant} is deleted, with its returns, keys, webhooks and ledger.")


def clock(
    tenant: Tenant = "demo", output: As = Format.table, url: Url = DEFAULT_URL, token: Token = ""
) -> None:
    """Read a tenant's clock."""
    show(ask(url, token, "GET", of_tenant(tenant, "clock")), output)


def advance(
    seconds: Annotated[int, typer.Argument(help="How far.")],
    tenant: Tenant = "demo",
    output: As = Format.table,
    url: Url = DEFAULT_URL,
    token: Token = "",
) -> None:
    """Move a tenant's clock forward; what falls due on the way happens."""
    answer = ask(url, token, "POST", of_tenant(tenant, "clock", "advance"), {"seconds": seconds})
    show(answer, output, "ran", otherwise="clock")


def freeze(
    tenant: Tenant = "demo", output: As = Format.table, url: Url = DEFAULT_URL, token: Token = ""
) -> None:
    """Stop a tenant's clock."""
    show(ask(url, token, "POST", of_tenant(tenant, "clock", "freeze")), output)


def unfreeze(
    tenant: Tenant = "demo", output: As = Format.table, url: Url = DEFAULT_URL, token: Token = ""
) -> None:
    """Let a tenant's clock tick on."""
    show(ask(url, token, "POST", of_tenant(tenant, "clock", "unfreeze")), output)


def switches(
    tenant: Tenant = "demo", output: As = Format.table, url: Url = DEFAULT_URL, token: Token = ""
) -> None:
    """List what can be turned on and off, and how it stands."""
    show(ask(url, token, "GET", of_tenant(tenant, "switches")), output, "switches")


def switch(
    vendor: str,
    name: str,
    position: Annotated[OnOff, typer.Argument(help="Which way.")],
    shop: Annotated[str | None, typer.Option(help="Of a switch that each shop has for itself.")] = None,
    tenant: Tenant = "demo",
    output: As = Format.table,
    url: Url = DEFAULT_URL,
    token: Token = "",
) -> None:
    """Turn a switch of a vendor on or off."""
    body = {"vendor": vendor, "name": name, "on": position is OnOff.on, **given(shop=shop or None)}
    show(ask(url, token, "PUT", of_tenant(tenant, "switches"), body), output)
