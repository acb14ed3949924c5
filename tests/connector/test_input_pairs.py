"""Inputs given on the command line as `key=value` pairs or as a JSON document."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from connector.cli.inputs import InputError, collect

if TYPE_CHECKING:
    from connector.definition.model import InputField, Integration


@pytest.fixture
def fields(integration: Integration) -> tuple[InputField, ...]:
    return integration.actions["create_return"].inputs


def test_pairs_are_parsed_by_type_and_build_line_items(fields: tuple[InputField, ...]) -> None:
    pairs = ["order_number=#1=2", "items[0].sku=007", "items[0].quantity=2", "items[1].sku=HAT"]
    assert collect(fields, pairs) == {
        "order_number": "#1=2",
        "items": [{"sku": "007", "quantity": 2}, {"sku": "HAT"}],
    }


def test_pairs_override_the_document_and_lists_may_be_json(fields: tuple[InputField, ...]) -> None:
    document = {"order_number": "#1", "return_type": "refund"}
    given = collect(fields, ["order_number=#2", 'items=[{"sku": "A"}]', "items[0].quantity=1"], document)
    assert given == {"order_number": "#2", "return_type": "refund", "items": [{"sku": "A", "quantity": 1}]}
    assert document["order_number"] == "#1"


def test_repeated_pair_becomes_a_list_if_the_api_takes_several_values(integration: Integration) -> None:
    inputs = integration.searches["find_return"].inputs
    assert collect(inputs, ["order_number=#1", "order_number=#2"]) == {"order_number": ["#1", "#2"]}


@pytest.mark.parametrize(
    ("pair", "words"),
    [
        ("order_number", "not of the form key=value"),
        ("order_nmber=1", 'no input named "order_nmber". Did you mean "order_number"?'),
        ("items[0].skuu=1", 'no field of items[0] named "skuu". Did you mean "sku"?'),
        ("items[0].quantity=two", "must be a whole number, not 'two'"),
        ("items[1].sku=A", "number the items from 0, without gaps"),
        ("items[0]..sku=A", "is not the name of an input"),
        ("items=[", "must be JSON"),
        ("order_number.x=1", 'There is no field of order_number named "x", and no other.'),
    ],
)
def test_invalid_pair_is_reported_in_one_sentence(
    fields: tuple[InputField, ...], pair: str, words: str
) -> None:
    with pytest.raises(InputError) as caught:
        collect(fields, [pair])
    assert words in str(caught.value)


def test_repeated_pair_is_refused_for_a_single_value(fields: tuple[InputField, ...]) -> None:
    with pytest.raises(InputError, match="given twice"):
        collect(fields, ["order_number=#1", "order_number=#2"])
