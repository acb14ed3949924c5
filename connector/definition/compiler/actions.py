"""Compiles the actions of a catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connector.definition.compiler.dependent_dropdowns import form_inputs
from connector.definition.compiler.steps import row_of, step_parts
from connector.definition.model import Action, Bounds, Field, Finding, InputField
from connector.definition.naming import listed
from connector.definition.paths import dotted, walk

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connector.definition.catalog import ActionEntry, Catalog, FindingEntry
    from connector.definition.catalog.base import EachEntry
    from connector.definition.model import Operation, Path, Resource
    from connector.definition.paths import At, Resolver


def actions(catalog: Catalog, resolver: Resolver, known: Mapping[str, Resource]) -> dict[str, Action]:
    """Compile the `actions` section; `known` contains the compiled resources.

    An action with an unknown operation or resource is reported to `resolver` and left out.
    """
    compiled = {}
    for key, entry in catalog.actions.items():
        at: At = ("actions", key)
        operation, resource, inputs = step_parts(key, entry, "action", catalog, resolver, known)
        if operation is None or resource is None:
            continue
        if (entry.after_timeout == "find") != (entry.finding is not None):
            resolver.report(
                (*at, "after_timeout"),
                f"action {key}: after_timeout: find needs finding, and nothing else does.",
            )
        if entry.each:
            inputs, resource = _one_by_one(key, entry.each, inputs, resource, resolver)
        compiled[key] = Action(
            key=key,
            label=entry.label,
            labels=entry.labels,
            description=entry.description,
            noun=resource.noun,
            resource=entry.resource,
            operation=entry.operation,
            risk=entry.risk,
            constants=_constants(key, entry, operation, inputs, resolver),
            provenance=entry.provenance,
            inputs=inputs,
            form_inputs=form_inputs(entry, catalog, resolver, at),
            each=entry.each.key if entry.each else None,
            fields=resource.fields,
            sample=resource.sample,
            after_timeout=entry.after_timeout,
            finding=entry.finding and _finding(key, entry, entry.finding, inputs, resolver),
        )
    return compiled


RESULTS = "results"
"""The key of the list of records in the result of an action that sends a request for each line."""


def _one_by_one(
    key: str, entry: EachEntry, inputs: tuple[InputField, ...], resource: Resource, resolver: Resolver
) -> tuple[tuple[InputField, ...], Resource]:
    """Gather the inputs of `entry` in one list input, and the records of all requests in one record."""
    at: At = ("actions", key, "each")
    by_key = {one.key: one for one in inputs}
    for name in entry.inputs:
        if resolver.known(name, by_key, (*at, "inputs"), f"action {key} has a column for input {name}"):
            field = by_key[name]
            if field.location != "body" or len(field.path) > 1:
                resolver.report((*at, "inputs"), f"action {key}: {name} is not a member of the body itself.")
    if entry.key in by_key:
        resolver.report((*at, "key"), f"action {key} has an input {entry.key} already.")
    columns = tuple(one for one in inputs if one.key in entry.inputs)
    rest = tuple(one for one in inputs if one.key not in entry.inputs)
    lines = InputField(
        key=entry.key,
        label=entry.label,
        help=entry.help,
        type="list",
        required=True,
        location="body",
        path=(entry.key,),
        bounds=Bounds(min_items=1),
        children=columns,
    )
    records = Field(key=RESULTS, label="Results", type="list", required=True, children=resource.fields)
    record = {"fields": (records,), "sample": {RESULTS: [resource.sample]}}
    return (*rest, lines), resource.model_copy(update=record)


def _constants(
    key: str,
    entry: ActionEntry,
    operation: Operation,
    inputs: tuple[InputField, ...],
    resolver: Resolver,
) -> tuple[tuple[Path, Any], ...]:
    members = operation.body.children if operation.body else ()
    compiled = []
    for name, value in entry.constants.items():
        at: At = ("actions", key, "constants", name)
        path = resolver.path(members, name, at, f"action {key}")
        field = walk(members, path)
        words = [*field.known_values, *(choice.value for choice in field.choices)] if field else []
        if words and value not in words:
            resolver.report(at, f"action {key} sets {name} to {value}; it can be {listed(words)}.")
        if any(one.location == "body" and one.path == path for one in inputs):
            resolver.report(at, f"action {key} sets {name}, which an input fills too.")
        compiled.append((path, value))
    return tuple(compiled)


def _finding(
    key: str,
    action: ActionEntry,
    entry: FindingEntry,
    inputs: tuple[InputField, ...],
    resolver: Resolver,
) -> Finding | None:
    at: At = ("actions", key, "finding")
    subject = f"action {key}"
    operation = resolver.operation(entry.operation, (*at, "operation"), subject)
    if operation is None:
        return None
    keys = [field.key for field in inputs]
    query: dict[str, str] = {}
    path_values: dict[str, str] = {}
    for name, source in entry.parameters.items():
        resolver.known(source, keys, (*at, "parameters", name), f"{subject} looks by input {source}")
        parameter = resolver.parameter(operation, name, (*at, "parameters", name), subject)
        if parameter:
            (query if parameter.location == "query" else path_values)[name] = source
    columns = [f"{field.key}.{child.key}" for field in inputs for child in field.children]
    for source in entry.equal.values():
        names = [*keys, *columns, *action.constants]
        resolver.known(source, names, (*at, "equal"), f"{subject} compares input {source}")
    # An input that is also a parameter of the lookup has the same value in every record that is found, so it
    # cannot tell the records apart.
    always = {field.key for field in inputs if field.required and field.key not in entry.parameters.values()}
    compared = {source.partition(".")[0] for source in entry.equal.values()}
    if always and not always & compared and not compared & {*action.constants}:
        resolver.report(
            (*at, "equal"), f"{subject} compares no required input, so any new record would match."
        )
    row = row_of(operation) or ()
    records = dotted(entry.records) if entry.records else ()
    if records:
        resolver.path(row, entry.records or "", (*at, "records"), subject)
        holder = walk(row, records)
        row = holder.children if holder else ()
    equal = tuple(
        (resolver.path(row, path, (*at, "equal"), subject), dotted(source))
        for path, source in entry.equal.items()
        if source not in action.constants
    )
    constants = tuple(
        (resolver.path(row, path, (*at, "equal"), subject), action.constants[source])
        for path, source in entry.equal.items()
        if source in action.constants
    )
    return Finding(
        operation=entry.operation,
        query=query,
        path_values=path_values,
        records=records,
        equal=equal,
        constants=constants,
        created=resolver.path(row, entry.created, (*at, "created"), subject),
    )
