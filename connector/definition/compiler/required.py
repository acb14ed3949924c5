"""Determines which inputs are always required, and which only if the object that contains them is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector.definition.paths import walk

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from connector.definition.model import Field, InputField, Path


def with_requirements(
    fields: Sequence[Field], inputs: Sequence[InputField], tightened: Collection[str]
) -> tuple[InputField, ...]:
    """Return the inputs with `required` and `required_with` set according to the request body.

    `fields` are the fields of the body, or of one item of a list in the body. A required member of an
    optional object is required only if the object is sent, that is, if another input fills a different member
    of the object. `tightened` contains the keys of the inputs that the catalog marks as required; these
    inputs are always required.
    """
    return tuple(_with_requirement(fields, field, inputs, tightened) for field in inputs)


def _with_requirement(
    fields: Sequence[Field], field: InputField, inputs: Sequence[InputField], tightened: Collection[str]
) -> InputField:
    optional = _optional_holder(fields, field.path) if field.location == "body" else None
    if not field.required or field.key in tightened or optional is None:
        return field
    siblings = tuple(other.key for other in inputs if other.key != field.key and _below(other, optional))
    return field.model_copy(update={"required": False, "required_with": siblings})


def with_alternatives(names: Sequence[str], inputs: Sequence[InputField]) -> tuple[InputField, ...]:
    """Mark the inputs of which the API requires at least one. `names` are the body fields that they fill.

    The first of these inputs gets `required_without`, the keys of the others: it is required if all others
    are empty. So a missing value is reported once. Nothing changes if one of these inputs is required anyway.
    If only one input fills any of the fields, this input becomes required.
    """
    paths = {(name,) for name in names}
    able = [field for field in inputs if field.location == "body" and field.path in paths]
    if not able or any(field.required for field in able):
        return tuple(inputs)
    first, *others = able
    left = tuple(other.key for other in others)
    changed = {"required_without": left} if left else {"required": True}
    return tuple(field.model_copy(update=changed) if field is first else field for field in inputs)


def _optional_holder(fields: Sequence[Field], path: Path) -> Path | None:
    """Return the path of the innermost optional object that contains the field at `path`, if there is one."""
    for length in range(len(path) - 1, 0, -1):
        holder = walk(fields, path[:length])
        if holder is not None and not holder.required:
            return path[:length]
    return None


def unfilled(fields: Sequence[Field], inputs: Sequence[InputField], before: Path = ()) -> Iterator[Path]:
    """Yield the path of each required field that no input fills.

    A required field inside an object is yielded only if an input fills another part of the object.
    """
    for field in fields:
        path = (*before, field.key)
        below = [entry for entry in inputs if _below(entry, path)]
        if not below and field.required:
            yield path
        elif below and all(entry.path != path for entry in below):
            yield from unfilled(field.children, inputs, path)


def through_a_list(fields: Sequence[Field], path: Path) -> Path | None:
    """Return the path of the outermost list that contains the field at `path`, or None if no list does.

    A single input cannot fill a field that is inside a list, because the field occurs once for each item.
    """
    for length in range(1, len(path)):
        holder = walk(fields, path[:length])
        if holder is not None and holder.type == "list":
            return path[:length]
    return None


def _below(field: InputField, path: Path) -> bool:
    return field.location == "body" and field.path[: len(path)] == path
