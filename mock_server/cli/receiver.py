"""Implements `returns receiver check`, which needs no running sandbox."""

from __future__ import annotations

import asyncio
import json
import shutil
import warnings
from pathlib import Path  # noqa: TC003 - typer reads the annotation
from typing import TYPE_CHECKING, Annotated, Final

import typer

from mock_server.cli.completion import complete_vendor
from mock_server.cli.help import CommandsByTask
from mock_server.cli.options import As  # noqa: TC001 - typer reads the annotation
from mock_server.cli.output import Format, ignoring_closed_pipe, notify, print_line
from mock_server.cli.request import MISUSED, fail
from mock_server.spelling import UnknownNameError, listed

if TYPE_CHECKING:
    from collections.abc import Callable

    from mock_server.receiver_check.check import Target
    from mock_server.receiver_check.results import Finding, Report
    from mock_server.webhooks.format import WebhookFormat

_FAILED: Final = 1
_COLOURS: Final = {"pass": "green", "warn": "yellow", "fail": "red", "skip": "bright_black"}


def commands() -> typer.Typer:
    """Build the `returns receiver` command group."""
    group = typer.Typer(cls=CommandsByTask, no_args_is_help=True)
    group.callback()(receiver)
    group.command()(check)
    return group


def receiver() -> None:
    """Check a webhook receiver."""


def check(
    receiver_url: Annotated[str, typer.Argument(metavar="URL", help="URL of the receiver.")],
    *,
    vendor: Annotated[str, typer.Option(help="Vendor whose events to send.", autocompletion=complete_vendor)],
    secret: Annotated[
        str,
        typer.Option(
            help="Secret with which the receiver verifies signatures.", envvar="RETURNS_WEBHOOK_SECRET"
        ),
    ] = "",
    timeout: Annotated[
        float, typer.Option(help="Time limit for each response, in seconds.", min=0.05, max=600)
    ] = 10.0,
    burst: Annotated[int, typer.Option(help="Number of events to send at once.", min=2, max=1_000)] = 25,
    strict: Annotated[bool, typer.Option("--strict", help="Treat warnings as failures.")] = False,
    junit: Annotated[
        Path | None, typer.Option(help="File to write a JUnit report to.", dir_okay=False)
    ] = None,
    output: As = Format.table,
) -> None:
    """Send a vendor's webhook events to a receiver, and check its responses.

    Sends signed events of every kind, then repeated, forged, old, malformed and very large ones, and finally
    a burst. The events report invented returns, so use a test installation of the receiver. The exit code is
    1 if a check fails.
    """
    from mock_server.receiver_check.check import Target
    from mock_server.receiver_check.reporting import as_json, as_junit

    target = Target(_url(receiver_url), secret, timeout, burst)
    format_ = _format(vendor, secret)
    report = _run(target, format_, _Printer().print if output is Format.table else _ignore)
    if junit is not None:
        try:
            junit.write_bytes(as_junit(report, strict=strict))
        except OSError as error:
            fail(f"The report cannot be written to {junit}: {error.strerror}.", MISUSED)
    if output is Format.json:
        with ignoring_closed_pipe():
            print_line(json.dumps(as_json(report, strict=strict)))
    else:
        _summarize(report)
    if report.fails(strict=strict):
        raise typer.Exit(_FAILED)


def _url(url: str) -> str:
    from mock_server.webhooks.transport import url_problem

    problem = url_problem(url)
    if problem:
        fail(f"The URL {problem}.", MISUSED)
    return url


def _format(vendor: str, secret: str) -> WebhookFormat:
    """Look up a vendor's webhook format; exit if the vendor has none, or if a required secret is missing."""
    from mock_server import vendors

    known = [name for name in vendors.names() if vendors.webhooks_of(name)]
    try:
        format_ = vendors.webhooks_of(vendor)
    except UnknownNameError as error:
        fail(str(error), MISUSED)
    if format_ is None:
        fail(f"No source describes webhooks of {vendor}; choose {listed(known)}.", MISUSED)
    if not secret and format_.new_secret():
        fail(
            f"{vendor} signs its events; pass the secret that the receiver uses with --secret or "
            "RETURNS_WEBHOOK_SECRET.",
            MISUSED,
        )
    return format_


def _run(target: Target, format_: WebhookFormat, found: Callable[[Finding], None]) -> Report:
    import httpx

    from mock_server.proxies import ProxyUnusable, proxy
    from mock_server.receiver_check.check import check as examine

    async def examined() -> Report:
        transport = httpx.AsyncHTTPTransport(
            proxy=proxy(target.url),
            limits=httpx.Limits(max_connections=None),
            verify=target.url.startswith("https"),  # loading CA certificates takes 0.1 s
        )
        async with httpx.AsyncClient(transport=transport) as client:
            return await examine(target, format_, client, found=found)

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # PyJWT warns about short secrets
            return asyncio.run(examined())
    except ProxyUnusable as error:
        fail(str(error), MISUSED)


def _ignore(_finding: Finding) -> None:
    """Do nothing: with JSON output, all findings are printed at the end and not one by one."""


class _Printer:
    """Prints each finding as soon as the check produces it; the summary at the end adds the advice."""

    def __init__(self) -> None:
        self._previous: Finding | None = None

    def print(self, finding: Finding) -> None:
        """Print a finding's verdict and question; unless the verdict is `pass`, also what was observed."""
        from mock_server.receiver_check.scorecard import finding_lines

        verdict = typer.style(finding.verdict.value, fg=_COLOURS[finding.verdict.value], bold=True)
        first, *rest = finding_lines(finding, self._previous, _width())
        with ignoring_closed_pipe():
            typer.echo(f"{verdict}  {first}")
            for line in rest:
                typer.echo(line)
        self._previous = finding


def _width() -> int:
    return shutil.get_terminal_size().columns


def _summarize(report: Report) -> None:
    from mock_server.receiver_check.scorecard import not_judged, summary_lines

    with ignoring_closed_pipe():
        typer.echo()
        for line in summary_lines(report, _width()):
            typer.echo(line)
        typer.echo()
    notify(not_judged(_width()))
