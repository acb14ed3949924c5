"""Renders a vendor's n8n package as file paths and file contents, without writing to disk.

A package has a node, a trigger node and a credential. The files in `nodes/<Name>/` contain data; the logic is
in `nodes/<Name>/lib/`, which is copied from `static/lib/`.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from connector.definition.instant import is_instant
from connector.definition.model import Integration
from connector.definition.offer import Selection
from connector.definition.offer import offered as selected
from connector.generator.markdown import filled
from connector.generator.n8n import offer
from connector.generator.n8n.credentials import credential_values
from connector.generator.n8n.literal import literal
from connector.generator.n8n.naming import class_name, credential_name, node_name
from connector.generator.n8n.package import has_trigger_node, package_files
from connector.generator.n8n.posted import LEFT_OUT, posted_data, subscription_data
from connector.generator.n8n.properties import (
    node_properties,
    posted_properties,
    search_method,
    trigger_properties,
)
from connector.generator.n8n.readme import readme_values
from connector.generator.n8n.requests import dropdown, vendor_facts

HERE = Path(__file__).parent
COLORS = {"light": ("#1f2937", "#ffffff"), "dark": ("#e5e7eb", "#111827")}
"""The colors of the icon's tile and arrow, keyed by theme."""


def render(
    integration: Integration,
    *,
    selection: Selection = "preview",
    publisher: Mapping[str, Any] | None = None,
) -> dict[str, str]:
    """Render a vendor's package, and return the content of its files, keyed by path.

    `selection` says which steps of the vendor's integration the package contains (see
    `connector.definition.offer`). A vendor's triggers poll, and its instant triggers are left out; only the
    hub posts its events.
    `publisher` contains the fields that the publisher entered in package.json (see `kept_publisher`). Raises
    `Unrenderable` if the catalog contains something that n8n does not support.
    """
    integration = offer.with_promised_triggers(integration)
    offered = _polling(selected(integration, selection))
    listed = offer.offers(offered)
    offer.check_names(listed)
    name = class_name(offered.vendor)
    environment, common = _environment(), {"notice": _notice(offered), **_names(offered)}

    def page(template: str, **values: Any) -> str:
        return environment.get_template(template).render({**common, **values})

    dropdowns = {search_method(one): dropdown(offered, one) for one in offer.used_dropdowns(offered, listed)}
    dependent = {
        search_method(one): offer.dependent_data(offered, one, listed)
        for one in offer.used_dependent_dropdowns(offered, listed)
    }
    requests = subscription_data(offered)
    polled = trigger_properties(offered, offered.triggers.values())
    node = {
        "properties": node_properties(offered, listed),
        "triggers": posted_properties(offered) if requests else polled,
    }
    data = {
        "vendor": vendor_facts(offered),
        "steps": offer.step_data(offered, listed),
        "triggers": posted_data(offered) if requests else offer.trigger_data(offered),
        "subscriptions": requests,
        "dropdowns": dropdowns,
        "dependentDropdowns": dependent,
    }
    template = "posted.ts.jinja" if requests else "trigger.ts.jinja"
    posted_searches = [search_method(one) for one in offer.used_dropdowns(offered, ())]
    trigger = {f"nodes/{name}/{name}Trigger.node.ts": page(template, searches=posted_searches)}
    files = {
        f"credentials/{name}Api.credentials.ts": page("credentials.ts.jinja", **credential_values(offered)),
        f"nodes/{name}/{name}.node.ts": page(
            "node.ts.jinja", searches=list(dropdowns), dependent=list(dependent)
        ),
        **(trigger if has_trigger_node(offered) else {}),
        f"nodes/{name}/properties.ts": page("properties.ts.jinja", **node),
        f"nodes/{name}/data.ts": page("data.ts.jinja", **data),
        **{f"nodes/{name}/lib/{path.name}": path.read_text("utf-8") for path in _library(offered)},
        **{f"icons/{offered.vendor.id}{_suffix(theme)}.svg": _icon(page, theme) for theme in COLORS},
        "README.md": filled(page("README.md.jinja", **readme_values(integration, offered, listed))),
        "LICENSE.md": page("LICENSE.md.jinja"),
        ".gitignore": page("gitignore.jinja"),
        **package_files(offered, publisher or {}),
    }
    return dict(sorted(files.items()))


def _polling(integration: Integration) -> Integration:
    triggers = {key: one for key, one in integration.triggers.items() if not is_instant(one)}
    return integration.model_copy(update={"triggers": triggers})


def _names(integration: Integration) -> dict[str, Any]:
    return {
        "name": class_name(integration.vendor),
        "node": node_name(integration.vendor),
        "credential": credential_name(integration.vendor),
        "service": integration.vendor,
    }


def _library(integration: Integration) -> list[Path]:
    """List the modules to copy, without those for the kind of triggers that the package does not have."""
    left_out = LEFT_OUT[bool(integration.posted)]
    return [one for one in sorted((HERE / "static" / "lib").glob("*.ts")) if one.name not in left_out]


def _suffix(theme: str) -> str:
    return "" if theme == "light" else f".{theme}"


def _icon(page: Callable[..., str], theme: str) -> str:
    tile, arrow = COLORS[theme]
    return page("icon.svg.jinja", tile=tile, arrow=arrow)


def _environment() -> Environment:
    environment = Environment(  # noqa: S701 - TypeScript and Markdown, not HTML
        loader=FileSystemLoader(HERE / "templates"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["ts"] = literal
    return environment


def _notice(integration: Integration) -> str:
    name = integration.vendor.id
    sources = f"openapi/{name}.yaml and connector/catalog/{name}.yaml"
    return f"Generated by `returns generate` from {sources}. Do not edit."
