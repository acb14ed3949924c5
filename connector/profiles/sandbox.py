"""Requests the login for the `demo` tenant from a running sandbox, for the built-in `sandbox` profile."""

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
from connector.profiles.variables import CONTROL_TOKEN, SANDBOX_URL, parse_url
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
    """Request a vendor's base URL and login fields from the sandbox at `url`.

    `token` is the sandbox's control token, or "" to send no token. `alone` is true if only this vendor is
    looked up; it affects only the wording of error messages.

    Raises `ConfigurationError` if the URL or token is invalid, `AuthenticationError` if the sandbox rejects
    the token, `VendorUnavailable` if no sandbox responds, and `NotFound` if the sandbox does not provide the
    vendor.
    """
    address = parse_url(url, SANDBOX_URL)
    base_url = str(address).rstrip("/")
    if not token.isascii() or not token.isprintable():
        raise ConfigurationError(f"{CONTROL_TOKEN} contains invalid characters; copy it again.")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        async with httpx.AsyncClient(
            transport=transport or transport_for(address), timeout=TIMEOUT, headers=headers
        ) as client:
            response = await client.get(f"{base_url}{PATH}")
    except httpx.HTTPError as error:
        raise VendorUnavailable(_unreachable(integration, base_url, error, alone=alone)) from error
    return _parse(integration, response, base_url)


def _unreachable(integration: Integration, base_url: str, error: httpx.HTTPError, *, alone: bool) -> str:
    reason = cause(error, httpx.URL(base_url).host)
    if isinstance(error, httpx.TimeoutException):
        return f"The sandbox at {base_url} does not answer within {TIMEOUT:.0f} seconds; try again."
    of_vendor, vendor = (
        (f" of {integration.vendor.title}", integration.vendor.id) if alone else ("", "VENDOR")
    )
    return (
        f"No profile{of_vendor} is set up and no sandbox answers at {base_url} ({reason}). "
        f"Run `returns connect {vendor}`, or `returns serve` in another terminal."
    )


def _parse(integration: Integration, response: httpx.Response, base_url: str) -> tuple[str, dict[str, str]]:
    """Read the base URL and the login fields from the sandbox's response."""
    if response.status_code == UNAUTHORIZED:
        sent = "Authorization" in response.request.headers
        raise AuthenticationError(
            f"The sandbox at {base_url} does not accept the control token in {CONTROL_TOKEN}."
            if sent
            else f"The sandbox at {base_url} requires its control token; set {CONTROL_TOKEN}."
        )
    try:
        vendors: dict[str, Any] = response.json()["vendors"]
        if integration.vendor.id not in vendors:
            raise NotFound(f"The sandbox at {base_url} does not serve {integration.vendor.title}.")
        entry = vendors[integration.vendor.id]
        return str(entry["base_url"]), {str(name): str(value) for name, value in entry["fields"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConnectorError(
            f"The server at {base_url} is not a sandbox that shows credentials "
            f"(status {response.status_code})."
        ) from error
