"""Checks of what components say of each other."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from connector.generator.make.fields import FOREIGN, IDENTIFIER
from connector.generator.make.lint.app import App, Json

PROCEDURE = "rpc://"


def m013_dropdowns_exist_and_are_used(app: App) -> Iterator[str]:
    """Every `rpc://x` is a remote procedure, and every remote procedure is used."""
    known = {one.id for one in app.components("rpc")}
    used: set[str] = set()
    for one in app.components("module", "webhook", "connection"):
        for field in every(one.parameters):
            options = field.get("options")
            if not isinstance(options, str):
                continue
            name = options.removeprefix(PROCEDURE)
            used.add(name)
            if name not in known:
                yield f"{one.name} {field['name']}: there is no remote procedure {name}."
    for name in sorted(known - used):
        yield f"rpc {name} is used by no parameter."


def m014_connections_exist(app: App) -> Iterator[str]:
    """Modules, remote procedures and webhooks use a connection that there is."""
    known = {one.id for one in app.components("connection")}
    for one in app.components("module", "rpc", "webhook"):
        named = one.entry.get("connection")
        if one.type == "instant_trigger" and named is None:
            continue
        if named not in known:
            yield f"{one.name} uses connection {named}, which there is not."


def m015_instant_triggers_have_webhooks(app: App) -> Iterator[str]:
    """An instant trigger has a webhook, and a webhook is used, attached and detached."""
    hooks = {one.id: one for one in app.components("webhook")}
    used = set()
    for one in app.modules("instant_trigger"):
        used.add(one.entry.get("webhook"))
        if one.entry.get("webhook") not in hooks:
            yield f"{one.name} has no webhook."
    for name, hook in hooks.items():
        if name not in used:
            yield f"webhook {name} is used by no module."
        if bool(hook.code.get("attach")) != bool(hook.code.get("detach")):
            yield f"webhook {name} is attached and never detached, or the other way round."


def m016_groups_hold_each_module_once(app: App) -> Iterator[str]:
    """Every module is in one group, and no group names another."""
    counted = Counter(name for group in app.general("groups") for name in group["modules"])
    known = {one.id for one in app.modules()}
    for name in sorted(known - counted.keys()):
        yield f"module {name} is in no group."
    for name, count in sorted(counted.items()):
        if name not in known:
            yield f"A group names module {name}, which there is not."
        elif count > 1:
            yield f"module {name} is in {count} groups."


def m017_ids_are_chosen(app: App) -> Iterator[str]:
    """An input that is an id offers a dropdown, or says that it comes from another module."""
    for one in app.modules("action", "search", "trigger", "instant_trigger"):
        for field in every(one.parameters):
            wanted = IDENTIFIER.search(field["name"]) or str(field.get("label", "")).endswith(" ID")
            if wanted and "options" not in field and not FOREIGN.search(field.get("help", "")):
                yield f"{one.name} asks for the id {field['name']} without a dropdown."


def every(form: list[Json]) -> Iterator[Json]:
    """Yield the fields of a form, and those in them."""
    for field in form:
        yield field
        inner: Any = field.get("spec")
        if isinstance(inner, list):
            yield from every(inner)
