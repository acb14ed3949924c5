"""Keys and URLs: how a program reaches each vendor's API, with code snippets to copy."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, request

from mock_server.console.shell import api, apis, control, page
from mock_server.console.snippets import snippets

keys: Final = Blueprint("keys", __name__)


@keys.get("/console/<tenant>/keys")
def show(tenant: str) -> Any:
    client = api()
    credentials = client.get("tenants", tenant, "credentials")["vendors"]
    grants = client.get("tenants", tenant, "keys")["keys"]
    vendor = request.args.get("vendor", "")
    if vendor not in credentials:
        vendor = next(iter(credentials))
    return page(
        "keys.html",
        tenant,
        here="keys",
        vendor=vendor,
        entry=apis()[vendor],
        found=credentials[vendor],
        grants=[grant for grant in grants if grant["vendor"] == vendor],
        snippets=snippets(tenant, apis()[vendor], credentials[vendor], control().url),
    )
