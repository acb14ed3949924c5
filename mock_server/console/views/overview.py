"""A tenant at a glance: what happens next, what happened last, and how to send a first request."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint

from mock_server.console.shell import DEMO, api, apis, page
from mock_server.pages import curl

overview: Final = Blueprint("overview", __name__)
_LATEST: Final = 8


@overview.get("/")
def start() -> Any:
    return _page(DEMO)


@overview.get("/console/<tenant>")
def show(tenant: str) -> Any:
    return _page(tenant)


def _page(tenant: str) -> str:
    client = api()
    events = client.get("tenants", tenant, "ledger", last=_LATEST)["events"]
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
        events=events[::-1],
        deliveries=deliveries[::-1],
        credentials=credentials,
        commands=commands,
    )
