"""YAML that remembers its lines, so that every complaint about a catalog can name one."""

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
    """Plain data, and the line of every key and item in it."""

    name: str
    data: Any
    lines: Mapping[tuple[str, ...], int]

    def line(self, path: Sequence[object]) -> int:
        """Return the line of `path`, or of the nearest thing around it."""
        steps = [str(step) for step in path]
        while steps:
            if tuple(steps) in self.lines:
                return self.lines[tuple(steps)]
            steps.pop()
        return 1

    def complaint(self, path: Sequence[object], sentence: str) -> str:
        return f"{self.name}:{self.line(path)}: {sentence}"


def parse(name: str, text: str) -> Located:
    """Read one YAML document; `yaml.YAMLError` (which names line and column) when it is not one."""
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


def _collect(node: yaml.Node, path: tuple[str, ...], lines: dict[tuple[str, ...], int]) -> None:
    if isinstance(node, yaml.MappingNode):
        merged = [value for key, value in node.value if key.tag == MERGE]
        for value in merged:  # what a key of its own says comes after, and wins
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
