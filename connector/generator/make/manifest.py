"""Builds `makecomapp.json`, the manifest of a Make app: its components, their files, and its deployments.

A component's ID is derived from its key in the catalog, so the ID stays the same when the app is generated
again.

In the manifest, `origins` has one entry for each deployment of the app. Deploying the app adds an `idMapping`
to the entry, which maps the component IDs in the manifest to the IDs in Make. When the app is generated
again, `origins` is copied from the old manifest, so that the mappings are kept.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from connector.errors import ConfigurationError
from connector.generator.make.naming import kebab
from connector.generator.make.parts import Module, Procedure, Webhook

FILE = "src/makecomapp.json"
KINDS = ("connection", "webhook", "module", "rpc", "function", "endpoint")
GENERAL = {
    "base": "general/base.iml.json",
    "common": "general/common.json",
    "readme": "README.md",
    "groups": "modules/groups.json",
}
# The suffixes of code file names, keyed by Make's code type.
NAMES = {
    "communication": "communication.iml.json",
    "params": "params.iml.json",
    "common": "common.json",
    "staticParams": "static-params.iml.json",
    "mappableParams": "mappable-params.iml.json",
    "interface": "interface.iml.json",
    "samples": "samples.iml.json",
    "scope": "scope.iml.json",
    "epoch": "epoch.iml.json",
    "attach": "attach.iml.json",
    "detach": "detach.iml.json",
    "update": "update.iml.json",
    "requiredScope": "required-scope.iml.json",
    "scopeList": "scope-list.iml.json",
    "defaultScope": "default-scope.iml.json",
}


def paths(folder: str, name: str, codes: Sequence[str], *, oauth: bool = False) -> dict[str, str]:
    """Build the paths of a component's files, keyed by code type. The paths are relative to the manifest."""
    stem = kebab(name)
    names = NAMES | ({"communication": "oauth-communication.iml.json"} if oauth else {})
    return {code: f"{folder}/{stem}/{stem}.{names[code]}" for code in codes}


def build_manifest(
    *,
    connection: Mapping[str, Any],
    modules: Sequence[Module],
    procedures: Sequence[Procedure],
    webhooks: Sequence[Webhook],
    origins: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """Build the manifest.

    `connection` has one item, which maps the ID of the app's connection to its manifest entry. `origins`
    lists the app's deployments.
    """
    login = next(iter(connection))
    components: dict[str, dict[str, Any]] = {kind: {} for kind in KINDS}
    components["connection"] = dict(connection)
    for one in webhooks:
        components["webhook"][one.id] = {
            "label": one.label,
            "webhookType": "web",
            "connection": login,
            "codeFiles": paths("webhooks", one.id, list(one.files)),
        }
    for module in modules:
        components["module"][module.id] = {
            "label": module.label,
            "description": module.description,
            "moduleType": module.kind,
            **({"actionCrud": module.crud} if module.crud else {}),
            **_login(module, login),
            "codeFiles": paths("modules", module.id, list(module.files)),
        }
    for procedure in procedures:
        components["rpc"][procedure.id] = {
            "label": procedure.label,
            "connection": login,
            "codeFiles": paths("rpcs", procedure.id, list(procedure.files)),
        }
    return {
        "fileVersion": 1,
        "generalCodeFiles": GENERAL,
        "components": components,
        "origins": [_updated_origin(one, components) for one in origins],
    }


def _login(module: Module, connection: str) -> dict[str, Any]:
    """Return the part of a module's entry that names its webhook or its connection, if it has one."""
    if module.webhook:
        return {"webhook": module.webhook}
    return {"connection": None if module.anonymous else connection}


def _updated_origin(origin: Mapping[str, Any], components: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return a copy of an origin, with its `idMapping` updated for components that no longer exist.

    The mapping keeps its entry for such a component, but the entry's `local` (the ID in the manifest) is set
    to None.
    """
    old = origin.get("idMapping", {})
    mapping = {
        kind: [
            {**one, "local": one.get("local") if one.get("local") in components[kind] else None}
            for one in old.get(kind, [])
        ]
        for kind in KINDS
        if kind in old or kind != "endpoint"
    }
    return {**origin, "idMapping": mapping}


def kept_origins(folder: Path) -> list[dict[str, Any]]:
    """Read the app's deployments from the manifest in `folder`, so that they can be kept.

    The result is empty if there is no manifest. Raises ConfigurationError if the manifest cannot be read,
    because overwriting it would lose the deployments.
    """
    file = folder / FILE
    if not file.is_file():
        return []
    try:
        origins = json.loads(file.read_text("utf-8-sig"))["origins"]
    except (ValueError, KeyError, TypeError, RecursionError) as problem:
        raise ConfigurationError(
            f"{file} is not the manifest of a Make app, so its origins would be lost. Fix or remove the file."
        ) from problem
    if not isinstance(origins, list) or not all(isinstance(one, dict) for one in origins):
        raise ConfigurationError(
            f"The origins in {file} are not a list of objects. Fix them or remove the file."
        )
    return origins
