"""A specification that is already known to be valid, so that Connexion does not validate it at each start."""

from __future__ import annotations

from typing import Any

from mock_server.engine.connexion_parts import OpenAPISpecification


class ValidSpecification(OpenAPISpecification):  # type: ignore[misc]
    """An OpenAPI 3.0 document that an earlier validation found to be valid (see `openapi.known_valid`)."""

    @classmethod
    def _validate_spec(cls, spec: dict[str, Any]) -> None:
        """Skip Connexion's validation of the whole document against the OpenAPI 3.0 schema."""
