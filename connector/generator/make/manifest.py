"""Builds `makecomapp.json`, the manifest of a Make app: its components, their files, and deployments.

The id of a component comes from its key in the catalog, so it stays the same. `origins` lists the deployments
of the app, with `idMapping` from these ids to the ids at Make. A deployment writes this part, so it is kept
when the app is generated again.
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
# The end of a code file's name, by Make's name for the code.
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
    """Return the paths of a component's files by code type, relative to the manifest."""
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
    """Return the manifest; `connection` maps the connection's id to its entry."""
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
            **({"webhook": module.webhook} if module.webhook else {"connection": login}),
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


def _updated_origin(origin: Mapping[str, Any], components: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return an origin with its mapping; an entry whose component is no longer generated is unlinked."""
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
    """Return the deployments of the app in `folder`.

    Raises ConfigurationError if its manifest cannot be read: overwriting it would lose them.
    """
    file = folder / FILE
    if not file.is_file():
        return []
    try:
        origins = json.loads(file.read_text("utf-8-sig"))["origins"]
    except (ValueError, KeyError, TypeError) as problem:
        raise ConfigurationError(
            f"{file} is not the manifest of a Make app, so its origins would be lost. Fix or remove the file."
        ) from problem
    if not isinstance(origins, list) or not all(isinstance(one, dict) for one in origins):
        raise ConfigurationError(
            f"The origins in {file} are not a list of objects. Fix them or remove the file."
        )
    return origins
