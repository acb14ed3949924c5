"""What an app's README says of it."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from connector.definition.model import Action, Integration, Search, Trigger
from connector.generator.zapier import steps
from connector.generator.zapier.package import CORE, authentication, override_variable


def readme(
    integration: Integration, entries: Mapping[str, Mapping[str, Any]], used: set[str]
) -> dict[str, Any]:
    """Give the values that its template prints."""
    scopes = {integration.operations[name].scope for name in used}
    register = f'zapier-platform register "{integration.vendor.title}"'
    return {
        "vendor": integration.vendor,
        "core": CORE,
        "version": integration.vendor.app_version,
        "register": register,
        "push": "zapier-platform push".ljust(len(register)),
        "variable": override_variable(integration),
        "trial": _trial(integration),
        "path": f"/{integration.vendor.id}{urlsplit(integration.base_url).path}",
        "connecting": [_typed(one) for one in authentication(integration)["fields"]],
        "session": not integration.authentication.field,
        "permissions": sorted(f"`{scope}`" for scope in scopes if scope),
        "triggers": [
            entry["display"] | {"key": key, "loses": _loses(integration, key, hooked=bool(entry["hook"]))}
            for key, entry in entries["triggers"].items()
        ],
        "steps": [entry["display"] for kind in ("creates", "searches") for entry in entries[kind].values()],
        **_left_out(integration, entries),
    }


def _left_out(integration: Integration, entries: Mapping[str, Mapping[str, Any]]) -> dict[str, list[str]]:
    """Give the labels of what the catalog has and the app has not: `forbidden` by Zapier, or `assumed`."""
    actions = integration.actions.values()
    forbidden = [one for one in actions if one.risk not in steps.OFFERED]
    offers: tuple[tuple[Trigger | Action | Search, str], ...] = (
        *((one, "triggers") for one in integration.triggers.values()),
        *((one, "creates") for one in actions if one not in forbidden),
        *((one, "searches") for one in integration.searches.values()),
    )
    return {
        "forbidden": [one.label for one in forbidden],
        "assumed": [one.label for one, folder in offers if one.key not in entries[folder]],
    }


def _loses(integration: Integration, key: str, *, hooked: bool) -> str:
    if hooked:
        return f"What {integration.vendor.title} does not post: nobody asks again."
    return integration.triggers[key].guarantees["zapier"].loses


def _typed(field: Mapping[str, Any]) -> str:
    optional = "" if field["required"] else " (optional)"
    return f"**{field['label']}**{optional}: {field.get('helpText', '')}".rstrip(": ")


def _trial(integration: Integration) -> dict[str, str]:
    """Give the environment in which the app talks to a local sandbox, as its demo merchant.

    The merchant's secret is the sandbox's demo key; the public half of a login, where it has one, is named
    after it.
    """
    vendor, login = integration.vendor.id, integration.authentication
    key = f"sandbox-demo-{vendor}"
    address = f"http://127.0.0.1:4010/{vendor}{urlsplit(integration.base_url).path}"
    typed = {
        one.key: key if one.secret else one.placeholder or f"{key}-client"
        for one in login.fields
        if one.required
    } | ({login.host.key: address} if login.host else {})
    return {
        override_variable(integration): address,
        **{f"authData_{name}": value for name, value in typed.items()},
    }
