"""The two texts of an app: the guide for its developer, and the README for those who use it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from connector.definition.model import Action, Integration, Search, Trigger
from connector.generator.make.connection import connection
from connector.generator.make.parts import Module

TEMPLATES = Path(__file__).parent / "templates"


def guide(integration: Integration, modules: Sequence[Module], notice: str) -> str:
    """Tell a developer how to deploy the app, and what it does not do."""
    return _page("guide.md.jinja", notice=notice, **_facts(integration, modules))


def readme(integration: Integration, modules: Sequence[Module]) -> str:
    """Tell a person who builds scenarios how to connect, and what the modules do."""
    return _page("README.md.jinja", **_facts(integration, modules))


def _facts(integration: Integration, modules: Sequence[Module]) -> dict[str, Any]:
    scopes = {integration.operations[name].scope for module in modules for name in module.operations}
    offered = {one.key for one in modules}
    polled = {one.key for one in modules if one.kind == "trigger"}
    return {
        "vendor": integration.vendor,
        "login": connection(integration)["params"],
        "path": f"/{integration.vendor.id}{urlsplit(integration.base_url).path}",
        "permissions": sorted(f"`{scope}`" for scope in scopes if scope),
        "modules": modules,
        "promises": {
            key: trigger.guarantees["make"].loses
            if key in polled
            else f"What {integration.vendor.title} does not post: nobody asks again."
            for key, trigger in integration.triggers.items()
            if key in offered
        },
        "by_id": {
            key
            for key, trigger in integration.triggers.items()
            if key in polled and trigger.guarantees["make"].watermark == trigger.source.id
        },
        "once": [one.label for one in modules if _after_timeout(integration, one) in ("find", "ask")],
        "repeated": [one.label for one in modules if _after_timeout(integration, one) == "repeat"],
        "left_out": [
            one for one in integration.triggers.values() if not (one.hook or "make" in one.guarantees)
        ],
        "assumed": [
            one.label
            for offers in (integration.triggers, integration.actions, integration.searches)
            for one in offers.values()
            if one.key not in offered and _could_be(one)
        ],
        "missing_is_error": any(one.missing_is_empty for one in integration.paging.values()),
    }


def _after_timeout(integration: Integration, module: Module) -> str:
    action = integration.actions.get(module.key)
    return action.after_timeout if action else ""


def _could_be(offer: Trigger | Action | Search) -> bool:
    return not isinstance(offer, Trigger) or offer.hook is not None or "make" in offer.guarantees


def _page(template: str, **context: Any) -> str:
    environment = Environment(  # noqa: S701 - Markdown, not HTML
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(template).render(context)
