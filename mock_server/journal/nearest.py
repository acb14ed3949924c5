"""Finds the operation that a request with an unknown path was probably meant for."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_PARAMETER: Final = 0.2
"""The cost of matching a segment of the sent path with a path parameter."""
_OTHER_METHOD: Final = 0.4
_SKIPPED: Final = 0.7
"""The cost of a segment that occurs in only one of the two paths, such as a version."""
_OTHER_API: Final = 3.0
"""The weight of a difference in the first segment, which names the vendor."""
_ENOUGH: Final = 0.5
"""Maximum cost per segment of a path that is similar to an operation's path."""


@dataclass(frozen=True, slots=True)
class Described:
    """An operation of an OpenAPI document; `path` includes the base path of the API."""

    method: str
    path: str
    id: str

    def __str__(self) -> str:
        """Return the method, the path and the operationId, such as `GET /rmas/{id} (get_return)`."""
        return f"{self.method} {self.path} ({self.id})"


class Operations:
    """The operations of all APIs; `documents` contains OpenAPI documents, keyed by base path."""

    def __init__(self, documents: Mapping[str, Mapping[str, Any]]) -> None:
        self._documents = documents

    @cached_property
    def _all(self) -> list[Described]:
        return [
            Described(method.upper(), base + path, item[method].get("operationId", ""))
            for base, document in self._documents.items()
            for path, item in document["paths"].items()
            for method in _METHODS
            if method in item
        ]

    def nearest(self, method: str, path: str) -> Described | None:
        """Return the operation with the most similar method and path, or None if no operation is similar."""
        sent = path.strip("/").split("/")
        wanted = "GET" if method == "HEAD" else method
        rated = [
            (_difference(sent, one.path.strip("/").split("/")) + _OTHER_METHOD * (one.method != wanted), one)
            for one in self._all
        ]
        difference, nearest = min(rated, key=lambda pair: pair[0], default=(0.0, None))
        if nearest is None:
            return None
        limit = _ENOUGH * max(len(sent), nearest.path.count("/")) + _OTHER_METHOD
        return nearest if difference <= limit else None


def _difference(sent: Sequence[str], described: Sequence[str]) -> float:
    """Return the edit distance between two paths, in segments; similar segments cost less than 1."""
    row = [index * _SKIPPED for index in range(len(described) + 1)]
    for count, segment in enumerate(sent):
        previous, row = row, [(count + 1) * _SKIPPED]
        for index, name in enumerate(described):
            weight = _OTHER_API if count == index == 0 else 1
            replaced = previous[index] + weight * _unlikeness(segment, name)
            row.append(min(replaced, previous[index + 1] + _SKIPPED, row[index] + _SKIPPED))
    return row[-1]


def _unlikeness(segment: str, name: str) -> float:
    if segment == name:
        return 0.0
    if name.startswith("{"):
        return _PARAMETER
    return 1 - SequenceMatcher(None, segment.lower(), name.lower(), autojunk=False).ratio()
