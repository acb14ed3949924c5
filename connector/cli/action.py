"""`returns action` and `returns search`."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from connector.cli.options import As, Inputs, ProfileName, Vendor, collected, connected
from connector.cli.output import Format, document, record, short, table, tell, waiting
from connector.profiles import text_files

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from connector.definition.model import InputField, Integration, Search
    from connector.runtime.connection import Connection

Key = Annotated[
    str, typer.Argument(help="Which one; `returns catalog VENDOR` lists them.", show_default=False)
]
Document = Annotated[
    str | None,
    typer.Option(
        "--json", help="A file with the inputs as a JSON object; - is standard input.", show_default=False
    ),
]
NOTHING_FOUND = 4
COLUMNS = 7
T = TypeVar("T")


def action(
    vendor: Vendor,
    key: Key,
    inputs: Inputs = None,
    from_json: Document = None,
    profile: ProfileName = None,
    output: As = Format.table,
) -> None:
    """Run an action, for example create_return, and print what the vendor answers."""
    from connector.definition.compiler import integration as compiled
    from connector.definition.lookup import by_key

    integration = compiled(vendor)
    wanted = by_key(integration, "action", integration.actions, key)
    given = _inputs(wanted.inputs, inputs, from_json)

    made = _run(integration, profile, wanted.label, lambda connection: connection.actions[key](**given))
    if output is Format.json:
        document(made)
    else:
        record(wanted.fields, made, wanted.label)


def search(
    vendor: Vendor,
    key: Key,
    inputs: Inputs = None,
    from_json: Document = None,
    limit: Annotated[int, typer.Option(help="The most records to print.", min=1)] = 25,
    profile: ProfileName = None,
    output: As = Format.table,
) -> None:
    """Run a search or a report, for example find_return. Finding nothing is exit code 4."""
    from connector.definition.compiler import integration as compiled
    from connector.definition.lookup import by_key

    integration = compiled(vendor)
    wanted = by_key(integration, "search", integration.searches, key)
    given = _inputs(wanted.inputs, inputs, from_json)

    found = _run(
        integration, profile, wanted.label, lambda connection: connection.searches[key](limit=limit, **given)
    )
    if output is Format.json:
        document(found)
    else:
        _show(integration, wanted, found)
    if not found:
        raise typer.Exit(NOTHING_FOUND)


def _run(
    integration: Integration, profile: str | None, label: str, call: Callable[[Connection], Awaitable[T]]
) -> T:
    async def run() -> T:
        async with connected(integration, profile) as (connection, _profile):
            with waiting(f"{label} …"):
                return await call(connection)

    return asyncio.run(run())


def _show(integration: Integration, search: Search, found: list[dict[str, Any]]) -> None:
    if not found:
        tell(f"No {integration.resources[search.resource].noun} fits.")
    elif len(found) == 1:
        record(search.fields, found[0], search.label)
    else:
        shown = [field for field in search.fields if field.type != "list"][:COLUMNS]
        rows = [[short(row.get(field.key)) for field in shown] for row in found]
        table(search.label, [field.label for field in shown], rows)


def _inputs(fields: Sequence[InputField], pairs: list[str] | None, source: str | None) -> dict[str, Any]:
    return collected(fields, pairs, _document(source) if source else None)


def _bytes(source: str) -> bytes:
    if source != "-":
        return Path(source).read_bytes()
    raw = getattr(sys.stdin, "buffer", None)
    return sys.stdin.read().encode() if raw is None else bytes(raw.read())


def _document(source: str) -> dict[str, Any]:
    try:
        found = json.loads(text_files.decoded(_bytes(source)))
    except (OSError, ValueError) as problem:
        raise typer.BadParameter(f"--json {source} cannot be read: {text_files.reason(problem)}.") from None
    except RecursionError:
        raise typer.BadParameter(f"--json {source} cannot be read: it is nested too deeply.") from None
    if not isinstance(found, dict):
        raise typer.BadParameter(f"--json {source} must hold an object with the inputs.")
    return found
