"""Finds the inputs of a step that a new version has renamed, so that each is reported as one change."""

import re
from collections.abc import Callable, Iterator, Mapping

from connector.generator.surface import Field, Step

TOKENS = re.compile(r"\w+|\W")
NAMED = re.compile(r"(?P<before>(?:checks of )?input )(?P<key>.+)")
"""A name in `Step.behaviour` or `Step.extent` that contains the key of an input."""


def renamed_fields(base: Mapping[str, Field], now: Mapping[str, Field]) -> dict[str, str]:
    """Map the keys of renamed fields to their new keys: the label and the type are the same."""
    return _pairs(base, now, lambda key, other: _looks(base[key]) == _looks(now[other]))


def renamed_inputs(base: Step, now: Step) -> dict[str, str]:
    """Map the keys of renamed inputs to their new keys.

    An input was renamed if the new input fills the same part of the request, or else if the label and the
    type are the same. A column of a list is searched only in the list itself, or in the list that has
    replaced it.
    """
    placed = dict(_replaced_tokens(base, now))

    def same_part(key: str, other: str) -> bool:
        before, after = base.behaviour.get(f"input {_own(key)}"), now.behaviour.get(f"input {_own(other)}")
        return placed.get(_last(key)) == _last(other) or (before is not None and before == after)

    found = _pairs(base.inputs, now.inputs, same_part)
    looks = _pairs(
        {key: one for key, one in base.inputs.items() if key not in found},
        {key: one for key, one in now.inputs.items() if key not in found.values()},
        lambda key, other: _looks(base.inputs[key]) == _looks(now.inputs[other]),
        found,
    )
    return {**found, **looks}


def with_new_keys(facts: Mapping[str, str], renames: Mapping[str, str]) -> dict[str, str]:
    """Return the facts with the new key of each renamed input in their names."""
    owned = {_own(key): _own(other) for key, other in renames.items()}
    return {
        NAMED.sub(lambda found: found["before"] + owned.get(found["key"], found["key"]), name): text
        for name, text in facts.items()
    }


def differs(name: str, before: str, after: str, renames: Mapping[str, str]) -> bool:
    """Check whether two texts of the fact `name` differ in more than the names of renamed inputs.

    The part of the request that an input fills may have the same name as the input, so its text is compared
    exactly, unless it refers to the input by `parameters.`.
    """
    if name.startswith("input ") and "parameters." not in before:
        return before != after
    names = {_last(key): _last(other) for key, other in renames.items()}
    old, new = TOKENS.findall(before), TOKENS.findall(after)
    return len(old) != len(new) or any(
        one != other and names.get(one) != other for one, other in zip(old, new, strict=True)
    )


def _pairs(
    base: Mapping[str, Field],
    now: Mapping[str, Field],
    same: Callable[[str, str], bool],
    lists: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Pair each removed key with the first new key for which `same` is true; no new key is used twice.

    `lists` maps the lists that are known to be renamed to their new keys.
    """
    found = dict(lists or {})
    known = set(found)
    new = [key for key in now if key not in base]
    for key in sorted((key for key in base if key not in now), key=lambda one: "[]" in one):
        parent, inside, name = key.rpartition("[]")
        beginning = f"{found.get(parent, parent)}[]" if inside else ""
        free = [
            other
            for other in new
            if other not in found.values() and other.rpartition("[]")[0] + inside == beginning
        ]
        successor = next((one for one in free if inside and one == beginning + name), None)
        successor = successor or next((one for one in free if same(key, one)), None)
        if successor:
            found[key] = successor
    return {key: other for key, other in found.items() if key not in known}


def _replaced_tokens(base: Step, now: Step) -> Iterator[tuple[str, str]]:
    """Yield pairs of names that are all that changed in a part of the request (`{{parameters.name}}`)."""
    old = {_last(key) for key in base.inputs if key not in now.inputs}
    new = {_last(key) for key in now.inputs if key not in base.inputs}
    for name in base.behaviour.keys() & now.behaviour.keys():
        before, after = (TOKENS.findall(one.behaviour[name]) for one in (base, now))
        pairs = {(one, other) for one, other in zip(before, after, strict=False) if one != other}
        if len(before) == len(after) and len(pairs) == 1:
            yield from (pair for pair in pairs if pair[0] in old and pair[1] in new)


def _looks(field: Field) -> tuple[str, str]:
    return field.label, field.type


def _own(key: str) -> str:
    """Return the key without the collection that contains it: `filters.status` -> `status`."""
    return key.rpartition(".")[2]


def _last(key: str) -> str:
    """Return the last name of a key: `items[]sku` -> `sku`, `filters.status` -> `status`."""
    return _own(key.rpartition("[]")[2])
