"""Runs the recipes of docs/guides/recipes.yaml: fills in a target's fields as each platform does."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from connector.definition.model import Field, Integration
from connector.definition.paths import at_path
from support.make.expressions import transform
from support.matrix.adapter import Record

FILE = Path(__file__).parents[2] / "docs" / "guides" / "recipes.yaml"
_VALUE = re.compile(r"\{(\w+)\}")
_TOKEN = re.compile(r"\{\{(\w+)\}\}")
_EXPRESSION = re.compile(r"\{\{ \$json\.([\w.]+) \}\}")


@dataclass(frozen=True)
class Recipe:
    """One recipe for one vendor: its trigger, the target's fields, and the path of each value in a record."""

    key: str
    title: str
    app: str
    steps: Mapping[str, str]
    vendor: str
    trigger: str
    fields: Mapping[str, str]
    values: Mapping[str, str]

    def mapped(self, token: Callable[[str], str]) -> dict[str, str]:
        """Return the target's fields, with `token(path)` in the place of each value."""
        return {
            name: _VALUE.sub(lambda match: token(self.values[match[1]]), text)
            for name, text in self.fields.items()
        }


def recipes() -> list[Recipe]:
    """Return every recipe for every vendor that it names, in the order of the file."""
    read: Mapping[str, Any] = yaml.safe_load(FILE.read_text("utf-8"))
    return [
        Recipe(
            key=key,
            title=one["title"],
            app=one["target"]["app"],
            steps={platform: one["target"][platform] for platform in ("zapier", "make", "n8n")},
            vendor=vendor,
            trigger=start["trigger"],
            fields=one["fields"],
            values=start["values"],
        )
        for key, one in read.items()
        for vendor, start in one["vendors"].items()
    ]


def field_at(offer: Integration, recipe: Recipe, name: str) -> Field:
    """Return the field of the trigger's record that a value of the recipe is read from."""
    fields, found = offer.triggers[recipe.trigger].fields, None
    for key in recipe.values[name].split("."):
        found = next(one for one in fields if one.key == key)
        fields = found.children
    assert found is not None, name
    return found


def _in_python(recipe: Recipe, record: Record) -> dict[str, str]:
    return {
        name: _VALUE.sub(lambda match: str(at_path(record, tuple(recipe.values[match[1]].split(".")))), text)
        for name, text in recipe.fields.items()
    }


def _in_zapier(recipe: Recipe, record: Record) -> dict[str, str]:
    """Replace tokens such as `{{customer__name}}`, in which Zapier joins nested keys."""
    flat = dict(_flattened(record))
    fields = recipe.mapped(lambda path: f"{{{{{path.replace('.', '__')}}}}}")
    return {name: _TOKEN.sub(lambda match: str(flat[match[1]]), text) for name, text in fields.items()}


def _flattened(record: Mapping[str, Any], before: str = "") -> list[tuple[str, Any]]:
    return [
        pair
        for key, value in record.items()
        for pair in (
            _flattened(value, f"{before}{key}__") if isinstance(value, dict) else [(f"{before}{key}", value)]
        )
    ]


def _in_make(recipe: Recipe, record: Record) -> dict[str, str]:
    """Evaluate expressions such as `{{trigger.customer.name}}` in the emulator of Make."""
    fields = recipe.mapped(lambda path: f"{{{{trigger.{path}}}}}")
    return {name: str(transform(text, {"trigger": record})) for name, text in fields.items()}


def expression(recipe: Recipe, name: str) -> str:
    """Return the text of a target's field for n8n, with expressions such as `{{ $json.customer.name }}`."""
    return recipe.mapped(lambda path: f"{{{{ $json.{path} }}}}")[name]


def _in_n8n(recipe: Recipe, record: Record) -> dict[str, str]:
    """Evaluate the expressions of `expression`, which read a path of the item."""
    return {
        name: _EXPRESSION.sub(
            lambda match: str(at_path(record, tuple(match[1].split(".")))), expression(recipe, name)
        )
        for name in recipe.fields
    }


FILLED: Mapping[str, Callable[[Recipe, Record], dict[str, str]]] = {
    "python": _in_python,
    "zapier": _in_zapier,
    "make": _in_make,
    "n8n": _in_n8n,
}
"""By runtime, how a step that follows the trigger gets the values of its fields."""


def send(recipe: Recipe, runtime: str, record: Record, url: str) -> None:
    """Send the target's request, as the step after the trigger does."""
    httpx.post(url, json=FILLED[runtime](recipe, record)).raise_for_status()
