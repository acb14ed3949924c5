"""Checks of what points at something else: dropdowns, search buttons, find-or-creates."""

import re
from collections.abc import Iterator

from connector.generator.zapier.lint.app import App, fields

FOREIGN = re.compile(r"\bmap it from\b", re.IGNORECASE)
ID = re.compile(r"(^|_)ids?$", re.IGNORECASE)


def d004_ids_have_dropdowns(app: App) -> Iterator[str]:
    """Nobody knows an id by heart; of one that another service gave, the help says where to `map it from`."""
    for path, field in app.inputs():
        is_id = ID.search(field["key"]) or re.search(r"\bIDs?$", field.get("label", ""))
        foreign = FOREIGN.search(field.get("helpText", ""))
        if is_id and not ({"dynamic", "choices"} & field.keys() or foreign):
            yield f"{path} asks for an id without a dropdown, and does not say where to map it from."


def d005_dropdowns_exist(app: App) -> Iterator[str]:
    """A dropdown names a trigger, the field that is sent and the field that is read."""
    for path, field in app.inputs():
        if "dynamic" in field:
            trigger, *keys = re.split(r"[.,]", field["dynamic"])
            missing = set(keys) - _outputs(app, "triggers", trigger)
            if missing or not keys:
                named = " and ".join(sorted(missing)) or "fields"
                yield f"{path} offers {field['dynamic']}, but the trigger {trigger} has no {named}."


def d013_search_buttons_exist(app: App) -> Iterator[str]:
    """A search button names a search and the field of what it finds."""
    for path, field in app.inputs():
        if "search" in field:
            search, _, key = field["search"].partition(".")
            if key not in _outputs(app, "searches", search):
                yield f"{path} offers the search {field['search']}, which is not there."


def d014_search_buttons_have_dropdowns(app: App) -> Iterator[str]:
    """Without a dropdown Zapier shows no button."""
    for path, field in app.inputs():
        if "search" in field and "dynamic" not in field:
            yield f"{path} has a search button but no dropdown."


def d015_find_or_creates_exist(app: App) -> Iterator[str]:
    """A find-or-create names a search and a create, and goes by the search's key."""
    for key, pair in app.definition.get("searchOrCreates", {}).items():
        for kind, wanted in (("searches", pair["search"]), ("creates", pair["create"])):
            if wanted not in app.definition.get(kind, {}):
                yield f"searchOrCreates.{key} names {wanted}, which is not among the {kind}."


def _outputs(app: App, kind: str, key: str) -> set[str]:
    step = app.definition.get(kind, {}).get(key)
    return {one["key"] for one in fields(step, "outputFields")} if step else set()
