"""Loads a Make app's manifest and code files from a folder, for the checks to inspect."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connector.errors import ConfigurationError
from connector.generator.reading import read_text

MANIFEST = "makecomapp.json"
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Component:
    """A component of an app, such as a module or a webhook.

    `kind` and `id` identify the component in the manifest, and `entry` is its manifest entry. `code` maps
    each code type, such as `communication`, to the content of the file of that type.
    """

    kind: str
    id: str
    entry: Mapping[str, Any]
    code: Mapping[str, Any]

    @property
    def name(self) -> str:
        return f"{self.kind} {self.id}"

    @property
    def type(self) -> str:
        """The module's type, such as `search`, or an empty string if the component is not a module."""
        return str(self.entry.get("moduleType", ""))

    @property
    def parameters(self) -> list[Json]:
        """The component's input parameters: static parameters first, then mappable parameters."""
        codes = ("staticParams", "mappableParams", "params")
        return [one for code in codes for one in self.code.get(code) or []]

    @property
    def requests(self) -> list[tuple[str, Json]]:
        """The component's requests, as pairs of a name and a request.

        The name is the code type of the request's file, such as `communication`. In an OAuth connection, one
        file contains several requests, so the name is the request's key in the file, such as `refresh`.
        """
        requests: list[tuple[str, Json]] = []
        for code in ("communication", "attach", "detach", "update"):
            content = self.code.get(code) or {}
            if self.entry.get("connectionType") == "oauth":
                requests.extend((step, one) for step, one in content.items())
            elif isinstance(content, list):
                requests.extend((code, one) for one in content)
            elif "url" in content:
                requests.append((code, content))
        return requests


@dataclass(frozen=True, slots=True)
class App:
    """A Make app. `files` maps each path inside `src` to the file's content: parsed JSON, or a string."""

    files: Mapping[str, Any]

    @property
    def manifest(self) -> Json:
        manifest: Json = self.files[MANIFEST]
        return manifest

    def components(self, *kinds: str) -> Iterator[Component]:
        """Yield the components of the given kinds, or all components if no kind is given."""
        for kind, components in self.manifest["components"].items():
            if kinds and kind not in kinds:
                continue
            for name, entry in components.items():
                code = {one: self.files.get(path) for one, path in entry["codeFiles"].items()}
                yield Component(kind, name, entry, code)

    def modules(self, *types: str) -> Iterator[Component]:
        """Yield the modules of the given types, or all modules if no type is given."""
        for one in self.components("module"):
            if not types or one.type in types:
                yield one

    def general(self, code: str) -> Any:
        """Return the content of a general file. `code` is `base`, `common`, `readme` or `groups`."""
        return self.files.get(self.manifest["generalCodeFiles"][code])

    @property
    def names(self) -> frozenset[str]:
        """The words in the vendor's name, which keep their capital letters in labels."""
        labels = [one.entry.get("label", "") for one in self.components("connection")]
        return frozenset(word for label in labels for word in label.split(" "))


def parsed(texts: Mapping[str, str]) -> App:
    """Create an app from the contents of its files, keyed by their path inside `src`.

    Raises ConfigurationError if a JSON file cannot be parsed.
    """
    return App({path: _read(path, text) for path, text in texts.items()})


def read(folder: Path) -> App:
    """Read the app in a folder. The folder can be the app's own folder or its `src` folder.

    Raises ConfigurationError if the folder does not contain an app, or if a file cannot be read or parsed.
    """
    source = folder / "src" if (folder / "src").is_dir() else folder
    if not (source / MANIFEST).is_file():
        raise ConfigurationError(
            f"{folder} does not contain a Make app: src/{MANIFEST} is missing. "
            "Run `returns generate make` to write the apps."
        )
    texts: dict[str, str] = {}
    for path in sorted(source.rglob("*")):
        if path.is_file():
            texts[path.relative_to(source).as_posix()] = read_text(path)
    return parsed(texts)


def _read(path: str, text: str) -> Any:
    if not path.endswith(".json"):
        return text
    try:
        return json.loads(text)
    except ValueError as problem:
        raise ConfigurationError(f"{path} is not valid JSON: {problem}.") from problem
    except RecursionError as problem:
        raise ConfigurationError(f"{path} is nested too deeply to be read.") from problem
