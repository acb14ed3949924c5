"""Finds and describes the error in an OpenAPI document that prevents the sandbox from serving it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import openapi
from mock_server.engine.connexion_parts import InvalidSpecification, Specification

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_LONGEST = 200


def first_error(names: Iterable[str]) -> str | None:
    """Describe the error in the first invalid document among `names`; return None if all are valid.

    Validating the documents takes about a second, so call this function only after start-up has failed.
    """
    return next((error for error in map(_error, names) if error), None)


def _error(name: str) -> str | None:
    try:
        document = openapi.read(name)
    except openapi.DocumentError as error:
        return str(error)
    dangling = next((target for target in _references(document) if not _exists(document, target)), None)
    if dangling:
        return f"openapi/{name}.yaml: the reference {dangling!r} does not exist."
    try:
        Specification.from_dict(document)
    except InvalidSpecification as error:
        place = ".".join(str(step) for step in error.absolute_path) or "the document"
        message = " ".join(error.message.split())
        reason = message if len(message) <= _LONGEST else f"{message[:_LONGEST]}…"
        return f"openapi/{name}.yaml: {place} is not valid OpenAPI 3.0: {reason}."
    return None


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for member in value.values():
            yield from _references(member)
    elif isinstance(value, list):
        for item in value:
            yield from _references(item)


def _exists(document: Any, target: str) -> bool:
    for step in target.removeprefix("#/").split("/"):
        name = step.replace("~1", "/").replace("~0", "~")
        if not isinstance(document, dict) or name not in document:
            return False
        document = document[name]
    return True
