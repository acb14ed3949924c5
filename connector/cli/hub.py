"""Implements the `returns hub` and `returns hub plan` commands."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path  # noqa: TC003 - typer reads the annotation
from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.completion import complete_vendor
from connector.cli.help import CommandList
from connector.cli.options import user_folder
from connector.cli.output import notify, print_table
from connector.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connector.definition.model import Integration
    from connector.hub.planning import Load

EXTRA = {"alembic", "cryptography", "procrastinate", "prometheus_client", "psycopg", "standardwebhooks"}
"""The packages that the hub needs; `pip install 'returns-connector[hub]'` installs them."""


class LogFormat(StrEnum):
    """The formats of the log."""

    TEXT = "text"
    JSON = "json"


commands = typer.Typer(cls=CommandList)


@commands.callback(invoke_without_command=True)
def hub(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=0, max=65_535)] = 4020,
    database: Annotated[
        str | None,
        typer.Option(
            help="URL of the database. Several processes can share postgresql://hub@db.example.com/hub."
            "  [default: an SQLite file in your state folder]",
            envvar="RETURNS_HUB_DATABASE",
            show_default=False,
        ),
    ] = None,
    key_file: Annotated[
        Path | None,
        typer.Option(
            help="File with the encryption keys, one per line; created if it is missing. The environment"
            " variable RETURNS_HUB_ENCRYPTION_KEYS replaces it.  [default: hub.key in your state folder]",
            show_default=False,
        ),
    ] = None,
    interval: Annotated[
        int, typer.Option(help="Minimum number of seconds between two polls of a list.", min=1)
    ] = 60,
    public_url: Annotated[
        str,
        typer.Option(
            help="URL under which vendors reach this hub, for their webhooks, such as https://hub.example.com.",
            envvar="RETURNS_HUB_PUBLIC_URL",
            show_default=False,
        ),
    ] = "",
    log_format: Annotated[
        LogFormat,
        typer.Option(help="How the log is written, one line per entry.", envvar="RETURNS_HUB_LOG_FORMAT"),
    ] = LogFormat.TEXT,
    keep_days: Annotated[
        int, typer.Option(help="How many days events and their deliveries are kept.", min=2, max=3_650)
    ] = 30,
    alarm_url: Annotated[
        str,
        typer.Option(
            help="URL that receives alarms as JSON, such as an incoming webhook of a chat.",
            envvar="RETURNS_HUB_ALARM_URL",
            show_default=False,
        ),
    ] = "",
    alarm_command: Annotated[
        str,
        typer.Option(
            help="Command that receives alarms as JSON on its standard input.",
            envvar="RETURNS_HUB_ALARM_COMMAND",
            show_default=False,
        ),
    ] = "",
    heartbeat: Annotated[
        float,
        typer.Option(
            help="Number of seconds between two heartbeats of a process on PostgreSQL. If a process misses"
            " three, another one takes over its work.",
            min=0.1,
        ),
    ] = 5,
    webhook_allow: Annotated[
        list[str] | None,
        typer.Option(
            help="Also deliver events to this private network or host, such as 10.0.0.0/8; repeatable.",
            metavar="HOST",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Poll each connection once for all workflows, and deliver its events to every subscriber.

    The API is described in openapi/hub.yaml. The first start prints an admin key, once. Events that cannot be
    delivered are tried again for a day. Ctrl-C stops the hub; nothing is lost.
    """
    if context.invoked_subcommand is not None:
        return
    import asyncio

    _require_extra()
    from platformdirs import user_state_path

    from connector.hub.alarms.sending import Routes
    from connector.hub.encryption import read_keys
    from connector.hub.hub import Options
    from connector.hub.logs import configure
    from connector.hub.serve import listen, serve

    folder = user_folder(user_state_path)
    if database is None or key_file is None:
        folder.mkdir(parents=True, exist_ok=True)
    configure(log_format.value)
    listening = listen(host, port)
    address, number = listening.getsockname()[:2]
    url = f"http://{f'[{address}]' if ':' in address else address}:{number}"
    options = Options(
        database=database or f"sqlite:///{folder / 'hub.sqlite3'}",
        encryption_keys=os.environ.get("RETURNS_HUB_ENCRYPTION_KEYS")
        or read_keys(key_file or folder / "hub.key"),
        shortest=interval,
        heartbeat=heartbeat,
        allow=webhook_allow or (),
        public_url=public_url,
        address=url,
        keep_days=keep_days,
        alarms=Routes(alarm_url, alarm_command),
    )

    def ready(first_key: str | None) -> None:
        notify(f"The hub listens on {url}.")
        if first_key is not None:
            notify(f"The admin key of this hub, shown only now: {first_key}")

    asyncio.run(serve(options, listening, ready))


@commands.command()
def plan(
    vendors: Annotated[
        list[str] | None,
        typer.Argument(
            help="Plan for these vendors only.  [default: all]",
            show_default=False,
            autocompletion=complete_vendor,
        ),
    ] = None,
    connections: Annotated[int, typer.Option(help="Number of connections that share one login.", min=1)] = 1,
    changes: Annotated[
        int | None,
        typer.Option(
            help="Expected changes per day on each connection.  [default: 200, or as many as fit]",
            min=0,
            show_default=False,
        ),
    ] = None,
    triggers: Annotated[
        list[str] | None,
        typer.Option(
            "--trigger",
            help="Plan for this trigger or event type only; repeatable.  [default: all]",
            show_default=False,
        ),
    ] = None,
    interval: Annotated[
        int, typer.Option(help="Minimum number of seconds between two polls of a list.", min=1)
    ] = 60,
) -> None:
    """Show how often each vendor can be polled within its limits, and how late an event can be.

    No connection is needed, and no request is sent. The maximum delay applies as long as the vendor responds
    and the number of changes per day does not exceed the number that is shown.
    """
    from connector.definition.compiler import integration as compiled
    from connector.definition.compiler import vendors as known
    from connector.hub.planning import Load

    load = Load(
        connections=connections, changes=None if changes is None else changes * connections, shortest=interval
    )
    refused: list[str] = []
    planned = [compiled(name) for name in vendors or known()]
    for name in triggers or ():
        _require_trigger(name, planned)
    rows = [_row(integration, triggers or (), load, refused) for integration in planned]
    columns = ["Vendor", "Lists", "Polled every", "Late at most", "Calls a day", "Holds up to"]
    print_table("", columns, rows)
    for sentence in refused:
        notify(sentence)
    if refused:
        raise typer.Exit(1)


def _require_trigger(name: str, planned: Sequence[Integration]) -> None:
    """Raise `UnknownKey` if `name` is no trigger and no event type of the vendors that are planned for."""
    from connector.definition.spelling import unknown
    from connector.errors import UnknownKey

    names: dict[str, None] = {}
    for integration in planned:
        names.update(dict.fromkeys(integration.triggers))
        if integration.unified:
            kinds = integration.unified.events.values()
            names.update(dict.fromkeys(str(kind) for kind in kinds if kind != "other"))
    if name not in names:
        owner = planned[0].vendor.title if len(planned) == 1 else "these vendors"
        raise UnknownKey(unknown(f"trigger or event type of {owner}", name, names))


def _row(integration: Integration, triggers: Sequence[str], load: Load, refused: list[str]) -> list[str]:
    from connector.hub.lists import polled_lists
    from connector.hub.planning import PlanRefusedError, spoken
    from connector.hub.planning import plan as made_plan
    from connector.unified.events import choose_trigger

    chosen = [choose_trigger(integration, name, name, include_assumed=True).trigger for name in triggers]
    wanted = set(filter(None, chosen))
    lists = [one for one in polled_lists(integration).values() if not triggers or wanted & set(one.triggers)]
    vendor = integration.vendor.id
    if not lists:
        return [vendor, "0", "", "", "", "has no such trigger"]
    try:
        made = made_plan(integration, lists, load)
    except PlanRefusedError as problem:
        refused.append(problem.message)
        return [vendor, str(len(lists)), "does not fit", "", "", ""]
    calls = f"{made.calls:,} of {made.limit:,}" if made.limit else f"{made.calls:,}"
    most = "any number of changes" if made.most_changes is None else f"{made.most_changes:,} changes a day"
    return [vendor, str(len(lists)), spoken(made.interval), spoken(made.late), calls, most]


def _require_extra() -> None:
    from importlib.util import find_spec

    missing = sorted(name.replace("_", "-") for name in EXTRA if find_spec(name) is None)
    if missing:
        raise ConfigurationError(
            f"The hub needs packages that are not installed ({', '.join(missing)}). "
            "Install them with: pip install 'returns-connector[hub]'"
        )
