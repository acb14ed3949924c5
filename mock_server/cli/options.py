"""Defines the arguments and options that several commands share, such as `--url`, `--tenant` and `--json`."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, fields
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from mock_server.cli.completion import complete_vendor
from mock_server.cli.output import Format, print_answer, print_document, print_json
from mock_server.cli.request import DEFAULT_URL, MISUSED, call, fail, member, not_none, tenant_path

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import httpx

Vendor = Annotated[
    str, typer.Argument(help="One of the vendors that the sandbox serves.", autocompletion=complete_vendor)
]
OfVendor = Annotated[
    str | None,
    typer.Option("--vendor", help="Show only entries of this vendor.", autocompletion=complete_vendor),
]
TenantName = Annotated[str, typer.Argument(metavar="TENANT", help="Name of the tenant.")]
NewTenant = Annotated[str, typer.Argument(help="Name of the new tenant.")]
ReturnId = Annotated[str, typer.Argument(help="The return's ID in the vendor's API.")]
Seed = Annotated[
    int | None, typer.Option(help="Number that determines the generated returns.", min=0, max=2**53 - 1)
]
After = Annotated[int | None, typer.Option("--after", help="Show only entries with a higher number.")]
Last = Annotated[int | None, typer.Option("--last", help="Show only this many of the newest entries.")]
Limit = Annotated[
    int | None,
    typer.Option("--limit", help="Show only this many of the oldest entries.  [default: 100]"),
]
As = Annotated[Format, typer.Option("--format", help="Output for people (table) or for programs (json).")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON; the same as --format json.")]


@dataclass(frozen=True, kw_only=True)
class AtSandbox:
    """The options that select a sandbox."""

    url: Annotated[
        str, typer.Option("--url", envvar="RETURNS_SANDBOX_URL", help="Address of the sandbox.")
    ] = DEFAULT_URL
    token: Annotated[
        str,
        typer.Option(
            "--token", envvar="RETURNS_CONTROL_TOKEN", help="Control token, if the sandbox requires one."
        ),
    ] = ""

    def call(
        self, method: str, path: str, body: Any = None, query: Mapping[str, Any] | None = None
    ) -> httpx.Response:
        """Send a request to the control plane (see `request.call`)."""
        return call(self.url, self.token, method, path, body, query)


@dataclass(frozen=True, kw_only=True)
class AtTenant(AtSandbox):
    """The options that select a tenant of a sandbox."""

    tenant: Annotated[str, typer.Option("--tenant", help="Name of the tenant.")] = "demo"

    def path(self, *names: str) -> str:
        """Build the path of the tenant, or of a resource that belongs to it (see `request.tenant_path`)."""
        return tenant_path(self.tenant, *names)


@dataclass(frozen=True, kw_only=True)
class ShownAtSandbox(AtSandbox):
    """The options that select a sandbox and the format of the output."""

    output: As = Format.table
    as_json: AsJson = False

    @property
    def wants_json(self) -> bool:
        """True if the user chose output for programs (JSON) instead of a table for people."""
        return self.as_json or self.output is Format.json

    def show(self, answer: httpx.Response, member: str = "", *, otherwise: str = "") -> None:
        """Print a response as JSON or as a table (see `output.print_answer`)."""
        output = Format.json if self.wants_json else Format.table
        print_answer(answer, output, member, otherwise=otherwise)

    def show_document(self, answer: httpx.Response) -> None:
        """Print the whole response if the user chose JSON, otherwise only its `document`, indented."""
        if self.wants_json:
            print_json(answer)
        else:
            print_document(member(answer, "document"))


@dataclass(frozen=True, kw_only=True)
class ShownAtTenant(ShownAtSandbox, AtTenant):
    """The options that select a tenant of a sandbox and the format of the output."""


def with_options(function: Callable[..., None]) -> Callable[..., None]:
    """Turn a function with a parameter `at` into a command.

    The type of `at` is one of the classes above. In the command, each field of this class is an option. A
    function without a parameter `at` is returned unchanged.
    """
    signature = inspect.signature(function, eval_str=True)
    if "at" not in signature.parameters:
        return function
    target = signature.parameters["at"].annotation
    hints = get_type_hints(target, include_extras=True)
    shared = [
        inspect.Parameter(
            field.name, inspect.Parameter.KEYWORD_ONLY, default=field.default, annotation=hints[field.name]
        )
        for field in fields(target)
    ]
    own = [parameter for name, parameter in signature.parameters.items() if name != "at"]

    @wraps(function)
    def command(**values: Any) -> None:
        selected = target(**{option.name: values.pop(option.name) for option in shared})
        function(at=selected, **values)

    parameters = [*own, *shared]
    command.__dict__["__signature__"] = signature.replace(parameters=parameters)
    command.__annotations__ = {one.name: one.annotation for one in parameters}
    return command


def page(after: int | None, limit: int | None, last: int | None) -> dict[str, Any]:
    """Build the query parameters for one page of a list; exit if both `limit` and `last` are set."""
    if limit is not None and last is not None:
        fail("Use either --limit for the oldest entries, or --last for the newest.", MISUSED)
    return not_none(after=after, limit=limit, last=last)
