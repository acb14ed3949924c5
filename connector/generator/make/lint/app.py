"""An app as the checks see it: the manifest, and every code file by its path."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connector.errors import ConfigurationError

MANIFEST = "makecomapp.json"
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Component:
    """One component: its kind and id in the manifest, its entry there, and its code files."""

    kind: str
    id: str
    entry: Mapping[str, Any]
    code: Mapping[str, Any]

    @property
    def name(self) -> str:
        return f"{self.kind} {self.id}"

    @property
    def type(self) -> str:
        """What kind of module it is; empty for other components."""
        return str(self.entry.get("moduleType", ""))

    @property
    def parameters(self) -> list[Json]:
        """What a person may fill in: fixed first, then what can be mapped."""
        codes = ("staticParams", "mappableParams", "params")
        return [one for code in codes for one in self.code.get(code) or []]

    @property
    def requests(self) -> list[tuple[str, Json]]:
        """Its requests by the code file (and, of an OAuth connection, the step) that makes each."""
        found: list[tuple[str, Json]] = []
        for code in ("communication", "attach", "detach", "update"):
            said = self.code.get(code) or {}
            if self.entry.get("connectionType") == "oauth":
                found.extend((step, one) for step, one in said.items())
            elif isinstance(said, list):
                found.extend((code, one) for one in said)
            elif "url" in said:
                found.append((code, said))
        return found


@dataclass(frozen=True, slots=True)
class App:
    """`files` maps a path below `src` to what the file holds: JSON, or the text of any other file."""

    files: Mapping[str, Any]

    @property
    def manifest(self) -> Json:
        found: Json = self.files[MANIFEST]
        return found

    def components(self, *kinds: str) -> Iterator[Component]:
        """Yield the components of some kinds, or of all."""
        for kind, components in self.manifest["components"].items():
            if kinds and kind not in kinds:
                continue
            for name, entry in components.items():
                code = {one: self.files.get(path) for one, path in entry["codeFiles"].items()}
                yield Component(kind, name, entry, code)

    def modules(self, *types: str) -> Iterator[Component]:
        """Yield the modules of some types, or all."""
        for one in self.components("module"):
            if not types or one.type in types:
                yield one

    def general(self, code: str) -> Any:
        """Return one of the files that an app has once: `base`, `common`, `readme`, `groups`."""
        return self.files.get(self.manifest["generalCodeFiles"][code])

    @property
    def names(self) -> frozenset[str]:
        """Words of the service's own name, which keep their capital letters."""
        labels = [one.entry.get("label", "") for one in self.components("connection")]
        return frozenset(word for label in labels for word in label.split(" "))


def parsed(texts: Mapping[str, str]) -> App:
    """Read an app from the texts of its files, by path below `src`; raises ConfigurationError."""
    return App({path: _read(path, text) for path, text in texts.items()})


def read(folder: Path) -> App:
    """Read an app from its folder, or from the `src` in it; raises ConfigurationError."""
    source = folder / "src" if (folder / "src").is_dir() else folder
    if not (source / MANIFEST).is_file():
        raise ConfigurationError(
            f"{folder} holds no Make app: there is no src/{MANIFEST}; `returns generate make` writes one."
        )
    texts: dict[str, str] = {}
    for path in sorted(source.rglob("*")):
        if path.is_file():
            try:
                texts[path.relative_to(source).as_posix()] = path.read_text("utf-8")
            except (OSError, UnicodeDecodeError) as problem:
                raise ConfigurationError(f"{path} cannot be read as text: {problem}.") from problem
    return parsed(texts)


def _read(path: str, text: str) -> Any:
    if not path.endswith(".json"):
        return text
    try:
        return json.loads(text)
    except ValueError as problem:
        raise ConfigurationError(f"{path} is no JSON: {problem}.") from problem
    except RecursionError as problem:
        raise ConfigurationError(f"{path} is nested too deeply.") from problem
