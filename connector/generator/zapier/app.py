"""An Integration as a Zapier CLI app: `render` gives every file's path and text, and touches nothing.

The platform's facts relied on here (schema of the definition, exact pin of the core, ESM with `exports`)
are those of zapier-platform-core 19.1.0.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from connector.definition.model import Integration
from connector.generator.zapier import steps
from connector.generator.zapier.fields import Unrenderable
from connector.generator.zapier.literal import literal
from connector.generator.zapier.package import (
    CORE,
    authentication,
    operations,
    package,
    vendor_facts,
)
from connector.generator.zapier.readme import readme

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
    integration: Integration, *, include_assumed: bool = False, link: Mapping[str, Any] | None = None
) -> dict[str, str]:
    """Give the app of one vendor as `{path: text}`, the same on every machine.

    Requests and inputs that are only assumed are left out, except for inputs that a request needs, unless
    `include_assumed`. `link` is what ties the folder to an app at Zapier (`kept_link`). Raises Unrenderable
    where Zapier cannot express what the catalog asks for.
    """
    entries = _entries(integration, assumed=include_assumed)
    page = partial(_page, _environment(), notice=_notice(integration))
    files = {
        f"{folder}/{key}.js": page(template, **entry)
        for folder, template in TEMPLATES.items()
        for key, entry in entries[folder].items()
    }
    indexes = {
        f"{folder}/index.js": page("folder.js.jinja", keys=list(entries[folder]))
        for folder in TEMPLATES
        if folder != "records"
    }
    static = _static(session=not integration.authentication.field)
    around = _around(integration, entries, page, link or {}, include_assumed=include_assumed)
    return dict(sorted({**static, **files, **indexes, **around}.items()))


def _around(
    integration: Integration,
    entries: Entries,
    page: Callable[..., str],
    link: Mapping[str, Any],
    *,
    include_assumed: bool,
) -> dict[str, str]:
    """Give the files that an app has once."""
    used = _used(integration, entries)
    throttle = integration.limits.throttle
    hydrators = steps.hydrators(integration, entries["triggers"])
    later = {"hydrators.js": page("hydrators.js.jinja", hydrators=hydrators)} if hydrators else {}
    return {
        **later,
        ".gitignore": page("gitignore.jinja"),
        "README.md": page("README.md.jinja", **readme(integration, entries, used)),
        "authentication.js": page("authentication.js.jinja", **authentication(integration)),
        "index.js": page(
            "index.js.jinja",
            version=integration.vendor.app_version,
            core=CORE,
            hydrators=bool(hydrators),
            throttle=throttle and {"window": throttle.seconds, "limit": throttle.requests, "scope": ["auth"]},
            pairs=steps.find_or_creates(integration, entries["searches"], entries["creates"]),
        ),
        "operations.js": page(
            "operations.js.jinja", operations=operations(integration, used, assumed=include_assumed)
        ),
        "vendor.js": page("vendor.js.jinja", facts=vendor_facts(integration)),
        **package(integration, link),
    }


def _entries(integration: Integration, *, assumed: bool) -> Entries:
    """Per folder, what each of its files prints."""
    records = steps.Records()
    found = {
        "triggers": _by_key(steps.triggers(integration, records, assumed=assumed)),
        "creates": _by_key(steps.creates(integration, records, assumed=assumed)),
        "searches": _by_key(steps.searches(integration, records, assumed=assumed)),
    }
    dropdowns = {
        field["dynamic"].split(".")[0]
        for entries in found.values()
        for entry in entries.values()
        for field in _fields(entry)
        if "dynamic" in field
    }
    found |= {"dropdowns": _by_key(steps.dropdowns(integration, dropdowns)), "records": records.files}
    if both := found["triggers"].keys() & found["dropdowns"].keys():
        raise Unrenderable(
            f"{min(both)} is both a trigger and a dropdown, which Zapier keeps in one list; rename one."
        )
    return found


def _by_key(entries: Iterable[dict[str, Any]]) -> dict[str, Any]:
    return {entry["key"]: entry for entry in entries}


def _fields(entry: Mapping[str, Any]) -> list[dict[str, Any]]:
    fields = entry["form"]["fields"]
    return [*fields, *(child for one in fields for child in one.get("children", ()))]


def _used(integration: Integration, entries: Entries) -> set[str]:
    """Collect the operationIds that the app calls."""
    sources = [
        entry["source"] for folder in entries if folder != "records" for entry in entries[folder].values()
    ]
    hooks = [part for entry in entries["triggers"].values() for part in (entry["hook"] or {}).values()]
    later = steps.hydrators(integration, entries["triggers"]).values()
    login = integration.authentication
    tokens = {login.tokens.operation} if login.tokens and not login.field else set()
    return {
        *(part["operation"].name for part in (*sources, *hooks, *later) if "operation" in part),
        login.test_operation,
        *tokens,
    }


def _static(*, session: bool) -> dict[str, str]:
    root = HERE / "static"
    left_out = () if session else (root / "lib" / "session.js",)
    paths = [path for path in sorted(root.rglob("*")) if path.is_file() and path not in left_out]
    return {path.relative_to(root).as_posix(): path.read_text("utf-8") for path in paths}


def _environment() -> Environment:
    environment = Environment(  # noqa: S701 - JavaScript and Markdown, not HTML
        loader=FileSystemLoader(HERE / "templates"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["js"] = literal
    return environment


def _page(environment: Environment, template: str, **context: Any) -> str:
    return environment.get_template(template).render(context)


def _notice(integration: Integration) -> str:
    name = integration.vendor.id
    sources = f"openapi/{name}.yaml and connector/catalog/{name}.yaml"
    return f"Generated by `returns generate` from {sources}. Do not edit."
