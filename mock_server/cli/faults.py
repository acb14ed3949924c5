"""Implements the commands for faults, which make a tenant's requests fail or slow down on purpose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from mock_server.cli.inputs import InputError, describe_inputs, parse_inputs
from mock_server.cli.options import (  # noqa: TC001 - typer reads the annotations
    AtTenant,
    OfVendor,
    ShownAtSandbox,
    ShownAtTenant,
)
from mock_server.cli.output import notify, print_json, print_line, print_table
from mock_server.cli.request import MISUSED, fail, member, not_none
from mock_server.wording import phrase

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

FaultyVendor = Annotated[str, typer.Option(help="Vendor whose requests to affect, or * for all.")]
Seed = Annotated[int | None, typer.Option(help="Seed for random choices.  [default: the tenant's seed]")]
FaultId = Annotated[str, typer.Argument(help="ID of the fault, for example flt_1.")]


def faults(at: ShownAtTenant, *, vendor: OfVendor = None) -> None:
    """List a tenant's faults, and how many requests each one has affected."""
    _show(at, at.call("GET", at.path("faults"), query=not_none(vendor=vendor)))


def fault_kinds(at: ShownAtSandbox) -> None:
    """List the kinds of faults with their parameters, and the scenarios."""
    answer = at.call("GET", "/faults")
    kinds, scenarios = member(answer, "kinds"), member(answer, "scenarios")
    if at.wants_json:
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
    at: ShownAtTenant,
    what: Annotated[str, typer.Argument(help="Kind of fault; `returns sandbox fault-kinds` lists them.")],
    *,
    vendor: FaultyVendor = "*",
    operation: Annotated[str, typer.Option(help="Operation to affect, or * for all, or webhook.")] = "*",
    parameters: Annotated[
        list[str] | None,
        typer.Option("--parameter", "-p", help="A parameter as NAME=VALUE; repeatable.", show_default=False),
    ] = None,
    next_: Annotated[int | None, typer.Option("--next", help="Affect this many requests, then stop.")] = None,
    every: Annotated[int | None, typer.Option(help="Affect every n-th request of an operation.")] = None,
    share: Annotated[float | None, typer.Option(help="Affect this share of requests, from 0 to 1.")] = None,
    after: Annotated[int | None, typer.Option(help="Leave this many requests unaffected first.")] = None,
    seed: Seed = None,
) -> None:
    """Add a fault.

    The fault affects requests with the tenant's credentials until it is deleted or the tenant is reset.
    Without --next, --every and --share, it affects every request.
    """
    kinds = {each["what"]: each["schema"] for each in member(at.call("GET", "/faults"), "kinds")}
    try:
        given = parse_inputs(kinds.get(what, {}), parameters or ())
    except InputError as error:
        fail(str(error), MISUSED)
    when = not_none(next=next_, every=every, share=share, after=after, seed=seed)
    body: dict[str, Any] = {"vendor": vendor, "operation": operation, "what": what}
    body |= {"parameters": given, "when": when}
    _show(at, at.call("POST", at.path("faults"), body))


def fault(at: ShownAtTenant, id_: FaultId) -> None:
    """Show a fault, and how many requests it has affected."""
    _show(at, at.call("GET", at.path("faults", id_)))


def delete_fault(at: AtTenant, id_: FaultId) -> None:
    """Delete a fault."""
    at.call("DELETE", at.path("faults", id_))
    notify(f"Fault {id_} of {at.tenant} is deleted.")


def delete_faults(at: AtTenant) -> None:
    """Delete all faults of a tenant, including those that a scenario added."""
    at.call("DELETE", at.path("faults"))
    notify(f"{at.tenant} has no faults.")


def scenario(
    at: ShownAtTenant,
    name: Annotated[str, typer.Argument(help="Scenario, for example flaky, outage or eventual.")],
    vendor: FaultyVendor = "*",
    seed: Seed = None,
) -> None:
    """Start a scenario: replace a tenant's faults with a named list of faults.

    `returns sandbox fault-kinds` lists the scenarios. To end a scenario, use `returns sandbox delete-faults`.
    """
    body = not_none(name=name, vendor=vendor, seed=seed)
    _show(at, at.call("POST", at.path("scenario"), body))


def _show(at: ShownAtTenant, answer: httpx.Response) -> None:
    """Print the fault or the list of faults in a response; tables omit settings that have no effect."""
    if at.wants_json:
        print_json(answer)
        return
    content = answer.json()
    listed = [_brief(fault) for fault in content.get("faults", [content])]
    if not listed:
        notify("There are no faults to show.")
    elif "faults" in content:
        print_table(list(listed[0]), [list(fault.values()) for fault in listed])
    else:
        print_table(("", ""), list(listed[0].items()))


def _brief(fault: Mapping[str, Any]) -> dict[str, Any]:
    """Return a fault's fields for a table, without settings that have no effect.

    A Retry-After format has no effect if no Retry-After header is sent, and a seed has none if nothing is
    random. The fields' names are written as words, such as `retry after`.
    """
    parameters, when = dict(fault["parameters"]), dict(fault["when"])
    if "retry_after" not in parameters:
        parameters.pop("format", None)
    if "share" not in when and "max_milliseconds" not in parameters:
        when.pop("seed", None)
    shown = {**fault, "parameters": parameters, "when": when or "every request"}
    return {phrase(name): value for name, value in shown.items()}
