"""Checks the API key of a request, as the security scheme `bearer` of `openapi/hub.yaml` requires."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connector.hub import keys
from connector.hub.api.connexion_parts import Forbidden

if TYPE_CHECKING:
    from connector.hub.api.connexion_parts import ConnexionRequest

HUB = "returns.hub"
"""The key of the ASGI scope under which the hub is found."""


async def check_key(token: str, request: ConnexionRequest) -> dict[str, Any] | None:
    """Return the scope of a key, or None for an unknown key.

    Raises `Forbidden` if a key with the scope `read` is used for anything but a GET request.
    """
    scope = await request.scope[HUB].store.run(keys.scope_of, token)
    if scope is None:
        return None
    if scope != keys.ADMIN and request.method != "GET":
        raise Forbidden(detail="This API key may only read. Use a key with the scope admin.")
    return {"scope": scope}
