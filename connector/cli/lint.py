"""Implements the `returns lint` command: checks generated apps against their platforms' requirements."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.completion import complete_app
from connector.cli.help import CommandList
from connector.cli.options import As  # noqa: TC001 - typer reads the annotation
from connector.cli.output import Format, print_json, print_line
from connector.cli.streams import ignoring_closed_pipe
from connector.definition.spelling import did_you_mean
from connector.errors import ConfigurationError

if TYPE_CHECKING:
    from connector.generator.complaint import Complaint

commands = typer.Typer(cls=CommandList, no_args_is_help=True)
FAULTY = 1
Apps = Annotated[
    list[str] | None,
    typer.Argument(
        help="Vendors, `hub`, or folders of apps.  [default: all apps]",
        show_default=False,
        autocompletion=complete_app,
    ),
]


@commands.callback()
def lint() -> None:
    """Check apps against publishing requirements.

    Checks the generated Zapier, Make and n8n apps without contacting the platforms.
    """


@commands.command()
def zapier(apps: Apps = None, output: As = Format.table) -> None:
    """Run Zapier's publishing checks. Requires Node.js; exits with code 1 if a check fails."""
    from connector.generator.zapier.lint import CHECKS
    from connector.generator.zapier.lint import lint as check

    _report({folder: check(folder) for folder in _folders(apps, Path("zapier_app"))}, len(CHECKS), output)


@commands.command()
def make(apps: Apps = None, output: As = Format.table) -> None:
    """Check Make's review requirements. Exits with code 1 if a check fails."""
    from connector.generator.make.lint import CHECKS
    from connector.generator.make.lint import lint as check

    _report({folder: check(folder) for folder in _folders(apps, Path("make_app"))}, len(CHECKS), output)


@commands.command()
def n8n(apps: Apps = None, output: As = Format.table) -> None:
    """Find problems that n8n's own lint does not find. Exits with code 1 if a check fails."""
    from connector.generator.n8n.lint import CHECKS
    from connector.generator.n8n.lint import lint as check

    _report({folder: check(folder) for folder in _folders(apps, Path("n8n_nodes"))}, len(CHECKS), output)


def _folders(names: list[str] | None, root: Path) -> list[Path]:
    """Return the folders of the apps to check; each of `names` is a vendor or the path of an app's folder.

    If there are no names, all apps in `root` are returned. Raises `ConfigurationError` if an app does not
    exist, or if `root` contains no apps.
    """
    folders = sorted(path for path in root.glob("*") if path.is_dir())
    if names:
        for name in names:
            if not (root / name).is_dir() and not Path(name).is_dir():
                guess = did_you_mean(name, [path.name for path in folders])
                raise ConfigurationError(
                    f"There is no app {name} in {root}, and no such folder{guess or '.'}"
                )
        return [root / name if (root / name).is_dir() else Path(name) for name in names]
    if not folders:
        raise ConfigurationError(f"There is no app in {root}; `returns generate` writes them.")
    return folders


def _report(complaints_by_folder: dict[Path, list[Complaint]], checks: int, output: Format) -> None:
    with ignoring_closed_pipe():
        _print(complaints_by_folder, checks, output)
    if any(complaints_by_folder.values()):
        raise typer.Exit(FAULTY)


def _print(complaints_by_folder: dict[Path, list[Complaint]], checks: int, output: Format) -> None:
    if output is Format.json:
        print_json(
            [
                {
                    "app": folder.name,
                    "checks": checks,
                    "complaints": [
                        {"check": complaint.check, "sentence": complaint.sentence} for complaint in complaints
                    ],
                }
                for folder, complaints in complaints_by_folder.items()
            ]
        )
    else:
        for folder, complaints in complaints_by_folder.items():
            count = f"{len(complaints) or 'no'} complaint{'' if len(complaints) == 1 else 's'}"
            print_line(f"{folder}: {checks} checks, {count}.")
            for complaint in complaints:
                print_line(f"  {complaint}")
