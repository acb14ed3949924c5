"""`returns lint`: hold generated apps to what their platforms ask of an app that is to be published."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.options import As  # noqa: TC001 - typer reads it
from connector.cli.output import Format, document, say
from connector.definition.naming import did_you_mean
from connector.errors import ConfigurationError

if TYPE_CHECKING:
    from connector.generator.complaint import Complaint

commands = typer.Typer(no_args_is_help=True, help="Hold generated apps to what their platforms ask for.")
FAULTY = 1
Apps = Annotated[
    list[str] | None,
    typer.Argument(help="Vendors, or folders of apps; all apps when left out.", show_default=False),
]


@commands.callback()
def lint() -> None:
    """Hold generated apps to what their platforms ask for."""


@commands.command()
def zapier(apps: Apps = None, output: As = Format.table) -> None:
    """Zapier's publishing checks, offline; exit code 1 when something is wrong. Asks for Node."""
    from connector.generator.zapier.lint import CHECKS
    from connector.generator.zapier.lint import lint as check

    _report({folder: check(folder) for folder in _folders(apps, Path("zapier_app"))}, len(CHECKS), output)


@commands.command()
def make(apps: Apps = None, output: As = Format.table) -> None:
    """Make's review requirements, offline; exit code 1 when something is wrong."""
    from connector.generator.make.lint import CHECKS
    from connector.generator.make.lint import lint as check

    _report({folder: check(folder) for folder in _folders(apps, Path("make_app"))}, len(CHECKS), output)


def _folders(named: list[str] | None, root: Path) -> list[Path]:
    """Return the folders of the apps that are meant: a vendor's lies in `root`."""
    found = sorted(path for path in root.glob("*") if path.is_dir())
    if named:
        for one in named:
            if not (root / one).is_dir() and not Path(one).is_dir():
                guess = did_you_mean(one, [path.name for path in found])
                raise ConfigurationError(f"There is no app {one} in {root}, and no such folder{guess or '.'}")
        return [root / one if (root / one).is_dir() else Path(one) for one in named]
    if not found:
        raise ConfigurationError(f"There is no app in {root}; `returns generate` writes them.")
    return found


def _report(found: dict[Path, list[Complaint]], checks: int, output: Format) -> None:
    if output is Format.json:
        document(
            [
                {
                    "app": folder.name,
                    "checks": checks,
                    "complaints": [{"check": one.check, "sentence": one.sentence} for one in complaints],
                }
                for folder, complaints in found.items()
            ]
        )
    else:
        for folder, complaints in found.items():
            verdict = "in order" if not complaints else f"{len(complaints)} wrong"
            say(f"{folder}: {checks} checks, {verdict}.")
            for one in complaints:
                say(f"  {one}")
    if any(found.values()):
        raise typer.Exit(FAULTY)
