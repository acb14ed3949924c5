"""Compiles what a catalog offers: resources, triggers, actions, searches, dropdowns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from connector.definition import samples
from connector.definition.compiler import fields as compile_fields
from connector.definition.compiler import sources
from connector.definition.compiler.hooks import hook
from connector.definition.guarantees import guarantees, least_certain
from connector.definition.model import (
    Action,
    Details,
    Dropdown,
    Field,
    Finding,
    FindOrCreate,
    InputField,
    Resource,
    Search,
    Trigger,
)
from connector.definition.naming import did_you_mean
from connector.definition.paths import dotted, walk

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connector.definition.catalog import (
        Catalog,
        FindingEntry,
        InputEntry,
        OfferEntry,
        ResourceEntry,
        SourceEntry,
        TriggerEntry,
    )
    from connector.definition.model import Choice, Limits, Operation
    from connector.definition.paths import At, Resolver

MINUTE, HOUR, DAY = 60, 3_600, 86_400


def resources(words: Catalog, resolver: Resolver) -> dict[str, Resource]:
    """Compile all kinds of records."""
    return {key: _resource(key, one, resolver) for key, one in words.resources.items()}


def _resource(key: str, said: ResourceEntry, resolver: Resolver) -> Resource:
    at: At = ("resources", key)
    who = f"resource {key}"
    fields: tuple[Field, ...] = ()
    try:
        fields = resolver.spec.schema(said.record).children
    except LookupError:
        guess = did_you_mean(said.record, resolver.spec.schema_names) or "."
        resolver.complain(
            (*at, "schema"), f"{who} names schema {said.record}, which the spec does not have{guess}"
        )
    for path in said.fields if fields else ():
        resolver.path(fields, path, (*at, "fields", path), who)
    return Resource(
        key=key,
        noun=said.noun,
        id=resolver.path(fields, said.id, (*at, "id"), who) if said.id else (),
        label=tuple(resolver.path(fields, path, (*at, "label"), who) for path in said.label),
        fields=compile_fields.named(fields, said.fields),
        sample=samples.of_operation(resolver, said.sample, (*at, "sample"), who),
    )


def triggers(
    words: Catalog, resolver: Resolver, known: Mapping[str, Resource], limits: Limits
) -> dict[str, Trigger]:
    """Compile all triggers with their guarantees."""
    found = {}
    for key, said in words.triggers.items():
        at: At = ("triggers", key)
        named = resolver.known(
            said.source, words.sources, (*at, "source"), f"trigger {key} names source {said.source}"
        )
        there = _known_resource(resolver, said.resource, known, at, f"trigger {key}")
        if named and there:
            found[key] = _trigger(key, said, words, resolver, known, limits)
    return found


def _trigger(
    key: str,
    said: TriggerEntry,
    words: Catalog,
    resolver: Resolver,
    known: Mapping[str, Resource],
    limits: Limits,
) -> Trigger:
    at: At = ("triggers", key)
    resource = known[said.resource]
    source_words = words.sources[said.source]
    operation = resolver.operation(
        source_words.operation, ("sources", said.source, "operation"), f"trigger {key}"
    )
    fields = _row(operation) or resource.fields
    source = sources.source(said, source_words, resolver, operation, fields, key)
    occurred = said.occurred_at
    _check_dropdowns(resolver, said.inputs, words, (*at, "inputs"), f"trigger {key}")
    provenance = least_certain([said.provenance, sources.provenance(source, operation, fields)])
    more = _details(source_words, resolver, fields, known, ("sources", said.source, "details"))
    record = (*resource.fields, more.field) if more else resource.fields
    sample = {**resource.sample, more.made.key: more.sample} if more else resource.sample
    told = (*fields, more.field) if more else fields
    happened = resolver.path(told, occurred, (*at, "occurred_at"), f"trigger {key}") if occurred else None
    example = samples.of_event(resolver, source, record, said.example, (*at, "example"), f"trigger {key}")
    shown = samples.merged(sample, example)
    samples.check(resolver, source, happened, shown, (*at, "example"), f"trigger {key}")
    in_row = happened if happened and not (more and happened[0] == more.made.key) else None
    return Trigger(
        key=key,
        label=said.label,
        description=said.description,
        resource=said.resource,
        source=source,
        occurred_at=happened,
        details=more and more.made,
        hook=said.hook and hook(said.hook, words.hooks, resolver, (*at, "hook"), f"trigger {key}"),
        inputs=compile_fields.filters(
            resolver, fields, said.inputs, (*at, "inputs"), f"trigger {key}", getattr(source, "state", None)
        ),
        fields=record,
        sample=sample,
        example=example,
        guarantees=guarantees(
            source,
            in_row,
            source_words.pages.by_runtime,
            limits,
            provenance,
            details=bool(more),
            unseen=source_words.unseen,
            growing_ids=source_words.growing_ids,
            end_told=_end_told(words, source.operation),
        ),
        labels=said.labels,
    )


def _end_told(words: Catalog, operation: str) -> bool:
    """Say whether the vendor tells where a list ends: by a total, or by naming no next page."""
    paging = next((one for one in words.paging.values() if operation in one.operations), None)
    return paging is None or paging.style == "cursor" or paging.total is not None


class _CompiledDetails(NamedTuple):
    """What details add to a trigger's record: the request, the field of the answer, an example of it."""

    made: Details
    field: Field
    sample: Any


def _details(
    words: SourceEntry, resolver: Resolver, row: tuple[Field, ...], known: Mapping[str, Resource], at: At
) -> _CompiledDetails | None:
    said, who = words.details, f"source {at[1]}"
    if said is None or not _known_resource(resolver, said.resource, known, at, who):
        return None
    compiled = sources.details(said, resolver, row, at, who)
    if compiled is None:
        return None
    resource = known[said.resource]
    # Without a label of its own: its members are called as they are where they stand alone.
    field = Field(key=said.key, label="", type="object", children=resource.fields)
    return _CompiledDetails(compiled, field, resource.sample)


def actions(words: Catalog, resolver: Resolver, known: Mapping[str, Resource]) -> dict[str, Action]:
    """Compile all writes."""
    found = {}
    for key, said in words.actions.items():
        at: At = ("actions", key)
        operation, resource, taken = _offer(key, said, "action", words, resolver, known)
        if operation is None or resource is None:
            continue
        if (said.after_timeout == "find") != (said.finding is not None):
            resolver.complain(
                (*at, "after_timeout"), f"action {key}: finding belongs to after_timeout: find."
            )
        found[key] = Action(
            key=key,
            label=said.label,
            labels=said.labels,
            description=said.description,
            noun=resource.noun,
            resource=said.resource,
            operation=said.operation,
            risk=said.risk,
            inputs=taken,
            fields=resource.fields,
            sample=resource.sample,
            after_timeout=said.after_timeout,
            finding=said.finding and _finding(key, said.finding, taken, resolver),
        )
    return found


def _finding(
    key: str, said: FindingEntry, taken: tuple[InputField, ...], resolver: Resolver
) -> Finding | None:
    at: At = ("actions", key, "finding")
    who = f"action {key}"
    operation = resolver.operation(said.operation, (*at, "operation"), who)
    if operation is None:
        return None
    inputs = [one.key for one in taken]
    query: dict[str, str] = {}
    path_values: dict[str, str] = {}
    for name, source in said.parameters.items():
        resolver.known(source, inputs, (*at, "parameters", name), f"{who} looks by input {source}")
        parameter = resolver.parameter(operation, name, (*at, "parameters", name), who)
        if parameter:
            (query if parameter.location == "query" else path_values)[name] = source
    columns = [f"{one.key}.{child.key}" for one in taken for child in one.children]
    for source in said.equal.values():
        resolver.known(source, [*inputs, *columns], (*at, "equal"), f"{who} compares input {source}")
    always = {one.key for one in taken if one.required and one.key not in said.parameters.values()}
    if always and not always & {source.partition(".")[0] for source in said.equal.values()}:
        resolver.complain(
            (*at, "equal"), f"{who} compares nothing that is always given, so any new record would do."
        )
    row = _row(operation) or ()
    records = dotted(said.records) if said.records else ()
    if records:
        resolver.path(row, said.records or "", (*at, "records"), who)
        holder = walk(row, records)
        row = holder.children if holder else ()
    equal = tuple(
        (resolver.path(row, path, (*at, "equal"), who), dotted(source)) for path, source in said.equal.items()
    )
    return Finding(
        operation=said.operation,
        query=query,
        path_values=path_values,
        records=records,
        equal=equal,
        created=resolver.path(row, said.created, (*at, "created"), who),
    )


def searches(words: Catalog, resolver: Resolver, known: Mapping[str, Resource]) -> dict[str, Search]:
    """Compile all reads that a person asks for."""
    found = {}
    for key, said in words.searches.items():
        at: At = ("searches", key)
        operation, resource, taken = _offer(key, said, "search", words, resolver, known)
        if operation is None or resource is None:
            continue
        for name in said.at_least_one:
            resolver.known(name, said.inputs, (*at, "at_least_one"), f"search {key} asks for input {name}")
        found[key] = Search(
            key=key,
            label=said.label,
            labels=said.labels,
            description=said.description,
            noun=resource.noun,
            resource=said.resource,
            kind=said.kind,
            operation=said.operation,
            query=resolver.query(operation, said.query, (*at, "query"), f"search {key}"),
            inputs=taken,
            at_least_one=said.at_least_one,
            scan_pages=said.scan_pages,
            fields=resource.fields,
            sample=resource.sample,
        )
    return found


def _offer(
    key: str, said: OfferEntry, kind: str, words: Catalog, resolver: Resolver, known: Mapping[str, Resource]
) -> tuple[Operation | None, Resource | None, tuple[InputField, ...]]:
    at: At = (f"{kind}s" if kind == "action" else "searches", key)
    who = f"{kind} {key}"
    operation = resolver.operation(said.operation, (*at, "operation"), who)
    there = _known_resource(resolver, said.resource, known, at, who)
    resource = known[said.resource] if there else None
    _check_dropdowns(resolver, said.inputs, words, (*at, "inputs"), who)
    if operation is None:
        return None, resource, ()
    record = None if kind == "action" else (_row(operation) or (resource.fields if resource else ()))
    return (
        operation,
        resource,
        compile_fields.inputs(resolver, operation, record, said.inputs, (*at, "inputs"), who),
    )


def _check_dropdowns(
    resolver: Resolver, inputs: Mapping[str, InputEntry], words: Catalog, at: At, who: str
) -> None:
    for name, one in inputs.items():
        if one.dropdown:
            sentence = f"{who} input {name} names dropdown {one.dropdown}"
            resolver.known(one.dropdown, words.dropdowns, (*at, name, "dropdown"), sentence)
        _check_dropdowns(resolver, one.children, words, (*at, name, "children"), who)


def dropdowns(words: Catalog, resolver: Resolver, acting: Mapping[str, Action]) -> dict[str, Dropdown]:
    """Compile all lists of values to choose from."""
    found = {}
    for key, said in words.dropdowns.items():
        at: At = ("dropdowns", key)
        if (said.operation is None) == (said.choices_of is None):
            resolver.complain(at, f"dropdown {key} needs either operation or choices_of.")
        elif said.choices_of is not None:
            choices = _choices(resolver, key, said.choices_of, acting)
            found[key] = Dropdown(key=key, noun=said.noun, choices=choices)
        elif operation := resolver.operation(said.operation or "", (*at, "operation"), f"dropdown {key}"):
            row = _row(operation) or ()
            value = resolver.path(row, said.value or "", (*at, "value"), f"dropdown {key}")
            label = tuple(resolver.path(row, path, (*at, "label"), f"dropdown {key}") for path in said.label)
            if said.search:
                resolver.parameter(operation, said.search, (*at, "search"), f"dropdown {key}")
            found[key] = Dropdown(
                key=key,
                noun=said.noun,
                operation=operation.id,
                query=resolver.query(operation, said.query, (*at, "query"), f"dropdown {key}"),
                value=value,
                label=label,
                search=said.search,
            )
    return found


def _choices(
    resolver: Resolver, key: str, source: tuple[str, str], acting: Mapping[str, Action]
) -> tuple[Choice, ...]:
    at: At = ("dropdowns", key, "choices_of")
    if not resolver.known(source[0], acting, at, f"dropdown {key} names action {source[0]}"):
        return ()
    field = walk(acting[source[0]].inputs, dotted(source[1]))
    choices = compile_fields.offered(field) if field else ()
    if not choices:
        resolver.complain(at, f"dropdown {key}: {source[0]} has no input {source[1]} with known values.")
    return choices


def find_or_create(words: Catalog, resolver: Resolver) -> tuple[FindOrCreate, ...]:
    """Compile the pairs of a search and the action to fall back on."""
    for index, said in enumerate(words.find_or_create):
        at: At = ("find_or_create", index)
        resolver.known(said.search, words.searches, at, f"find_or_create names search {said.search}")
        resolver.known(said.create, words.actions, at, f"find_or_create names action {said.create}")
    return tuple(
        FindOrCreate(
            key=said.search,
            label=said.label,
            description=said.description,
            search=said.search,
            create=said.create,
        )
        for said in words.find_or_create
    )


def _known_resource(resolver: Resolver, name: str, known: Mapping[str, Resource], at: At, who: str) -> bool:
    return resolver.known(name, known, (*at, "resource"), f"{who} names resource {name}")


def _row(operation: Operation | None) -> tuple[Field, ...] | None:
    """Return the fields of one record of an operation's payload."""
    if operation is None:
        return None
    path = operation.payload
    payload = walk(operation.response.children, path) if path else operation.response
    return payload.children if payload else None
