"""Implements the commands for the sandbox's health, for tenants, their clocks and their switches.

A switch simulates a condition of the tenant's account, such as an outage at the vendor.
"""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from mock_server.cli import durations
from mock_server.cli.completion import complete_vendor
from mock_server.cli.options import AtSandbox, OfVendor, Seed, ShownAtSandbox, ShownAtTenant, Vendor
from mock_server.cli.output import notify
from mock_server.cli.request import MISUSED, fail, member, not_none, tenant_path
from mock_server.cli.shop import read_shop_file
from mock_server.cli.until import until as parse_until

MAX_SEED_SIZE = 1_000


class OnOff(StrEnum):
    """The position of a switch on the command line: on or off."""

    on = "on"
    off = "off"


def health(at: ShownAtSandbox) -> None:
    """Show whether the sandbox works, its version and its vendors.

    The exit code is 1 if the sandbox cannot store changes.
    """
    answer = at.call("GET", "/health")
    at.show(answer)
    if member(answer, "status") == "failing":
        fail("The sandbox cannot store changes.")


def show_tenant(
    at: ShownAtSandbox, name: Annotated[str, typer.Argument(help="Name of the tenant.")] = "demo"
) -> None:
    """Show a tenant: its seed, plan, clock and number of returns."""
    at.show(at.call("GET", tenant_path(name)))


def tenants(at: ShownAtSandbox) -> None:
    """List the sandbox's tenants."""
    at.show(at.call("GET", "/tenants"), "tenants")


def create_tenant(
    at: ShownAtSandbox,
    name: Annotated[str, typer.Argument(help="Name of the new tenant.")],
    *,
    seed: Seed = None,
    seed_size: Annotated[
        int | None,
        typer.Option(
            help="Returns to generate for each vendor, at most 1000, because the command waits for them. "
            "`returns serve --seed-size` allows 100000.",
            min=0,
            max=MAX_SEED_SIZE,
        ),
    ] = None,
    seed_file: Annotated[
        Path | None, typer.Option(help="YAML file with your own shop, instead of generated returns.")
    ] = None,
    plan: Annotated[str | None, typer.Option(help="Plan that sets the rate limits of the keys.")] = None,
    limits: Annotated[
        str | None, typer.Option(help="Rate limits: on, off, or auto (off while the clock is frozen).")
    ] = None,
    first_moment: Annotated[
        str | None, typer.Option(help="Start time of the clock, for example 2026-03-02T09:00:00Z.")
    ] = None,
    frozen: Annotated[bool, typer.Option("--frozen", help="Start with a frozen clock.")] = False,
) -> None:
    """Create a tenant.

    A tenant is one merchant with an account at every vendor.
    """
    body = not_none(name=name, seed=seed, seed_size=seed_size, plan=plan, limits=limits)
    body |= not_none(first_moment=first_moment, frozen=frozen or None)
    if seed_file:
        body["shop"] = read_shop_file(seed_file)
    at.show(at.call("POST", "/tenants", body))


def reset(
    at: ShownAtSandbox, tenant: Annotated[str, typer.Argument(help="Name of the tenant.")] = "demo"
) -> None:
    """Reset a tenant to its initial state.

    The clock and the ID sequences start over too, so that every test run sees the same returns.
    """
    at.show(at.call("POST", tenant_path(tenant, "reset")))
    notify("Restart triggers that polled this tenant with --restart; they remember its old ids and times.")


def delete_tenant(at: AtSandbox, tenant: Annotated[str, typer.Argument(help="Name of the tenant.")]) -> None:
    """Delete a tenant and all its data."""
    at.call("DELETE", tenant_path(tenant))
    notify(f"Tenant {tenant} is deleted, with its returns, keys, webhooks and ledger.")


def clock(at: ShownAtTenant) -> None:
    """Show a tenant's clock."""
    at.show(at.call("GET", at.path("clock")))


def advance(
    at: ShownAtTenant,
    duration: Annotated[
        str | None,
        typer.Argument(help="For example 3d, 2h, 90m, 45s, 1w or 1d12h."),
    ] = None,
    *,
    until: Annotated[
        str | None,
        typer.Option(help='Stop at an event: next, a time, or for example "return rma_abc123 is received".'),
    ] = None,
    vendor: Annotated[
        str | None,
        typer.Option(help="Vendor of the return in --until.", autocompletion=complete_vendor),
    ] = None,
    within: Annotated[
        str | None, typer.Option(help="Maximum time to advance while waiting for the return.  [default: 90d]")
    ] = None,
) -> None:
    """Move a tenant's clock forward.

    Events that become due, such as parcel scans, happen immediately.
    """
    try:
        body = _target(duration, until, vendor, within)
    except ValueError as error:
        fail(str(error), MISUSED)
    answer = at.call("POST", at.path("clock", "advance"), body)
    at.show(answer, "ran", otherwise="clock")
    if not at.wants_json or until is not None:
        steps = len(member(answer, "ran"))
        ran = f"{steps} steps ran" if steps != 1 else "1 step ran"
        notify(f"The clock shows {member(answer, 'clock')['now']}; {ran}.")


def _target(
    duration: str | None, until: str | None, vendor: str | None, within: str | None
) -> dict[str, Any]:
    """Build the request body that advances the clock; raise `ValueError` for contradictory options."""
    if (duration is None) == (until is None):
        raise ValueError("Pass either a duration such as 3d, or --until.")
    body: dict[str, Any] = (
        {"seconds": durations.limited_seconds(duration)} if duration is not None else parse_until(until or "")
    )
    details = not_none(vendor=vendor, within_days=within and _days(within))
    if details:
        if not isinstance(body.get("until"), dict):
            raise ValueError("--vendor and --within need --until with a return.")
        body["until"] |= details
    return body


def _days(duration: str) -> int:
    """Convert a duration such as `1d12h` to a number of days, rounded up and at least 1."""
    return max(1, -(-durations.limited_seconds(duration) // 86_400))


def freeze(at: ShownAtTenant) -> None:
    """Stop a tenant's clock."""
    at.show(at.call("POST", at.path("clock", "freeze")))


def unfreeze(at: ShownAtTenant) -> None:
    """Start a tenant's clock again."""
    at.show(at.call("POST", at.path("clock", "unfreeze")))


def switches(at: ShownAtTenant, *, vendor: OfVendor = None) -> None:
    """List a tenant's switches.

    A switch simulates a condition of the tenant's account, such as an outage at the vendor.
    """
    at.show(at.call("GET", at.path("switches"), query=not_none(vendor=vendor)), "switches")


def switch(
    at: ShownAtTenant,
    vendor: Vendor,
    name: Annotated[str, typer.Argument(help="Name of the switch; `returns sandbox switches` lists them.")],
    position: Annotated[OnOff, typer.Argument(help="New position of the switch.")],
    shop: Annotated[
        str | None, typer.Option(help="Shop, for a switch that each shop has separately.")
    ] = None,
) -> None:
    """Turn a vendor's switch on or off."""
    body = {"vendor": vendor, "name": name, "on": position is OnOff.on, **not_none(shop=shop or None)}
    at.show(at.call("PUT", at.path("switches"), body))
