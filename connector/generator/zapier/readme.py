"""Computes the values for the README template of a Zapier app."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from connector.definition.instant import TOGETHER, is_instant, misses
from connector.definition.model import Action, Integration, Search, Trigger
from connector.generator import posted
from connector.generator.markdown import grouped
from connector.generator.requests_a_day import requests_a_day
from connector.generator.zapier.left_out import left_out
from connector.generator.zapier.package import CORE, authentication, override_variable

STEPS = ("triggers", "creates", "searches")
LOCAL_HUB = "http://127.0.0.1:4020"


def readme_values(
    integration: Integration, whole: Integration, entries: Mapping[str, Mapping[str, Any]], used: set[str]
) -> dict[str, Any]:
    """Compute the values for the README template.

    `whole` also contains the steps that the app leaves out. `entries` contains the template values of the
    app's steps and dropdowns, keyed by folder, then by key. `used` contains the operationIds of the requests
    that the app sends.
    """
    scopes = {integration.operations[name].scope for name in used}
    return {
        "vendor": integration.vendor,
        "core": CORE,
        "version": integration.vendor.app_version,
        "variable": override_variable(integration),
        "trial": _trial(integration),
        "path": f"/{integration.vendor.id}{urlsplit(integration.base_url).path}",
        "own": bool(integration.posted),
        "late": posted.LATE,
        "tolerance": _tolerance(integration),
        "connecting": [_login_line(field) for field in authentication(integration)["fields"]],
        "session": not integration.authentication.field,
        "permissions": sorted(f"`{scope}`" for scope in scopes if scope),
        "triggers": [entry["display"] | {"key": key} for key, entry in entries["triggers"].items()],
        "requests_a_day": requests_a_day(
            integration,
            {
                key: entry["display"]["label"]
                for key, entry in entries["triggers"].items()
                if not entry["hook"]
            },
            "zapier",
        ),
        "misses": grouped(
            (
                _together(integration, key) if entry["hook"] else entry["display"]["label"],
                _misses(integration, key, hooked=bool(entry["hook"])),
            )
            for key, entry in entries["triggers"].items()
        ),
        "steps": [entry["display"] for kind in ("creates", "searches") for entry in entries[kind].values()],
        "previews": _previews(integration, entries),
        "lists": any("list" in entry["source"] for entry in entries["searches"].values()),
        **left_out(whole, entries),
    }


def _previews(integration: Integration, entries: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the labels of the app's steps of which a part of the requests is assumed."""
    triggers, actions, searches = integration.triggers, integration.actions, integration.searches
    steps: tuple[Trigger | Action | Search, ...] = (*triggers.values(), *actions.values(), *searches.values())
    kept = [one for one in steps if one.preview and any(one.key in entries[kind] for kind in STEPS)]
    labels = [TOGETHER if isinstance(one, Trigger) and is_instant(one) else one.label for one in kept]
    return list(dict.fromkeys(labels))


def _tolerance(integration: Integration) -> int:
    """Return by how many minutes the time of a post may differ from Zapier's clock; 0 if none is signed."""
    return integration.subscriptions.signature.tolerance // 60 if integration.subscriptions else 0


def _together(integration: Integration, key: str) -> str:
    return posted.TOGETHER if key in integration.posted else TOGETHER


def _misses(integration: Integration, key: str, *, hooked: bool) -> str:
    """Describe the events for which a trigger does not fire.

    `key` is the trigger's key. If `hooked` is true, the trigger uses the vendor's webhook instead of polling.
    """
    if key in integration.posted:
        return posted.misses("Zapier")
    if hooked:
        return misses(integration)
    return integration.triggers[key].guarantees["zapier"].loses


def _login_line(field: Mapping[str, Any]) -> str:
    optional = "" if field["required"] else " (optional)"
    return f"**{field['label']}**{optional}: {field.get('helpText', '')}".rstrip(": ")


def _trial(integration: Integration) -> dict[str, str]:
    """Build the environment variables that connect the app to the demo tenant of a local sandbox.

    The variables contain the API's base URL and the required login fields. The value of a secret login field
    is the sandbox's demo key. The value of any other login field is its placeholder or, if there is none, the
    demo key followed by `-client`. The app of the hub is connected to a local hub instead.
    """
    vendor, login = integration.vendor.id, integration.authentication
    if integration.posted:
        return {
            override_variable(integration): LOCAL_HUB,
            f"authData_{login.host.key if login.host else ''}": LOCAL_HUB,
            f"authData_{login.field}": "your-hub-key",
        }
    key = f"sandbox-demo-{vendor}"
    address = f"http://127.0.0.1:4010/{vendor}{urlsplit(integration.base_url).path}"
    values = {
        one.key: key if one.secret else one.placeholder or f"{key}-client"
        for one in login.fields
        if one.required
    } | ({login.host.key: address} if login.host else {})
    return {
        override_variable(integration): address,
        **{f"authData_{name}": value for name, value in values.items()},
    }
