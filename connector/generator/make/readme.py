"""Renders a Make app's two documents: the guide for developers, and the README for users."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from connector.definition.instant import TOGETHER, misses
from connector.definition.left_out import why_left_out
from connector.definition.model import Action, Integration, Search, Trigger
from connector.generator import posted
from connector.generator.make.connection import connection_files
from connector.generator.make.parts import Module
from connector.generator.markdown import filled, grouped
from connector.generator.requests_a_day import requests_a_day

TEMPLATES = Path(__file__).parent / "templates"


def developer_guide(integration: Integration, modules: Sequence[Module], notice: str) -> str:
    """Render the developer guide: how to deploy and try the app, and which steps the app leaves out."""
    return _page("guide.md.jinja", notice=notice, **_facts(integration, modules))


def user_readme(integration: Integration, modules: Sequence[Module]) -> str:
    """Render the README for users: how to connect, what the modules do, and how errors are handled."""
    return _page("README.md.jinja", **_facts(integration, modules))


def _facts(integration: Integration, modules: Sequence[Module]) -> dict[str, Any]:
    scopes = {integration.operations[name].scope for module in modules for name in module.operations}
    offered = {one.key for one in modules}
    polled = {one.key for one in modules if one.kind == "trigger"}
    return {
        "vendor": integration.vendor,
        "login": connection_files(integration)["params"],
        "path": f"/{integration.vendor.id}{urlsplit(integration.base_url).path}",
        "permissions": sorted(f"`{scope}`" for scope in scopes if scope),
        "modules": modules,
        "requests_a_day": requests_a_day(
            integration, {one.key: one.label for one in modules if one.key in polled}, "make"
        ),
        "own": bool(integration.posted),
        "late": posted.LATE,
        "misses": grouped(_missed(integration, modules, polled)),
        "by_id": {
            key
            for key, trigger in integration.triggers.items()
            if key in polled and trigger.guarantees["make"].watermark == trigger.source.id
        },
        "once": [one.label for one in modules if _after_timeout(integration, one) in ("find", "ask")],
        "repeated": [one.label for one in modules if _after_timeout(integration, one) == "repeat"],
        "left_out": grouped(
            (one.label, reason)
            for one in integration.triggers.values()
            if (reason := why_left_out(one, "make"))
        ),
        "previews": list(
            dict.fromkeys(
                TOGETHER if one.key in integration.triggers and one.key not in polled else one.label
                for one in modules
                if _is_preview(integration, one.key)
            )
        ),
        "assumed": [
            one.label
            for steps in (integration.triggers, integration.actions, integration.searches)
            for one in steps.values()
            if one.key not in offered and _could_be(one)
        ],
        "missing_is_error": any(one.missing_is_empty for one in integration.paging.values()),
    }


def _is_preview(integration: Integration, key: str) -> bool:
    triggers, actions, searches = integration.triggers, integration.actions, integration.searches
    step: Trigger | Action | Search | None = triggers.get(key) or actions.get(key) or searches.get(key)
    return step is not None and step.preview


def _missed(
    integration: Integration, modules: Sequence[Module], polled: Collection[str]
) -> Iterator[tuple[str, str]]:
    """Yield the label of each trigger, and what it misses; `polled` are the keys of those that poll."""
    for one in modules:
        if one.key in integration.posted:
            yield posted.TOGETHER, posted.misses("Make")
        elif one.key in integration.triggers:
            label = one.label if one.key in polled else TOGETHER
            yield label, _misses(integration, integration.triggers[one.key], polled=one.key in polled)


def _misses(integration: Integration, trigger: Trigger, *, polled: bool) -> str:
    """Describe the events that a trigger misses.

    If `polled` is false, the trigger uses the vendor's webhook instead of polling.
    """
    if not polled:
        return misses(integration)
    return trigger.guarantees["make"].loses


def _after_timeout(integration: Integration, module: Module) -> str:
    action = integration.actions.get(module.key)
    return action.after_timeout if action else ""


def _could_be(step: Trigger | Action | Search) -> bool:
    """Check whether Make can run a step, regardless of whether the step's requests are assumed.

    Make can run every search, and every action that sends one request. Make can run a trigger that polls if
    the trigger's `guarantees` have an entry for Make.
    """
    if isinstance(step, Action) and step.each:
        return False
    return not isinstance(step, Trigger) or "make" in step.guarantees


def _page(template: str, **context: Any) -> str:
    environment = Environment(  # noqa: S701 - Markdown, not HTML
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return filled(environment.get_template(template).render(context))
