"""Compiles the resources, triggers, actions, searches and dropdowns of a catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from connector.definition import samples
from connector.definition.catalog import ActionEntry
from connector.definition.compiler import fields as compile_fields
from connector.definition.compiler import reached_at as compile_reached_at
from connector.definition.compiler import sources
from connector.definition.compiler.hooks import hook
from connector.definition.guarantees import guarantees, least_certain
from connector.definition.model import (
    Details,
    Dropdown,
    Field,
    FindOrCreate,
    InputField,
    Resource,
    Search,
    Trigger,
)
from connector.definition.naming import plural, title
from connector.definition.paths import dotted, walk
from connector.definition.spelling import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connector.definition.catalog import (
        Catalog,
        InputEntry,
        ResourceEntry,
        StepEntry,
        TriggerEntry,
    )
    from connector.definition.catalog.sources import SourceEntry
    from connector.definition.model import Action, Choice, Limits, Operation
    from connector.definition.paths import At, Resolver

MINUTE, HOUR, DAY = 60, 3_600, 86_400


def resources(catalog: Catalog, resolver: Resolver) -> dict[str, Resource]:
    """Compile the `resources` section, which describes the kinds of records."""
    return {key: _resource(key, entry, resolver) for key, entry in catalog.resources.items()}


def _resource(key: str, entry: ResourceEntry, resolver: Resolver) -> Resource:
    at: At = ("resources", key)
    subject = f"resource {key}"
    fields: tuple[Field, ...] = ()
    try:
        fields = resolver.spec.schema(entry.record).children
    except LookupError:
        suggestion = did_you_mean(entry.record, resolver.spec.schema_names) or "."
        resolver.report(
            (*at, "schema"),
            f"{subject} names schema {entry.record}, which the specification does not have{suggestion}",
        )
    for path in entry.fields if fields else ():
        resolver.path(fields, path, (*at, "fields", path), subject)
    return Resource(
        key=key,
        noun=entry.noun,
        group=entry.group or title(plural(entry.noun)),
        id=resolver.path(fields, entry.id, (*at, "id"), subject) if entry.id else (),
        label=tuple(resolver.path(fields, path, (*at, "label"), subject) for path in entry.label),
        fields=compile_fields.labelled(fields, entry.fields),
        sample=samples.of_operation(resolver, entry.sample, (*at, "sample"), subject),
    )


def triggers(
    catalog: Catalog, resolver: Resolver, known: Mapping[str, Resource], limits: Limits
) -> dict[str, Trigger]:
    """Compile the `triggers` section and compute each trigger's guarantees.

    `known` contains the compiled resources. A trigger with an unknown source or resource is reported to
    `resolver` and left out.
    """
    compiled = {}
    for key, entry in catalog.triggers.items():
        at: At = ("triggers", key)
        source_exists = resolver.known(
            entry.source, catalog.sources, (*at, "source"), f"trigger {key} names source {entry.source}"
        )
        resource_exists = _known_resource(resolver, entry.resource, known, at, f"trigger {key}")
        if source_exists and resource_exists:
            compiled[key] = _trigger(key, entry, catalog, resolver, known, limits)
    return compiled


def _trigger(
    key: str,
    entry: TriggerEntry,
    catalog: Catalog,
    resolver: Resolver,
    known: Mapping[str, Resource],
    limits: Limits,
) -> Trigger:
    at: At = ("triggers", key)
    resource = known[entry.resource]
    source_entry = catalog.sources[entry.source]
    operation = resolver.operation(
        source_entry.operation, ("sources", entry.source, "operation"), f"trigger {key}"
    )
    fields = row_of(operation) or resource.fields
    reached_at = None
    if entry.reached_at:
        reached_at, field = compile_reached_at.compiled(entry.reached_at, resolver, fields, key)
        resource, fields = compile_reached_at.extended(resource, reached_at, field), (*fields, field)
    source = sources.source(entry, source_entry, resolver, operation, fields, key)
    occurred = reached_at.field if reached_at else entry.occurred_at
    check_dropdowns(resolver, entry.inputs, catalog, (*at, "inputs"), f"trigger {key}")
    provenance = least_certain([entry.provenance, sources.provenance(source, operation, fields)])
    details = _details(source_entry, resolver, fields, known, ("sources", entry.source, "details"))
    record = (*resource.fields, details.field) if details else resource.fields
    sample = {**resource.sample, details.request.key: details.sample} if details else resource.sample
    complete = (*fields, details.field) if details else fields
    happened = resolver.path(complete, occurred, (*at, "occurred_at"), f"trigger {key}") if occurred else None
    example = samples.of_event(resolver, source, record, entry.example, (*at, "example"), f"trigger {key}")
    shown = samples.merged(sample, example)
    samples.check(resolver, source, happened, shown, (*at, "example"), f"trigger {key}")
    # A time inside the details is not in the row of the list, so no runtime can compare rows by this time.
    in_row = happened if happened and not (details and happened[0] == details.request.key) else None
    return Trigger(
        key=key,
        label=entry.label,
        description=entry.description,
        resource=entry.resource,
        source=source,
        source_key=entry.source,
        occurred_at=happened,
        reached_at=reached_at,
        details=details and details.request,
        hook=entry.hook and hook(entry.hook, catalog.hooks, resolver, (*at, "hook"), f"trigger {key}"),
        inputs=compile_fields.filters(
            resolver, fields, entry.inputs, (*at, "inputs"), f"trigger {key}", getattr(source, "state", None)
        ),
        unless=tuple(
            (resolver.path(fields, path, (*at, "unless", path), f"trigger {key}"), values)
            for path, values in entry.unless.items()
        ),
        fields=record,
        sample=sample,
        example=example,
        guarantees=entry.offered(
            guarantees(
                source,
                in_row,
                source_entry.pages.by_runtime,
                limits,
                provenance,
                details=bool(details),
                unseen=source_entry.unseen,
                growing_ids=source_entry.growing_ids,
                end_reported=sources.end_reported(catalog, source.operation),
            )
        ),
        labels=entry.labels,
        runtimes=entry.runtimes,
    )


class _CompiledDetails(NamedTuple):
    """A compiled details request, the field that contains the response, and a sample response."""

    request: Details
    field: Field
    sample: Any


def _details(
    source: SourceEntry, resolver: Resolver, row: tuple[Field, ...], known: Mapping[str, Resource], at: At
) -> _CompiledDetails | None:
    entry, subject = source.details, f"source {at[1]}"
    if entry is None or not _known_resource(resolver, entry.resource, known, at, subject):
        return None
    request = sources.details(entry, resolver, row, at, subject)
    if request is None:
        return None
    resource = known[entry.resource]
    # The label is empty, because generators prefix the labels of members with the label of their object.
    field = Field(key=entry.key, label="", type="object", children=resource.fields)
    return _CompiledDetails(request, field, resource.sample)


def searches(catalog: Catalog, resolver: Resolver, known: Mapping[str, Resource]) -> dict[str, Search]:
    """Compile the `searches` section; `known` contains the compiled resources.

    A search with an unknown operation or resource is reported to `resolver` and left out.
    """
    compiled = {}
    for key, entry in catalog.searches.items():
        at: At = ("searches", key)
        operation, resource, inputs = step_parts(key, entry, "search", catalog, resolver, known)
        if operation is None or resource is None:
            continue
        for name in entry.at_least_one:
            resolver.known(name, entry.inputs, (*at, "at_least_one"), f"search {key} asks for input {name}")
        compiled[key] = Search(
            key=key,
            label=entry.label,
            labels=entry.labels,
            description=entry.description,
            noun=resource.noun,
            resource=entry.resource,
            kind=entry.kind,
            operation=entry.operation,
            query=resolver.query(operation, entry.query, (*at, "query"), f"search {key}"),
            inputs=inputs,
            at_least_one=entry.at_least_one,
            scan_pages=entry.scan_pages,
            fields=resource.fields,
            sample=resource.sample,
        )
    return compiled


def step_parts(
    key: str, entry: StepEntry, kind: str, catalog: Catalog, resolver: Resolver, known: Mapping[str, Resource]
) -> tuple[Operation | None, Resource | None, tuple[InputField, ...]]:
    """Compile the operation, resource and inputs of an action or search; `kind` is "action" or "search".

    The operation or resource is None if the catalog names an unknown one, which is reported to `resolver`.
    """
    at: At = (f"{kind}s" if kind == "action" else "searches", key)
    subject = f"{kind} {key}"
    operation = resolver.operation(entry.operation, (*at, "operation"), subject)
    exists = _known_resource(resolver, entry.resource, known, at, subject)
    resource = known[entry.resource] if exists else None
    check_dropdowns(resolver, entry.inputs, catalog, (*at, "inputs"), subject)
    if operation is None:
        return None, resource, ()
    record = None if kind == "action" else (row_of(operation) or (resource.fields if resource else ()))
    fixed = entry.constants if isinstance(entry, ActionEntry) else ()
    return (
        operation,
        resource,
        compile_fields.inputs(resolver, operation, record, entry.inputs, (*at, "inputs"), subject, fixed),
    )


def check_dropdowns(
    resolver: Resolver, inputs: Mapping[str, InputEntry], catalog: Catalog, at: At, subject: str
) -> None:
    """Report the inputs that name a dropdown that the catalog does not have."""
    for name, entry in inputs.items():
        if entry.dropdown:
            sentence = f"{subject} input {name} names dropdown {entry.dropdown}"
            known = [*catalog.dropdowns, *catalog.dependent_dropdowns]
            resolver.known(entry.dropdown, known, (*at, name, "dropdown"), sentence)
        check_dropdowns(resolver, entry.children, catalog, (*at, name, "children"), subject)


def dropdowns(catalog: Catalog, resolver: Resolver, actions: Mapping[str, Action]) -> dict[str, Dropdown]:
    """Compile the `dropdowns` section, in which `choices_of` refers to the inputs of `actions`."""
    compiled = {}
    for key, entry in catalog.dropdowns.items():
        at: At = ("dropdowns", key)
        if (entry.operation is None) == (entry.choices_of is None):
            resolver.report(at, f"dropdown {key} needs either operation or choices_of.")
        elif entry.choices_of is not None:
            choices = _choices(resolver, key, entry.choices_of, actions)
            compiled[key] = Dropdown(key=key, noun=entry.noun, choices=choices)
        elif operation := resolver.operation(entry.operation or "", (*at, "operation"), f"dropdown {key}"):
            row = row_of(operation) or ()
            value = resolver.path(row, entry.value or "", (*at, "value"), f"dropdown {key}")
            label = tuple(resolver.path(row, path, (*at, "label"), f"dropdown {key}") for path in entry.label)
            if entry.search:
                resolver.parameter(operation, entry.search, (*at, "search"), f"dropdown {key}")
            compiled[key] = Dropdown(
                key=key,
                noun=entry.noun,
                operation=operation.id,
                query=resolver.query(operation, entry.query, (*at, "query"), f"dropdown {key}"),
                value=value,
                label=label,
                search=entry.search,
            )
    return compiled


def _choices(
    resolver: Resolver, key: str, source: tuple[str, str], actions: Mapping[str, Action]
) -> tuple[Choice, ...]:
    at: At = ("dropdowns", key, "choices_of")
    if not resolver.known(source[0], actions, at, f"dropdown {key} names action {source[0]}"):
        return ()
    field = walk(actions[source[0]].inputs, dotted(source[1]))
    choices = compile_fields.suggestions(field) if field else ()
    if not choices:
        resolver.report(at, f"dropdown {key}: {source[0]} has no input {source[1]} with known values.")
    return choices


def find_or_create(catalog: Catalog, resolver: Resolver) -> tuple[FindOrCreate, ...]:
    """Compile the `find_or_create` section, and report unknown names of searches and actions."""
    for index, entry in enumerate(catalog.find_or_create):
        at: At = ("find_or_create", index)
        resolver.known(entry.search, catalog.searches, at, f"find_or_create names search {entry.search}")
        resolver.known(entry.create, catalog.actions, at, f"find_or_create names action {entry.create}")
    return tuple(
        FindOrCreate(
            key=entry.search,
            label=entry.label,
            description=entry.description,
            search=entry.search,
            create=entry.create,
        )
        for entry in catalog.find_or_create
    )


def _known_resource(
    resolver: Resolver, name: str, known: Mapping[str, Resource], at: At, subject: str
) -> bool:
    return resolver.known(name, known, (*at, "resource"), f"{subject} names resource {name}")


def row_of(operation: Operation | None) -> tuple[Field, ...] | None:
    """Return the fields of the records in an operation's payload, or None if there is no payload."""
    if operation is None:
        return None
    path = operation.payload
    payload = walk(operation.response.children, path) if path else operation.response
    return payload.children if payload else None
