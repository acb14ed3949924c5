"""Every shipped YAML document has the same value in libyaml, pure PyYAML and YAML 1.2 parsers."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.each import each

import connector
import openapi

ROOMS = (Path(openapi.__file__).parent, Path(connector.__file__).parent)
SHIPPED = {file.name if file.parent == ROOMS[0] else f"catalog/{file.name}": file
           for room in ROOMS for file in sorted(room.rglob("*.y*ml"))}  # fmt: skip
PLAIN_IN_JSON = {
    "tag:yaml.org,2002:bool": re.compile(r"true|false"),
    "tag:yaml.org,2002:null": re.compile(r"null"),
    "tag:yaml.org,2002:int": re.compile(r"-?(0|[1-9][0-9]*)"),
    "tag:yaml.org,2002:float": re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]+([eE][-+]?[0-9]+)?"),
    "tag:yaml.org,2002:merge": re.compile(r"<<"),
}
"""Plain scalars allowed for other types than text: those that JSON writes in the same way."""
YAML_12_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|0o[0-7]+|0x[0-9a-fA-F]+")


def ambiguities(root: yaml.Node | None) -> Iterator[str]:
    """Yield a message for each duplicate key, and for each plain scalar that parsers may read differently."""
    waiting, seen = [root] if root else [], set[int]()
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.ScalarNode):
            if complaint := _ambiguity(node):
                yield f"line {node.start_mark.line + 1}: {complaint}"
        elif isinstance(node, yaml.SequenceNode):
            waiting += node.value
        elif isinstance(node, yaml.MappingNode):
            waiting += [one for pair in node.value for one in pair]
            names = Counter(key.value for key, _ in node.value)
            twice = [name for name, times in names.items() if times > 1]
            if twice:
                yield f"line {node.start_mark.line + 1}: {twice} occurs twice."


def _ambiguity(node: yaml.ScalarNode) -> str | None:
    if node.style:
        return None
    if node.tag == "tag:yaml.org,2002:str":
        number = YAML_12_NUMBER.fullmatch(node.value)
        return f"{node.value} is a string here and a number to YAML 1.2." if number else None
    form = PLAIN_IN_JSON.get(node.tag)
    if form and form.fullmatch(node.value):
        return None
    return f"{node.value!r} is {node.tag} without quotes."


def test_shipped_documents_cover_all_vendors() -> None:
    catalogs = {f"catalog/{name}.yaml" for name in (*openapi.vendors(), "hub")}
    assert SHIPPED.keys() == {f"{name}.yaml" for name in (*openapi.vendors(), "sandbox", "hub")} | catalogs


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_document_has_the_same_value_in_every_parser(name: str) -> None:
    text = SHIPPED[name].read_text(encoding="utf-8")
    loader = yaml.SafeLoader(text)
    node = loader.get_single_node()
    assert list(ambiguities(node)) == []
    value: Any = loader.construct_document(node)
    if hasattr(yaml, "CSafeLoader"):
        assert yaml.load(text, Loader=yaml.CSafeLoader) == value
    if SHIPPED[name].parent == ROOMS[0]:
        assert openapi.read(SHIPPED[name].stem) == value


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("no: 1", "'no' is tag:yaml.org,2002:bool"),
        ("a: [yes, x]", "'yes' is tag:yaml.org,2002:bool"),
        ("a: 12:30:00", "'12:30:00' is tag:yaml.org,2002:int"),
        ("a: 0755", "'0755' is tag:yaml.org,2002:int"),
        ("a: 1_000", "'1_000' is tag:yaml.org,2002:int"),
        ("a: 2026-11-25", "'2026-11-25' is tag:yaml.org,2002:timestamp"),
        ("a: ~", "'~' is tag:yaml.org,2002:null"),
        ("a:", "'' is tag:yaml.org,2002:null"),
        ("a: 1e5", "1e5 is a string here and a number to YAML 1.2"),
        ("a: 1\nb: 2\na: 3", "occurs twice"),
    ],
)
def test_ambiguous_yaml_is_found(text: str, complaint: str) -> None:
    (found,) = each(list(ambiguities(yaml.compose(text, Loader=yaml.SafeLoader))))
    assert complaint in found
