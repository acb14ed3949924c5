"""The specifications, shipped as package data: one per vendor, and `sandbox` for the control plane.

This is all that the sandbox and the connector share. Documents come back as plain
dictionaries in the order they were written; YAML dates stay the strings they are in JSON.
"""

from pathlib import Path
from typing import Any

import yaml

CONTROL_PLANE = "sandbox"


class _JsonLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Reads only what JSON can say: a date is a string."""


_JsonLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def path(name: str) -> Path:
    """Where the document `name` lies; raises `LookupError` naming the known ones."""
    file = Path(__file__).parent / f"{name}.yaml"
    if not file.is_file():
        raise LookupError(f"No specification is called {name!r}; there are {', '.join(vendors())}.")
    return file


def read(name: str) -> dict[str, Any]:
    """The document `name` (a vendor, or `sandbox`) as a fresh dictionary."""
    document: dict[str, Any] = yaml.load(path(name).read_bytes(), Loader=_JsonLoader)  # noqa: S506
    return document


def vendors() -> list[str]:
    """Names of the vendors described, sorted."""
    files = Path(__file__).parent.glob("*.yaml")
    return sorted(file.stem for file in files if file.stem != CONTROL_PLANE)
