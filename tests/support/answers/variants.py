"""Bodies that differ from a valid one in one place: each enum value, null, a missing member, and so on."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from support.requests.inputs import resolved

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LONG = 30
UNKNOWN = "a value from the future"
GONE = object()
Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Variant:
    """A body, the place that was changed (`rmas[0].status`), and the kind of the change."""

    kind: str
    place: str
    body: Any


def variants(document: Any, schema: Mapping[str, Any], body: Any) -> Iterator[Variant]:
    """Yield the body itself, and every change of one place of it."""
    yield Variant("complete", "", body)
    for place, node, value, required in places(document, schema, body):
        for kind, changed in changes(node, value, required=required):
            yield Variant(kind, written(place), replaced(body, place, changed))


def places(
    document: Any, node: Mapping[str, Any], value: Any, place: Place = (), *, required: bool = True
) -> Iterator[tuple[Place, Mapping[str, Any], Any, bool]]:
    """Yield each place of a body with its schema and value, and whether the place may not be missing."""
    merged = joined(document, node, value)
    yield place, merged, value, required
    if isinstance(value, dict):
        for name, member in merged.get("properties", {}).items():
            if name in value:
                needed = name in merged.get("required", ())
                yield from places(document, member, value[name], (*place, name), required=needed)
    if isinstance(value, list) and value and "items" in merged:
        yield from places(document, merged["items"], value[0], (*place, 0))


def joined(document: Any, node: Mapping[str, Any], value: Any) -> Mapping[str, Any]:
    """Return a schema with its references and `allOf` resolved, and the alternative that a value chose."""
    made = dict(resolved(document, node))
    parts = [joined(document, one, value) for one in made.pop("allOf", ())]
    names = set(value) if isinstance(value, dict) else set()
    chosen = [joined(document, one, value) for one in made.pop("oneOf", ())]
    parts += [one for one in chosen if names <= set(one.get("properties", {}))][:1]
    for part in parts:
        both = {**part.get("properties", {}), **made.get("properties", {})}
        needed = [*part.get("required", ()), *made.get("required", ())]
        made = {**part, **made}
        if both:
            made |= {"properties": both, "required": needed}
    return made


def changes(node: Mapping[str, Any], value: Any, *, required: bool) -> Iterator[tuple[str, Any]]:
    """Yield the kind of each change of a place, and the new value."""
    for word in (*node.get("enum", ()), *node.get("x-known-values", ())):
        if word is not None:
            yield f"{word}", word
    if node.get("enum") or node.get("x-known-values"):
        yield "unknown word", UNKNOWN
    yield ("null" if node.get("nullable") else "null, undocumented"), None
    if node.get("properties") or not isinstance(value, list):
        yield ("absent, undocumented" if required else "absent"), GONE
    if isinstance(value, list):
        yield "no items", []
        if value:
            yield "many items", [numbered(value[0], turn) for turn in range(LONG)]
    if isinstance(value, dict):
        yield "another member", {**value, "addedLater": {"nested": [1, None]}}
        yield "empty object", {}
    yield from retyped(value)


def retyped(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield a scalar as another type: services change these without notice."""
    if isinstance(value, bool):
        yield "flag as text", str(value).lower()
        yield "flag as number", int(value)
    elif isinstance(value, int | float):
        yield "number as text", str(value)
        yield "number with a fraction", value + 0.5
    elif isinstance(value, str):
        yield "empty text", ""
        yield "text as number", int(value) if value.isdigit() else 7
    elif isinstance(value, list):
        yield "object for a list", {"0": value[0] if value else None}
    else:
        yield "list for an object", [value]


def numbered(item: Any, turn: int) -> Any:
    """Return a copy of an item with another id, as the items of a long list have different ones."""
    if not isinstance(item, dict) or not turn:
        return item
    return {
        name: _next(value, turn) if name.lower().endswith("id") or name == "rma_number" else value
        for name, value in item.items()
    }


def _next(value: Any, turn: int) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | str):
        return value
    return value + turn if isinstance(value, int) else f"{value[:-2]}{turn:02}"


def replaced(body: Any, place: Place, value: Any) -> Any:
    """Return a copy of a body with another value at a place; `GONE` removes it."""
    if not place:
        return None if value is GONE else value
    changed = copy.copy(body)
    if len(place) == 1 and value is GONE:
        del changed[place[0]]
    else:
        changed[place[0]] = replaced(body[place[0]], place[1:], value)
    return changed


def written(place: Place) -> str:
    """Return a place as people write it: `rmas[0].status`."""
    steps = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)
    return steps.removeprefix(".")
