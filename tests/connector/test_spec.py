"""Reading an OpenAPI document: supported keywords are read, and unsupported ones are refused."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from connector.definition.document import Spec, SpecError

THING = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"type": "string", "example": "t1"},
        "kind": {"type": "string", "enum": ["a", "b"], "nullable": True},
        "state": {"type": "string", "x-known-values": ["on", "off"], "x-provenance": "observed"},
        "price": {"type": "number", "minimum": 0},
        "made": {"type": "string", "format": "date-time"},
        "lines": {"type": "array", "items": {"$ref": "#/components/schemas/Line"}},
        "tags": {"type": "array", "items": {"type": "string", "enum": ["x"]}},
    },
}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "T", "version": "1"},
    "servers": [{"url": "https://api.example.com"}],
    "x-provenance": "documented",
    "paths": {
        "/things": {
            "x-provenance": "assumed",
            "get": {
                "operationId": "list_things",
                "parameters": [
                    {
                        "name": "state",
                        "in": "query",
                        "schema": {"type": "string"},
                        "x-provenance": "documented",
                    },
                    {
                        "name": "state[]",
                        "in": "query",
                        "schema": {"type": "array", "items": {"type": "string"}},
                    },
                ],
                "responses": {
                    "200": {
                        "description": "ok",
                        "content": {
                            "application/json": {
                                "schema": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}},
                                "example": [{"$ref": "#/components/examples/thing/value"}],
                            }
                        },
                    }
                },
            },
        }
    },
    "components": {
        "schemas": {
            "Thing": THING,
            "Line": {"type": "object", "x-provenance": "assumed", "properties": {"sku": {"type": "string"}}},
        },
        "examples": {"thing": {"value": {"id": "t1"}}},
    },
}


SUCCESS = "paths /things get responses 200"
PDF = {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}


def test_fields_have_type_choices_children_and_provenance() -> None:
    fields = {field.key: field for field in Spec(DOCUMENT).schema("Thing").children}
    assert {key: field.type for key, field in fields.items()} == {
        "id": "string", "kind": "string", "state": "string", "price": "number", "made": "datetime",
        "lines": "list", "tags": "list",
    }  # fmt: skip
    assert fields["id"].required
    assert fields["kind"].nullable
    assert [choice.value for choice in fields["kind"].choices] == ["a", "b"]
    assert fields["state"].known_values == ("on", "off")
    assert fields["lines"].children[0].key == "sku"
    assert fields["tags"].item_type == "string"


def test_provenance_is_inherited_and_the_nearest_mark_wins() -> None:
    spec = Spec(DOCUMENT)
    operation = spec.operations["list_things"]
    fields = {field.key: field for field in spec.schema("Thing").children}
    assert operation.provenance == "assumed"
    assert [one.field.provenance for one in operation.parameters] == ["documented", "assumed"]
    assert fields["id"].provenance == "documented"
    assert fields["state"].provenance == "observed"
    assert fields["lines"].children[0].provenance == "assumed"


def test_repeated_parameters_and_references_in_examples_are_resolved() -> None:
    operation = Spec(DOCUMENT).operations["list_things"]
    assert operation.parameters[0].repeated_as == "state[]"
    assert operation.example == [{"id": "t1"}]


def changed(path: str, value: Any) -> dict[str, Any]:
    document = deepcopy(DOCUMENT)
    holder: Any = document
    *steps, last = path.split(" ")
    for step in steps:
        holder = holder[step]
    holder[last] = value
    return document


def test_file_answer_is_recognized_by_its_media_type() -> None:
    operation = Spec(changed(f"{SUCCESS} content", PDF)).operations["list_things"]
    assert (operation.media_type, operation.status) == ("application/pdf", 200)
    assert (operation.response.type, operation.response.children, operation.example) == ("string", (), None)
    assert operation.response.provenance == "assumed"
    assert Spec(DOCUMENT).operations["list_things"].media_type == "application/json"


def test_json_is_chosen_among_several_media_types() -> None:
    both = {**PDF, **DOCUMENT["paths"]["/things"]["get"]["responses"]["200"]["content"]}
    operation = Spec(changed(f"{SUCCESS} content", both)).operations["list_things"]
    assert (operation.media_type, operation.response.type) == ("application/json", "list")


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        (changed("openapi", "3.1.0"), "version '3.1.0' is not 3.0.x"),
        (changed("paths /things get callbacks", {}), r"paths./things.get: the operation keyword 'callbacks'"),
        (
            changed("components schemas Thing properties id const", 1),
            r"200\.schema\.items\.id: the schema keyword 'const'",
        ),
        (changed("components schemas Thing properties id type", "file"), "type 'file' is not supported"),
        (changed("components schemas Thing x-provenance", "guessed"), "x-provenance 'guessed' is not one of"),
        (changed("components schemas Line", {"$ref": "#/nowhere"}), "'#/nowhere' does not exist"),
        (changed("components schemas Line", {"$ref": "other.yaml"}), "circular or outside the document"),
        (changed("paths /things get responses", {}), "no successful response"),
        (
            changed("components schemas Line", {"oneOf": [{"type": "integer"}]}),
            "needs alternatives that are strings",
        ),
        (changed(f"{SUCCESS} content", {}), r"responses\.200: a schema for application/json is missing"),
        (
            changed(f"{SUCCESS} content", {"application/pdf": {}}),
            "application/pdf is supported only as a string",
        ),
        (
            changed(f"{SUCCESS} content", {"text/csv": {"schema": {"type": "string"}}}),
            "text/csv is supported only as a string of the format binary",
        ),
        (changed(f"{SUCCESS} content", {**PDF, "image/png": {}}), "a schema for application/json is missing"),
    ],
)
def test_unsupported_keyword_is_refused_with_its_location(document: dict[str, Any], complaint: str) -> None:
    with pytest.raises(SpecError, match=complaint):
        Spec(document)


def without_marks(*kept: str) -> dict[str, Any]:
    """Return the document with only the provenance marks at the named locations."""
    document = deepcopy(DOCUMENT)
    parameters = document["paths"]["/things"]["get"]["parameters"]
    thing, line = document["components"]["schemas"]["Thing"], document["components"]["schemas"]["Line"]
    places = {
        "document": document,
        "path": document["paths"]["/things"],
        "parameter": parameters[0],
        "Thing": thing,
        "state": thing["properties"]["state"],
        "Line": line,
    }
    for name, place in places.items():
        place.pop("x-provenance", None)
        if name in kept:
            place["x-provenance"] = "observed"
    return document


@pytest.mark.parametrize(
    ("kept", "place"),
    [
        ((), r"paths\./things\.get"),
        (("parameter", "Thing", "Line"), r"paths\./things\.get"),
        (("path",), r"components\.schemas\.Thing"),
        (("path", "Thing"), r"components\.schemas\.Line"),
        (("path", "Line", "state"), r"components\.schemas\.Thing"),
    ],
)
def test_part_without_provenance_is_refused_with_its_location(kept: tuple[str, ...], place: str) -> None:
    with pytest.raises(SpecError, match=rf"^{place}: x-provenance is missing.*documented, observed, assumed"):
        Spec(without_marks(*kept))


@pytest.mark.parametrize("kept", [("document",), ("path", "Thing", "Line")])
def test_mark_at_any_level_above_is_enough(kept: tuple[str, ...]) -> None:
    spec = Spec(without_marks(*kept))
    assert spec.operations["list_things"].provenance == "observed"
    assert {field.provenance for field in spec.schema("Thing").children} == {"observed"}


def test_empty_mark_is_refused() -> None:
    with pytest.raises(SpecError, match="document: x-provenance None is not one of"):
        Spec(changed("x-provenance", None))


def test_descriptions_have_line_breaks_and_urls_have_none() -> None:
    document = deepcopy(DOCUMENT)
    long = {"type": "string", "maxLength": 2000}
    words = document["components"]["schemas"]["Thing"]["properties"]
    words |= {"remark": long, "page": {**long, "example": "https://shop.example/t1"}}
    parameters = document["paths"]["/things"]["get"]["parameters"]
    parameters.append({"name": "words", "in": "query", "schema": long})
    spec = Spec(document)
    kinds = {field.key: field.type for field in spec.schema("Thing").children}
    assert (kinds["id"], kinds["remark"], kinds["page"]) == ("string", "text", "string")
    asked = spec.operations["list_things"].parameter("words")
    assert asked is not None
    assert asked.field.type == "string"
