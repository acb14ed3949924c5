"""Reads the data in a generated package's TypeScript files, for the release gate and the lint."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connector.errors import ConfigurationError
from connector.generator.n8n.literal import read_literal
from connector.generator.reading import read_text

CONSTANT = re.compile(r"^export const (\w+)[^=\n]* = ([\[{].*?^[\]}]|\[\]|\{\});$", re.MULTILINE | re.DOTALL)
MEMBER = re.compile(
    r"^\t(properties|authenticate|test): \w+(?:\[\])? = ([\[{].*?^\t[\]}]);$", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True)
class Package:
    """The data of a generated package.

    `folder` is the package's folder, and `manifest` the content of package.json. `properties` and
    `trigger_properties` are the parameters of the two nodes. `vendor`, `steps`, `triggers`, `subscriptions`
    and `dropdowns` are the data that the package's code uses at run time; `subscriptions` is empty if the
    triggers poll. `credential` contains the properties, `authenticate` and `test` of the credential. `files`
    contains all text files, keyed by path.
    """

    folder: Path
    manifest: Mapping[str, Any]
    properties: list[dict[str, Any]]
    trigger_properties: list[dict[str, Any]]
    vendor: Mapping[str, Any]
    steps: Mapping[str, Mapping[str, Any]]
    triggers: Mapping[str, Mapping[str, Any]]
    subscriptions: Mapping[str, Any]
    dropdowns: Mapping[str, Any]
    credential: Mapping[str, Any]
    files: Mapping[str, str]


def read_package(folder: Path) -> Package:
    """Read the package in `folder`.

    Raises `ConfigurationError` if the folder contains no package, or if one of its files is damaged.
    """
    skipped = {"node_modules", "dist"}
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    files = {
        path.relative_to(folder).as_posix(): read_text(path)
        for path in paths
        if not skipped & set(path.relative_to(folder).parts)
    }
    try:
        manifest = json.loads(files["package.json"])
        constants = _constants(CONSTANT, _only(files, "/data.ts"), _only(files, "/properties.ts"))
        return Package(
            folder=folder,
            manifest=manifest,
            properties=constants["properties"],
            trigger_properties=constants["triggerProperties"],
            vendor=constants["vendor"],
            steps=constants["steps"],
            triggers=constants["triggers"],
            subscriptions=constants.get("subscriptions", {}),
            dropdowns=constants.get("dropdowns", {}) | constants.get("dependentDropdowns", {}),
            credential=_constants(MEMBER, _only(files, ".credentials.ts")),
            files=files,
        )
    except (KeyError, ValueError, StopIteration, RecursionError) as problem:
        why = f"{problem.args[0]} is missing" if isinstance(problem, KeyError) else str(problem)
        why = "a file is nested too deeply" if isinstance(problem, RecursionError) else why
        raise ConfigurationError(
            f"{folder} contains no complete n8n package: {why}. Run `returns generate n8n`."
        ) from problem


def _only(files: Mapping[str, str], ending: str) -> str:
    """Return the content of the file whose path ends with `ending`; raise `KeyError` if no path does."""
    found = [text for path, text in files.items() if path.endswith(ending)]
    if not found:
        raise KeyError(f"a file *{ending}")
    return found[0]


def _constants(pattern: re.Pattern[str], *texts: str) -> dict[str, Any]:
    return {name: read_literal(value) for text in texts for name, value in pattern.findall(text)}
