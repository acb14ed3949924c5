"""Implements the `returns verify` command: compares a real account with the vendor's specification."""

from __future__ import annotations

import asyncio
import sys
from enum import StrEnum
from pathlib import Path  # noqa: TC003 - typer reads the annotation
from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.exit_codes import FAILED, INTERRUPTED
from connector.cli.options import ProfileName, Vendor, connect_by_name
from connector.cli.output import (
    as_json,
    encodable,
    encoding,
    notify,
    notify_stopped,
    print_line,
    spinner,
    width,
)
from connector.cli.streams import ignoring_closed_pipe
from connector.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connector.definition.model import Integration
    from connector.verify.plan import Plan
    from connector.verify.report import Report
    from connector.verify.run import Verification

DIFFERENT = FAILED
NARROW, WIDE = 80, 100  # characters per line: in a pipe, and at most in a terminal


class ReportFormat(StrEnum):
    """The format in which `returns verify` prints or saves its report."""

    text = "text"
    json = "json"
    junit = "junit"
    html = "html"


FORMATS = {
    ".html": ReportFormat.html,
    ".xml": ReportFormat.junit,
    ".json": ReportFormat.json,
    ".txt": ReportFormat.text,
}


def verify(
    vendor: Vendor,
    profile: ProfileName = None,
    calls: Annotated[
        int | None,
        typer.Option(
            "--calls",
            help="Send at most this many requests.  [default: as many as the comparison needs]",
            min=1,
            show_default=False,
        ),
    ] = None,
    facts: Annotated[
        Path | None,
        typer.Option(
            help="Write what was confirmed to this file, for `returns generate --facts`.", show_default=False
        ),
    ] = None,
    reports: Annotated[
        list[Path] | None,
        typer.Option(
            "--report",
            help="Also write the report to this file; .html, .xml (JUnit), .json or .txt. Repeatable.",
            show_default=False,
        ),
    ] = None,
    write: Annotated[  # noqa: FBT002
        bool,
        typer.Option(
            "--write",
            help="Also test writes that leave the test record unchanged, or only add a note to it.",
        ),
    ] = False,
    record: Annotated[
        str | None,
        typer.Option(help="ID of the test record, such as a return, for --write.", show_default=False),
    ] = None,
    output: Annotated[
        ReportFormat, typer.Option("--format", help="Format of the report.")
    ] = ReportFormat.text,
) -> None:
    """Compare a real account with the vendor's API description.

    Announces how many requests it sends, reads the account, and reports undocumented and missing fields,
    unexpected types, new values, and differences in paging and error responses. The report consists of names,
    types and counts. The only values from the account that it shows are new values of fields for which the
    API description lists all values, and only if they contain no digit and no @. No value is logged or saved.
    Without --write, nothing is changed.

    Exits with code 0 if nothing was found, 1 if there are differences, 3 if the login is refused, and 6 if
    the rate limit is reached.
    """
    from connector.definition.compiler import integration as compiled
    from connector.verify.plan import plan

    if write != (record is not None):
        raise typer.BadParameter(
            "--write needs --record with the ID of a test record; --record needs --write."
        )
    integration = compiled(vendor)
    _check_files(facts, reports or [])
    planned = plan(integration)
    if write and not planned.writes.operations:
        raise ConfigurationError(f"{integration.vendor.title} has no write that leaves a record as it is.")
    most = planned.calls + (planned.writes.calls if write else 0)
    started: list[Verification] = []
    try:
        asyncio.run(_run(integration, planned, profile, min(calls or most, most), record, started))
    except KeyboardInterrupt:
        sent = started[0].report.calls if started else 0
        requests = f"{sent} request{'' if sent == 1 else 's'}"
        notify_stopped(f"Stopped after {requests}; no report is printed or saved.")
        raise typer.Exit(INTERRUPTED) from None
    (verification,) = started
    report = verification.report
    if report.compared or report.differences:
        columns = min(width(), WIDE) if sys.stdout.isatty() else NARROW
        with ignoring_closed_pipe():
            print_line(encodable(rendered(report, output, columns), encoding(sys.stdout)))
        for file in reports or ():
            _write(file, rendered(report, FORMATS[file.suffix]))
    if facts and report.compared:
        _save(report, facts)
    if verification.problem:
        raise verification.problem
    if report.differences:
        raise typer.Exit(DIFFERENT)


async def _run(
    integration: Integration,
    planned: Plan,
    profile_name: str | None,
    limit: int,
    record: str | None,
    started: list[Verification],
) -> None:
    from connector.verify.run import Verification

    async with connect_by_name(integration, profile_name) as (connection, profile):
        writes = [operation.id for operation in planned.writes.operations] if record else []
        notify(_announcement(integration, profile.name, limit, writes))
        verification = Verification(connection.client, planned, limit, record)
        started.append(verification)
        with spinner("Comparing …"):
            await verification.run()


def _announcement(integration: Integration, profile: str, limit: int, writes: Sequence[str]) -> str:
    """Return the notice that is printed before the first request.

    It states the maximum number of requests, whether any of them write, and the vendor's rate limit.
    """
    from connector.cli.catalog import format_duration

    plans = {plan.name: plan.windows for plan in integration.limits.plans if plan.windows}
    smallest = min(plans.values(), key=lambda windows: windows[0].requests, default=())
    allowed = " and ".join(f"{window.requests:,} in {format_duration(window.seconds)}" for window in smallest)
    limits = f"{integration.vendor.title} allows {allowed}." if allowed else "No rate limit is known."
    what = f"some of which write to the test record ({', '.join(writes)})" if writes else "which only read"
    requests = f"{limit} request{'' if limit == 1 else 's'}"
    return f"{integration.vendor.title}, profile {profile}: at most {requests}, {what}. {limits}"


def rendered(report: Report, output: ReportFormat, columns: int = NARROW) -> str:
    """Render a report in the format `output`; text is wrapped to `columns` characters."""
    from connector.verify import rendering

    match output:
        case ReportFormat.json:
            return as_json(rendering.as_data(report), encoding(sys.stdout), indent=2)
        case ReportFormat.junit:
            return rendering.as_junit(report)
        case ReportFormat.html:
            return rendering.as_html(report)
    return rendering.as_text(report, columns)


def _check_files(facts: Path | None, reports: Sequence[Path]) -> None:
    """Raise `ConfigurationError` if a file cannot be written, before the first request is sent."""
    from connector.definition.facts import read
    from connector.definition.naming import listed

    for file in reports:
        if file.suffix not in FORMATS:
            raise ConfigurationError(f"The report {file} needs a name that ends with {listed(FORMATS)}.")
    for file in (*reports, *([facts] if facts else [])):
        if not file.parent.is_dir():
            raise ConfigurationError(f"{file} cannot be written: there is no folder {file.parent}.")
    if facts and facts.exists():
        read(facts)


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        reason = (error.strerror or "it is not writable").lower()
        raise ConfigurationError(f"The report cannot be written to {file}: {reason}.") from error


def _save(report: Report, file: Path) -> None:
    from connector import clock
    from connector.definition.facts import write
    from connector.verify.confirmed import facts as confirmed

    write(file, confirmed(report, clock.now()))
    notify(
        f"{file}: {len(report.confirmed)} confirmed parts. Use it with `returns generate … --facts {file}`."
    )
