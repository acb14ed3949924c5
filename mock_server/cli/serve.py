"""The sandbox's part of the command line: `returns serve`, `returns credentials`, `returns sandbox …`."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads the annotation
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mock_server import address, cli
from mock_server.serving import terminal

if TYPE_CHECKING:
    from socket import socket

    from mock_server.settings import Settings

_REFUSED, _MISUSED, _INTERRUPTED = 1, 2, 130


def register(app: typer.Typer) -> None:
    """Add the sandbox's commands to the program."""
    app.command()(serve)
    app.command()(cli.credentials)
    app.add_typer(cli.commands(), name="sandbox")


def serve(
    *,
    host: Annotated[str | None, typer.Option(help="Address to listen on.  [default: 127.0.0.1]")] = None,
    port: Annotated[
        int | None, typer.Option(help="Port; 0 takes a free one.  [default: 4010]", min=0, max=65535)
    ] = None,
    database: Annotated[
        str | None,
        typer.Option(help="sqlite:///FILE, or sqlite:// for memory.  [default: a file of your user]"),
    ] = None,
    vendor: Annotated[str | None, typer.Option(help="Serve this vendor alone, at the root.")] = None,
    no_rate_limits: Annotated[
        bool, typer.Option("--no-rate-limits", help="Admit any number of requests.")
    ] = False,
    seed: Annotated[
        int | None, typer.Option(help="What the seeded returns are drawn from.", min=0, max=2**53 - 1)
    ] = None,
    seed_size: Annotated[
        int | None, typer.Option(help="Returns of a new tenant.  [default: 150]", min=0, max=20_000)
    ] = None,
    first_moment: Annotated[
        str | None,
        typer.Option(
            help="When the clock of the tenant demo starts, e.g. 2026-03-02T09:00:00Z.  [default: now]"
        ),
    ] = None,
    secret: Annotated[
        str | None, typer.Option(help="What keys are derived from.", envvar="RETURNS_SECRET")
    ] = None,
    public_url: Annotated[str | None, typer.Option(help="Scheme, host and port as clients see them.")] = None,
    demo_keys: Annotated[
        bool | None,
        typer.Option(
            "--demo-keys/--no-demo-keys",
            help="Give `demo` the keys that everybody knows.  [default: on loopback only]",
            show_default=False,
        ),
    ] = None,
    keep_alive: Annotated[
        int | None,
        typer.Option(help="Seconds that an idle connection stays open.  [default: 75]", min=1, max=86_400),
    ] = None,
    ready_file: Annotated[
        Path | None,
        typer.Option(help="Write URL, control token and keys here, as JSON, once the sandbox answers."),
    ] = None,
    webhook_allow: Annotated[
        list[str] | None,
        typer.Option(help="Send webhooks to this host or CIDR block too; repeatable.", metavar="HOST|CIDR"),
    ] = None,
) -> None:
    """Start the sandbox: stateful stand-ins for the vendors' APIs. Ctrl-C stops it."""
    terminal.open_closed_streams()
    given = {
        "host": host,
        "port": port,
        "database": database,
        "vendor": vendor,
        "rate_limits": False if no_rate_limits else None,
        "seed": seed,
        "seed_size": seed_size,
        "first_moment": first_moment,
        "secret": secret,
        "public_url": public_url,
        "webhook_allow": webhook_allow or None,
        "demo_keys": demo_keys,
        "keep_alive": keep_alive,
    }
    _serve({name: value for name, value in given.items() if value is not None}, ready_file)


def _serve(given: dict[str, Any], ready_file: Path | None) -> None:
    wanted = _settings(given)
    try:
        listener = address.listen(wanted.host, wanted.port)
    except address.AddressError as error:
        _stop(str(error), _REFUSED)
    with listener:
        settings = guarded(wanted.model_copy(update={"port": listener.getsockname()[1]}))
        _serve_at(listener, settings, ready_file)


def _serve_at(listener: socket, settings: Settings, ready_file: Path | None) -> None:
    # Imported here because the web framework takes half a second, which no other command needs.
    from mock_server.app import Sandbox, UnknownVendorError
    from mock_server.cli import banner
    from mock_server.engine.compiler import BrokenSpecification
    from mock_server.proxies import ProxyUnusable
    from mock_server.serving import server
    from mock_server.serving.ready import ReadyFile, ReadyFileError
    from mock_server.store import StoreError

    file: ReadyFile | None = None

    def ready(app: Sandbox) -> None:
        if file:
            file.publish(banner.facts(app))
        banner.show(app)

    def leaving() -> None:
        if file:
            file.remove()

    try:
        file = ReadyFile.prepare(ready_file) if ready_file else None
        server.serve(settings, listener, ready=ready, leaving=leaving)
    except (UnknownVendorError, ProxyUnusable) as error:
        _stop(str(error), _MISUSED)
    except (StoreError, BrokenSpecification, ReadyFileError) as error:
        _stop(str(error), _REFUSED)
    except KeyboardInterrupt:
        raise typer.Exit(_INTERRUPTED) from None


def guarded(settings: Settings) -> Settings:
    """Give the control plane a token where others than this machine could reach it."""
    from pydantic import SecretStr

    if settings.control_token or address.is_loopback(settings.host):
        return settings
    token = SecretStr(token_urlsafe(24))
    terminal.say(f"Control plane token, shown only now: {token.get_secret_value()}")
    return settings.model_copy(update={"control_token": token})


def _settings(given: dict[str, Any]) -> Settings:
    from platformdirs import user_data_path
    from pydantic import ValidationError

    from mock_server.settings import Settings

    try:
        settings = Settings(**given)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        place = f"--{name.replace('_', '-')}" if name in given else f"RETURNS_{name.upper()}"
        _stop(f"{place}: {first['msg'].removeprefix('Value error, ')}.", _MISUSED)
    if "database" in settings.model_fields_set:
        return settings
    try:
        folder = user_data_path("returns-connector", ensure_exists=True)
    except RuntimeError:  # platformdirs knows no home
        _stop("You have no home folder here: say with --database where state is kept, or set HOME.", _MISUSED)
    return settings.model_copy(update={"database": f"sqlite:///{folder / 'sandbox.sqlite3'}"})


def _stop(sentence: str, code: int) -> Any:
    terminal.warn(sentence)
    raise typer.Exit(code)
