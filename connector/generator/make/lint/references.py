"""Checks that the dropdowns, connections, webhooks and modules that components refer to exist."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from connector.generator.make.fields import FOREIGN, IDENTIFIER
from connector.generator.make.iml import braced
from connector.generator.make.lint.app import App, Component, Json

PROCEDURE = "rpc://"


def m013_dropdowns_exist_and_are_used(app: App) -> Iterator[str]:
    """Check that every `rpc://x` refers to a remote procedure, and that every remote procedure is used."""
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
                yield f"{one.name} {field['name']} uses the remote procedure {name}, which does not exist."
    for name in sorted(known - used):
        yield f"No parameter uses rpc {name}. Remove it."


def is_anonymous(one: Component) -> bool:
    """Return True if a module has no connection, and sends requests only to an https address from the user.

    Such a module has no login that it could send to another host.
    """
    patterns = {
        braced(f"parameters.{field['name']}"): str(field.get("validate", {}).get("pattern", ""))
        for field in one.parameters
    }
    secure = all(patterns.get(request["url"], "").startswith("^https://") for _code, request in one.requests)
    return one.kind == "module" and one.entry.get("connection", "") is None and secure


def m014_connections_exist(app: App) -> Iterator[str]:
    """Check that every module, remote procedure and webhook uses a connection that exists.

    An instant trigger does not need its own connection, because it uses its webhook's connection. A module
    that only downloads from an address of the user has none.
    """
    known = {one.id for one in app.components("connection")}
    for one in app.components("module", "rpc", "webhook"):
        connection = one.entry.get("connection")
        if (one.type == "instant_trigger" and connection is None) or is_anonymous(one):
            continue
        if connection not in known:
            yield f"{one.name} uses the connection {connection}, which does not exist."


def m015_instant_triggers_have_webhooks(app: App) -> Iterator[str]:
    """Check that every instant trigger has a webhook, and that every webhook is used by a trigger.

    A webhook with an `attach` request must also have a `detach` request, and vice versa.
    """
    hooks = {one.id: one for one in app.components("webhook")}
    used = set()
    for one in app.modules("instant_trigger"):
        used.add(one.entry.get("webhook"))
        if one.entry.get("webhook") not in hooks:
            yield f"{one.name} has no webhook. Add one."
    for name, hook in hooks.items():
        if name not in used:
            yield f"No module uses webhook {name}. Remove it."
        if bool(hook.code.get("attach")) != bool(hook.code.get("detach")):
            yield f"webhook {name} has only one of attach and detach. Add the other."


def m016_groups_hold_each_module_once(app: App) -> Iterator[str]:
    """Check that every module is in exactly one group, and that groups contain only existing modules."""
    counts = Counter(name for group in app.general("groups") for name in group["modules"])
    known = {one.id for one in app.modules()}
    for name in sorted(known - counts.keys()):
        yield f"module {name} is not in a group. Add it to one."
    for name, count in sorted(counts.items()):
        if name not in known:
            yield f"A group contains the module {name}, which does not exist. Remove it."
        elif count > 1:
            yield f"module {name} is in {count} groups. Keep it in one."


def m017_ids_have_dropdowns(app: App) -> Iterator[str]:
    """Check that every ID parameter has a dropdown, or help text that says where to map the ID from."""
    for one in app.modules("action", "search", "trigger", "instant_trigger"):
        for field in every(one.parameters):
            is_id = IDENTIFIER.search(field["name"]) or str(field.get("label", "")).endswith(" ID")
            if is_id and "options" not in field and not FOREIGN.search(field.get("help", "")):
                yield f"In {one.name}, {field['name']} is an id without a dropdown. Add options, or help."


def every(form: list[Json]) -> Iterator[Json]:
    """Yield all input parameters or output fields in `form`, including nested ones."""
    for field in form:
        yield field
        inner: Any = field.get("spec")
        if isinstance(inner, list):
            yield from every(inner)
