"""Overview of a tenant: the next scheduled steps, the latest events, and commands for a first request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint

from mock_server.console.shell import DEMO, api, apis, page
from mock_server.pages import curl

if TYPE_CHECKING:
    from collections.abc import Mapping

overview: Final = Blueprint("overview", __name__)
_LATEST: Final = 8
_UPCOMING: Final = 3
_REQUESTS: Final = 5


@overview.get("/")
def start() -> Any:
    return _page(DEMO)


@overview.get("/console/<tenant>")
def show(tenant: str) -> Any:
    return _page(tenant)


def _page(tenant: str) -> str:
    client = api()
    requests = client.get("tenants", tenant, "requests", limit=_REQUESTS, without_tenant="true")["requests"]
    events = client.get("tenants", tenant, "ledger", last=_LATEST)["events"]
    upcoming = client.get("tenants", tenant, "next", limit=_UPCOMING)["next"]
    deliveries = client.get("tenants", tenant, "deliveries", last=_LATEST)["deliveries"]
    credentials = client.get("tenants", tenant, "credentials")["vendors"]
    commands = {
        name: curl.command(apis()[name].document, found["base_url"], found["headers"], found["query"])
        for name, found in credentials.items()
    }
    return page(
        "overview.html",
        tenant,
        here="overview",
        requests=requests,
        events=events[::-1],
        deliveries=deliveries[::-1],
        credentials=credentials,
        commands=commands,
        secrets={name: _secret(found["fields"]) for name, found in credentials.items()},
        next=upcoming,
    )


def _secret(fields: Mapping[str, str]) -> str:
    """Return the API key or client secret among a login form's fields, or else the first field's value."""
    secrets = (value for name, value in fields.items() if "key" in name or "secret" in name)
    return next(secrets, next(iter(fields.values())))
