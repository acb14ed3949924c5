"""Implements the commands that export a tenant to a file (`dump`), and import such a file (`load`)."""

from pathlib import Path
from typing import Annotated

import typer

from mock_server.cli.options import AtTenant, ShownAtSandbox
from mock_server.cli.output import notify
from mock_server.cli.request import MISUSED, fail, not_none

File = Annotated[Path, typer.Argument(help="Path of the JSON file.")]


def dump(at: AtTenant, file: File) -> None:
    """Export a tenant to a file.

    The file contains the tenant's records, ledger and clock, but no keys, tokens, webhooks or faults. An
    existing file is replaced.
    """
    answer = at.call("GET", at.path("export"))
    try:
        file.write_bytes(answer.content)
    except OSError as error:
        fail(f"The file {file} cannot be written: {error.strerror}.", MISUSED)
    notify(f"{at.tenant} is exported to {file} ({len(answer.content):,} bytes).")


def load(
    at: ShownAtSandbox,
    file: File,
    name: Annotated[str | None, typer.Option(help="Name of the tenant.  [default: as in the file]")] = None,
) -> None:
    """Create a tenant from an exported file.

    The file can come from another sandbox.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        fail(f"The file {file} cannot be read: {error.strerror}.", MISUSED)
    answer = at.call("POST", "/import", content, not_none(name=name))
    at.show(answer)
