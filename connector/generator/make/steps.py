"""Builds the modules for actions and searches."""

from collections.abc import Iterable, Iterator
from typing import Any

from connector.definition.model import Action, InputField, Integration, Search
from connector.definition.naming import plural
from connector.generator.make import compare, iml
from connector.generator.make.answers import JSON, holds_record
from connector.generator.make.base import valid_result
from connector.generator.make.errors import errors
from connector.generator.make.fields import parameters
from connector.generator.make.naming import action_label, proper_nouns, search_label
from connector.generator.make.outputs import Outputs, outputs_of
from connector.generator.make.paging import page_query, pagination
from connector.generator.make.parts import Crud, Module
from connector.generator.make.requests import request

LIMIT = 10
CRUD: dict[str, Crud] = {"GET": "read", "PUT": "update", "PATCH": "update", "DELETE": "delete"}
UPDATES = ("update", "approve", "reject", "settle", "receive", "mark", "move", "set", "edit", "cancel")


def actions(integration: Integration) -> Iterator[Module]:
    """Yield a module for every action. Actions that move money are included, because Make allows them.

    A module sends one request for each bundle. So an action that sends a request for each line is left out,
    and the module for one line says how to use it for several.
    """
    for action in integration.actions.values():
        if not action.each:
            yield _write(integration, action)


def _described(integration: Integration, action: Action) -> str:
    """Return the description of an action. It names Make's Iterator if another action takes several lines."""
    several = any(one.each and one.operation == action.operation for one in integration.actions.values())
    hint = " For several lines, put an Iterator before this module." if several else ""
    return f"{action.description}{hint}"


def _write(integration: Integration, action: Action) -> Module:
    inputs = (*action.form_inputs, *action.inputs)
    outputs = outputs_of(integration, action.resource, action.fields)
    operation = integration.operations[action.operation]
    communication = request(integration, operation, inputs, {}, constants=action.constant_body)
    response: dict[str, Any] = {
        "output": outputs.output(iml.at("body", operation.payload)),
        "valid": valid_result(integration, communication, holds_record(operation)),
    }
    once = action.after_timeout != "repeat"  # Make cannot check whether the first attempt succeeded
    if once or action.preview:
        response["error"] = errors(integration, once=once, preview=action.preview)
    return Module(
        key=action.key,
        kind="action",
        label=action_label(action),
        description=_described(integration, action),
        crud=_crud(operation.method, action.key),
        inputs=inputs,
        operations=(operation.id,),
        files={
            **_files(integration, inputs, outputs, action.sample),
            "communication": {**communication, "response": response},
        },
    )


def _crud(method: str, key: str) -> Crud:
    return CRUD.get(method) or ("update" if key.split("_", maxsplit=1)[0] in UPDATES else "create")


def searches(integration: Integration) -> Iterator[Module]:
    """Yield a module for every search.

    A search that returns one record becomes a Make action, and any other search becomes a Make search.
    """
    for search in integration.searches.values():
        yield (_many if search.kind in ("find", "list") else _one)(integration, search)


def _one(integration: Integration, search: Search) -> Module:
    inputs = search.inputs
    outputs = outputs_of(integration, search.resource, search.fields)
    operation = integration.operations[search.operation]
    communication = request(integration, operation, inputs, search.query)
    record = iml.at("body", operation.payload)
    ignored = {one.label: compare.is_other_record(one, record) for one in inputs if one.found_at}
    response = {
        "output": outputs.output(record),
        "valid": valid_result(integration, communication, holds_record(operation), ignored=ignored),
        **_preview_errors(integration, search),
    }
    return Module(
        key=search.key,
        kind="action",
        label=search_label(search, search.noun),
        description=search.description,
        crud="read",
        inputs=inputs,
        operations=(operation.id,),
        files={
            **_files(integration, inputs, outputs, search.sample),
            "communication": {**communication, "response": response},
        },
    )


def _many(integration: Integration, search: Search) -> Module:
    inputs = search.inputs
    outputs = outputs_of(integration, search.resource, search.fields)
    operation = integration.operations[search.operation]
    paging = integration.paging.get(operation.paging or "")
    matches = [one for one in inputs if one.location == "match"]
    query = {**page_query(paging), **search.query}
    limit = {
        "name": "limit",
        "type": "uinteger",
        "label": "Limit",
        "default": LIMIT,
        "validate": {"min": 1},
        "help": f"The maximum number of {plural(search.noun)} that one run returns.",
    }
    files = _files(integration, inputs, outputs, search.sample)
    list_request = request(integration, operation, inputs, query)
    rows = iml.at("body", operation.payload)
    ignored = {one.label: compare.is_ignored(one, rows) for one in inputs if one.found_at}
    communication = {
        **list_request,
        **pagination(integration, operation, pages=_page_limit(search, matches)),
        "response": {
            "limit": iml.braced("parameters.limit"),
            "iterate": _iterate(rows, inputs),
            "output": outputs.output("item"),
            "valid": valid_result(integration, list_request, JSON, ignored=ignored),
            **_preview_errors(integration, search),
        },
    }
    return Module(
        key=search.key,
        kind="search",
        label=search_label(search, search.noun),
        description=search.description,
        inputs=inputs,
        operations=(operation.id,),
        files={
            **files,
            "communication": communication,
            "mappableParams": [*files["mappableParams"], limit],
        },
    )


def _preview_errors(integration: Integration, search: Search) -> dict[str, Any]:
    return {"error": errors(integration, preview=True)} if search.preview else {}


def _page_limit(search: Search, matches: list[InputField]) -> str | None:
    """Build an IML expression for a search's page limit, or return None if the default limit applies.

    `matches` contains the inputs that the API cannot filter by. If the user fills in one of these inputs, the
    search compares each record with the input, and the page limit is `Search.scan_pages`.
    """
    if not matches:
        return None
    filled_in = " || ".join(f"ifempty({iml.at('parameters', (one.key,))}, '') != ''" for one in matches)
    return f"if({filled_in}, {search.scan_pages}, 50)"


def _iterate(container: str, inputs: Iterable[InputField]) -> Any:
    """Build the `iterate` directive, which returns only the records in `container` that match the inputs."""
    conditions = ["ifempty(item, '') != ''"]
    for one in inputs:
        if one.found_at:
            conditions.append(compare.may_match(one, "item"))
        elif one.location == "match":
            conditions.append(compare.matches(one))
    return {"container": iml.braced(container), "condition": iml.braced(iml.both(*conditions))}


def _files(
    integration: Integration, inputs: tuple[InputField, ...], outputs: Outputs, example: Any
) -> dict[str, Any]:
    proper = proper_nouns(integration)
    return {
        "staticParams": [],
        "mappableParams": [*parameters(inputs, integration, proper), *outputs.parameters],
        "interface": outputs.interface,
        "samples": outputs.sample(example),
        "scope": [],
    }
