"""Reads the OpenAPI specifications: one for each vendor, `sandbox` for the control plane, and `hub`.

The specifications are YAML files in this package. The sandbox and the connector share nothing else. A
specification is returned as a dictionary whose keys are in the same order as in the file. Dates remain
strings, as in JSON.

`valid.json` contains the SHA-256 hash of each specification that was found to be valid OpenAPI 3.0; `make
generate` writes it.
"""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml

CONTROL_PLANE = "sandbox"
HUB = "hub"
FOLDER = Path(__file__).parent
VALID = "valid.json"


class DocumentError(ValueError):
    """Raised if a specification is not a valid OpenAPI document.

    The message states the file, the problem and, if it is known, the line.
    """


class _JsonLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """A YAML loader that does not convert dates and times, because JSON has no such types."""


_JsonLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def path(name: str) -> Path:
    """Return the path of a specification's file; `name` is a vendor, `sandbox` or `hub`.

    Raises `LookupError` if there is no specification with this name. The error message lists the vendors.
    """
    file = FOLDER / f"{name}.yaml"
    if not file.is_file():
        raise LookupError(f"There is no specification {name!r}; the vendors are {', '.join(vendors())}.")
    return file


def read(name: str) -> dict[str, Any]:
    """Read a specification and return it as a new dictionary; `name` is a vendor, `sandbox` or `hub`.

    Raises `LookupError` if there is no specification with this name, and `DocumentError` if the file is not a
    valid OpenAPI document.
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


def known_valid(name: str) -> bool:
    """Return True if the file was found to be valid OpenAPI 3.0 and has not changed since then."""
    try:
        known = json.loads((FOLDER / VALID).read_bytes())
        return bool(known.get(name) == digest(name))
    except (OSError, ValueError, AttributeError):
        return False


def digest(name: str) -> str:
    """Return the SHA-256 hash of a specification's file, in hexadecimal."""
    return sha256(path(name).read_bytes()).hexdigest()


def vendors() -> list[str]:
    """List the names of all vendors that have a specification, in alphabetical order."""
    files = FOLDER.glob("*.yaml")
    return sorted(file.stem for file in files if file.stem not in (CONTROL_PLANE, HUB))
