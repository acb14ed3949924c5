"""Builds the remote procedures that fill the dropdowns of Make modules with records."""

from collections.abc import Iterable, Iterator
from typing import Any

from connector.definition.model import DependentDropdown, Dropdown, InputField, Integration, Path
from connector.definition.naming import plural
from connector.generator.make import iml
from connector.generator.make.answers import JSON, holds_record
from connector.generator.make.base import valid_result
from connector.generator.make.fields import rpc_id, used_dependent_dropdowns, used_dropdowns
from connector.generator.make.naming import proper_nouns, sentence
from connector.generator.make.paging import page_query, pagination
from connector.generator.make.parts import Module, Procedure
from connector.generator.make.requests import request

RPC_LIMIT = 300
RPC_PAGES = 3


def procedures(integration: Integration, modules: Iterable[Module]) -> Iterator[Procedure]:
    """Yield a remote procedure for each dropdown of records that the modules' inputs use."""
    inputs = [one for module in modules for one in module.inputs]
    used = {one.key for one in used_dropdowns(inputs, integration)}
    used |= set(used_dependent_dropdowns(inputs))
    for key, one in integration.dropdowns.items():
        if key in used:
            yield _procedure(integration, one)
    for key, dependent in integration.dependent_dropdowns.items():
        if key in used:
            yield _dependent(integration, dependent, inputs)


def _procedure(integration: Integration, dropdown: Dropdown) -> Procedure:
    """Build the remote procedure that fills a dropdown.

    It reads at most three pages, which is the maximum that Make allows.
    """
    operation = integration.operations[dropdown.operation or ""]
    paging = integration.paging.get(operation.paging or "")
    list_request = request(integration, operation, (), {**page_query(paging), **dropdown.query})
    rows = iml.at("body", operation.payload)
    return Procedure(
        id=rpc_id(dropdown.key),
        label=f"List {plural(dropdown.noun)}",
        operation=operation.id,
        files={
            "communication": {
                **list_request,
                **pagination(integration, operation, pages=str(RPC_PAGES)),
                "response": {
                    **_choices(rows, dropdown.value, dropdown.label),
                    "valid": valid_result(integration, list_request, JSON),
                },
            },
            "params": [],
        },
    )


def _dependent(
    integration: Integration, dropdown: DependentDropdown, inputs: Iterable[InputField]
) -> Procedure:
    """Build the remote procedure for a dropdown whose choices depend on other parameters of the module.

    Make passes the parameters of the module to it. `inputs` are the inputs of all modules.
    """
    operation = integration.operations[dropdown.operation]
    paging = integration.paging.get(operation.paging or "")
    needed = list(_needed(dropdown, inputs))
    one_request = request(integration, operation, needed, page_query(paging))
    found = iml.at("body", operation.payload)
    several = operation.payload_is_list
    parts = f"flatten(map({found}, {iml.text('.'.join(dropdown.items))}))" if several else ""
    proper = proper_nouns(integration)
    return Procedure(
        id=rpc_id(dropdown.key),
        label=f"List {plural(dropdown.noun)}",
        operation=operation.id,
        files={
            "communication": {
                **one_request,
                **pagination(integration, operation, pages=str(RPC_PAGES)),
                "response": {
                    **_choices(parts or iml.at(found, dropdown.items), dropdown.value, dropdown.label),
                    "valid": valid_result(
                        integration, one_request, JSON if several else holds_record(operation)
                    ),
                },
            },
            "params": [
                {"name": one.key, "type": "text", "label": sentence(one.label, proper), "required": True}
                for one in needed
            ],
        },
    )


def _needed(dropdown: DependentDropdown, inputs: Iterable[InputField]) -> Iterator[InputField]:
    labels = {one.key: one.label for one in inputs}
    for location, names in (("path", dropdown.path_values), ("query", dropdown.query)):
        for name, key in names.items():
            yield InputField(
                key=key, label=labels[key], type="string", required=True, location=location, path=(name,)
            )


def _choices(rows: str, value_path: Path, label_paths: Iterable[Path]) -> dict[str, Any]:
    value = iml.at("item", value_path)
    return {
        "limit": RPC_LIMIT,
        "iterate": {
            "container": iml.braced(rows),
            "condition": iml.braced(f"ifempty({value}, '') != ''"),
        },
        "output": {
            "label": iml.described([iml.at("item", path) for path in label_paths], value),
            "value": iml.braced(value),
        },
    }
