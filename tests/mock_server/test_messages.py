"""Validation messages are correct and not repeated, checked for every field of every request body."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

import orjson
import pytest
from support.each import each

import openapi
from mock_server.engine.messages import explain, refusal
from mock_server.engine.patterns import clause
from mock_server.engine.problem import FieldError
from mock_server.engine.schema import Schemas

WRONG = [
    *('""', '" "', '"x"', '"APPROVED"', '"\\u0000"', "true", "null", "[]", "{}", "[1]", '["a","a"]'),
    *("-1", "1.5", "0.1234567890123456789", '{"zzz":1}', '["x",{"y":1}]'),
]
WHOLE = ["1", "-0", "-0.0", "1.0", "1e2", "9223372036854775808", "18446744073709551616", "1e308", "-1e30"]


def fields(
    schemas: Schemas, schema: Mapping[str, Any], name: str, depth: int = 0
) -> Iterator[tuple[str, Any]]:
    """Yield a schema and those of its members, as deep as request bodies go."""
    resolved = schemas.resolve(schema)
    yield name, schema
    inner = [
        resolved,
        *(schemas.resolve(one) for key in ("allOf", "anyOf", "oneOf") for one in resolved.get(key, ())),
    ]
    if depth < 5:
        for one in inner:
            for member, value in one.get("properties", {}).items():
                yield from fields(schemas, value, f"{name}.{member}", depth + 1)
            if "items" in one:
                yield from fields(schemas, one["items"], f"{name}[0]", depth + 1)


def bodies(document: Mapping[str, Any], schemas: Schemas) -> Iterator[tuple[str, Any]]:
    for item in document["paths"].values():
        for operation in item.values():
            if isinstance(operation, dict) and "requestBody" in operation:
                content = schemas.resolve(operation["requestBody"])["content"]
                yield operation["operationId"], content["application/json"]["schema"]


@pytest.fixture(scope="module", params=[*openapi.vendors(), openapi.CONTROL_PLANE])
def validators(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Return a validator for each field of each request body of one document."""
    document = openapi.read(request.param)
    schemas = Schemas(document)
    found = {
        name: schemas.validator(schema, "request")
        for operation, body in bodies(document, schemas)
        for name, schema in fields(schemas, body, operation)
    }
    assert found
    return found


def complaints(validator: Any, text: str) -> list[FieldError]:
    value = orjson.loads(text)
    return [] if validator.is_valid(value) else explain(validator, value, "here")


def test_invalid_field_is_reported_once(validators: dict[str, Any]) -> None:
    seen = 0
    for name, validator in each(validators.items()):
        for text in (*WRONG, *WHOLE):
            found = complaints(validator, text)
            names = [one.field for one in found]
            assert len(names) == len(set(names)), (name, text, found)
            if found:
                seen += 1
                others = len(names) - 1
                assert (f"and {others} other field" in refusal(found).message) is (others > 0), (name, text)
    assert seen > 20


def test_only_the_decisive_rule_is_reported(validators: dict[str, Any]) -> None:
    """For a value outside a fixed set, the message does not also ask for a string."""
    for name, validator in each(validators.items()):
        for text in (*WRONG, *WHOLE):
            for one in complaints(validator, text):
                if "one of" in one.message or "string" in one.message or "number" in one.message:
                    assert " and " not in one.message, (name, text, one)


def test_whole_number_is_never_asked_to_be_one(validators: dict[str, Any]) -> None:
    told: set[str] = set()
    for name, validator in each(validators.items()):
        for text in WHOLE:
            for one in complaints(validator, text):
                assert not one.message.endswith("must be a whole number"), (name, text, one)
                told.add(one.message)
    assert told


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("18446744073709551616", "is too large"),
        ("-18446744073709551616", "is too small"),
        ("1e300", "is too large"),
        ("1.0", "must be a whole number, written without a decimal point or an exponent"),
        ("1e2", "must be a whole number, written without a decimal point or an exponent"),
        ("-0.0", "must be a whole number, written without a decimal point or an exponent"),
        ("1.5", "must be a whole number"),
        ('"1"', "must be a whole number"),
        ("true", "must be a whole number"),
        ("null", "must be a whole number"),
    ],
)
def test_message_for_an_invalid_whole_number(text: str, says: str) -> None:
    validator = Schemas({}).validator({"type": "integer"}, "request")
    assert explain(validator, orjson.loads(text), "n") == [FieldError("n", says)]


@pytest.mark.parametrize("text", ["18446744073709551616", "9223372036854775808", "1e300"])
def test_bound_is_reported_before_the_number_format(text: str) -> None:
    validator = Schemas({}).validator({"type": "integer", "maximum": 100}, "request")
    assert explain(validator, orjson.loads(text), "n") == [FieldError("n", "must be at most 100")]


def test_several_rules_of_one_field_are_one_sentence() -> None:
    validator = Schemas({}).validator({"type": "string", "minLength": 3, "pattern": "^[A-Z]{3}$"}, "request")
    found = explain(validator, "a", "code")
    both = f"must have at least 3 characters and {clause('^[A-Z]{3}$').removeprefix('must ')}"
    assert found == [FieldError("code", both)]
    assert refusal(found).message == f"code {both}."


def test_many_invalid_fields_are_counted_once_each() -> None:
    schema = {
        "type": "object",
        "properties": {
            name: {"type": "string", "minLength": 2, "pattern": "^[a-z]+$"} for name in "abcdefgh"
        },
    }
    found = explain(Schemas({}).validator(schema, "request"), dict.fromkeys("abcdefgh", ""))
    assert [one.field for one in found] == list("abcdefgh")
    assert ", and 7 other fields are not valid." in refusal(found).message
    for one, other in each(pairwise(found)):
        assert one.message == other.message
