"""Reads a shop from a YAML file, and finds the line and column of each of its values.

Values have the types of the schema, not the types that YAML infers: `sku: 007` is text, `country: NO` is not
false, and `age: 2026-03-02` is not a date. A file is refused if it contains non-standard tags, duplicate
keys, or aliases (`*name`) that expand to too many values.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, cast

import yaml

from mock_server.clock import instant
from mock_server.shop.checking import check, child, read_shop, schema
from mock_server.shop.mistakes import Mistake, ShopError
from mock_server.shop.model import Shop

LAST: Final = instant("2199-12-31T23:59:59Z")
"""The latest possible first moment of a tenant, in microseconds since the Unix epoch."""
MAX_BYTES: Final = 8 * 1024 * 1024
_MAX_VALUES: Final = 500_000
"""The maximum number of values in a file after all aliases are expanded."""
_MAX_DEPTH: Final = 20
_NULLS: Final = {"", "~", "null", "Null", "NULL"}
_INTEGER: Final = re.compile(r"[+-]?(0|[1-9][0-9]*)")
_NUMBER: Final = re.compile(r"[+-]?(0|[1-9][0-9]*)?(\.[0-9]*)?([eE][+-]?[0-9]+)?")
_SCALARS: Final = {
    f"tag:yaml.org,2002:{name}"
    for name in ("str", "int", "float", "bool", "null", "timestamp", "value", "merge")
}
_ENCODINGS: Final = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}
_QUOTE: Final = '; put quotes around a value that begins with #, such as "#5001"'
_UNQUOTED: Final = re.compile(r"[:,\[{-]\s+#\w")
"""Matches text that YAML reads as a comment, but that is probably meant as a value."""
_EMPTY: Final = f"is empty{_QUOTE}"
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Place = tuple[int, int]


def read_file(path: Path, start: int) -> Shop:
    """Read and check a shop's file; the tenant's clock starts at `start` (µs).

    Raises `ShopError` if the file cannot be read or its shop cannot be used.
    """
    return parse(_bytes(path), str(path), start)[0]


def read_content(path: Path) -> Mapping[str, Any]:
    """Read and check a shop's file, and return its content as JSON for the control plane.

    Raises `ShopError` if the file cannot be read, or if its shop is invalid for every possible first moment.
    """
    return parse(_bytes(path), str(path), LAST)[1]


def parse(content: bytes, source: str, start: int) -> tuple[Shop, Mapping[str, Any]]:
    """Read and check a shop's YAML, and return the shop and its JSON.

    `source` is the name of the file for error messages. The tenant's clock starts at `start` (µs). Raises
    `ShopError` if the shop cannot be used.
    """
    document = load(content, source)
    mistakes = list(document.mistakes)
    try:
        shop = read_shop(document.content)
        check(shop, start)
    except ShopError as error:
        mistakes += [
            document.locate(mistake) for mistake in error.mistakes if not document.has_mistake(mistake.path)
        ]
    if mistakes:
        raise ShopError(sorted(mistakes, key=lambda one: (one.line, one.column)), source)
    return shop, document.content


def load(content: bytes, source: str) -> "Document":
    """Parse YAML into a `Document`, whose `mistakes` describe the values that could not be read.

    `source` is the name of the file for error messages. Raises `ShopError` if the YAML is invalid.
    """
    text = _text(content, source)
    try:
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        raise ShopError([_syntax_fault(error, text)], source) from None
    except RecursionError:
        raise ShopError([Mistake("", "is nested too deeply")], source) from None
    if root is None:
        raise ShopError([Mistake("", "the file is empty", 1, 1)], source)
    document = Document()
    document.content = document.value(root, "", schema()["Shop"], ())
    if document.is_full:
        raise ShopError(document.mistakes, source)
    return document


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ShopError([Mistake("", f"cannot be read: {error.strerror or error}")], str(path)) from None


def _text(content: bytes, source: str) -> str:
    if len(content) > MAX_BYTES:
        raise ShopError([Mistake("", f"is larger than {MAX_BYTES // 1024 // 1024} MiB")], source)
    encoding = next((name for mark, name in _ENCODINGS.items() if content.startswith(mark)), "utf-8")
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        mistake = Mistake(
            "", f"is not {encoding.removesuffix('-sig').upper()} text; save the file as UTF-8", line, column
        )
        raise ShopError([mistake], source) from None


def _syntax_fault(error: yaml.YAMLError, text: str) -> Mistake:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or " ".join(str(error).split())
    if _UNQUOTED.search(text):
        problem += _QUOTE
    line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
    return Mistake("", f"the YAML cannot be read: {problem}", line, column)


@dataclass(slots=True)
class Document:
    """The content of a YAML file as JSON values, with the line and column of each value.

    Values are identified by paths such as `returns[0].status`.
    """

    content: Any = None
    mistakes: list[Mistake] = field(default_factory=list)
    _places: dict[str, Place] = field(default_factory=dict)
    _count: int = 0

    def locate(self, mistake: Mistake) -> Mistake:
        """Return a copy of a mistake with its line and column.

        If the file has no value at the mistake's path, the copy has the line and column of the nearest
        enclosing value.
        """
        path = mistake.path
        while path and path not in self._places:
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        line, column = self._places.get(path, (1, 1))
        return replace(mistake, line=line, column=column)

    def has_mistake(self, path: str) -> bool:
        """Return True if the value at a path, or a value that contains it, could not be read from the YAML.

        Such a value is missing in `content`, so an error that the schema reports about it is misleading.
        """
        return any(
            path == one.path or not one.path or path.startswith((f"{one.path}.", f"{one.path}["))
            for one in self.mistakes
        )

    def value(self, node: yaml.Node, path: str, described: Mapping[str, Any], around: tuple[int, ...]) -> Any:
        """Convert a YAML node to plain Python values.

        `path` and `described` are the path and the schema of the node. `around` contains the `id()` of every
        enclosing node, so that cycles are detected.
        """
        self._count += 1
        if self._count > _MAX_VALUES or len(around) > _MAX_DEPTH or id(node) in around:
            return self._refuse(
                node, path, "contains too many or too deeply nested values; use fewer aliases"
            )
        self._places.setdefault(path, _place(node))
        around = (*around, id(node))
        if isinstance(node, yaml.MappingNode):
            if node.tag != "tag:yaml.org,2002:map":
                return self._refuse(node, path, f"has the tag {node.tag}; remove it")
            return self._mapping(node, path, described, around)
        if isinstance(node, yaml.SequenceNode):
            if node.tag != "tag:yaml.org,2002:seq":
                return self._refuse(node, path, f"has the tag {node.tag}; remove it")
            entry = child(described, "[]")
            return [
                self.value(one, f"{path}[{place}]", entry, around)
                for place, one in enumerate(node.value)
                if not self.is_full
            ]
        return self._scalar(cast("yaml.ScalarNode", node), path, described)

    @property
    def is_full(self) -> bool:
        """True if the document contains too many values, so that the rest is not read."""
        return self._count > _MAX_VALUES

    def _mapping(
        self, node: yaml.MappingNode, path: str, described: Mapping[str, Any], around: tuple[int, ...]
    ) -> dict[str, Any]:
        found: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if self.is_full:
                break
            if not isinstance(key_node, yaml.ScalarNode):
                self._refuse(key_node, path, "has a key that is not text")
                continue
            if key_node.tag == "tag:yaml.org,2002:merge":
                merged |= self._merged(value_node, path, described, around)
                continue
            key = key_node.value
            if key.isdigit():
                self._refuse(
                    key_node, path, f"{key} is not a field; write decimals with a point, such as 24.90"
                )
                continue
            at = f"{path}.{key}" if path else key
            if key in found:
                self._refuse(key_node, at, "occurs twice")
            self._places[at] = _place(key_node)
            found[key] = self.value(value_node, at, child(described, key), around)
        return {**merged, **found}

    def _merged(
        self, node: yaml.Node, path: str, described: Mapping[str, Any], around: tuple[int, ...]
    ) -> dict[str, Any]:
        """Convert the value of a merge key (`<<`), which is a mapping or a list of mappings."""
        sources = node.value if isinstance(node, yaml.SequenceNode) else [node]
        merged: dict[str, Any] = {}
        for source in reversed(sources):
            content = self.value(source, path, described, around)
            if not isinstance(content, dict):
                self._refuse(source, path, "merges something that is not a mapping")
                continue
            merged |= content
        return merged

    def _scalar(self, node: yaml.ScalarNode, path: str, described: Mapping[str, Any]) -> Any:
        text = node.value
        if node.tag not in _SCALARS:
            return self._refuse(node, path, f"has the tag {node.tag}; remove it")
        if node.style:  # quoted or block text; the loader in C has "" for plain text
            return text
        if text in _NULLS:
            return self._refuse(node, path, _EMPTY if path else "is empty")
        wanted = described.get("type")
        if wanted == "integer" and _INTEGER.fullmatch(text):
            return int(text)
        if wanted in {"integer", "number"} and _NUMBER.fullmatch(text) and any(map(str.isdigit, text)):
            return float(text) if not _INTEGER.fullmatch(text) else int(text)
        return text

    def _refuse(self, node: yaml.Node, path: str, problem: str) -> None:
        self.mistakes.append(Mistake(path, problem, *_place(node)))


def _place(node: yaml.Node) -> Place:
    return node.start_mark.line + 1, node.start_mark.column + 1
