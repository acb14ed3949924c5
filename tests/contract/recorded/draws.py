"""Draws that are the same in every run, and request values drawn for the schemas of a document."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeVar

import orjson
from contract.sandbox.documents import Document, Json

T = TypeVar("T")
NEWEST = 6
"""How many of the known values of a field are drawn from: the newest ones."""
NUMBERS = (19.99, 0.05, 33.35)
TIME = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ")
TEXT = "Left at the door"


class Draws:
    """Numbers that depend only on a seed, not on the version of Python."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._drawn = 0

    def below(self, limit: int) -> int:
        """Draw a number from 0 to `limit` - 1."""
        self._drawn += 1
        digest = hashlib.blake2b(f"{self._seed} {self._drawn}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") % limit

    def happens(self, percent: int) -> bool:
        """Draw True in this percentage of the draws."""
        return self.below(100) < percent

    def one(self, values: Sequence[T]) -> T:
        """Draw one of the values."""
        return values[self.below(len(values))]


def scalars(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the name and the value of every plain field in a JSON value."""
    if isinstance(value, dict):
        for key, member in value.items():
            yield from scalars(member, key)
    elif isinstance(value, list):
        for member in value:
            yield from scalars(member, name)
    elif isinstance(value, str | int | float) and value not in ("", True, False) and "secret" not in name:
        yield name, value


@lru_cache(maxsize=4096)
def _fields(document: bytes) -> tuple[tuple[str, Any], ...]:
    return tuple(scalars(orjson.loads(document)))


def known_values(documents: Iterable[bytes]) -> dict[str, list[Any]]:
    """Return the distinct values of each field in JSON documents, the newest last."""
    found: dict[str, dict[Any, None]] = {}
    for one in documents:
        for name, value in _fields(one):
            values = found.setdefault(name, {})
            values.pop(value, None)
            values[value] = None
    return {name: list(values)[-NEWEST:] for name, values in found.items()}


@dataclass
class Values:
    """Values for the fields of a document.

    `known` are values that the tenant's records have, by field; `likely` are values that are mostly drawn.
    `added` is the percentage of optional fields that are added to an example.
    """

    document: Document
    draws: Draws
    known: Mapping[str, Sequence[Any]]
    likely: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    added: int = 25

    def vary(self, schema: Json, example: Any, name: str = "") -> Any:
        """Draw a variant of an example: fields are added, left out, doubled and changed."""
        merged = self._variant(self.document.merged(schema), example)
        if isinstance(example, dict) and "properties" in merged:
            return self._object(merged, example)
        if isinstance(example, list) and "items" in merged:
            return self._array(merged, example, name)
        is_changed = name in self.likely or self.draws.happens(12)
        return self.plain(merged, name, example) if is_changed else example

    def new(self, schema: Json, name: str = "") -> Any:
        """Draw a value without an example."""
        merged = self._variant(self.document.merged(schema), {})
        if "properties" in merged:
            return self._object(merged, {})
        if "items" in merged:
            count = 1 + self.draws.happens(30)
            return [self.new(merged["items"], name) for _ in range(count)]
        return self.plain(merged, name, merged.get("example"))

    def plain(self, schema: Json, name: str, example: Any) -> Any:
        """Draw a value of a field that is neither an object nor an array."""
        if self.likely.get(name) and self.draws.happens(75):
            return self.draws.one(self.likely[name])
        choices = schema.get("enum", schema.get("x-known-values"))
        kind, least = schema.get("type"), int(schema.get("minimum", 1))
        if choices:
            options: list[Any] = [one for one in choices if one is not None]
        elif kind == "boolean":
            options = [True, False]
        elif kind == "integer":
            options = [least, least + 1, 3, 4]
        elif kind == "number":
            options = list(NUMBERS)
        elif schema.get("format") in {"date", "date-time"} or "anyOf" in schema:
            options = self.times() or [example]
        else:
            options = [one for one in self.known.get(name, ()) if isinstance(one, str)]
            options += [one for one in (example, TEXT[: schema.get("maxLength", 100)]) if one is not None]
        return self.draws.one(options)

    def times(self) -> list[str]:
        """Return the times that the records have."""
        every = dict.fromkeys(str(one) for values in self.known.values() for one in values)
        return [one for one in every if TIME.fullmatch(one)][-NEWEST:]

    def _object(self, schema: Json, example: Mapping[str, Any]) -> dict[str, Any]:
        made = {}
        for name, member in schema["properties"].items():
            percent = 100 if name in schema.get("required", ()) else 90 if name in example else self.added
            if self.draws.happens(percent):
                made[name] = (
                    self.vary(member, example[name], name) if name in example else self.new(member, name)
                )
        return made

    def _array(self, schema: Json, example: Sequence[Any], name: str) -> list[Any]:
        made = [self.vary(schema["items"], one, name) for one in example]
        if made and self.draws.happens(35):
            made.append(self.vary(schema["items"], example[0], name))
        return made

    def _variant(self, schema: dict[str, Any], example: Any) -> Json:
        """Return the variant of a `oneOf` that an example belongs to, or a drawn one."""
        if "oneOf" not in schema:
            return schema
        variants = [self.document.merged(one) for one in schema["oneOf"]]
        given = set(example) if isinstance(example, dict) else set()
        fitting = [one for one in variants if given and given >= set(one.get("required", ()))]
        return fitting[0] if fitting else self.draws.one(variants)
