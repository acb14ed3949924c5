"""An Integration as a Make custom app: `render` gives every file's path and text, and touches nothing.

The layout is that of local development with Make's editor extension 2.8: `src/makecomapp.json` and what it
names.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from connector.definition.model import Environment, Integration
from connector.generator.make.base import base
from connector.generator.make.connection import connection, connection_type
from connector.generator.make.fields import Unrenderable, used_dropdowns
from connector.generator.make.hooks import instant_triggers
from connector.generator.make.known import known_only
from connector.generator.make.manifest import FILE, manifest, paths
from connector.generator.make.naming import MODULE_ID
from connector.generator.make.parts import Module, Procedure
from connector.generator.make.readme import guide, readme
from connector.generator.make.steps import actions, procedure, searches
from connector.generator.make.triggers import triggers
from connector.generator.make.universal import universal

GROUPS = {
    "trigger": "Triggers",
    "instant_trigger": "Triggers",
    "action": "Actions",
    "search": "Searches",
    "universal": "Other",
}
IGNORED = "# Keys for deployment.\n.secrets/\n"


def render(
    integration: Integration,
    *,
    include_assumed: bool = False,
    origins: Sequence[Mapping[str, Any]] = (),
    base_url: str | None = None,
) -> dict[str, str]:
    """Give the app of one vendor as `{path: text}`, the same on every machine.

    Requests and inputs that are only assumed are left out, except for inputs that a request needs, unless
    `include_assumed`. `origins` are where the app was deployed to before. `base_url` replaces the vendor's
    address, for a trial against a sandbox behind a tunnel. Raises Unrenderable where Make cannot express what
    the catalog asks for.
    """
    offered = integration if include_assumed else known_only(integration)
    made = _moved(offered, base_url)
    hooked = list(instant_triggers(made))
    webhooks = [webhook for _module, webhook in hooked]
    modules = [
        *(module for module, _webhook in hooked),
        *triggers(made),
        *actions(made),
        *searches(made),
        universal(made),
    ]
    procedures = _procedures(made, modules)
    _check_ids([*(one.id for one in modules)], [*(one.id for one in procedures)])
    login = made.vendor.id
    files: dict[str, Any] = {
        FILE: manifest(
            connection={login: _connection_entry(made)},
            modules=modules,
            procedures=procedures,
            webhooks=webhooks,
            origins=origins,
        ),
        "src/general/base.iml.json": base(made),
        "src/general/common.json": {},
        "src/modules/groups.json": _groups(modules),
        **{f"src/{_connection_files(made, [code])[code]}": value for code, value in connection(made).items()},
    }
    for folder, components in (("webhooks", webhooks), ("modules", modules), ("rpcs", procedures)):
        for one in components:
            files |= _component(folder, one.id, one.files)
    texts = {
        ".gitignore": IGNORED,
        "README.md": guide(integration, modules, _notice(made)),
        "src/README.md": readme(made, modules),
    }
    return dict(sorted({**texts, **{path: _json(value) for path, value in files.items()}}.items()))


def _moved(integration: Integration, base_url: str | None) -> Integration:
    if base_url is None:
        return integration
    if not base_url.startswith("https://"):
        raise Unrenderable(f"{base_url} is not https, and a login goes along with every request to it.")
    elsewhere = Environment(key="trial", label="Trial", base_url=base_url.rstrip("/"))
    return integration.model_copy(update={"environments": (elsewhere,)})


def _procedures(integration: Integration, modules: Sequence[Module]) -> list[Procedure]:
    used = {one.key: one for module in modules for one in used_dropdowns(module.inputs, integration)}
    return [procedure(integration, one) for key, one in integration.dropdowns.items() if key in used]


def _check_ids(*kinds: Sequence[str]) -> None:
    for ids in kinds:
        for one in ids:
            if ids.count(one) > 1:
                raise Unrenderable(
                    f"Two components would be called {one} at Make; rename one in the catalog."
                )
            if not MODULE_ID.fullmatch(one):
                raise Unrenderable(f"{one} is no name for a component at Make: 3 to 48 letters and digits.")


def _connection_entry(integration: Integration) -> dict[str, Any]:
    files = connection(integration)
    return {
        "label": integration.vendor.title,
        "connectionType": connection_type(integration),
        "codeFiles": _connection_files(integration, list(files)),
    }


def _connection_files(integration: Integration, codes: Sequence[str]) -> dict[str, str]:
    oauth = connection_type(integration) == "oauth"
    return paths("connections", integration.vendor.id, codes, oauth=oauth)


def _component(folder: str, name: str, files: Mapping[str, Any]) -> dict[str, Any]:
    named = paths(folder, name, list(files))
    return {f"src/{named[code]}": value for code, value in files.items()}


def _groups(modules: Sequence[Module]) -> list[dict[str, Any]]:
    found: dict[str, list[str]] = {}
    for one in modules:
        found.setdefault(GROUPS[one.kind], []).append(one.id)
    return [{"label": label, "modules": ids} for label, ids in found.items()]


def _notice(integration: Integration) -> str:
    name = integration.vendor.id
    sources = f"openapi/{name}.yaml and connector/catalog/{name}.yaml"
    return f"Generated by `returns generate` from {sources}. Do not edit."


def _json(value: Any) -> str:
    return json.dumps(value, indent=4, ensure_ascii=False) + "\n"
