"""Builds the parameters that the nodes show: resources, operations, inputs, events and filters."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from connector.definition.model import (
    DependentDropdown,
    Dropdown,
    FieldType,
    InputField,
    Integration,
    PostedTrigger,
    Trigger,
)
from connector.definition.naming import camel
from connector.generator.n8n.naming import action_text, described, noun_key, noun_label, whether
from connector.generator.n8n.offer import Offer, initial_choices, listed_records
from connector.generator.n8n.posted import same_inputs
from connector.generator.n8n.requests import known_choices, may_be_empty

TYPES: Mapping[FieldType, str] = {
    "string": "string",
    "text": "string",
    "integer": "number",
    "number": "number",
    "boolean": "boolean",
    "datetime": "dateTime",
    "date": "dateTime",
}
DEFAULTS: Mapping[str, Any] = {"number": 0, "boolean": False}
LIMIT = 50
Property = dict[str, Any]


def node_properties(integration: Integration, offers: Sequence[Offer]) -> list[Property]:
    """Build the parameters of the node: the resource, its operations, and the inputs of each operation."""
    nouns = sorted({one.step.noun for one in offers}, key=lambda noun: noun_label(noun).lower())
    resource = {
        "displayName": "Resource",
        "name": "resource",
        "type": "options",
        "noDataExpression": True,
        "options": [{"name": noun_label(noun), "value": noun_key(noun)} for noun in nouns],
        "default": noun_key(offers[0].step.noun),
    }
    operations = [_operations([one for one in offers if one.step.noun == noun]) for noun in nouns]
    inputs = [each for one in offers for each in _inputs(integration, one)]
    return [resource, *operations, *inputs]


def _operations(offers: Sequence[Offer]) -> Property:
    options = [
        {
            "name": one.step.label,
            "value": one.operation,
            "description": described(one.step.description),
            "action": action_text(one.step.label),
        }
        for one in sorted(offers, key=lambda one: one.step.label.lower())
    ]
    return {
        "displayName": "Operation",
        "name": "operation",
        "type": "options",
        "noDataExpression": True,
        "displayOptions": {"show": {"resource": [offers[0].resource]}},
        "options": options,
        "default": options[0]["value"],
    }


def _inputs(integration: Integration, offer: Offer) -> Iterable[Property]:
    show = {"resource": [offer.resource], "operation": [offer.operation]}
    inputs = offer.inputs
    for one in inputs:
        if offer.group_of(one) is None:
            yield _property(integration, one) | _required(one) | {"displayOptions": {"show": show}}
    if offer.many:
        yield {
            "displayName": "Return All",
            "name": "returnAll",
            "type": "boolean",
            "default": False,
            "description": "Whether to return all results or only up to a given limit",
            "displayOptions": {"show": show},
        }
        yield {
            "displayName": "Limit",
            "name": "limit",
            "type": "number",
            "typeOptions": {"minValue": 1},
            "default": LIMIT,
            "description": "Max number of results to return",
            "displayOptions": {"show": {**show, "returnAll": [False]}},
        }
    if offer.has_files:
        yield {
            "displayName": "Download Labels",
            "name": "downloadLabels",
            "type": "boolean",
            "default": False,
            "description": "Whether to add each label of the record as a file, in binary data",
            "displayOptions": {"show": show},
        }
    grouped = [one for one in inputs if offer.group_of(one) is not None]
    if grouped:
        yield _collection(integration, offer.group_of(grouped[0]) or "", grouped, show)


def _collection(
    integration: Integration, name: str, inputs: Sequence[InputField], show: Mapping[str, Any]
) -> Property:
    title, placeholder = {
        "filters": ("Filters", "Add Filter"),
        "additionalFields": ("Additional Fields", "Add Field"),
    }[name]
    options = sorted(
        (_property(integration, one) for one in inputs), key=lambda one: one["displayName"].lower()
    )
    return {
        "displayName": title,
        "name": name,
        "type": "collection",
        "placeholder": placeholder,
        "default": {},
        "displayOptions": {"show": show},
        "options": options,
    }


def _required(one: InputField) -> Property:
    return {"required": True} if one.required and not may_be_empty(one) else {}


def _property(integration: Integration, one: InputField) -> Property:
    """Build the parameter for one input of a step."""
    kind = one.item_type if one.type == "list" and not one.children else one.shown_type
    shown = TYPES.get(kind or "string", "string")
    start: Property = {"displayName": one.label, "name": camel(one.key)}
    text = {"description": described(one.help)} if one.help else {}
    if one.children:
        return start | _line_items(integration, one) | text
    if dropdown := integration.dependent_dropdowns.get(one.dependent_dropdown or "") or listed_records(
        integration, one
    ):
        return start | _record_list(dropdown) | text
    if choices := known_choices(integration, one):
        options = sorted(
            ({"name": choice.label, "value": choice.value} for choice in choices),
            key=lambda each: each["name"].lower(),
        )
        values = [each["value"] for each in options]
        default = one.default if one.default in values else values[0]
        return start | {"type": "options", "options": options, "default": default} | text
    default = one.default if one.default is not None else DEFAULTS.get(shown, "")
    return start | {"type": shown, **_type_options(one, kind), "default": default} | _text(one, shown, text)


def _text(one: InputField, shown: str, text: Property) -> Property:
    return {"description": whether(one.help)} if shown == "boolean" else text


def _type_options(one: InputField, kind: FieldType | None) -> Property:
    options: Property = {}
    if kind == "text":
        options["rows"] = 4
    if kind == "integer":
        options["numberPrecision"] = 0
    if one.type == "list":
        options["multipleValues"] = True
    return {"typeOptions": options} if options else {}


def _line_items(integration: Integration, one: InputField) -> Property:
    item = one.label.removesuffix("s")
    columns = [_property(integration, child) | _required(child) for child in one.children]
    return {
        "type": "fixedCollection",
        "placeholder": f"Add {item}",
        "default": {},
        "typeOptions": {"multipleValues": True},
        "options": [
            {
                "displayName": item,
                "name": "row",
                "values": sorted(columns, key=lambda column: column["displayName"].lower()),
            }
        ],
    }


def _record_list(dropdown: Dropdown | DependentDropdown) -> Property:
    return {
        "type": "resourceLocator",
        "default": {"mode": "list", "value": ""},
        "modes": [
            {
                "displayName": "From List",
                "name": "list",
                "type": "list",
                "placeholder": f"Select {_article(dropdown.noun)} {dropdown.noun}...",
                "typeOptions": {"searchListMethod": search_method(dropdown), "searchable": True},
            },
            {"displayName": "By ID", "name": "id", "type": "string"},
        ],
    }


def search_method(dropdown: Dropdown | DependentDropdown) -> str:
    """Return the name of the function that requests a dropdown's records, such as `searchReturn`."""
    return camel(f"search_{dropdown.key}")


def _article(noun: str) -> str:
    return "an" if noun[0] in "aeiou" else "a"


def trigger_properties(integration: Integration, triggers: Iterable[Trigger]) -> list[Property]:
    """Build the parameters of the trigger node: the event, and the filters of each event that has filters."""
    listed = sorted(triggers, key=lambda one: one.label.lower())
    if not listed:
        return []
    filters = [
        _collection(integration, "filters", initial_choices(integration, one), {"event": [camel(one.key)]})
        for one in listed
        if one.inputs
    ]
    return [_event(listed, next(iter(integration.triggers))), *filters]


def posted_properties(integration: Integration) -> list[Property]:
    """Build the parameters of a trigger node whose events are posted: the event, and the inputs of each."""
    listed = sorted(integration.posted.values(), key=lambda one: one.label.lower())
    inputs = [
        _property(integration, one) | _required(one) | {"displayOptions": {"show": {"event": shown}}}
        for first, shown in same_inputs(listed)
        for one in listed[first].inputs
    ]
    return [_event(listed, next(iter(integration.posted))), *inputs]


def _event(listed: Sequence[Trigger | PostedTrigger], default: str) -> Property:
    return {
        "displayName": "Event",
        "name": "event",
        "type": "options",
        "noDataExpression": True,
        "required": True,
        "options": [
            {"name": one.label, "value": camel(one.key), "description": described(one.description)}
            for one in listed
        ],
        "default": camel(default),
    }
