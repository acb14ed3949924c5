"""Reads a vendor's specification, and raises `CatalogError` if it is missing or invalid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import openapi
from connector.definition.document import Spec, SpecError
from connector.errors import CatalogError

if TYPE_CHECKING:
    from collections.abc import Mapping


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
