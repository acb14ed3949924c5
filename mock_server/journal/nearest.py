"""Finds the operation that a request with an unknown path was probably meant for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_PARAMETER: Final = 0.2
"""The cost of matching a segment of the sent path with a path parameter."""
_OTHER_METHOD: Final = 0.4
_SKIPPED: Final = 0.5
"""The cost of a segment that occurs in only one of the two paths."""
_LEFT_OUT: Final = 0.1
"""The cost of a segment that clients often leave out: a version, or a part of the API's base path."""
_OTHER_WORD: Final = 0.2
"""The additional cost of a segment such as `returns`, which resembles the first word of `return-policies`."""
_UNLIKE: Final = 0.3
"""Segments that differ by more than this share of their letters have nothing in common."""
_ENOUGH: Final = 0.5
"""A path is similar to an operation's path if the cost per segment is at most this number."""
_WITHOUT_API: Final = 0.4
"""The same limit for a path that does not begin with the path of an API."""
_SAME_API: Final = 0.8
"""Minimum similarity of a path's first segment to that of an API's base path."""
_LONGEST: Final = 300
"""Paths with more characters are compared with no operation, because that would take too long."""
_VERSION: Final = re.compile(r"v\d+(\.\d+)?")


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
    """The operations of all APIs; `documents` contains OpenAPI documents, keyed by base path.

    `control` is the base path of the control plane. Its operations are compared only with requests whose path
    begins with a similar segment.
    """

    def __init__(self, documents: Mapping[str, Mapping[str, Any]], control: str = "") -> None:
        self._documents = documents
        self._control = control

    @cached_property
    def _all(self) -> dict[str, list[Described]]:
        return {base: list(_described(base, document)) for base, document in self._documents.items()}

    def nearest(self, method: str, path: str) -> Described | None:
        """Return the operation with the most similar method and path, or None if no operation is similar.

        If the first segment of the path is similar to that of an API's base path, only this API's operations
        are compared.
        """
        if len(path) > _LONGEST:
            return None
        sent = path.strip("/").split("/")
        wanted = "GET" if method == "HEAD" else method
        base = self._api(sent[0])
        if base is None:
            bases, rest, enough = [base for base in self._all if base != self._control], sent, _WITHOUT_API
        else:
            bases, rest, enough = [base], sent[1:] if base else sent, _ENOUGH
        rated = [
            (_difference(rest, *names) + _OTHER_METHOD * (one.method != wanted), one)
            for base in bases
            for one in self._all[base]
            if _have_common(rest, (names := _split(base, one.path))[0])
        ]
        difference, nearest = min(rated, key=lambda pair: pair[0], default=(0.0, None))
        return nearest if difference <= enough * len(rest) + _OTHER_METHOD else None

    def hint(self, method: str, path: str) -> str:
        """Return a sentence that helps a client whose request has an unknown path.

        It names the nearest operation, the page with the API's operations, or the paths of all APIs.
        """
        nearest = self.nearest(method, path)
        if nearest is not None:
            return f"Did you mean {nearest}?"
        base = self._api(path.strip("/").split("/")[0])
        if base is not None:
            return f"Its operations are listed at {base}/ui/."
        apis = [base or "/" for base in self._documents if base != self._control]
        return f"The APIs are at {', '.join(apis)}."

    def _api(self, first: str) -> str | None:
        """Return the base path whose first segment is most similar to `first`, the first segment of a path.

        Returns None if no base path is similar enough. The base path "", of an API that is served at the
        root, is always similar enough.
        """
        rated = [(_likeness(first, _first(base)) if base else _SAME_API, base) for base in self._documents]
        likeness, base = max(rated, default=(0.0, ""))
        return base if likeness >= _SAME_API else None


def _described(base: str, document: Mapping[str, Any]) -> Iterable[Described]:
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                yield Described(method.upper(), base + path, item[method].get("operationId", ""))


def _first(base: str) -> str:
    return base.strip("/").split("/")[0]


def _split(base: str, path: str) -> tuple[list[str], int]:
    """Split an operation's path into segments, without the first segment of the API's base path.

    The second value is the number of returned segments that still belong to the base path.
    """
    skipped = 1 if base else 0
    return path.strip("/").split("/")[skipped:], max(base.count("/") - skipped, 0)


def _have_common(sent: Sequence[str], described: Sequence[str]) -> bool:
    """Return True if two paths have a similar segment that is neither a path parameter nor a version."""
    names = [name for name in described if not (name.startswith("{") or _VERSION.fullmatch(name))]
    return any(_unlikeness(segment, name) <= _UNLIKE for segment in sent for name in names)


def _difference(sent: Sequence[str], described: Sequence[str], of_base: int) -> float:
    """Return the edit distance between two paths, in segments; replacing a similar segment costs less than 1.

    The first `of_base` segments of the operation's path belong to the API's base path. A request may omit
    them, and versions such as `v1`, at a lower cost than other segments.
    """
    skips = [
        _LEFT_OUT if index < of_base or _VERSION.fullmatch(name) else _SKIPPED
        for index, name in enumerate(described)
    ]
    row = [sum(skips[:index]) for index in range(len(described) + 1)]
    for count, segment in enumerate(sent):
        previous, row = row, [(count + 1) * _SKIPPED]
        for index, name in enumerate(described):
            replaced = previous[index] + _unlikeness(segment, name)
            row.append(min(replaced, previous[index + 1] + _SKIPPED, row[index] + skips[index]))
    return row[-1]


@lru_cache(maxsize=4_096)
def _unlikeness(segment: str, name: str) -> float:
    if segment == name:
        return 0.0
    if name.startswith("{"):
        return _PARAMETER
    word = re.split("[-_]", name)[0]
    found = min(1 - _likeness(segment, name), 1 - _likeness(segment, word) + _OTHER_WORD)
    return found if found <= _UNLIKE else 1.0


def _likeness(segment: str, name: str) -> float:
    """Return how similar two segments are, from 0 to 1; the case of letters is ignored."""
    return SequenceMatcher(None, segment.lower(), name.lower(), autojunk=False).ratio()
