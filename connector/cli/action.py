"""Implements the `returns action` and `returns search` commands: call a vendor's API and print the result."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from connector.cli.completion import complete_key
from connector.cli.exit_codes import NOTHING_FOUND
from connector.cli.options import As, Inputs, ProfileName, Vendor, collect_inputs, connect_by_name
from connector.cli.output import Format, notify, one_line, print_json, print_record, print_table, spinner
from connector.profiles import text_files

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from connector.definition.model import InputField, Integration, Search
    from connector.runtime.connection import Connection

ActionKey = Annotated[
    str,
    typer.Argument(
        help="Key of an action; see `returns catalog VENDOR`.",
        show_default=False,
        autocompletion=complete_key,
    ),
]
SearchKey = Annotated[
    str,
    typer.Argument(
        help="Key of a search; see `returns catalog VENDOR`.", show_default=False, autocompletion=complete_key
    ),
]
JsonFile = Annotated[
    str | None,
    typer.Option(
        "--json",
        help="File with the inputs as a JSON object; - reads standard input.",
        show_default=False,
    ),
]
MAX_COLUMNS = 7
T = TypeVar("T")


def action(
    vendor: Vendor,
    key: ActionKey,
    inputs: Inputs = None,
    json_file: JsonFile = None,
    profile: ProfileName = None,
    output: As = Format.table,
) -> None:
    """Run an action, for example create_return.

    Prints the record in the vendor's response.
    """
    from connector.definition.compiler import integration as compiled
    from connector.definition.lookup import by_key

    integration = compiled(vendor)
    definition = by_key(integration, "action", integration.actions, key)
    values = _inputs(definition.inputs, inputs, json_file)

    result = _run(
        integration, profile, definition.label, lambda connection: connection.actions[key](**values)
    )
    if output is Format.json:
        print_json(result)
    else:
        print_record(definition.fields, result, definition.label)


def search(
    vendor: Vendor,
    key: SearchKey,
    inputs: Inputs = None,
    json_file: JsonFile = None,
    limit: Annotated[int, typer.Option(help="Maximum number of records to print.", min=1)] = 25,
    profile: ProfileName = None,
    output: As = Format.table,
) -> None:
    """Run a search or a report, for example find_return.

    Prints the records that were found. Exits with code 4 if no record was found.
    """
    from connector.definition.compiler import integration as compiled
    from connector.definition.lookup import by_key

    integration = compiled(vendor)
    definition = by_key(integration, "search", integration.searches, key)
    values = _inputs(definition.inputs, inputs, json_file)

    records = _run(
        integration,
        profile,
        definition.label,
        lambda connection: connection.searches[key](limit=limit, **values),
    )
    if output is Format.json:
        print_json(records)
    else:
        _print_records(integration, definition, records)
    if not records:
        raise typer.Exit(NOTHING_FOUND)


def _run(
    integration: Integration, profile: str | None, label: str, call: Callable[[Connection], Awaitable[T]]
) -> T:
    async def run() -> T:
        async with connect_by_name(integration, profile) as (connection, _profile):
            with spinner(f"{label} …"):
                return await call(connection)

    return asyncio.run(run())


def _print_records(integration: Integration, search: Search, records: list[dict[str, Any]]) -> None:
    if not records:
        notify(f"No {integration.resources[search.resource].noun} was found.")
    elif len(records) == 1:
        print_record(search.fields, records[0], search.label)
    else:
        fields = [field for field in search.fields if field.type != "list"][:MAX_COLUMNS]
        rows = [[one_line(record.get(field.key)) for field in fields] for record in records]
        print_table(search.label, [field.label for field in fields], rows)


def _inputs(fields: Sequence[InputField], pairs: list[str] | None, file: str | None) -> dict[str, Any]:
    return collect_inputs(fields, pairs, _read_json(file) if file else None)


def _read_bytes(file: str) -> bytes:
    if file != "-":
        return Path(file).read_bytes()
    raw = getattr(sys.stdin, "buffer", None)
    return sys.stdin.read().encode() if raw is None else bytes(raw.read())


def _read_json(file: str) -> dict[str, Any]:
    try:
        document = json.loads(text_files.decode(_read_bytes(file)))
    except (OSError, ValueError) as error:
        raise typer.BadParameter(f"--json {file} cannot be read: {text_files.reason(error)}.") from None
    except RecursionError:
        raise typer.BadParameter(f"--json {file} cannot be read: it is nested too deeply.") from None
    if not isinstance(document, dict):
        raise typer.BadParameter(f"--json {file} must contain a JSON object with the inputs.")
    return document
