"""Loads the definition and the files of a generated Zapier app, so that the lint checks can inspect them."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from connector.errors import ConfigurationError
from connector.generator.reading import read_text
from connector.generator.write import INSTALLED

Step = dict[str, Any]
STEPS = ("triggers", "creates", "searches")
READER = Path(__file__).with_name("definition.mjs")
COMMENT = re.compile(r"/\*.*?\*/|(?m:^\s*//.*$)", re.DOTALL)
TIMEOUT = 60  # seconds


@dataclass(frozen=True)
class App:
    """The definition and the files of a Zapier app.

    `definition` is the app's definition as exported by Zapier's core, which replaces each function with a
    string such as `$func$2$f$`. `refused` lists the errors that the core's validator reports. `files`
    contains the content of the app's files, keyed by relative POSIX path. It does not contain installed
    packages.
    """

    definition: Mapping[str, Any]
    refused: list[Mapping[str, Any]] = field(default_factory=list)
    files: Mapping[str, str] = field(default_factory=dict)

    def steps(self, *kinds: str) -> Iterator[tuple[str, Step]]:
        """Yield the path and the definition of each step that is not hidden.

        A path looks like `triggers.new_return`. `kinds` are the kinds of steps to yield, such as `triggers`;
        the default is `STEPS`.
        """
        for kind in kinds or STEPS:
            for key, step in self.definition.get(kind, {}).items():
                if not step["display"].get("hidden"):
                    yield f"{kind}.{key}", step

    def inputs(self, *kinds: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the path and the definition of each input field, including the columns of line items.

        A path looks like `creates.create_note.text`. `kinds` are the kinds of steps whose input fields are
        yielded, such as `creates`; the default is `STEPS`.
        """
        for path, step in self.steps(*kinds):
            for parent in fields(step, "inputFields"):
                for one in (parent, *parent.get("children", ())):
                    yield f"{path}.{one['key']}", one

    def login_fields(self) -> list[dict[str, Any]]:
        """List the fields that a user fills in to connect an account."""
        login: list[dict[str, Any]] = self.definition.get("authentication", {}).get("fields", [])
        return login


def sources(app: App) -> Iterator[tuple[str, str]]:
    """Yield the path and the code, without comments, of each JavaScript file outside test/."""
    for path, text in app.files.items():
        if path.endswith((".js", ".mjs")) and not path.startswith("test/"):
            yield path, COMMENT.sub("", text)


def fields(step: Step, kind: str) -> list[dict[str, Any]]:
    """List a step's input fields or output fields, without those that a function computes at run time.

    `kind` is `inputFields` or `outputFields`.
    """
    return [one for one in step["operation"].get(kind, ()) if isinstance(one, dict)]


def read(folder: Path) -> App:
    """Load the definition of the app in `folder` with Node, and read the app's files.

    Raises `ConfigurationError` if the folder contains no app, if Node or the app's npm packages are not
    installed, or if the app cannot be loaded.
    """
    if not (folder / "index.js").is_file():
        raise ConfigurationError(
            f"{folder} does not contain a Zapier app. Run `returns generate zapier` to write the apps."
        )
    if not (folder / "node_modules" / "zapier-platform-core").is_dir():
        raise ConfigurationError(f"{folder} has no npm packages. Run `npm ci --prefix {folder}`.")
    node = shutil.which("node")
    if node is None:
        raise ConfigurationError("The lint needs Node to load the app. Install Node 18.20 or newer.")
    process = subprocess.run(  # noqa: S603 - the app is generated, and the lint has to load it
        [node, str(READER), str(folder.resolve())],
        capture_output=True, text=True, timeout=TIMEOUT, check=False,
    )  # fmt: skip
    if process.returncode:
        raise ConfigurationError(f"Node cannot load the app in {folder}:\n{process.stderr.strip()}")
    output = json.loads(process.stdout)
    return App(output["definition"], output["refused"], _files(folder))


def _files(folder: Path) -> dict[str, str]:
    tops = [path for path in folder.iterdir() if path.name not in INSTALLED]
    paths = [*tops, *(path for top in tops if top.is_dir() for path in top.rglob("*"))]
    return {path.relative_to(folder).as_posix(): read_text(path) for path in sorted(paths) if path.is_file()}
