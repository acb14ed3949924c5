"""Reads a vendor's specification, and reports a missing or broken one as a `CatalogError`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import openapi
from connector.definition.document import Spec, SpecError
from connector.errors import CatalogError

if TYPE_CHECKING:
    from collections.abc import Mapping


def read(vendor: str) -> dict[str, Any]:
    """Return the vendor's OpenAPI document; raises `CatalogError` if it is missing or not such a document."""
    try:
        return openapi.read(vendor)
    except LookupError as error:
        raise CatalogError(
            [f"openapi/{vendor}.yaml is missing; connector/catalog/{vendor}.yaml needs it."]
        ) from error
    except openapi.DocumentError as error:
        raise CatalogError([str(error)]) from error


def parsed(document: Mapping[str, Any], name: str) -> Spec:
    """Return the operations and schemas of a document; `name` is its file for error messages."""
    try:
        return Spec(document)
    except SpecError as error:
        raise CatalogError([f"{name}: {error}"]) from error
