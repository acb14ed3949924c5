"""Parses YAML and records the line number of every key for use in error messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MERGE = "tag:yaml.org,2002:merge"
Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Located:
    """The data in a YAML document, and the line numbers of all keys and list items, keyed by path."""

    name: str
    data: Any
    lines: Mapping[tuple[str, ...], int]

    def line(self, path: Sequence[object]) -> int:
        """Return the line number of `path` or, if it does not exist, of the nearest enclosing key."""
        steps = [str(step) for step in path]
        while steps:
            if tuple(steps) in self.lines:
                return self.lines[tuple(steps)]
            steps.pop()
        return 1

    def message(self, path: Sequence[object], sentence: str) -> str:
        """Format an error message that starts with the file name and the line number of `path`."""
        return f"{self.name}:{self.line(path)}: {sentence}"


def parse(name: str, text: str) -> Located:
    """Parse a YAML document; `name` is its file name.

    Raises `yaml.YAMLError`, with line and column, if the YAML is invalid or a key occurs twice.
    """
    loader = Loader(text)
    try:
        node = loader.get_single_node()
        lines: dict[tuple[str, ...], int] = {}
        if node is not None:
            _collect(node, (), lines)
            data = loader.construct_document(node)
        else:
            data = None
    finally:
        loader.dispose()
    return Located(name=name, data=data, lines=lines)


def described(name: str, error: yaml.YAMLError) -> str:
    """Format a YAML error as one sentence that starts with the file name and, if known, the line number."""
    mark = getattr(error, "problem_mark", None)
    place = f"{name}:{mark.line + 1}" if mark else name
    problem = getattr(error, "problem", None) or " ".join(str(error).split())
    return f"{place}: invalid YAML, {problem}."


def _collect(node: yaml.Node, path: tuple[str, ...], lines: dict[tuple[str, ...], int]) -> None:
    if isinstance(node, yaml.MappingNode):
        # Keys merged in with `<<` are collected first, because the mapping's own keys override them.
        merged = [value for key, value in node.value if key.tag == MERGE]
        for value in merged:
            _collect(value, path, lines)
        own: set[tuple[str, ...]] = set()
        for key, value in node.value:
            place = (*path, str(key.value))
            if key.tag == MERGE:
                continue
            if place in own:
                raise yaml.MarkedYAMLError(
                    problem=f"the key {key.value!r} occurs twice", problem_mark=key.start_mark
                )
            own.add(place)
            lines[place] = key.start_mark.line + 1
            _collect(value, place, lines)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            place = (*path, str(index))
            lines[place] = value.start_mark.line + 1
            _collect(value, place, lines)
