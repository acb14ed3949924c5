"""Definition of a seeded mistake, and how it is applied to a copy of an app."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest

from connector.definition.model import Integration


@dataclass(frozen=True)
class Mistake:
    """One mistake in `vendor`'s app, and what notices it.

    `damage` changes a copy of the app's folder. `noticed_by` is a scenario of the matrix (`line_items`) or a
    check of a lint (`D005`).
    """

    name: str
    app: Literal["zapier", "make", "n8n"]
    vendor: str
    damage: Callable[[Path], None]
    noticed_by: str


@dataclass(frozen=True)
class Slip:
    """One mistake in the connector: in its code, or in the `Integration` of `vendor`."""

    name: str
    vendor: str
    noticed_by: str
    patch: Callable[[pytest.MonkeyPatch], None] = lambda _patch: None
    alter: Callable[[Integration], Integration] = lambda offer: offer


def instead(file: str, good: str, bad: str) -> Callable[[Path], None]:
    """Replace a text in one file, where it must occur exactly once."""

    def damage(folder: Path) -> None:
        path = folder / file
        text = path.read_text("utf-8")
        assert text.count(good) == 1, f"{file} contains {good!r} {text.count(good)} times instead of once"
        path.write_text(text.replace(good, bad), "utf-8")

    return damage


def edited(file: str, edit: Callable[[Any], Any]) -> Callable[[Path], None]:
    """Change a JSON file; `edit` modifies the parsed value."""

    def damage(folder: Path) -> None:
        path = folder / file
        content = json.loads(path.read_text("utf-8"))
        before = json.dumps(content)
        edit(content)
        assert json.dumps(content) != before, f"{file} is unchanged, so there is no mistake"
        path.write_text(json.dumps(content), "utf-8")

    return damage


def copied(app: Path, to: Path) -> Path:
    """Copy an app's folder; the copy shares the installed packages."""
    folder = to / app.name
    shutil.copytree(app, folder, ignore=shutil.ignore_patterns("node_modules"))
    packages = app / "node_modules"
    if packages.is_dir():
        (folder / "node_modules").symlink_to(packages, target_is_directory=True)
    return folder
