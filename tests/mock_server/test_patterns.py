"""A value of the wrong form is explained in words; no regular expression is shown."""

from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from support.each import each

import openapi
from mock_server.engine.messages import explain
from mock_server.engine.patterns import PATTERNS, clause
from mock_server.faults.kinds import KINDS


def patterns(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("pattern"), str):
            yield node["pattern"]
        for value in node.values():
            yield from patterns(value)
    elif isinstance(node, list):
        for value in node:
            yield from patterns(value)


OF_CONTROL_PLANE = {
    *patterns(openapi.read(openapi.CONTROL_PLANE)),
    *(pattern for kind in KINDS.values() for pattern in patterns(kind.schema)),
}
OF_VENDORS = {pattern for name in openapi.vendors() for pattern in patterns(openapi.read(name))}


@pytest.mark.parametrize("pattern", sorted(OF_CONTROL_PLANE))
def test_control_plane_and_shop_explain_each_pattern(pattern: str) -> None:
    assert pattern in PATTERNS
    (error,) = explain(jsonschema_rs.Draft4Validator({"pattern": pattern}), "\x00 ✗", "field")
    assert error.message == PATTERNS[pattern]


def test_no_pattern_is_shown() -> None:
    for pattern in each(OF_CONTROL_PLANE | OF_VENDORS):
        words = clause(pattern)
        assert words.startswith(("must ", "does not "))
        assert not set("^$\\{}[]") & set(words), words


def test_every_explained_pattern_is_used() -> None:
    acts = {r"^https?://"}  # in the schema of an act
    assert set(PATTERNS) - OF_CONTROL_PLANE - OF_VENDORS - acts == set()
