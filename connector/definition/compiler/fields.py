"""Fields of records and of requests, as the description has them and the catalog calls them."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from connector.definition.compiler.required import settled, through_a_list, unfilled
from connector.definition.model import Action, Choice, Field, InputField, Path, Search, Trigger, Variant
from connector.definition.naming import below, did_you_mean, title
from connector.definition.paths import dotted, leaves, walk

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connector.definition.catalog import FieldEntry, InputEntry
    from connector.definition.model import Dropdown, Operation
    from connector.definition.paths import At, Resolver

Offer = TypeVar("Offer", Trigger, Action, Search)


def named(fields: tuple[Field, ...], words: Mapping[str, FieldEntry], before: str = "") -> tuple[Field, ...]:
    """Give each field its label and help from the catalog.

    A member of an object is called after it ("Refund Amount"), a column of a list by its own name ("SKU").
    """
    done = []
    for field in fields:
        path = before + field.key
        said = words.get(path)
        label = said.label if said and said.label else field.label
        children = field.children
        if field.type == "object":
            children = tuple(
                child.model_copy(update={"label": below(label, child.label)}) for child in field.children
            )
        done.append(
            field.model_copy(
                update={
                    "label": label,
                    "help": said.help if said and said.help else field.help,
                    "choices": relabelled(field, said),
                    "children": named(children, words, f"{path}."),
                }
            )
        )
    return tuple(done)


def relabelled(field: Field, said: FieldEntry | None) -> tuple[Choice, ...]:
    """Return the field's choices with the catalog's labels."""
    words = said.choices if said else {}
    return tuple(Choice(value=one.value, label=words.get(one.value, one.label)) for one in field.choices)


def offered(field: Field) -> tuple[Choice, ...]:
    """Return what to offer for a field: its closed set, or the values seen so far of an open one."""
    return field.choices or tuple(Choice(value=one, label=title(one)) for one in field.known_values)


def inputs(
    resolver: Resolver,
    operation: Operation,
    record: tuple[Field, ...] | None,
    words: Mapping[str, InputEntry],
    at: At,
    who: str,
) -> tuple[InputField, ...]:
    """Resolve a catalog's inputs against an operation.

    `record` are the fields of a row of a search, which `match` and `found_at` name; an action has no rows.
    """
    found = []
    for key, said in words.items():
        place = (*at, key)
        if said.match is not None:
            if record is None:
                resolver.complain(
                    (*place, "match"), f"{who} input {key}: match is for searches and triggers."
                )
                continue
            found.append(_matched(resolver, record, key, said, said.match, place, who))
            continue
        resolved = _placed(resolver, operation, key, said, place, who)
        if resolved:
            found.append(_found_at(resolver, resolved, said, record, place, who))
    _check_complete(resolver, operation, found, at, who)
    return settled(operation.body.children if operation.body else (), found, _tightened(words))


def _tightened(words: Mapping[str, InputEntry]) -> set[str]:
    return {key for key, said in words.items() if said.required}


def with_words(offers: Mapping[str, Offer], dropdowns: Mapping[str, Dropdown]) -> dict[str, Offer]:
    """Let inputs that offer a fixed set of words know them, so that they are taken by their labels, too."""

    def knowing(field: InputField) -> InputField:
        dropdown = dropdowns.get(field.dropdown or "")
        words = tuple(one.value for one in dropdown.choices) if dropdown else ()
        unknown = not (field.choices or field.known_values) and field.type == "string"
        return field.model_copy(update={"known_values": words}) if words and unknown else field

    return {
        key: one.model_copy(update={"inputs": tuple(knowing(field) for field in one.inputs)})
        for key, one in offers.items()
    }


SEPARATORS = {"commas": ","}
POLLING = ("cursor", "since")
"""What `poll` itself takes besides a trigger's inputs."""


def filters(
    resolver: Resolver,
    record: tuple[Field, ...],
    words: Mapping[str, InputEntry],
    at: At,
    who: str,
    state: Path | None = None,
) -> tuple[InputField, ...]:
    """Resolve a trigger's inputs: each is compared with a record read, and fills no part of a request.

    `state` is the path of the status that the trigger watches: it holds a word, whether or not the
    description lists any.
    """
    found = []
    for key, said in words.items():
        if key in POLLING:
            resolver.complain((*at, key), f"{who} input {key} is called like what polling takes; rename it.")
            continue
        if said.match is None or said.name or said.children or said.required or said.several:
            words_taken = "match (which it needs), identifies, label, help, choices and dropdown"
            resolver.complain((*at, key), f"{who} input {key} is a filter: it takes {words_taken}.")
            continue
        one = _matched(resolver, record, key, said, said.match, (*at, key), who)
        found.append(one.model_copy(update={"compared": "word"}) if one.path == state else one)
    return tuple(found)


def _matched(
    resolver: Resolver, record: tuple[Field, ...], key: str, said: InputEntry, match: str, place: At, who: str
) -> InputField:
    steps = resolver.path(record, match, (*place, "match"), f"{who} input {key}")
    field = walk(record, steps) or Field(key=key, label=key, type="string")
    if said.found_at:
        resolver.complain(
            (*place, "found_at"), f"{who} input {key} has both match and found_at; match is enough."
        )
    made = _input(key, field.model_copy(update={"required": False}), said, "match", steps, None)
    words = bool(field.choices or field.known_values)
    _check_identifies(resolver, made, place, who)
    return made.model_copy(
        update={"compared": "identity" if said.identifies else "word" if words else "text"}
    )


def _found_at(
    resolver: Resolver,
    field: InputField,
    said: InputEntry,
    record: tuple[Field, ...] | None,
    place: At,
    who: str,
) -> InputField:
    """Say where the rows of a search hold what an input identifies."""
    _check_identifies(resolver, field, place, who)
    if not said.found_at:
        return field
    if record is None or said.identifies is None:
        resolver.complain(
            (*place, "found_at"), f"{who} input {field.key}: found_at is for what a search identifies."
        )
        return field
    paths = tuple(
        resolver.path(record, path, (*place, "found_at"), f"{who} input {field.key}")
        for path in said.found_at
    )
    return field.model_copy(update={"found_at": paths, "compared": "identity"})


def _check_identifies(resolver: Resolver, field: InputField, place: At, who: str) -> None:
    """Complain where free text, a date, an amount or a choice is said to identify a record."""
    if field.identifies and (field.type not in ("string", "integer") or field.choices):
        resolver.complain(
            (*place, "identifies"),
            f"{who} input {field.key} identifies nothing: only a line of text or a whole number can.",
        )
    if field.separator and (field.location != "query" or field.type != "string"):
        resolver.complain(
            (*place, "several"), f"{who} input {field.key}: several values go into a query parameter of text."
        )


def _placed(
    resolver: Resolver, operation: Operation, key: str, said: InputEntry, at: At, who: str
) -> InputField | None:
    name = said.name or key
    parameter = operation.parameter(name)
    if parameter is not None:
        return _input(key, parameter.field, said, parameter.location, (name,), parameter.repeated_as)
    members = operation.body.children if operation.body else ()
    field = walk(members, dotted(name))
    if field is None:
        known = [*(one.name for one in operation.parameters), *leaves(members)]
        guess = did_you_mean(name, known) or "."
        resolver.complain(at, f"{who} input {key} fills {name}, which {operation.id} does not take{guess}")
        return None
    if through := through_a_list(members, dotted(name)):
        resolver.complain(
            at, f"{who} input {key} leads through the list {'.'.join(through)}; fill it by children."
        )
    placed = _input(key, field, said, "body", dotted(name), None)
    columns = _columns(resolver, field, said, at, who)
    variants = _variants(resolver, field, columns, at, who)
    return placed.model_copy(update={"children": columns, "variants": variants})


def _variants(
    resolver: Resolver, field: Field, columns: Sequence[InputField], at: At, who: str
) -> tuple[Variant, ...]:
    """Say the field's forms in the names of the inputs; each must be possible to give."""
    keys = {column.path[0]: column.key for column in columns}
    if not keys:
        return field.variants
    for one in field.variants:
        for name in one.required:
            if name not in keys:
                resolver.complain(at, f"{who} leaves out {field.key}.{name}, which {one.label} requires.")
    return tuple(
        Variant(
            label=one.label,
            fields=tuple(keys[name] for name in one.fields if name in keys),
            required=tuple(keys[name] for name in one.required if name in keys),
        )
        for one in field.variants
    )


def _columns(resolver: Resolver, field: Field, said: InputEntry, at: At, who: str) -> tuple[InputField, ...]:
    columns = []
    for key, words in said.children.items():
        place = (*at, "children", key)
        name = words.name or key
        child = walk(field.children, dotted(name))
        if child is None:
            guess = did_you_mean(name, leaves(field.children)) or "."
            resolver.complain(place, f"{who} input {field.key}.{key} is not a part of {field.key}{guess}")
            continue
        if through := through_a_list(field.children, dotted(name)):
            resolver.complain(place, f"{who} input {key} leads through the list {'.'.join(through)}.")
        columns.append(_input(key, child, words, "body", dotted(name), None))
    for path in unfilled(field.children, columns):
        resolver.complain(at, f"{who} leaves out {'.'.join((field.key, *path))}, which the API requires.")
    return settled(field.children, columns, _tightened(said.children))


def _input(
    key: str, field: Field, said: InputEntry, location: str, path: Path, repeated_as: str | None
) -> InputField:
    update = {
        "key": key,
        "label": said.label or field.label,
        "help": said.help or "",
        "choices": relabelled(field, said),
        "required": field.required or bool(said.required),
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
            "dropdown": said.dropdown,
            "identifies": said.identifies,
            "separator": SEPARATORS[said.several] if said.several else None,
        }
    )


def _check_complete(
    resolver: Resolver, operation: Operation, found: list[InputField], at: At, who: str
) -> None:
    filled = {(one.location, one.path[0]) for one in found}
    missing = [
        one.name
        for one in operation.parameters
        if one.field.required and (one.location, one.name) not in filled
    ]
    missing += [".".join(path) for path in unfilled(operation.body.children if operation.body else (), found)]
    for name in missing:
        if name not in resolver.filled | resolver.paged.get(operation.id, set()):
            resolver.complain(at, f"{who} leaves out {name}, which {operation.id} requires.")
