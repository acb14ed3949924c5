"""Compiles the fields of records and the inputs of requests, with labels and help text from the catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from connector.definition.compiler.required import (
    through_a_list,
    unfilled,
    with_alternatives,
    with_requirements,
)
from connector.definition.model import Action, Choice, Field, InputField, Path, Search, Trigger, Variant
from connector.definition.naming import below, title
from connector.definition.paths import dotted, leaves, walk
from connector.definition.spelling import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from connector.definition.catalog import FieldEntry, InputEntry, OutputEntry
    from connector.definition.model import Dropdown, Operation
    from connector.definition.paths import At, Resolver

Step = TypeVar("Step", Trigger, Action, Search)


def labelled(
    fields: tuple[Field, ...], entries: Mapping[str, OutputEntry], before: str = ""
) -> tuple[Field, ...]:
    """Return a copy of the fields with the labels and help text that the catalog defines in `entries`.

    The label of a field inside an object begins with the object's label ("Refund Amount"). The label of a
    field inside a list is not prefixed ("SKU"). `before` is the dotted path of the object that contains the
    fields, with a dot at the end, or "".
    """
    result = []
    for field in fields:
        path = before + field.key
        entry = entries.get(path)
        label = entry.label if entry and entry.label else field.label
        children = field.children
        if field.type == "object":
            children = tuple(
                child.model_copy(update={"label": below(label, child.label)}) for child in field.children
            )
        result.append(
            field.model_copy(
                update={
                    "label": label,
                    "help": entry.help if entry and entry.help else field.help,
                    "choices": relabelled(field, entry),
                    "flag": bool(entry and entry.flag),
                    "sensitive": bool(entry and entry.sensitive),
                    "file": bool(entry and entry.file),
                    "whole": bool(entry and entry.whole),
                    "children": labelled(children, entries, f"{path}."),
                }
            )
        )
    return tuple(result)


def relabelled(field: Field, entry: FieldEntry | None) -> tuple[Choice, ...]:
    """Return the field's choices, with the catalog entry's labels in place of the default labels."""
    labels = entry.choices if entry else {}
    return tuple(
        Choice(value=choice.value, label=labels.get(choice.value, choice.label)) for choice in field.choices
    )


def suggestions(field: Field) -> tuple[Choice, ...]:
    """Return the values to suggest for a field: its choices, or its known values if it has no choices."""
    return field.choices or tuple(Choice(value=value, label=title(value)) for value in field.known_values)


def inputs(
    resolver: Resolver,
    operation: Operation,
    record: tuple[Field, ...] | None,
    entries: Mapping[str, InputEntry],
    at: At,
    subject: str,
    constants: Collection[str] = (),
) -> tuple[InputField, ...]:
    """Compile the inputs of an action or search, and report inputs that do not fit the operation.

    `record` contains the fields of the records that a search returns; `match` and `found_at` refer to these
    fields. For an action, `record` is None. `constants` contains the dotted paths of the body fields that the
    action sets itself, so that they need no input.
    """
    compiled = []
    for key, entry in entries.items():
        place = (*at, key)
        if entry.match is not None:
            if record is None:
                resolver.report(
                    (*place, "match"), f"{subject} input {key}: only searches and triggers can use match."
                )
                continue
            compiled.append(_matched(resolver, record, key, entry, entry.match, place, subject))
            continue
        field = _placed(resolver, operation, key, entry, place, subject)
        if field:
            compiled.append(_found_at(resolver, field, entry, record, place, subject))
    _check_complete(resolver, operation, compiled, at, subject, constants)
    body = operation.body
    required = with_requirements(body.children if body else (), compiled, _tightened(entries))
    return with_alternatives(body.at_least_one if body else (), required)


def _tightened(entries: Mapping[str, InputEntry]) -> set[str]:
    return {key for key, entry in entries.items() if entry.required}


def with_known_values(steps: Mapping[str, Step], dropdowns: Mapping[str, Dropdown]) -> dict[str, Step]:
    """Return copies of the steps in which the inputs' `known_values` are filled in from their dropdowns.

    `steps` are triggers, actions or searches. Inputs that already have choices or known values are not
    changed. For inputs with known values, the runtime also accepts labels, such as "In Transit" for
    `in_transit`.
    """

    def completed(field: InputField) -> InputField:
        dropdown = dropdowns.get(field.dropdown or "")
        values = tuple(choice.value for choice in dropdown.choices) if dropdown else ()
        unknown = not (field.choices or field.known_values) and field.type == "string"
        return field.model_copy(update={"known_values": values}) if values and unknown else field

    return {
        key: step.model_copy(update={"inputs": tuple(completed(field) for field in step.inputs)})
        for key, step in steps.items()
    }


SEPARATORS = {"commas": ","}
POLLING = ("cursor", "since")
"""Names that a trigger's inputs cannot have, because arguments of `poll` already have these names."""


def filters(
    resolver: Resolver,
    record: tuple[Field, ...],
    entries: Mapping[str, InputEntry],
    at: At,
    subject: str,
    state: Path | None = None,
) -> tuple[InputField, ...]:
    """Compile a trigger's inputs, which filter the records from a poll and are never sent to the vendor.

    `state` is the path of the status that the trigger watches. An input that filters by this status ignores
    case, spaces and hyphens, even if the specification does not list the possible values.
    """
    compiled = []
    for key, entry in entries.items():
        if key in POLLING:
            resolver.report(
                (*at, key), f"{subject} input {key} has the name of an argument of poll; rename it."
            )
            continue
        if entry.match is None or entry.name or entry.children or entry.required or entry.several:
            keys = "match (required), identifies, label, help, choices and dropdown"
            resolver.report((*at, key), f"{subject} input {key} is a filter: it takes {keys}.")
            continue
        field = _matched(resolver, record, key, entry, entry.match, (*at, key), subject)
        compiled.append(field.model_copy(update={"compared": "word"}) if field.path == state else field)
    return tuple(compiled)


def _matched(
    resolver: Resolver,
    record: tuple[Field, ...],
    key: str,
    entry: InputEntry,
    match: str,
    place: At,
    subject: str,
) -> InputField:
    steps = resolver.path(record, match, (*place, "match"), f"{subject} input {key}")
    field = walk(record, steps) or Field(key=key, label=key, type="string")
    in_list = steps if field.type == "list" else through_a_list(record, steps)
    if field.type == "list":
        field = field.model_copy(update={"type": field.item_type or "string", "item_type": None})
    if entry.found_at:
        resolver.report(
            (*place, "found_at"), f"{subject} input {key} has both match and found_at; remove found_at."
        )
    compiled = _input(resolver, key, field.model_copy(update={"required": False}), entry, "match", steps)
    is_word = bool(field.choices or field.known_values)
    _check_identifies(resolver, compiled, place, subject)
    compared = "identity" if entry.identifies else "word" if is_word else "text"
    return compiled.model_copy(update={"compared": compared, "in_list": in_list})


def _found_at(
    resolver: Resolver,
    field: InputField,
    entry: InputEntry,
    record: tuple[Field, ...] | None,
    place: At,
    subject: str,
) -> InputField:
    """Check the entry's `found_at` paths, and return a copy of the input that includes these paths."""
    _check_identifies(resolver, field, place, subject)
    if not entry.found_at:
        return field
    if record is None or entry.identifies is None:
        resolver.report(
            (*place, "found_at"), f"{subject} input {field.key}: found_at needs a search and identifies."
        )
        return field
    paths = tuple(
        resolver.path(record, path, (*place, "found_at"), f"{subject} input {field.key}")
        for path in entry.found_at
    )
    return field.model_copy(update={"found_at": paths, "compared": "identity"})


def _check_identifies(resolver: Resolver, field: InputField, place: At, subject: str) -> None:
    """Report `identifies` and `several` if the input's type or location does not allow them."""
    if field.identifies and (field.type not in ("string", "integer") or field.choices):
        resolver.report(
            (*place, "identifies"),
            f"{subject} input {field.key}: only a line of text or a whole number can identify a record.",
        )
    if field.separator and (field.location != "query" or field.type != "string"):
        resolver.report(
            (*place, "several"),
            f"{subject} input {field.key}: several needs a query parameter of type string.",
        )


def _placed(
    resolver: Resolver, operation: Operation, key: str, entry: InputEntry, at: At, subject: str
) -> InputField | None:
    name = entry.name or key
    parameter = operation.parameter(name)
    if parameter is not None:
        return _input(
            resolver, key, parameter.field, entry, parameter.location, (name,), parameter.repeated_as
        )
    members = operation.body.children if operation.body else ()
    field = walk(members, dotted(name))
    if field is None:
        known = [*(parameter.name for parameter in operation.parameters), *leaves(members)]
        suggestion = did_you_mean(name, known) or "."
        resolver.report(
            at, f"{subject} input {key} fills {name}, which {operation.id} does not take{suggestion}"
        )
        return None
    if through := through_a_list(members, dotted(name)):
        resolver.report(
            at, f"{subject} input {key} leads through the list {'.'.join(through)}; fill it with children."
        )
    placed = _input(resolver, key, field, entry, "body", dotted(name))
    columns = _columns(resolver, field, entry, at, subject)
    variants = _variants(resolver, field, columns, at, subject)
    return placed.model_copy(update={"children": columns, "variants": variants})


def _variants(
    resolver: Resolver, field: Field, columns: Sequence[InputField], at: At, subject: str
) -> tuple[Variant, ...]:
    """Return the variants of a list input's items, expressed in the keys of the input's columns.

    The specification names the members of an item; each name is replaced by the key of the column that fills
    the member. Reports a problem for each required member that no column fills.
    """
    keys = {column.path[0]: column.key for column in columns}
    if not keys:
        return field.variants
    for variant in field.variants:
        for name in variant.required:
            if name not in keys:
                resolver.report(
                    at, f"{subject} leaves out {field.key}.{name}, which {variant.label} requires."
                )
    return tuple(
        Variant(
            label=variant.label,
            fields=tuple(keys[name] for name in variant.fields if name in keys),
            required=tuple(keys[name] for name in variant.required if name in keys),
        )
        for variant in field.variants
    )


def _columns(
    resolver: Resolver, field: Field, entry: InputEntry, at: At, subject: str
) -> tuple[InputField, ...]:
    columns = []
    for key, column in entry.children.items():
        place = (*at, "children", key)
        name = column.name or key
        child = walk(field.children, dotted(name))
        if child is None:
            suggestion = did_you_mean(name, leaves(field.children)) or "."
            resolver.report(
                place, f"{subject} input {field.key}.{key} is not a part of {field.key}{suggestion}"
            )
            continue
        if through := through_a_list(field.children, dotted(name)):
            resolver.report(place, f"{subject} input {key} leads through the list {'.'.join(through)}.")
        columns.append(_input(resolver, key, child, column, "body", dotted(name)))
    for path in unfilled(field.children, columns):
        resolver.report(at, f"{subject} leaves out {'.'.join((field.key, *path))}, which the API requires.")
    required = with_requirements(field.children, columns, _tightened(entry.children))
    return with_alternatives(field.at_least_one, required)


def _input(
    resolver: Resolver,
    key: str,
    field: Field,
    entry: InputEntry,
    location: str,
    path: Path,
    repeated_as: str | None = None,
) -> InputField:
    dependent = entry.dropdown in resolver.dependent
    update = {
        "key": key,
        "label": entry.label or field.label,
        "help": entry.help or "",
        "choices": relabelled(field, entry),
        "required": field.required or bool(entry.required),
        "whole": field.whole or bool(entry.whole),
        "children": (),
    }
    facts = field.model_dump(exclude={"children", "bounds", "choices"}) | update
    return InputField.model_validate(
        {
            **facts,
            "bounds": field.bounds,
            "location": location,
            "path": path,
            "repeated_as": repeated_as,
            "dropdown": None if dependent else entry.dropdown,
            "dependent_dropdown": entry.dropdown if dependent else None,
            "identifies": entry.identifies,
            "separator": SEPARATORS[entry.several] if entry.several else None,
        }
    )


def _check_complete(
    resolver: Resolver,
    operation: Operation,
    compiled: list[InputField],
    at: At,
    subject: str,
    constants: Collection[str],
) -> None:
    filled = {(field.location, field.path[0]) for field in compiled}
    missing = [
        parameter.name
        for parameter in operation.parameters
        if parameter.field.required and (parameter.location, parameter.name) not in filled
    ]
    members = operation.body.children if operation.body else ()
    missing += [".".join(path) for path in unfilled(members, compiled)]
    for name in missing:
        if name not in {*resolver.filled, *resolver.paged.get(operation.id, ()), *constants}:
            resolver.report(at, f"{subject} leaves out {name}, which {operation.id} requires.")
