"""The tables of docs/guides/recipes.md: which trigger to choose, and what to put into each field."""

import re
from collections.abc import Iterator

from support.recipes import Recipe, expression, field_at, recipes

from connector.definition.compiler import integration
from connector.definition.model import Runtime
from connector.definition.naming import listed
from connector.generator.make.naming import trigger_label
from documents.tables import table

PLATFORMS: dict[Runtime, str] = {"zapier": "Zapier", "make": "Make", "n8n": "n8n"}


def recipe_tables() -> str:
    """Return a section per recipe with a table of its triggers, and one of the target's fields per vendor."""
    by_title: dict[str, list[Recipe]] = {}
    for one in recipes():
        by_title.setdefault(one.title, []).append(one)
    return "\n\n".join(_section(title, list(one)) for title, one in by_title.items())


def _section(title: str, found: list[Recipe]) -> str:
    first = found[0]
    triggers = table(["service", *PLATFORMS.values()], (_triggers(one) for one in found))
    rows = [row for one in found for row in _fields(one)]
    steps = listed(f"*{first.steps[one]}* ({name})" for one, name in PLATFORMS.items())
    parts = [
        f"## {title}",
        "The trigger:",
        triggers,
        f"The step after it, in {first.app}: {steps}.",
        table(["service", f"field in {first.app}", "value"], (row[:-1] for row in rows)),
        "In n8n, the values as expressions:",
        table(["service", f"field in {first.app}", "expression"], ([*row[:2], row[-1]] for row in rows)),
    ]
    return "\n\n".join(parts)


def _triggers(recipe: Recipe) -> list[str]:
    trigger = integration(recipe.vendor).triggers[recipe.trigger]
    noun = integration(recipe.vendor).resources[trigger.resource].noun
    labels: dict[Runtime, str] = {
        "zapier": trigger.label,
        "make": trigger_label(trigger, noun),
        "n8n": trigger.label,
    }
    shown = [labels[one] if one in trigger.guarantees else "–" for one in PLATFORMS]
    return [integration(recipe.vendor).vendor.title, *shown]


def _fields(recipe: Recipe) -> Iterator[list[str]]:
    offer = integration(recipe.vendor)
    for name, text in recipe.fields.items():
        value = re.sub(r"\{(\w+)\}", lambda match: f"**{field_at(offer, recipe, match[1]).label}**", text)
        yield [offer.vendor.title, name, value, f"`{expression(recipe, name)}`"]
