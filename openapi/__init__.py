"""Reads the OpenAPI specifications: one per vendor, and `sandbox` for the control plane.

The sandbox and the connector share nothing but these files, which are shipped as package data. Documents are
returned as plain dictionaries in the order of the file. Dates stay strings, as in JSON.
"""

from pathlib import Path
from typing import Any

import yaml

CONTROL_PLANE = "sandbox"
FOLDER = Path(__file__).parent


class DocumentError(ValueError):
    """A specification that cannot be used; the message names the file, the line if known, and the reason."""


class _JsonLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Loads only types that JSON has, so that a date stays a string."""


_JsonLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def path(name: str) -> Path:
    """Return the path of the document `name`; raises `LookupError`, which lists the vendors."""
    file = FOLDER / f"{name}.yaml"
    if not file.is_file():
        raise LookupError(f"There is no specification {name!r}; the vendors are {', '.join(vendors())}.")
    return file


def read(name: str) -> dict[str, Any]:
    """Return the document `name` (a vendor, or `sandbox`) as a new dictionary.

    Raises `LookupError` if there is no such file, and `DocumentError` if it is not an OpenAPI document.
    """
    content = path(name).read_bytes()
    try:
        document = yaml.load(content, Loader=_JsonLoader)  # noqa: S506
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"openapi/{name}.yaml:{mark.line + 1}" if mark else f"openapi/{name}.yaml"
        problem = getattr(error, "problem", None) or " ".join(str(error).split())
        raise DocumentError(f"{place}: invalid YAML, {problem}.") from error
    if document is None:
        raise DocumentError(f"openapi/{name}.yaml is empty.")
    if not isinstance(document, dict):
        raise DocumentError(f"openapi/{name}.yaml: an OpenAPI document is a mapping.")
    if not isinstance(document.get("paths"), dict) or not document["paths"]:
        raise DocumentError(f"openapi/{name}.yaml has no paths.")
    return document


def vendors() -> list[str]:
    """Return the sorted names of the vendors that have a specification."""
    files = FOLDER.glob("*.yaml")
    return sorted(file.stem for file in files if file.stem != CONTROL_PLANE)
