"""Make's expression language (IML): which expressions parse, and what they return in the emulator."""

from datetime import UTC, datetime
from typing import Any

import pytest
from support.make.expressions import FUNCTIONS as EMULATED
from support.make.expressions import UNDEFINED, template, transform

from connector.generator.make import iml
from connector.generator.make.lint.iml import ImlError, pieces
from connector.generator.make.lint.known import FUNCTIONS

CONTEXT: dict[str, Any] = {
    "body": {"data": [{"id": 1}, {"id": 2}], "odd name": {"`": 0, "x-y": "z"}, "empty": "", "none": None},
    "now": datetime(2026, 1, 31, 23, 30, tzinfo=UTC),
    "pagination": {"page": 3},
}


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("plain", "plain"),
        ("", ""),
        ("{{body.data}}", [{"id": 1}, {"id": 2}]),
        ("{{body.data[1].id}}{{body.data[].id}}{{body.data[2].id}}", "112"),
        ("{{body.data[0]}}", UNDEFINED),
        ("{{body.nothing.at.all}}", UNDEFINED),
        ("a {{body.nothing}} b", "a  b"),
        ("{{body.`odd name`.`x-y`}}", "z"),
        ("{{'}} is no end' + \"'\"}}", "}} is no end'"),
        ("{{1 + 2 * 3}}", 7),
        ("{{(1 + 2) * 3 - -1}}", 10),
        ("{{(pagination.page - 1) * 100 < 200}}", False),
        ("{{'1' = 1}}", False),
        ("{{!body.empty && body.none != 0 || false}}", True),
        ("{{if(body.empty, 'full', ifempty(body.none, 'none'))}}", "none"),
        ("{{formatDate(addSeconds(now, -1), 'YYYY-MM-DDTHH:mm:ss[Z]', 'UTC')}}", "2026-01-31T23:29:59Z"),
        ("{{formatDate(now, 'YYYY-MM-DD', 'Europe/Prague')}}", "2026-02-01"),
        ("{{join(map(body.data, 'id'), ', ')}}", "1, 2"),
        ("{{length(body.nothing)}}", 0),
    ],
)
def test_expression_returns(text: str, given: Any) -> None:
    found = template(text, CONTEXT)
    assert (found, type(found)) == (given, type(given))


def test_undefined_is_dropped_null_is_kept_and_collections_are_spread() -> None:
    value = {"a": "{{body.nothing}}", "b": "{{body.none}}", "{{...}}": "{{body.data[1]}}", "c": ["{{1}}"]}
    assert transform(value, CONTEXT) == {"b": None, "id": 1, "c": [1]}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{{body.data", r"^\{\{ without \}\}"),
        ("body}}", r"^\}\} without \{\{"),
        ("{{}}", "missing value"),
        ("{{if(a, b}}", r"unexpected '\)'|missing ,"),
        ("{{a b}}", "unexpected 'b'"),
        ("{{a ? b}}", r"unexpected '\? b'"),
        ("{{a +}}", "missing value"),
        ("{{a[b]}}", "not an array index"),
        ("{{'open}}", r"^\{\{ without \}\}"),
        ("{{&& a}}", "unexpected '&&'"),
    ],
)
def test_invalid_expression_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(ImlError, match=sentence):
        pieces(text)


@pytest.mark.parametrize("value", ["plain", "it's", 'say "so"', "a}}b{{c"])
def test_literal_evaluates_to_its_text(value: str) -> None:
    assert template(iml.braced(iml.text(value)), {}) == value


def test_text_with_both_quotes_has_no_literal() -> None:
    with pytest.raises(ValueError, match="both kinds of quotes"):
        iml.text("'\"")


@pytest.mark.parametrize("path", [("a",), ("odd name", "b"), ("1st",), ("x-y",)])
def test_path_reads_the_value(path: tuple[str, ...]) -> None:
    held: Any = "here"
    for step in reversed(path):
        held = {step: held}
    assert template(iml.braced(iml.at("item", path)), {"item": held}) == "here"


def test_path_counts_list_items_from_one() -> None:
    said = iml.at("body", ("errors", "0", "message"))
    assert said == "body.errors[1].message"
    held = {"errors": [{"message": "first"}, {"message": "second"}]}
    assert template(iml.braced(said), {"body": held}) == "first"


def test_described_omits_empty_values() -> None:
    text = iml.described(["item.a", "item.b", "item.c"], "item.id")
    assert template(text, {"item": {"a": "A", "c": "C", "id": 7}}) == "A · C"
    assert template(text, {"item": {"id": 7}}) == "7"
    assert template(iml.described([], "item.id"), {"item": {"id": 7}}) == 7


def test_choice_falls_back_to_its_default() -> None:
    text = iml.braced(iml.choice("item.e", [("s", "'S'"), ("t", "'T'")], "'P'"))
    assert [template(text, {"item": {"e": word}}) for word in ("s", "t", "p")] == ["S", "T", "P"]


def test_emulator_has_only_functions_that_make_has() -> None:
    assert EMULATED.keys() <= FUNCTIONS
