"""The engine compiles a validator at its first use, and shares it between equal schemas."""

from typing import Any

import pytest
from support.each import each

import openapi
from mock_server.engine.compiler import BrokenSpecification, Compiler
from mock_server.engine.connexion_parts import Resolver, Specification
from mock_server.engine.schema import Schemas
from mock_server.engine.valid_specification import ValidSpecification

NOT_A_PATTERN = {"type": "string", "pattern": "("}
DOCUMENT = {
    "components": {
        "schemas": {
            "Order": {
                "type": "object",
                "properties": {
                    "item": {"$ref": "#/components/schemas/Item"},
                    "key": {"type": "string", "readOnly": True},
                },
            },
            "Item": {"type": "object", "properties": {"part": {"$ref": "#/components/schemas/Item"}}},
            "Broken": NOT_A_PATTERN,
        }
    }
}
ORDER = {"$ref": "#/components/schemas/Order"}


def compiler(document: object, kind: type[Specification]) -> Compiler:
    return Compiler(kind(document), Resolver(lambda _name: print), max_body=1_000)


@pytest.mark.parametrize("name", [*openapi.vendors(), openapi.CONTROL_PLANE])
def test_every_validator_of_a_shipped_document_compiles(name: str) -> None:
    compiled = compiler(openapi.read(name), ValidSpecification)
    compiled.routes()
    compiled.schemas.compile()


@pytest.mark.parametrize("name", [*openapi.vendors(), openapi.CONTROL_PLANE])
def test_compiling_changes_nothing_in_the_document(name: str) -> None:
    document = openapi.read(name)
    compiler(document, ValidSpecification).routes()
    assert document == openapi.read(name)


def test_lazy_validator_is_compiled_at_its_first_use() -> None:
    validator = Schemas({}, lazy=True).validator(NOT_A_PATTERN, "request")
    with pytest.raises(ValueError, match="regex"):
        validator.is_valid("x")


def test_other_validator_is_compiled_at_once() -> None:
    with pytest.raises(ValueError, match="regex"):
        Schemas({}).validator(NOT_A_PATTERN, "request")


def test_document_that_is_not_known_to_be_valid_is_compiled_at_start() -> None:
    document = openapi.read("returnmate")
    path, item = next(iter(document["paths"].items()))
    method = next(name for name in ("get", "post") if name in item)
    parameter = {"name": "q", "in": "query", "schema": NOT_A_PATTERN}
    item[method].setdefault("parameters", []).append(parameter)
    with pytest.raises(BrokenSpecification, match=f"{method.upper()} {path}"):
        compiler(document, Specification.from_dict).routes()


def test_equal_schemas_share_a_validator() -> None:
    schemas = Schemas(DOCUMENT, lazy=True)
    assert schemas.validator(ORDER, "request") is schemas.validator(dict(ORDER), "request")
    assert schemas.validator(ORDER, "request") is not schemas.validator(ORDER, "response")


def test_validator_holds_the_schemas_that_it_uses() -> None:
    schemas = Schemas(DOCUMENT)  # would not compile with `Broken`
    request, response = (schemas.validator(ORDER, direction) for direction in ("request", "response"))
    valid_orders: list[dict[str, Any]] = [{"item": {"part": {"part": {}}}}, {}]
    for valid in each(valid_orders):
        assert request.is_valid(valid)
    wrong_orders: list[dict[str, Any]] = [{"item": {"part": {"part": 1}}}, {"item": []}, {"key": "x"}]
    for wrong in each(wrong_orders):
        assert not request.is_valid(wrong)
    assert response.is_valid({"key": "x"})
    assert [error.kind.name for error in response.iter_errors({"key": 1})] == ["type"]
