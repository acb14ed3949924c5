"""The login that a running sandbox shows for its tenant `demo`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx

from connector.errors import (
    AuthenticationError,
    ConfigurationError,
    ConnectorError,
    NotFound,
    VendorUnavailable,
)
from connector.profiles.variables import CONTROL_TOKEN, SANDBOX_URL, placed
from connector.transport.addresses import transport_for
from connector.transport.causes import cause

if TYPE_CHECKING:
    from connector.definition.model import Integration

DEFAULT_URL = "http://127.0.0.1:4010"
PATH = "/__sandbox/tenants/demo/credentials"
TIMEOUT = 10.0
UNAUTHORIZED = 401


async def login(
    integration: Integration,
    url: str,
    token: str,
    transport: httpx.AsyncBaseTransport | None,
    *,
    alone: bool,
) -> tuple[str, dict[str, str]]:
    """Return the base URL and the login fields of a vendor; `alone`: no other vendor is looked for.

    Raises `ConfigurationError` for an address that no login may go to, `VendorUnavailable` where nothing
    answers, and `NotFound` where the sandbox does not serve the vendor.
    """
    found = placed(url, SANDBOX_URL)
    place = str(found).rstrip("/")
    if not token.isascii() or not token.isprintable():
        raise ConfigurationError(f"{CONTROL_TOKEN} holds characters that no token has; copy it again.")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        way = transport or transport_for(found)
        async with httpx.AsyncClient(transport=way, timeout=TIMEOUT, headers=headers) as client:
            response = await client.get(f"{place}{PATH}")
    except httpx.HTTPError as problem:
        raise VendorUnavailable(_silence(integration, place, problem, alone=alone)) from problem
    return _described(integration, response, place)


def _silence(integration: Integration, place: str, problem: httpx.HTTPError, *, alone: bool) -> str:
    why = cause(problem, httpx.URL(place).host)
    if isinstance(problem, httpx.TimeoutException):
        return f"The sandbox at {place} does not answer within {TIMEOUT:.0f} seconds; try again."
    whose, which = (f" of {integration.vendor.title}", integration.vendor.id) if alone else ("", "VENDOR")
    return (
        f"No profile{whose} is set up and no sandbox answers at {place} ({why}). "
        f"Run `returns connect {which}`, or `returns serve` in another terminal."
    )


def _described(integration: Integration, response: httpx.Response, place: str) -> tuple[str, dict[str, str]]:
    """Read the sandbox's answer about credentials."""
    if response.status_code == UNAUTHORIZED:
        told = "Authorization" in response.request.headers
        raise AuthenticationError(
            f"The sandbox at {place} does not accept the control token in {CONTROL_TOKEN}."
            if told
            else f"The sandbox at {place} asks for its control token; put it into {CONTROL_TOKEN}."
        )
    try:
        vendors: dict[str, Any] = response.json()["vendors"]
        if integration.vendor.id not in vendors:
            raise NotFound(f"The sandbox at {place} does not serve {integration.vendor.title}.")
        found = vendors[integration.vendor.id]
        return str(found["base_url"]), {str(name): str(value) for name, value in found["fields"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        raise ConnectorError(
            f"What answers at {place} is no sandbox that shows credentials (status {response.status_code})."
        ) from problem
