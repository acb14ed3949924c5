"""Renders an `Integration` as the files of a Zapier CLI app, without writing to disk.

The app is written for zapier-platform-core 19.1.0. It follows that version's schema, requires exactly that
version in package.json, and consists of ES modules that are loaded through `exports`.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from connector.definition.model import Integration
from connector.definition.offer import Selection, offered
from connector.generator.markdown import filled
from connector.generator.zapier import steps
from connector.generator.zapier.dropdowns import dropdowns
from connector.generator.zapier.fields import Unrenderable
from connector.generator.zapier.literal import to_javascript
from connector.generator.zapier.package import (
    CORE,
    authentication,
    operations,
    package_files,
    vendor_facts,
)
from connector.generator.zapier.posted import posted_triggers
from connector.generator.zapier.readme import readme_values
from connector.generator.zapier.records import Records

HERE = Path(__file__).parent
TEMPLATES = {
    "triggers": "triggers/trigger.js.jinja",
    "creates": "creates/create.js.jinja",
    "searches": "searches/search.js.jinja",
    "dropdowns": "dropdowns/dropdown.js.jinja",
    "records": "records/record.js.jinja",
}

Entries = dict[str, dict[str, Any]]


def render(
    whole: Integration, *, selection: Selection = "preview", link: Mapping[str, Any] | None = None
) -> dict[str, str]:
    """Render a vendor's app, and return the content of its files, keyed by path.

    `selection` says which steps of the vendor's integration the app contains (`connector.definition.offer`).
    `link` contains the ID and key of the app that is registered at Zapier (see `kept_link`). Raises
    `Unrenderable` if the catalog contains something that Zapier does not support.
    """
    integration = offered(whole, selection)
    entries = _entries(integration)
    page = partial(_page, _environment(), notice=_notice(integration))
    entry_files = {
        f"{folder}/{key}.js": page(entry.get("page", template), **entry)
        for folder, template in TEMPLATES.items()
        for key, entry in entries[folder].items()
    }
    indexes = {
        f"{folder}/index.js": page("folder.js.jinja", keys=list(entries[folder]))
        for folder in TEMPLATES
        if folder != "records"
    }
    static = _static(integration)
    single_files = _single_files(integration, whole, entries, page, link or {})
    return dict(sorted({**static, **entry_files, **indexes, **single_files}.items()))


def _single_files(
    integration: Integration,
    whole: Integration,
    entries: Entries,
    page: Callable[..., str],
    link: Mapping[str, Any],
) -> dict[str, str]:
    """Render the files at the top level of the app, such as README.md, index.js and package.json.

    `whole` also contains the steps that the app leaves out; the README names them.
    """
    used = _used(integration, entries)
    throttle = integration.limits.throttle
    hydrators = steps.hydrators(integration, entries["triggers"])
    files = any("files" in record.get("shape", {}) for record in entries["records"].values())
    deferred = {"hydrators.js": page("hydrators.js.jinja", hydrators=hydrators, files=files)}
    return {
        **(deferred if hydrators or files else {}),
        **({"files.js": page("files.js.jinja")} if files else {}),
        ".gitignore": page("gitignore.jinja"),
        "README.md": filled(page("README.md.jinja", **readme_values(integration, whole, entries, used))),
        "authentication.js": page("authentication.js.jinja", **authentication(integration)),
        "index.js": page(
            "index.js.jinja",
            version=integration.vendor.app_version,
            core=CORE,
            hydrators=bool(hydrators or files),
            throttle=throttle and {"window": throttle.seconds, "limit": throttle.requests, "scope": ["auth"]},
            pairs=steps.find_or_creates(integration, entries["searches"], entries["creates"]),
        ),
        "operations.js": page("operations.js.jinja", operations=operations(integration, used)),
        "vendor.js": page("vendor.js.jinja", facts=vendor_facts(integration)),
        **package_files(integration, link),
    }


def _entries(integration: Integration) -> Entries:
    """Compute the template values for each step, dropdown and record file.

    The result is keyed by folder, such as `triggers`, then by the key of the step or dropdown, or by the name
    of the record file. Raises `Unrenderable` if a trigger and a dropdown have the same key.
    """
    records = Records(integration)
    by_folder = {
        "triggers": _by_key([*steps.triggers(integration, records), *posted_triggers(integration, records)]),
        "creates": _by_key(steps.creates(integration, records)),
        "searches": _by_key(steps.searches(integration, records)),
    }
    used = {
        field["dynamic"].split(".")[0]
        for entries in by_folder.values()
        for entry in entries.values()
        for field in _fields(entry)
        if "dynamic" in field
    }
    by_folder |= {"dropdowns": _by_key(dropdowns(integration, used)), "records": records.files}
    if both := by_folder["triggers"].keys() & by_folder["dropdowns"].keys():
        raise Unrenderable(
            f"{min(both)} is both a trigger and a dropdown, but Zapier has one list for both. "
            "Rename one in the catalog."
        )
    return by_folder


def _by_key(entries: Iterable[dict[str, Any]]) -> dict[str, Any]:
    return {entry["key"]: entry for entry in entries}


def _fields(entry: Mapping[str, Any]) -> list[dict[str, Any]]:
    fields = entry["form"]["fields"]
    return [*fields, *(child for one in fields for child in one.get("children", ()))]


def _used(integration: Integration, entries: Entries) -> set[str]:
    """Collect the operationIds of all requests that the app sends."""
    sources = [
        entry["source"] for folder in entries if folder != "records" for entry in entries[folder].values()
    ]
    hooks = [part for entry in entries["triggers"].values() for part in (entry["hook"] or {}).values()]
    details = steps.hydrators(integration, entries["triggers"]).values()
    login = integration.authentication
    tokens = {login.tokens.operation} if login.tokens and not login.field else set()
    return {
        *(part["operation"].name for part in (*sources, *hooks, *details) if "operation" in part),
        login.test_operation,
        *tokens,
    }


def _static(integration: Integration) -> dict[str, str]:
    """Read the modules that are copied, except those for sessions or posted triggers that the app lacks."""
    root = HERE / "static"
    left_out = {
        *(("session.js",) if integration.authentication.field else ()),
        *(() if integration.posted else ("signatures.js", "subscriptions.js")),
    }
    paths = [path for path in sorted(root.rglob("*")) if path.is_file() and path.name not in left_out]
    return {path.relative_to(root).as_posix(): path.read_text("utf-8") for path in paths}


def _environment() -> Environment:
    environment = Environment(  # noqa: S701 - JavaScript and Markdown, not HTML
        loader=FileSystemLoader(HERE / "templates"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["js"] = to_javascript
    return environment


def _page(environment: Environment, template: str, **context: Any) -> str:
    return environment.get_template(template).render(context)


def _notice(integration: Integration) -> str:
    name = integration.vendor.id
    sources = f"openapi/{name}.yaml and connector/catalog/{name}.yaml"
    return f"Generated by `returns generate` from {sources}. Do not edit."
