"""A specification that is known to be valid, so that Connexion need not validate it at each start."""

from __future__ import annotations

from typing import Any

from mock_server.engine.connexion_parts import OpenAPISpecification


class ValidSpecification(OpenAPISpecification):  # type: ignore[misc]
    """An OpenAPI 3.0 document that was found to be valid before (`openapi.known_valid`)."""

    @classmethod
    def _validate_spec(cls, spec: dict[str, Any]) -> None:
        """Do nothing: Connexion would validate the whole document against the schema of OpenAPI 3.0."""
