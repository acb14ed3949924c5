"""Reads a vendor's specification, and raises `CatalogError` if it is missing or invalid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

import openapi
from connector.definition.document import Spec, SpecError
from connector.errors import CatalogError

if TYPE_CHECKING:
    from collections.abc import Mapping

_LONGEST = 60


def read(vendor: str) -> dict[str, Any]:
    """Read the vendor's OpenAPI document, or raise `CatalogError` if it is missing or cannot be parsed."""
    try:
        return openapi.read(vendor)
    except LookupError as error:
        raise CatalogError(
            [f"openapi/{vendor}.yaml is missing; connector/catalog/{vendor}.yaml needs it."]
        ) from error
    except openapi.DocumentError as error:
        raise CatalogError([str(error)]) from error


def parsed(document: Mapping[str, Any], name: str) -> Spec:
    """Parse an OpenAPI document into a `Spec`.

    Raises `CatalogError` if a part of the document is invalid or not supported; the message begins with
    the file name `name`.
    """
    try:
        return Spec(document)
    except SpecError as error:
        raise CatalogError([f"{name}: {error}"]) from error
    except ValidationError as error:
        raise CatalogError([f"{name}: {_sentence(error.title, each)}" for each in error.errors()]) from error


def _sentence(model: str, error: Any) -> str:
    """Describe a value of the wrong type, such as an operationId that is a number."""
    field = ".".join(map(str, (model.lower(), *error["loc"])))
    found = repr(error["input"])
    return f"{field}: {error['msg']}, not {found if len(found) <= _LONGEST else found[:_LONGEST] + '…'}."
