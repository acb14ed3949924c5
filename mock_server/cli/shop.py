"""Implements the commands for a merchant's own shop: `seed-template` and `export`."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mock_server.cli.options import AtTenant  # noqa: TC001 - typer reads the annotations
from mock_server.cli.output import notify, print_line
from mock_server.cli.request import DEFAULT_URL, MISUSED, fail

if TYPE_CHECKING:
    from collections.abc import Mapping

_SCHEMA_NAME = "shop.schema.json"
_SCHEMA_PATH = f"/{_SCHEMA_NAME}"  # where the sandbox serves it


def read_shop_file(path: Path) -> Mapping[str, Any]:
    """Read a shop's YAML file as JSON for the control plane; if the file has errors, print them and exit."""
    from mock_server.shop.document import read_content
    from mock_server.shop.mistakes import ShopError

    try:
        return read_content(path)
    except ShopError as error:
        fail(str(error), MISUSED)


def seed_template(
    file: Annotated[
        Path | None, typer.Argument(help="File to write; its JSON Schema is written next to it.")
    ] = None,
    *,
    force: Annotated[bool, typer.Option("--force", help="Replace existing files.")] = False,
) -> None:
    """Write an example of a shop file, with comments.

    Edit the file, and start a sandbox with `returns serve --seed-file FILE`. Editors with support for YAML
    schemas complete and check the fields.
    """
    from mock_server.shop import template

    if file is None:
        print_line(template.example(DEFAULT_URL + _SCHEMA_PATH).rstrip("\n"))
        return
    if not file.parent.is_dir():
        fail(f"{file} cannot be written: {file.parent} is not a folder.", MISUSED)
    if file.is_dir():
        fail(f"{file} is a folder; name a file.", MISUSED)
    if file.exists() and not force:
        fail(f"{file} exists already; choose another name, or pass --force to replace it.", MISUSED)
    beside = file.with_name(_SCHEMA_NAME)
    try:
        file.write_text(template.example(f"./{_SCHEMA_NAME}"), "utf-8")
        beside.write_bytes(template.SCHEMA.read_bytes())
    except OSError as error:
        fail(f"{error.filename or file} cannot be written: {error.strerror}.", MISUSED)
    notify(f"{file} and {beside} are written. Start a sandbox with: returns serve --seed-file {file}")


def export(at: AtTenant) -> None:
    """Print the current state of a tenant as a shop file.

    Products, customers, orders and returns are printed as YAML. Dates are printed as ages, relative to the
    tenant's current time. The export does not include the history of returns, notes, webhooks, keys or the
    ledger.
    """
    from mock_server.shop import template

    answer = at.call("GET", at.path("shop"))
    if left_out := int(answer.headers.get("x-sandbox-left-out", "0")):
        records = "1 record is" if left_out == 1 else f"{left_out} records are"
        notify(f"{records} left out, because a shop file cannot contain their values.")
    print_line(template.as_yaml(answer.json(), at.url.strip().rstrip("/") + _SCHEMA_PATH).rstrip("\n"))
