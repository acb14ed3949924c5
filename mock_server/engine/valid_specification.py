"""A specification that is already known to be valid, so that Connexion need not validate or copy it."""

from __future__ import annotations

from typing import Any

from mock_server.engine.connexion_parts import OpenAPISpecification


class ValidSpecification(OpenAPISpecification):  # type: ignore[misc]
    """An OpenAPI 3.0 document that an earlier validation found to be valid (see `openapi.known_valid`).

    Connexion's own class validates the document against the schema of OpenAPI 3.0, copies it twice, and
    replaces the references in one copy. The engine resolves references itself, and changes nothing in the
    document.
    """

    def __init__(self, document: dict[str, Any]) -> None:
        self._raw_spec = self._spec = document
        self._base_uri = ""

    def get_path_params(self, _path: str) -> list[dict[str, Any]]:
        """Return no parameters: Connexion would add them to the document's own list of the operation."""
        return []
