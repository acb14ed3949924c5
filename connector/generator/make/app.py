"""Renders a vendor's Make custom app as file paths and file contents, without writing to disk.

The folder layout is the one that version 2.8 of Make's editor extension uses for local development: the
manifest `src/makecomapp.json`, and the files that the manifest lists.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from connector.definition.model import Action, Environment, Integration, PostedTrigger, Search, Trigger
from connector.definition.offer import Selection, offered
from connector.generator.make.base import base_file
from connector.generator.make.connection import connection_files, connection_type
from connector.generator.make.downloads import downloads
from connector.generator.make.fields import Unrenderable
from connector.generator.make.hooks import instant_triggers
from connector.generator.make.manifest import FILE, build_manifest, paths
from connector.generator.make.naming import MODULE_ID, proper_nouns, sentence
from connector.generator.make.order import rank
from connector.generator.make.parts import Module
from connector.generator.make.posted import posted_triggers
from connector.generator.make.procedures import procedures
from connector.generator.make.readme import developer_guide, user_readme
from connector.generator.make.steps import actions, searches
from connector.generator.make.triggers import polling_triggers
from connector.generator.make.universal import universal_module

OTHER = "Other"
"""The group of the universal module."""
IGNORED = "# Keys for deployment.\n.secrets/\n"


def render(
    whole: Integration,
    *,
    selection: Selection = "preview",
    origins: Sequence[Mapping[str, Any]] = (),
    base_url: str | None = None,
) -> dict[str, str]:
    """Render a vendor's app. The result maps each file's path to its content.

    `selection` says which steps of the vendor's integration the app contains (`connector.definition.offer`).
    `origins` lists the app's earlier deployments, which are copied to the manifest. `base_url` replaces the
    vendor's base URL, for example to try the app with a sandbox behind a tunnel.

    Raises Unrenderable if `base_url` does not use https, or if Make cannot express something in the catalog.
    """
    vendor = _with_base_url(offered(whole, selection), base_url)
    instant = [*instant_triggers(vendor), *posted_triggers(vendor)]
    webhooks = [webhook for _module, webhook in instant]
    steps = [
        *polling_triggers(vendor),
        *(module for module, _webhook in instant),
        *actions(vendor),
        *searches(vendor),
    ]
    labels = downloads(vendor, [one.key for one in steps])
    modules = [*steps, *labels, universal_module(vendor)]
    rpcs = list(procedures(vendor, modules))
    _check_ids([*(one.id for one in modules)], [*(one.id for one in rpcs)])
    connection = connection_files(vendor)
    connection_paths = _connection_paths(vendor, list(connection))
    files: dict[str, Any] = {
        FILE: build_manifest(
            connection={vendor.vendor.id: _connection_entry(vendor)},
            modules=modules,
            procedures=rpcs,
            webhooks=webhooks,
            origins=origins,
        ),
        "src/general/base.iml.json": base_file(vendor),
        "src/general/common.json": {},
        "src/modules/groups.json": _groups(vendor, modules),
        **{f"src/{connection_paths[code]}": value for code, value in connection.items()},
    }
    for folder, components in (("webhooks", webhooks), ("modules", modules), ("rpcs", rpcs)):
        for one in components:
            files |= _component(folder, one.id, one.files)
    texts = {
        ".gitignore": IGNORED,
        "README.md": developer_guide(whole, modules, _notice(vendor)),
        "src/README.md": user_readme(vendor, modules),
    }
    return dict(sorted({**texts, **{path: _json(value) for path, value in files.items()}}.items()))


def _with_base_url(integration: Integration, base_url: str | None) -> Integration:
    if base_url is None:
        return integration
    if not base_url.startswith("https://"):
        raise Unrenderable(
            f"{base_url} is not an https address. Use https, because every request sends the login."
        )
    trial = Environment(key="trial", label="Trial", base_url=base_url.rstrip("/"))
    return integration.model_copy(update={"environments": (trial,)})


def _check_ids(*kinds: Sequence[str]) -> None:
    for ids in kinds:
        for one in ids:
            if ids.count(one) > 1:
                raise Unrenderable(
                    f"Two components would have the id {one} at Make. Rename one in the catalog."
                )
            if not MODULE_ID.fullmatch(one):
                raise Unrenderable(
                    f"{one} is not a valid id of a component at Make, which has 3 to 48 letters and digits. "
                    "Rename it in the catalog."
                )


def _connection_entry(integration: Integration) -> dict[str, Any]:
    files = connection_files(integration)
    return {
        "label": integration.vendor.title,
        "connectionType": connection_type(integration),
        "codeFiles": _connection_paths(integration, list(files)),
    }


def _connection_paths(integration: Integration, codes: Sequence[str]) -> dict[str, str]:
    oauth = connection_type(integration) == "oauth"
    return paths("connections", integration.vendor.id, codes, oauth=oauth)


def _component(folder: str, name: str, files: Mapping[str, Any]) -> dict[str, Any]:
    paths_by_code = paths(folder, name, list(files))
    return {f"src/{paths_by_code[code]}": value for code, value in files.items()}


def _groups(integration: Integration, modules: Sequence[Module]) -> list[dict[str, Any]]:
    """Group the modules by the kind of record that they are about, in the order of `rank`."""
    steps: dict[str, Trigger | PostedTrigger | Action | Search] = {
        **integration.triggers,
        **integration.posted,
        **integration.actions,
        **integration.searches,
    }
    groups: dict[str, list[Module]] = {}
    for resource in integration.resources.values():
        groups.setdefault(sentence(resource.group, proper_nouns(integration)), [])
    for one in modules:
        step = steps.get(one.key)
        label = integration.resources[step.resource].group if step else one.group or OTHER
        groups.setdefault(sentence(label, proper_nouns(integration)), []).append(one)
    return [
        {
            "label": label,
            "modules": [one.id for one in sorted(members, key=lambda one: rank(one.kind, one.crud))],
        }
        for label, members in groups.items()
        if members
    ]


def _notice(integration: Integration) -> str:
    name = integration.vendor.id
    sources = f"openapi/{name}.yaml and connector/catalog/{name}.yaml"
    return f"Generated by `returns generate` from {sources}. Do not edit."


def _json(value: Any) -> str:
    return json.dumps(value, indent=4, ensure_ascii=False) + "\n"
