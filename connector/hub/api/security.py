"""Checks the API key of a request, as the security scheme `bearer` of `openapi/hub.yaml` requires."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import openapi
from connector.definition.naming import listed
from connector.hub import keys
from connector.hub.api.connexion_parts import Forbidden

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from connector.hub.api.connexion_parts import ConnexionRequest

HUB = "returns.hub"
"""The key of the ASGI scope under which the hub is found."""
METHODS = ("get", "put", "post", "delete")


def scopes_of_operations(document: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    """Return the scopes that may send each operation of a specification, keyed by operationId."""

    def pairs() -> Iterator[tuple[str, frozenset[str]]]:
        for path in document["paths"].values():
            for method in METHODS:
                if method in path:
                    scopes = path[method].get("x-scopes", ())
                    yield path[method]["operationId"], frozenset({keys.ADMIN, *scopes})

    return dict(pairs())


SCOPES = scopes_of_operations(openapi.read(openapi.HUB))


async def check_key(token: str, request: ConnexionRequest) -> dict[str, Any] | None:
    """Return the scopes of a key, or None for an unknown key.

    Raises `Forbidden` if the key has none of the scopes that the operation needs.
    """
    scopes = await request.scope[HUB].store.run(keys.scopes_of, token)
    if scopes is None:
        return None
    needed = SCOPES[request.scope["extensions"]["connexion_routing"]["operation_id"]]
    if not scopes & needed:
        raise Forbidden(
            detail=f"This API key has the scope {' and '.join(sorted(scopes))}, but this request needs"
            f" {listed(sorted(needed))}."
        )
    return {"scopes": sorted(scopes)}
