"""An app as its checks see it: the definition that Zapier's core makes of it, and its own files."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from connector.errors import ConfigurationError
from connector.generator.write import INSTALLED

Step = dict[str, Any]
STEPS = ("triggers", "creates", "searches")
READER = Path(__file__).with_name("definition.mjs")
COMMENT = re.compile(r"/\*.*?\*/|(?m:^\s*//.*$)", re.DOTALL)
PATIENCE = 60  # seconds


@dataclass(frozen=True)
class App:
    """One app.

    `definition` is serialised: where the app has a function there is a text like `$func$2$f$`. `refused` are
    the complaints of Zapier's own structural validator. `files` maps relative POSIX paths to texts, without
    what tools installed.
    """

    definition: Mapping[str, Any]
    refused: list[Mapping[str, Any]] = field(default_factory=list)
    files: Mapping[str, str] = field(default_factory=dict)

    def steps(self, *kinds: str) -> Iterator[tuple[str, Step]]:
        """Yield every step that people see, by its path in the definition."""
        for kind in kinds or STEPS:
            for key, step in self.definition.get(kind, {}).items():
                if not step["display"].get("hidden"):
                    yield f"{kind}.{key}", step

    def inputs(self, *kinds: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield every input field of a step that people see, the columns of its line items included."""
        for path, step in self.steps(*kinds):
            for one in fields(step, "inputFields"):
                for shown in (one, *one.get("children", ())):
                    yield f"{path}.{shown['key']}", shown

    def login_fields(self) -> list[dict[str, Any]]:
        """Return what a person types to connect."""
        found: list[dict[str, Any]] = self.definition.get("authentication", {}).get("fields", [])
        return found


def sources(app: App) -> Iterator[tuple[str, str]]:
    """Yield the code that runs at Zapier, without its comments, by its path."""
    for path, text in app.files.items():
        if path.endswith((".js", ".mjs")) and not path.startswith("test/"):
            yield path, COMMENT.sub("", text)


def fields(step: Step, kind: str) -> list[dict[str, Any]]:
    """Return a step's `inputFields` or `outputFields` that stand in the definition (functions do not)."""
    return [one for one in step["operation"].get(kind, ()) if isinstance(one, dict)]


def read(folder: Path) -> App:
    """Load an app in Node and read its files.

    Raises ConfigurationError where there is no app, where Node or the app's packages are missing, and where
    the app cannot be loaded.
    """
    if not (folder / "index.js").is_file():
        raise ConfigurationError(f"{folder} holds no Zapier app; `returns generate zapier` writes them.")
    if not (folder / "node_modules" / "zapier-platform-core").is_dir():
        raise ConfigurationError(f"{folder} lacks its packages: run `npm ci --prefix {folder}`.")
    node = shutil.which("node")
    if node is None:
        raise ConfigurationError("Node is missing: install Node 18.20 or newer, the lint runs the app in it.")
    done = subprocess.run(  # noqa: S603 - the app is ours, and loading it is what the lint is for
        [node, str(READER), str(folder.resolve())],
        capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    if done.returncode:
        raise ConfigurationError(f"{folder} cannot be loaded by Node:\n{done.stderr.strip()}")
    told = json.loads(done.stdout)
    return App(told["definition"], told["refused"], _files(folder))


def _files(folder: Path) -> dict[str, str]:
    tops = [path for path in folder.iterdir() if path.name not in INSTALLED]
    paths = [*tops, *(below for top in tops if top.is_dir() for below in top.rglob("*"))]
    return {
        path.relative_to(folder).as_posix(): path.read_text("utf-8")
        for path in sorted(paths)
        if path.is_file()
    }
