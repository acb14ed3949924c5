"""Implements the commands for faults, which make a tenant's requests fail or slow down on purpose."""

from typing import Annotated, Any

import typer

from mock_server.cli.inputs import InputError, describe_inputs, parse_inputs
from mock_server.cli.output import Format, notify, print_answer, print_json, print_line, print_table
from mock_server.cli.request import (
    DEFAULT_URL,
    MISUSED,
    As,
    Tenant,
    Token,
    Url,
    call,
    fail,
    member,
    not_none,
    tenant_path,
)

Vendor = Annotated[str, typer.Option(help="Vendor whose calls meet it, or * for all.")]
Seed = Annotated[int | None, typer.Option(help="Seed of random choices.  [default: the tenant's seed]")]
FaultId = Annotated[str, typer.Argument(help="ID of the fault, for example flt_1.")]


def register(commands: typer.Typer) -> None:
    """Add the commands for faults to `returns sandbox`."""
    commands.command()(faults)
    commands.command("fault-kinds")(fault_kinds)
    commands.command("add-fault")(add_fault)
    commands.command()(fault)
    commands.command("delete-fault")(delete_fault)
    commands.command("delete-faults")(delete_faults)
    commands.command()(scenario)


def faults(
    tenant: Tenant = "demo", output: As = Format.table, url: Url = DEFAULT_URL, token: Token = ""
) -> None:
    """List a tenant's faults, and how many requests each one has affected."""
    print_answer(call(url, token, "GET", tenant_path(tenant, "faults")), output, "faults")


def fault_kinds(output: As = Format.table, url: Url = DEFAULT_URL, token: Token = "") -> None:
    """List the kinds of faults with their parameters, and the scenarios."""
    answer = call(url, token, "GET", "/faults")
    kinds, scenarios = member(answer, "kinds"), member(answer, "scenarios")
    if output is Format.json:
        print_json(answer)
        return
    rows = [
        (*((kind["what"], kind["description"]) if not index else ("", "")), key, type_)
        for kind in kinds
        for index, (key, type_) in enumerate(describe_inputs(kind["schema"]) or [("", "")])
    ]
    print_table(("kind", "what it does", "parameter", "type"), rows)
    print_line("")
    print_table(("scenario", "what it does"), [(each["name"], each["description"]) for each in scenarios])


def add_fault(
    what: Annotated[str, typer.Argument(help="Kind of fault; `returns sandbox fault-kinds` lists them.")],
    *,
    vendor: Vendor = "*",
    operation: Annotated[str, typer.Option(help="Operation whose calls meet it, or * for all.")] = "*",
    parameters: Annotated[
        list[str] | None,
        typer.Option("--parameter", "-p", help="A parameter as NAME=VALUE; repeatable.", show_default=False),
    ] = None,
    next_: Annotated[int | None, typer.Option("--next", help="For this many calls only.")] = None,
    every: Annotated[int | None, typer.Option(help="For every k-th call of an operation.")] = None,
    share: Annotated[float | None, typer.Option(help="For this part of the calls, from 0 to 1.")] = None,
    after: Annotated[int | None, typer.Option(help="Calls that pass before the fault begins.")] = None,
    seed: Seed = None,
    tenant: Tenant = "demo",
    output: As = Format.table,
    url: Url = DEFAULT_URL,
    token: Token = "",
) -> None:
    """Add a fault.

    The fault affects requests with the tenant's credentials until it is deleted or the tenant is reset.
    Without --next, --every and --share, it affects every request.
    """
    kinds = {each["what"]: each["schema"] for each in member(call(url, token, "GET", "/faults"), "kinds")}
    try:
        given = parse_inputs(kinds.get(what, {}), parameters or ())
    except InputError as error:
        fail(str(error), MISUSED)
    when = not_none(next=next_, every=every, share=share, after=after, seed=seed)
    body: dict[str, Any] = {"vendor": vendor, "operation": operation, "what": what}
    body |= {"parameters": given, "when": when}
    print_answer(call(url, token, "POST", tenant_path(tenant, "faults"), body), output)


def fault(
    id_: FaultId,
    tenant: Tenant = "demo",
    output: As = Format.table,
    url: Url = DEFAULT_URL,
    token: Token = "",
) -> None:
    """Show a fault, and how many requests it has affected."""
    print_answer(call(url, token, "GET", tenant_path(tenant, "faults", id_)), output)


def delete_fault(id_: FaultId, tenant: Tenant = "demo", url: Url = DEFAULT_URL, token: Token = "") -> None:
    """Delete a fault."""
    call(url, token, "DELETE", tenant_path(tenant, "faults", id_))
    notify(f"Fault {id_} of {tenant} is deleted.")


def delete_faults(tenant: Tenant = "demo", url: Url = DEFAULT_URL, token: Token = "") -> None:
    """Delete all faults of a tenant, including those that a scenario added."""
    call(url, token, "DELETE", tenant_path(tenant, "faults"))
    notify(f"{tenant} has no faults.")


def scenario(
    name: Annotated[str, typer.Argument(help="Scenario, for example flaky, outage or eventual.")],
    vendor: Vendor = "*",
    seed: Seed = None,
    tenant: Tenant = "demo",
    output: As = Format.table,
    url: Url = DEFAULT_URL,
    token: Token = "",
) -> None:
    """Start a scenario: replace a tenant's faults with a named list of faults.

    `returns sandbox fault-kinds` lists the scenarios. To end a scenario, use `returns sandbox delete-faults`.
    """
    body = not_none(name=name, vendor=vendor, seed=seed)
    print_answer(call(url, token, "POST", tenant_path(tenant, "scenario"), body), output, "faults")
