"""`makecomapp.json`: which components there are, of which files, and how they are called at Make.

A component is called after its key in the catalog, so its id stays the same. What Make itself names
(connections, webhooks), and what was deployed before, stands in `origins` with its `idMapping`: that part
belongs to whoever deploys, and is kept when the app is written anew.
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
# Make's names of code files that a file's own name says otherwise.
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
    """Name a component's files by code type, relative to the manifest."""
    stem = kebab(name)
    named = NAMES | ({"communication": "oauth-communication.iml.json"} if oauth else {})
    return {code: f"{folder}/{stem}/{stem}.{named[code]}" for code in codes}


def manifest(
    *,
    connection: Mapping[str, Any],
    modules: Sequence[Module],
    procedures: Sequence[Procedure],
    webhooks: Sequence[Webhook],
    origins: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """Give the manifest; `connection` maps its id to its entry."""
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
        "origins": [_mapped(one, components) for one in origins],
    }


def _mapped(origin: Mapping[str, Any], components: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Keep an origin; a component that is no longer generated is let go of there, never forgotten."""
    known = origin.get("idMapping", {})
    mapping = {
        kind: [
            {**one, "local": one.get("local") if one.get("local") in components[kind] else None}
            for one in known.get(kind, [])
        ]
        for kind in KINDS
        if kind in known or kind != "endpoint"
    }
    return {**origin, "idMapping": mapping}


def kept_origins(folder: Path) -> list[dict[str, Any]]:
    """Read where the app in `folder` was deployed to; raises ConfigurationError for a file that is none."""
    file = folder / FILE
    if not file.is_file():
        return []
    try:
        found = json.loads(file.read_text("utf-8-sig"))["origins"]
    except (ValueError, KeyError, TypeError) as problem:
        raise ConfigurationError(
            f"{file} is no manifest of a Make app, so its origins cannot be kept; mend or remove it."
        ) from problem
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise ConfigurationError(f"The origins in {file} are no list of objects; mend or remove the file.")
    return found
