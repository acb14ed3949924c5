"""What an app's README says of it."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from connector.generator.zapier.setting import CORE, VERSION, override_variable
from connector.model import Integration


def readme(
    integration: Integration, entries: Mapping[str, Mapping[str, Any]], used: set[str]
) -> dict[str, Any]:
    """Give the values that its template prints."""
    scopes = {integration.operations[name].scope for name in used}
    return {
        "vendor": integration.vendor,
        "core": CORE,
        "version": VERSION,
        "variable": override_variable(integration),
        "trial": _trial(integration),
        "path": f"/{integration.vendor.id}{urlsplit(integration.base_url).path}",
        "connecting": [f"**{one.label}**: {one.help}" for one in integration.authentication.fields],
        "permissions": sorted(f"`{scope}`" for scope in scopes if scope),
        "triggers": [
            entry["display"] | {"key": key, "loses": _loses(integration, key, hooked=bool(entry["hook"]))}
            for key, entry in entries["triggers"].items()
        ],
        "steps": [entry["display"] for kind in ("creates", "searches") for entry in entries[kind].values()],
    }


def _loses(integration: Integration, key: str, *, hooked: bool) -> str:
    if hooked:
        return f"What {integration.vendor.title} does not post: nobody asks again."
    return integration.triggers[key].guarantees["zapier"].loses


def _trial(integration: Integration) -> dict[str, str]:
    """Give the environment in which the app talks to a local sandbox, as its demo merchant."""
    vendor, login = integration.vendor.id, integration.authentication
    others = {
        f"authData_{one.key}": one.placeholder
        for one in login.fields
        if one.required and one.key != login.field
    }
    return {
        override_variable(
            integration
        ): f"http://127.0.0.1:4010/{vendor}{urlsplit(integration.base_url).path}",
        f"authData_{login.field}": f"sandbox-demo-{vendor}",
        **others,
    }
