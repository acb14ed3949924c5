"""Builds the data of a package's requests: operations, paging, errors, and where inputs are inserted."""

from typing import Any

from connector.definition.model import (
    Choice,
    Dropdown,
    Field,
    InputField,
    Integration,
    Operation,
    Paging,
)
from connector.definition.naming import camel, title
from connector.errors import ConfigurationError
from connector.generator.n8n.naming import credential_name

TIMEOUT = 30_000  # milliseconds for one request
SESSION = "sessionToken"
"""The credential's hidden field that holds an access token."""
BASE_URL = "baseUrl"
"""The credential's field with the address of the API."""


class Unrenderable(ConfigurationError):  # noqa: N818
    """Raised if the catalog contains something that n8n does not support.

    The message says how to change the catalog.
    """


def vendor_facts(integration: Integration) -> dict[str, Any]:
    """Build the data that all requests need; static/lib/types.ts documents the properties."""
    login, errors = integration.authentication, integration.errors
    secrets = [camel(one.key) for one in login.fields if one.secret]
    return {
        "name": integration.vendor.title,
        "credential": credential_name(integration.vendor),
        "secrets": [*secrets, *([] if login.field else [SESSION])],
        "session": not login.field,
        "timeout": TIMEOUT,
        "errors": {
            "code": list(errors.code),
            "message": list(errors.message),
            "fields": None if errors.fields is None else list(errors.fields),
            "byStatus": {str(status): kind for status, kind in errors.by_status.items()},
            "byCode": dict(errors.by_code),
        },
        "paging": {name: _paging(one) for name, one in integration.paging.items()},
    }


def _paging(paging: Paging) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "style": paging.style,
        "page": paging.page_parameter,
        "perPage": paging.size_parameter,
        "first": paging.first,
        "size": paging.size,
        "maxSize": paging.max_size,
    }
    paths = {"next": paging.next, "total": paging.total, "sizeReported": paging.size_reported}
    facts |= {name: list(path) for name, path in paths.items() if path is not None}
    return facts | ({"missingIsEmpty": True} if paging.missing_is_empty else {})


def operation(integration: Integration, name: str) -> dict[str, Any]:
    """Build the data of the request for the operation with the operationId `name`."""
    one = integration.operations[name]
    facts: dict[str, Any] = {"method": one.method, "path": one.path, "result": list(one.payload)}
    if member := _member(one):
        facts["member"] = member
    if one.scope:
        facts["permission"] = one.scope
    if one.paging:
        facts["paging"] = one.paging
    sends = integration.authentication.sends
    login = {key: camel(field) for key, field in sends.items() if key in one.input_names}
    query = {key: field for key, field in login.items() if one.parameter(key)}
    body = {key: field for key, field in login.items() if key not in query}
    places = {place: names for place, names in (("query", query), ("body", body)) if names}
    return facts | ({"login": places} if places else {})


def _member(one: Operation) -> str | None:
    """Choose a property that every returned record has, so that the code can recognize invalid responses.

    Returns None if the operation does not return a single record, or if no property is required.
    """
    record: Field | None = one.response
    for step in one.payload:
        record = next((child for child in record.children if child.key == step), None) if record else None
    if record is None or record.type != "object":
        return None
    needed = [child for child in record.children if child.required]
    plain = [child for child in needed if child.type in {"string", "integer", "object"}]
    ids = [child for child in plain if child.key == "id"]
    return next((child.key for child in (*ids, *plain, *needed)), None)


def dropdown(integration: Integration, one: Dropdown) -> dict[str, Any]:
    """Build the data of a dropdown whose options are records that the vendor lists."""
    return {
        "operation": operation(integration, one.operation or ""),
        "query": dict(one.query),
        "value": list(one.value),
        "label": [list(path) for path in one.label],
    }


def known_choices(integration: Integration, one: InputField) -> tuple[Choice, ...]:
    """List the choices that the catalog defines for an input.

    Returns an empty tuple if the choices are records, or if the input accepts any value.
    """
    listed = integration.dropdowns[one.dropdown].choices if one.dropdown else one.choices
    return listed or tuple(Choice(value=word, label=title(word)) for word in one.known_values)


def may_be_empty(one: InputField) -> bool:
    """Check whether an input accepts an empty list, which n8n treats as a missing value."""
    return one.type == "list" and not one.children and not one.bounds.min_items


def input_facts(integration: Integration, one: InputField, group: str | None = None) -> dict[str, Any]:
    """Build the data of an input: its name and type, and the part of the request that its value fills.

    `group` is the name of the collection that contains the parameter, or None. Raises `Unrenderable` if n8n
    has no parameter for the input's type.
    """
    many = one.type == "list"
    kind = one.item_type if many and not one.children else one.type
    if kind is None or (kind in {"object", "list"} and not one.children):
        raise Unrenderable(
            f"The input {one.key} has type {kind}, which n8n cannot show. "
            "List its members as separate inputs in the catalog."
        )
    facts: dict[str, Any] = {
        "name": camel(one.key),
        "label": one.label,
        "type": "object" if one.children else "integer" if one.whole else kind,
        "in": one.location,
        "at": list(one.path),
    }
    flags = {
        "group": group,
        "required": one.required and not may_be_empty(one),
        "list": many,
        "asText": one.whole,
        "sendEmpty": one.required and one.location == "body" and may_be_empty(one),
        "listName": one.repeated_as if many else None,
        "requiredWith": [camel(key) for key in one.required_with],
        "requiredWithout": [camel(key) for key in one.required_without],
    }
    facts |= {name: value for name, value in flags.items() if value}
    return facts | _choice_facts(integration, one) | _comparison(one) | _columns(integration, one)


def _choice_facts(integration: Integration, one: InputField) -> dict[str, Any]:
    choices = known_choices(integration, one)
    if not choices:
        return {}
    facts: dict[str, Any] = {"choices": [choice.model_dump() for choice in choices]}
    if one.location == "match" or not one.choices:
        facts |= {"open": True} | ({"catchTypos": True} if one.location in {"match", "query"} else {})
    return facts


def _comparison(one: InputField) -> dict[str, Any]:
    facts: dict[str, Any] = {"compareAs": one.compared} if one.location == "match" else {}
    optional: dict[str, Any] = {
        "identifies": one.identifies,
        "separator": one.separator,
        "foundAt": [list(path) for path in one.found_at],
    }
    return facts | {name: value for name, value in optional.items() if value}


def _columns(integration: Integration, one: InputField) -> dict[str, Any]:
    if not one.children:
        return {}
    facts: dict[str, Any] = {"children": [input_facts(integration, child) for child in one.children]}
    if one.variants:
        facts["variants"] = [
            {
                "label": variant.label,
                "fields": [camel(key) for key in variant.fields],
                "required": [camel(key) for key in variant.required],
            }
            for variant in one.variants
        ]
    return facts
