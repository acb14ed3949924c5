"""Says which inputs a request needs: always, or only together with others of the same optional object."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector.definition.paths import walk

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from connector.definition.model import Field, InputField, Path


def settled(
    fields: Sequence[Field], inputs: Sequence[InputField], tightened: Collection[str]
) -> tuple[InputField, ...]:
    """Return the inputs of a body, or of a line item, whose `fields` these are, as they are required.

    A required member of an optional object is required only where that object is sent: when another input
    fills a part of it. An input that the catalog itself requires, one of `tightened`, stays required.
    """
    return tuple(_settled(fields, one, inputs, tightened) for one in inputs)


def _settled(
    fields: Sequence[Field], one: InputField, inputs: Sequence[InputField], tightened: Collection[str]
) -> InputField:
    optional = _optional_holder(fields, one.path) if one.location == "body" else None
    if not one.required or one.key in tightened or optional is None:
        return one
    beside = tuple(other.key for other in inputs if other.key != one.key and _below(other, optional))
    return one.model_copy(update={"required": False, "required_with": beside})


def _optional_holder(fields: Sequence[Field], path: Path) -> Path | None:
    """Return the innermost object around a path that may be left out; None where there is none."""
    for length in range(len(path) - 1, 0, -1):
        holder = walk(fields, path[:length])
        if holder is not None and not holder.required:
            return path[:length]
    return None


def unfilled(fields: Sequence[Field], inputs: Sequence[InputField], before: Path = ()) -> Iterator[Path]:
    """Yield the required members that no input fills, of every object that some input fills in part."""
    for field in fields:
        path = (*before, field.key)
        below = [one for one in inputs if _below(one, path)]
        if not below and field.required:
            yield path
        elif below and all(one.path != path for one in below):
            yield from unfilled(field.children, inputs, path)


def through_a_list(fields: Sequence[Field], path: Path) -> Path | None:
    """Return the list that a path leads through, if any: an input fills no member of each of its items."""
    for length in range(1, len(path)):
        holder = walk(fields, path[:length])
        if holder is not None and holder.type == "list":
            return path[:length]
    return None


def _below(one: InputField, path: Path) -> bool:
    return one.location == "body" and one.path[: len(path)] == path
