"""Computes the template values for the dropdowns of a Zapier app: hidden triggers that list the choices."""

from collections.abc import Iterator
from typing import Any

from connector.definition.model import DependentDropdown, Dropdown, Integration
from connector.generator.zapier.fields import Unrenderable
from connector.generator.zapier.literal import Code


def dropdowns(integration: Integration, used: set[str]) -> Iterator[dict[str, Any]]:
    """Yield the template values for each dropdown: a hidden trigger that lists the dropdown's choices.

    `used` contains the keys of the dropdowns that the app's input fields refer to.
    """
    for dropdown in integration.dropdowns.values():
        if dropdown.key in used and dropdown.operation:
            yield {
                "key": dropdown.key,
                "noun": _title(dropdown.noun),
                "label": f"Choose {_title(dropdown.noun)}",
                "description": f"Lists every {dropdown.noun} to choose from.",
                "function": "listChoices",
                "source": _choices(dropdown),
            }
    for one in integration.dependent_dropdowns.values():
        if one.key in used:
            yield {
                "key": one.key,
                "noun": _title(one.noun),
                "label": f"Choose {_title(one.noun)}",
                "description": f"Lists every {one.noun} of the chosen record.",
                "function": "listParts",
                "source": _parts(one, integration),
            }


def _parts(one: DependentDropdown, integration: Integration) -> dict[str, Any]:
    """Build the constants for a dropdown that depends on other inputs; `listParts` documents them."""
    return {
        "operation": Code(f"operations.{one.operation}"),
        "isList": integration.operations[one.operation].payload_is_list,
        **({"pathValues": dict(one.path_values)} if one.path_values else {}),
        **({"query": dict(one.query)} if one.query else {}),
        "items": one.items,
        "value": one.value,
        "label": one.label,
        "inputs": {key: _label_of(key, one, integration) for key in one.depends_on},
    }


def _label_of(key: str, dropdown: DependentDropdown, integration: Integration) -> str:
    """Return the label of the input `key` in the first form that uses the dropdown."""
    forms = [(*one.form_inputs, *one.inputs) for one in integration.actions.values()]
    for fields in (*forms, *(one.inputs for one in integration.searches.values())):
        used = [each.dependent_dropdown for one in fields for each in (one, *one.children)]
        if dropdown.key in used:
            return next(one.label for one in fields if one.key == key)
    raise Unrenderable(f"No form uses the dropdown {dropdown.key}. Remove it from the catalog.")


def _choices(dropdown: Dropdown) -> dict[str, Any]:
    return {
        "operation": Code(f"operations.{dropdown.operation}"),
        "query": dict(dropdown.query),
        "value": dropdown.value,
        "label": dropdown.label,
    }


def _title(noun: str) -> str:
    return noun.title() if noun.islower() else noun
