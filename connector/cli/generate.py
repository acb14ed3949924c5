"""Implements the `returns generate` command: writes apps for Zapier, Make and n8n, or lists their changes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.completion import complete_app
from connector.cli.help import CommandList
from connector.cli.options import FactFiles, facts_by_vendor
from connector.cli.output import notify, print_line
from connector.cli.streams import ignoring_closed_pipe

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from connector.definition.offer import Selection

commands = typer.Typer(cls=CommandList, no_args_is_help=True)
DRIFTED = BREAKS = 1

OneApp = Annotated[
    str | None,
    typer.Option(
        "--vendor",
        help="Write the app of this vendor only, or of the hub (`hub`).  [default: all]",
        autocompletion=complete_app,
    ),
]
Output = Annotated[Path, typer.Option(help="Folder that contains one app per vendor, and the hub's.")]
Check = Annotated[
    bool, typer.Option("--check", help="Write nothing; exit with code 1 if a file would change.")
]
Assumed = Annotated[
    bool,
    typer.Option("--include-assumed", help="Also include assumed writes that could do harm."),
]
Documented = Annotated[
    bool,
    typer.Option("--documented-only", help="Leave out previews, which are steps with an assumed request."),
]


@commands.callback(invoke_without_command=True)
def generate(
    context: typer.Context,
    diff: Annotated[
        str | None,
        typer.Option(
            metavar="BASE",
            help="Write nothing; list what changes for users of the apps in BASE (a git revision or folder). "
            "Exit with code 1 if the version number does not match the changes.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Write the Zapier and Make apps and the n8n packages.

    The apps are generated from the API descriptions and the catalog.
    """
    if diff is None:
        return
    if context.invoked_subcommand:
        raise typer.BadParameter("--diff compares all platforms and writes nothing; leave out the platform.")
    _print_changes(diff)


def _print_changes(base: str) -> None:
    from connector.generator.gate import verdicts

    refused = False
    for verdict in verdicts(base, Path()):
        refused = refused or verdict.refused
        versions = f" ({verdict.base or 'none'} to {verdict.now or 'none'})" if verdict.changes else ""
        with ignoring_closed_pipe():
            print_line(f"{verdict.app}{versions}: {_count(len(verdict.changes))}.")
            for change in verdict.changes:
                print_line(f"  {change}")
        if verdict.refused:
            notify(f"{verdict.app} {verdict.refusal}.")
    if refused:
        raise typer.Exit(BREAKS)


def _count(changes: int) -> str:
    return f"{changes or 'no'} change{'' if changes == 1 else 's'}"


@commands.command()
def zapier(
    vendor: OneApp = None,
    output: Output = Path("zapier_app"),
    check: Check = False,  # noqa: FBT002
    include_assumed: Assumed = False,  # noqa: FBT002
    documented_only: Documented = False,  # noqa: FBT002
    files: FactFiles = None,
) -> None:
    """Write one Zapier app per vendor, and the hub's. Existing links to apps at Zapier are kept."""
    from connector.definition.compiler import app, apps
    from connector.generator.zapier import render
    from connector.generator.zapier.link import kept_link

    facts = facts_by_vendor(files)
    selection = _selection(include_assumed=include_assumed, documented_only=documented_only)

    def render_vendor(name: str) -> Mapping[str, str]:
        link = kept_link(output / name)
        return render(app(name, facts.get(name)), selection=selection, link=link)

    _write([vendor] if vendor else apps(), output, render_vendor, check=check)


@commands.command()
def make(
    vendor: OneApp = None,
    output: Output = Path("make_app"),
    check: Check = False,  # noqa: FBT002
    include_assumed: Assumed = False,  # noqa: FBT002
    documented_only: Documented = False,  # noqa: FBT002
    files: FactFiles = None,
    base_url: Annotated[
        str | None,
        typer.Option(help="Another address of the API, for testing; only with --vendor.", show_default=False),
    ] = None,
) -> None:
    """Write one Make app per vendor, and the hub's. Existing links to apps at Make are kept."""
    from connector.definition.compiler import app, apps
    from connector.generator.make import render
    from connector.generator.make.manifest import kept_origins

    if base_url is not None and not vendor:
        raise typer.BadParameter("--base-url is the address of one vendor; name it with --vendor.")
    if base_url is not None:
        from connector.profiles.variables import parse_url

        base_url = str(parse_url(base_url, "--base-url")).rstrip("/")

    facts = facts_by_vendor(files)
    selection = _selection(include_assumed=include_assumed, documented_only=documented_only)

    def render_vendor(name: str) -> Mapping[str, str]:
        made, origins = app(name, facts.get(name)), kept_origins(output / name)
        return render(made, selection=selection, origins=origins, base_url=base_url)

    _write([vendor] if vendor else apps(), output, render_vendor, check=check)


@commands.command()
def n8n(
    vendor: OneApp = None,
    output: Output = Path("n8n_nodes"),
    check: Check = False,  # noqa: FBT002
    include_assumed: Assumed = False,  # noqa: FBT002
    documented_only: Documented = False,  # noqa: FBT002
    files: FactFiles = None,
) -> None:
    """Write one n8n package per vendor, and the hub's. Author and repository in package.json are kept."""
    from connector.definition.compiler import app, apps
    from connector.generator.n8n import render
    from connector.generator.n8n.package import kept_publisher

    facts = facts_by_vendor(files)
    selection = _selection(include_assumed=include_assumed, documented_only=documented_only)

    def render_vendor(name: str) -> Mapping[str, str]:
        publisher = kept_publisher(output / name)
        return render(app(name, facts.get(name)), selection=selection, publisher=publisher)

    _write([vendor] if vendor else apps(), output, render_vendor, check=check)


def _selection(*, include_assumed: bool, documented_only: bool) -> Selection:
    if include_assumed and documented_only:
        raise typer.BadParameter("--include-assumed and --documented-only exclude each other.")
    return "everything" if include_assumed else "documented" if documented_only else "preview"


def _write(
    names: Sequence[str], output: Path, render: Callable[[str], Mapping[str, str]], *, check: bool
) -> None:
    from connector.generator import write

    drifted = False
    for name in names:
        files = render(name)
        folder = output / name
        drift = write.find_drift(files, folder) if check else write.write_files(files, folder)
        drifted = drifted or bool(drift)
        if drift and check:
            notify(f"{folder} differs from what would be generated:\n{drift}")
            continue
        with ignoring_closed_pipe():
            print_line(f"{folder}: {'changed' if drift else 'unchanged'}, {len(files)} files.")
            for path in () if check else drift.extra:
                print_line(f"  removed {path}, which is no longer generated")
    if check and drifted:
        raise typer.Exit(DRIFTED)
