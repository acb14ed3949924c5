"""Lint checks for references between steps: dropdowns, search buttons and find-or-creates."""

import re
from collections.abc import Iterator

from connector.generator.zapier.lint.app import App, fields

FOREIGN = re.compile(r"\bmap it from\b", re.IGNORECASE)
ID = re.compile(r"(^|_)(id|uuid)s?$", re.IGNORECASE)
ID_LABEL = re.compile(r"\b(ID|UUID)s?$")


def d004_ids_have_dropdowns(app: App) -> Iterator[str]:
    """Check that each input for an ID has a dropdown, because users do not know IDs.

    Instead of a dropdown, an input may have help text that contains `map it from` and the name of the step
    that provides the ID.
    """
    for path, field in app.inputs():
        is_id = ID.search(field["key"]) or ID_LABEL.search(field.get("label", ""))
        foreign = FOREIGN.search(field.get("helpText", ""))
        if is_id and not ({"dynamic", "choices"} & field.keys() or foreign):
            yield f"{path} is an id without a dropdown. Add one, or say in its help where to map it from."


def d005_dropdowns_exist(app: App) -> Iterator[str]:
    """Check that each dropdown refers to an existing trigger and to output fields that the trigger has."""
    for path, field in app.inputs():
        if "dynamic" in field:
            trigger, *keys = re.split(r"[.,]", field["dynamic"])
            missing = set(keys) - _outputs(app, "triggers", trigger)
            if missing or not keys:
                named = " and ".join(sorted(missing)) or "fields"
                yield f"{path} uses {field['dynamic']}, but the trigger {trigger} has no {named}. Correct it."


def d013_search_buttons_exist(app: App) -> Iterator[str]:
    """Check that each search button refers to an existing search and to an output field of that search."""
    for path, field in app.inputs():
        if "search" in field:
            search, _, key = field["search"].partition(".")
            if key not in _outputs(app, "searches", search):
                yield f"{path} uses the search {field['search']}, which does not exist. Correct it."


def d014_search_buttons_have_dropdowns(app: App) -> Iterator[str]:
    """Check that each input with a search button has a dropdown; otherwise, Zapier hides the button."""
    for path, field in app.inputs():
        if "search" in field and "dynamic" not in field:
            yield f"{path} has a search button but no dropdown. Add `dynamic`, or remove `search`."


def d015_find_or_creates_exist(app: App) -> Iterator[str]:
    """Check that each find-or-create step refers to an existing search and an existing create action."""
    for key, pair in app.definition.get("searchOrCreates", {}).items():
        for kind, wanted in (("searches", pair["search"]), ("creates", pair["create"])):
            if wanted not in app.definition.get(kind, {}):
                yield f"searchOrCreates.{key} uses {wanted}, which is missing from {kind}. Correct it."


def _outputs(app: App, kind: str, key: str) -> set[str]:
    step = app.definition.get(kind, {}).get(key)
    return {one["key"] for one in fields(step, "outputFields")} if step else set()
