"""Implements the commands that export a tenant to a file (`dump`), and import such a file (`load`)."""

from pathlib import Path
from typing import Annotated

import typer

from mock_server.cli.output import Format, notify, print_answer
from mock_server.cli.request import (
    DEFAULT_URL,
    FAILED,
    MISUSED,
    As,
    Tenant,
    Token,
    Url,
    call,
    fail,
    not_none,
    tenant_path,
)

File = Annotated[Path, typer.Argument(help="Name of the file, in JSON.")]


def register(commands: typer.Typer) -> None:
    """Add the commands to `returns sandbox`."""
    commands.command()(dump)
    commands.command()(load)


def dump(file: File, tenant: Tenant = "demo", url: Url = DEFAULT_URL, token: Token = "") -> None:
    """Export a tenant to a file.

    The file contains the tenant's records, ledger and clock, but no keys, tokens, webhooks or faults. An
    existing file is replaced.
    """
    answer = call(url, token, "GET", tenant_path(tenant, "export"))
    try:
        file.write_bytes(answer.content)
    except OSError as error:
        fail(f"The file {file} cannot be written: {error.strerror}.", FAILED)
    notify(f"{tenant} is exported to {file} ({len(answer.content):,} bytes).")


def load(
    file: File,
    name: Annotated[str | None, typer.Option(help="Name of the new tenant, if not that in the file.")] = None,
    output: As = Format.table,
    url: Url = DEFAULT_URL,
    token: Token = "",
) -> None:
    """Create a tenant from an exported file.

    The file can come from another sandbox.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        fail(f"The file {file} cannot be read: {error.strerror}.", MISUSED)
    answer = call(url, token, "POST", "/import", content, not_none(name=name))
    print_answer(answer, output)
