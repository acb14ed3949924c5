"""`returns generate`: write the platforms' apps from description and catalog."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from connector.output import say, tell

commands = typer.Typer(no_args_is_help=True, help="Write the platforms' apps from description and catalog.")
DRIFTED = BREAKS = 1


@commands.callback(invoke_without_command=True)
def generate(
    context: typer.Context,
    diff: Annotated[
        str | None,
        typer.Option(
            metavar="BASE",
            help="Write nothing; say what a release would change for those who use the apps of BASE, a git "
            "revision or a folder. Exit code 1 when something breaks and the major version is the same.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Write the platforms' apps from description and catalog."""
    if diff is None:
        return
    if context.invoked_subcommand:
        raise typer.BadParameter("--diff looks at all platforms and writes nothing; leave the platform out.")
    _gate(diff)


def _gate(base: str) -> None:
    from connector.generator.gate import verdicts

    refused = False
    for verdict in verdicts(base, Path()):
        refused = refused or verdict.refused
        versions = f" ({verdict.base or 'none'} to {verdict.now or 'none'})" if verdict.changes else ""
        say(f"{verdict.app}{versions}: {len(verdict.changes) or 'no'} changes.")
        for change in verdict.changes:
            say(f"  {change}")
        if verdict.refused:
            tell(f"{verdict.app} breaks what people have built: raise its major version, or keep what was.")
    if refused:
        raise typer.Exit(BREAKS)


@commands.command()
def zapier(
    vendor: Annotated[str | None, typer.Option(help="One vendor.  [default: all]")] = None,
    output: Annotated[Path, typer.Option(help="The folder that holds one app per vendor.")] = Path(
        "zapier_app"
    ),
    check: Annotated[  # noqa: FBT002
        bool, typer.Option("--check", help="Write nothing; exit code 1 when something would change.")
    ] = False,
    include_assumed: Annotated[  # noqa: FBT002
        bool, typer.Option("--include-assumed", help="Offer what rests on assumptions, too.")
    ] = False,
) -> None:
    """Write one Zapier app per vendor."""
    from connector.compile import integration, vendors
    from connector.generator import write
    from connector.generator.zapier import render

    drifted = False
    for name in [vendor] if vendor else vendors():
        files = render(integration(name), include_assumed=include_assumed)
        folder = output / name
        drift = write.check(files, folder) if check else write.write(files, folder)
        drifted = drifted or bool(drift)
        if drift and check:
            tell(f"{folder} differs from what would be generated:\n{drift}")
        else:
            say(f"{folder}: {'changed' if drift else 'as it was'}, {len(files)} files.")
    if check and drifted:
        raise typer.Exit(DRIFTED)
