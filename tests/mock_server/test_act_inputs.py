"""Inputs of `returns sandbox act` on the command line become the JSON object of the act's schema."""

from typing import Any

import pytest

from mock_server.cli.inputs import InputError, describe_inputs, parse_inputs

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["id", "items"],
    "properties": {
        "id": {"type": "string"},
        "by": {"type": "string"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["good"],
                "properties": {
                    "good": {"type": "boolean"},
                    "count": {"type": "integer"},
                    "price": {"type": "number"},
                },
            },
        },
    },
}


def test_inputs_are_listed_in_command_line_form() -> None:
    assert describe_inputs(SCHEMA) == [
        ("id", "string"),
        ("by", "string, optional"),
        ("tags[0]", "string, optional"),
        ("items[0].good", "boolean"),
        ("items[0].count", "integer, optional"),
        ("items[0].price", "number, optional"),
    ]


def test_values_are_converted_by_the_schema() -> None:
    pairs = ["id=12", "items[0].good=yes", "items[0].count=3", "items[1].good=false", "tags[0]=a=b"]
    assert parse_inputs(SCHEMA, pairs) == {
        "id": "12",
        "items": [{"good": True, "count": 3}, {"good": False}],
        "tags": ["a=b"],
    }


def test_inputs_outside_the_schema_are_sent_to_the_control_plane() -> None:
    assert parse_inputs(SCHEMA, ["nonsense=1"]) == {"nonsense": "1"}
    assert parse_inputs({}, []) == {}


@pytest.mark.parametrize(
    ("pairs", "says"),
    [
        (["id"], "'id' is not of the form key=value."),
        (["=x"], "'' is not the name of an input"),
        (["items[x].good=yes"], "'items[x].good' is not the name of an input"),
        (["items[0].good=perhaps"], "items[0].good must be yes or no, not 'perhaps'."),
        (["items[0].count=many"], "items[0].count must be of type integer, not 'many'."),
        (["id=1", "id=2"], "id is given twice."),
        (["items[1].good=yes"], "items[1].good needs [0] to be given first."),
        (["id=1", "id.more=2"], "id.more does not fit the inputs given before it."),
        (["items[0].good=yes", "items.good=no"], "items.good does not fit"),
    ],
)
def test_invalid_input_is_reported_in_one_sentence(pairs: list[str], says: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_inputs(SCHEMA, pairs)
    assert str(caught.value).startswith(says)
