"""`returns generate`: write the platforms' apps from description and catalog."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.output import say, tell

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

commands = typer.Typer(no_args_is_help=True, help="Write the platforms' apps from description and catalog.")
DRIFTED = BREAKS = 1

Chosen = Annotated[str | None, typer.Option(help="One vendor.  [default: all]")]
Output = Annotated[Path, typer.Option(help="The folder that holds one app per vendor.")]
Check = Annotated[
    bool, typer.Option("--check", help="Write nothing; exit code 1 when something would change.")
]
Assumed = Annotated[bool, typer.Option("--include-assumed", help="Offer what rests on assumptions, too.")]


@commands.callback(invoke_without_command=True)
def generate(
    context: typer.Context,
    diff: Annotated[
        str | None,
        typer.Option(
            metavar="BASE",
            help="Write nothing; say what a release would change for those who use the apps of BASE, a git "
            "revision or a folder. Exit code 1 when the version is not the one that the changes need.",
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
        say(f"{verdict.app}{versions}: {_counted(len(verdict.changes))}.")
        for change in verdict.changes:
            say(f"  {change}")
        if verdict.refused:
            tell(f"{verdict.app} {verdict.refusal}.")
    if refused:
        raise typer.Exit(BREAKS)


def _counted(changes: int) -> str:
    return f"{changes or 'no'} change{'' if changes == 1 else 's'}"


@commands.command()
def zapier(
    vendor: Chosen = None,
    output: Output = Path("zapier_app"),
    check: Check = False,  # noqa: FBT002
    include_assumed: Assumed = False,  # noqa: FBT002
) -> None:
    """Write one Zapier app per vendor; which app at Zapier it belongs to is kept."""
    from connector.definition.compiler import integration
    from connector.generator.zapier import render
    from connector.generator.zapier.link import kept_link

    def rendered(name: str) -> Mapping[str, str]:
        link = kept_link(output / name)
        return render(integration(name), include_assumed=include_assumed, link=link)

    _generate(vendor, output, rendered, check=check)


@commands.command()
def make(
    vendor: Chosen = None,
    output: Output = Path("make_app"),
    check: Check = False,  # noqa: FBT002
    include_assumed: Assumed = False,  # noqa: FBT002
    base_url: Annotated[
        str | None,
        typer.Option(help="Another address of the API, for a trial; only with --vendor.", show_default=False),
    ] = None,
) -> None:
    """Write one Make app per vendor; where it was deployed to before is kept."""
    from connector.definition.compiler import integration
    from connector.generator.make import render
    from connector.generator.make.manifest import kept_origins

    if base_url is not None and not vendor:
        raise typer.BadParameter("An address belongs to one vendor; name it with --vendor.")
    if base_url is not None:
        from connector.profiles.variables import placed

        base_url = str(placed(base_url, "--base-url")).rstrip("/")

    def rendered(name: str) -> Mapping[str, str]:
        origins = kept_origins(output / name)
        return render(integration(name), include_assumed=include_assumed, origins=origins, base_url=base_url)

    _generate(vendor, output, rendered, check=check)


def _generate(
    vendor: str | None, output: Path, rendered: Callable[[str], Mapping[str, str]], *, check: bool
) -> None:
    from connector.definition.compiler import vendors
    from connector.generator import write

    drifted = False
    for name in [vendor] if vendor else vendors():
        files = rendered(name)
        folder = output / name
        drift = write.check(files, folder) if check else write.write(files, folder)
        drifted = drifted or bool(drift)
        if drift and check:
            tell(f"{folder} differs from what would be generated:\n{drift}")
        else:
            say(f"{folder}: {'changed' if drift else 'as it was'}, {len(files)} files.")
            for path in () if check else drift.extra:
                say(f"  removed {path}, which is no longer generated")
    if check and drifted:
        raise typer.Exit(DRIFTED)
