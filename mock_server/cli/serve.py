"""Implements `returns serve`, and adds all of the sandbox's commands to the `returns` program."""

from __future__ import annotations

import gc
import os
from pathlib import Path  # noqa: TC003 - typer reads the annotation
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mock_server import address, cli
from mock_server.cli import receiver
from mock_server.cli.completion import complete_vendor
from mock_server.cli.environment import ignored_secrets
from mock_server.cli.options import Seed  # noqa: TC001 - typer reads the annotation
from mock_server.serving import terminal

if TYPE_CHECKING:
    from socket import socket

    from pydantic_core import ErrorDetails

    from mock_server.settings import Settings

_REFUSED, _MISUSED, _INTERRUPTED = 1, 2, 130


def register(app: typer.Typer) -> None:
    """Add `serve`, `credentials`, `sandbox` and `receiver` to the `returns` program."""
    app.command()(serve)
    app.command()(cli.credentials)
    app.add_typer(cli.commands(), name="sandbox")
    app.add_typer(receiver.commands(), name="receiver")


def serve(
    *,
    host: Annotated[str | None, typer.Option(help="Address to listen on.  [default: 127.0.0.1]")] = None,
    port: Annotated[
        int | None,
        typer.Option(help="Port to listen on; 0 picks a free port.  [default: 4010]", min=0, max=65535),
    ] = None,
    database: Annotated[
        str | None,
        typer.Option(
            help="Database: sqlite:///FILE, or sqlite:// for memory.  [default: a file in your data folder]"
        ),
    ] = None,
    vendor: Annotated[
        str | None,
        typer.Option(help="Serve only this vendor, at the root path.", autocompletion=complete_vendor),
    ] = None,
    no_rate_limits: Annotated[
        bool, typer.Option("--no-rate-limits", help="Do not enforce rate limits.")
    ] = False,
    seed: Seed = None,
    seed_size: Annotated[
        int | None,
        typer.Option(
            help="Returns to generate for each vendor of a new tenant.  [default: 150]", min=0, max=100_000
        ),
    ] = None,
    seed_file: Annotated[
        Path | None,
        typer.Option(
            help="YAML file with your own shop, instead of generated returns; "
            "`returns sandbox seed-template` writes an example."
        ),
    ] = None,
    first_moment: Annotated[
        str | None,
        typer.Option(
            help="Start time of tenant demo's clock, for example 2026-03-02T09:00:00Z.  [default: now]"
        ),
    ] = None,
    secret: Annotated[
        str | None, typer.Option(help="Secret from which API keys are derived.", envvar="RETURNS_SECRET")
    ] = None,
    public_url: Annotated[
        str | None,
        typer.Option(
            help="Public address, if it differs from --host and --port, for example behind a proxy."
        ),
    ] = None,
    demo_keys: Annotated[
        bool | None,
        typer.Option(
            "--demo-keys/--no-demo-keys",
            help="Accept the published demo keys for tenant demo.  [default: on loopback only]",
            show_default=False,
        ),
    ] = None,
    keep_alive: Annotated[
        int | None,
        typer.Option(
            help="Seconds after which an idle connection is closed.  [default: 75]", min=1, max=86_400
        ),
    ] = None,
    journal: Annotated[
        int | None,
        typer.Option(
            help="Requests to keep in memory for each tenant; 0 keeps none.  [default: 1000]",
            min=0,
            max=100_000,
        ),
    ] = None,
    log: Annotated[bool, typer.Option("--log", help="Print a line for each request.")] = False,
    ready_file: Annotated[
        Path | None,
        typer.Option(
            help="File that receives the URL, control token and keys as JSON once the sandbox is ready."
        ),
    ] = None,
    webhook_allow: Annotated[
        list[str] | None,
        typer.Option(help="Also allow webhooks to this host or CIDR block; repeatable.", metavar="HOST|CIDR"),
    ] = None,
    cors: Annotated[
        list[str] | None,
        typer.Option(
            help="Allow web pages from this origin to call the APIs; * allows all origins, but only for the "
            "vendors' APIs; repeatable.",
            metavar="ORIGIN",
        ),
    ] = None,
) -> None:
    """Start the sandbox: mock servers of the vendors' APIs.

    The mock servers keep state, so a return that is created can be read, updated and refunded. Ctrl-C stops
    the sandbox.
    """
    terminal.open_closed_streams()
    if seed_file and seed_size is not None:
        _stop("--seed-file replaces the generated returns; leave out --seed-size.", _MISUSED)
    options = {
        "host": host,
        "port": port,
        "database": database,
        "vendor": vendor,
        "rate_limits": False if no_rate_limits else None,
        "seed": seed,
        "seed_size": seed_size,
        "seed_file": seed_file,
        "first_moment": first_moment,
        "secret": secret,
        "public_url": public_url,
        "webhook_allow": webhook_allow or None,
        "demo_keys": demo_keys,
        "keep_alive": keep_alive,
        "journal": journal,
        "log": log or None,
        "cors": cors or None,
    }
    _serve({name: value for name, value in options.items() if value is not None}, ready_file)


def _serve(options: dict[str, Any], ready_file: Path | None) -> None:
    import openapi

    for sentence in ignored_secrets(os.environ, openapi.vendors()):
        terminal.warn(sentence)
    requested = _settings(options)
    try:
        listener = address.listen(requested.host, requested.port)
    except address.AddressError as error:
        _stop(str(error), _MISUSED if error.is_wrong else _REFUSED)
    with listener:
        settings = with_control_token(requested.model_copy(update={"port": listener.getsockname()[1]}))
        _serve_at(listener, settings, ready_file)


def _serve_at(listener: socket, settings: Settings, ready_file: Path | None) -> None:
    # Almost everything that is created until the sandbox is ready stays, so collections would only cost time.
    gc.disable()
    # Imported here because the web framework takes half a second to load, and only this command needs it.
    from mock_server.app import Sandbox, UnknownVendorError
    from mock_server.cli import banner
    from mock_server.engine.compiler import BrokenSpecification
    from mock_server.proxies import ProxyUnusable
    from mock_server.serving import server
    from mock_server.serving.log import RequestLog
    from mock_server.serving.ready import ReadyFile, ReadyFileError
    from mock_server.shop.mistakes import ShopError
    from mock_server.store import StoreError
    from mock_server.store.model import WrongDatabaseError

    file: ReadyFile | None = None
    log = RequestLog()

    def ready(app: Sandbox) -> None:
        if file:
            file.publish(banner.facts(app))
        banner.show(app)
        if settings.log:
            log.start(app.world.journal)

    def leaving() -> None:
        log.stop()
        if file:
            file.remove()

    try:
        file = ReadyFile.prepare(ready_file) if ready_file else None
        server.serve(settings, listener, ready=ready, leaving=leaving)
    except (UnknownVendorError, ProxyUnusable, ShopError, WrongDatabaseError, ReadyFileError) as error:
        _stop(str(error), _MISUSED)
    except (StoreError, BrokenSpecification) as error:
        _stop(str(error), _REFUSED)
    except KeyboardInterrupt:
        raise typer.Exit(_INTERRUPTED) from None


def with_control_token(settings: Settings) -> Settings:
    """Return the settings; if they need a control token but contain none, create, add and print one.

    A control token is needed if other machines can reach the sandbox.
    """
    from pydantic import SecretStr

    if settings.control_token or address.is_loopback(settings.host):
        return settings
    token = SecretStr(token_urlsafe(24))
    terminal.say(f"Control token (shown only once): {token.get_secret_value()}")
    return settings.model_copy(update={"control_token": token})


def _settings(options: dict[str, Any]) -> Settings:
    from platformdirs import user_data_path
    from pydantic import ValidationError

    from mock_server.settings import Settings

    try:
        settings = Settings(**options)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        source = f"--{name.replace('_', '-')}" if name in options else f"RETURNS_{name.upper()}"
        clause = _explained(first)
        _stop(f"{source}{' ' if clause.startswith('must ') else ': '}{clause}.", _MISUSED)
    if "database" in settings.model_fields_set:
        return settings
    try:
        folder = user_data_path("returns-connector", ensure_exists=True)
    except RuntimeError:  # platformdirs finds no home folder
        _stop("No home folder was found: pass --database, or set HOME.", _MISUSED)
    return settings.model_copy(update={"database": f"sqlite:///{folder / 'sandbox.sqlite3'}"})


def _explained(error: ErrorDetails) -> str:
    """Describe why a setting's value is not valid, in a clause such as "must be a whole number"."""
    kind, limits = error["type"], error.get("ctx", {})
    if kind == "value_error":
        return error["msg"].removeprefix("Value error, ")
    if kind in {"greater_than_equal", "less_than_equal"}:
        return f"must be at least {limits['ge']}" if "ge" in limits else f"must be at most {limits['le']}"
    for word, clause in (
        ("int", "a whole number"),
        ("bool", "true or false"),
        ("path", "the path of a file"),
    ):
        if kind.startswith(word):
            return f"must be {clause}"
    return "is not valid"


def _stop(sentence: str, code: int) -> Any:
    terminal.warn(sentence)
    raise typer.Exit(code)
