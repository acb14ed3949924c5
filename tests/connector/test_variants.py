"""Objects with alternative forms (`oneOf`): read from a document, and validated before sending."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from support.each import each

from connector.definition.catalog import InputEntry
from connector.definition.compiler.fields import inputs
from connector.definition.document import Spec, SpecError
from connector.definition.paths import Resolver
from connector.definition.yaml_lines import parse
from connector.errors import ValidationFailed
from connector.runtime.inputs import fill
from connector.transport.request import build

PRODUCT = {
    "type": "object",
    "title": "a product",
    "additionalProperties": False,
    "required": ["quantity", "productId"],
    "properties": {
        "quantity": {"type": "integer", "minimum": 1},
        "productId": {"type": "string"},
        "note": {"type": "string"},
    },
}
CUSTOM: dict[str, Any] = {
    "type": "object",
    "title": "a custom line",
    "additionalProperties": False,
    "required": ["quantity", "name", "price"],
    "properties": {
        "quantity": {"type": "integer", "minimum": 1},
        "name": {"type": "string"},
        "price": {"type": "number"},
        "note": {"type": "string"},
    },
}
LINE = {"oneOf": [{"$ref": "#/components/schemas/Product"}, {"$ref": "#/components/schemas/CustomLine"}]}
ANSWER = {"application/json": {"schema": {"type": "object"}}}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.0.3",
    "x-provenance": "documented",
    "info": {"title": "T", "version": "1"},
    "servers": [{"url": "https://api.example.com"}],
    "paths": {
        "/orders": {
            "post": {
                "operationId": "create_order",
                "requestBody": {
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "properties": {
                                    "lines": {"type": "array", "items": LINE},
                                    "gift": LINE,
                                },
                            }
                        }
                    }
                },
                "responses": {
                    "200": {
                        "description": "x",
                        "content": {"application/json": {"schema": {"type": "object"}}},
                    }
                },
            }
        }
    },
    "components": {"schemas": {"Product": PRODUCT, "CustomLine": CUSTOM}},
}
FITTING = [
    {"quantity": 1, "productId": "p1"},
    {"quantity": 1, "productId": "p1", "note": "n"},
    {"quantity": 2, "name": "Wrap", "price": 3},
]
REFUSED = [
    ({"quantity": 1}, ["productId is required for a product"]),
    ({"quantity": 1, "productId": "p1", "name": "Wrap"}, ["name does not belong to a product"]),
    ({"quantity": 1, "name": "Wrap"}, ["price is required for a custom line"]),
    (
        {"quantity": 1, "productId": "p", "name": "W", "price": 2},
        ["productId does not belong to a custom line"],
    ),
    ({"productId": "p1"}, ["quantity is required"]),
    ({"quantity": 1, "colour": "red"}, ["colour is unknown; use quantity"]),
]


def spec(**schemas: Any) -> Spec:
    document = deepcopy(DOCUMENT)
    document["components"]["schemas"].update(schemas)
    return Spec(document)


def create(**values: Any) -> Any:
    return build(spec().operations["create_order"], values).body


def test_members_of_all_forms_are_inputs_and_common_ones_are_required() -> None:
    body = spec().operations["create_order"].body
    assert body is not None
    for field in each(body.children):
        assert [one.key for one in field.children] == ["quantity", "productId", "note", "name", "price"]
        assert [one.key for one in field.children if one.required] == ["quantity"]
        assert [(one.label, one.required) for one in field.variants] == [
            ("a product", ("quantity", "productId")),
            ("a custom line", ("quantity", "name", "price")),
        ]


@pytest.mark.parametrize("line", FITTING)
def test_object_that_matches_one_form_is_sent(line: Any) -> None:
    assert create(lines=[line, FITTING[0]], gift=line) == {"lines": [line, FITTING[0]], "gift": line}


@pytest.mark.parametrize(("line", "sentences"), REFUSED)
def test_object_that_matches_no_form_is_refused_by_field(line: Any, sentences: list[str]) -> None:
    for values, name in (({"lines": [FITTING[0], line]}, "lines[1]"), ({"gift": line}, "gift")):
        with pytest.raises(ValidationFailed) as raised:
            create(**values)
        said = [f"{one.field}: {one.message}" for one in raised.value.fields]
        assert len(said) == len(sentences)
        for told, sentence in each(zip(said, sentences, strict=True)):
            field, _, message = sentence.partition(" ")
            assert told.startswith(f"{name}.{field}: {message}")


def test_object_that_matches_two_forms_is_refused() -> None:
    twin = {**PRODUCT, "title": "a twin", "required": ["quantity"]}
    with pytest.raises(ValidationFailed, match=r"lines\[0\]:? could be a product or a twin"):
        build(spec(CustomLine=twin).operations["create_order"], {"lines": [FITTING[0]]})


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"additionalProperties": True}, "need additionalProperties: false"),
        (
            {"properties": {**CUSTOM["properties"], "note": {"type": "integer"}}},
            "note has different schemas",
        ),
        (
            {"type": "array", "items": {"type": "string"}},
            "needs alternatives that are strings, or objects in oneOf",
        ),
    ],
)
def test_forms_that_cannot_be_distinguished_are_refused(change: Any, sentence: str) -> None:
    with pytest.raises(SpecError, match=sentence):
        spec(CustomLine={**CUSTOM, **change})


def columns(*names: str) -> tuple[Any, list[str]]:
    """Compile an action whose input `lines` has these columns; `goods` is the key of the product id."""
    words = {name: {"name": "productId"} if name == "goods" else {} for name in names}
    said = {"lines": InputEntry.model_validate({"children": words})}
    made = spec()
    resolver = Resolver(made, parse("toy.yaml", "a: 1"))
    found = inputs(resolver, made.operations["create_order"], (), said, (), "action create")
    return found, resolver.problems


def test_forms_are_expressed_in_input_keys() -> None:
    found, problems = columns("quantity", "goods", "name", "price")
    assert problems == []
    assert [one.required for one in found[0].variants] == [
        ("quantity", "goods"),
        ("quantity", "name", "price"),
    ]
    assert fill("create", found, {"lines": [{"quantity": 1, "goods": "p1"}]}).values == {
        "lines": [{"quantity": 1, "productId": "p1"}]
    }
    with pytest.raises(ValidationFailed, match=r"lines\[0\].goods:? does not belong to a custom line"):
        fill("create", found, {"lines": [{"quantity": 1, "goods": "p", "name": "W", "price": 1}]})


def test_form_that_no_input_can_fill_is_a_catalog_error() -> None:
    _, problems = columns("quantity", "goods", "name")
    assert [one for one in problems if "leaves out lines.price, which a custom line requires" in one]
