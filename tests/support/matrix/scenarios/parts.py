"""Scenarios with dropdowns that list the parts of a record, such as the lines of the chosen invoice."""

import pytest

from connector.definition.model import InputField
from support.each import each
from support.matrix import needs
from support.matrix.adapter import Adapter, Inputs, Refused
from support.matrix.shop import Shop


def parts_of_a_record(app: Adapter, shop: Shop) -> None:
    """A dropdown lists the parts of the chosen record only, each once, and asks for this record first."""
    for key in needs.actions_with_parts(app):
        inputs, other = (shop.facts.actions[key](shop) for _ in range(2))
        for rows, field in each(needs.inputs_with_parts(app, key)):
            wanted, foreign = _values(inputs, rows, field), _values(other, rows, field)
            name = field.dependent_dropdown or ""
            listed = app.parts(name, {**inputs, **_chosen(app, key, name, wanted[0])})
            values = [value for value, _label in listed]
            assert set(wanted) <= set(values), f"{name} does not list {wanted}"
            assert not set(values) & (set(foreign) - set(wanted)), f"{name} lists the parts of another record"
            assert len(set(values)) == len(values)
            assert all(label for _value, label in listed)
            _asks_for_the_record(app, name)


def _values(inputs: Inputs, rows: str | None, field: InputField) -> list[str]:
    """Return the values of an input, or of a column of the line items `rows`."""
    return [str(line[field.key]) for line in inputs[rows]] if rows else [str(inputs[field.key])]


def _chosen(app: Adapter, action: str, name: str, part: str) -> Inputs:
    """Choose the record that has the part, if the form has an input of its own for that."""
    form = app.shop.offer.actions[action].form_inputs
    found = {}
    for field in form:
        records = [value for value, _label in app.choices(field.dropdown or "", 0)]
        assert len(records) > 1
        (found[field.key],) = [
            record
            for record in records
            if part in [value for value, _label in app.parts(name, {field.key: record})]
        ]
    return found


def _asks_for_the_record(app: Adapter, name: str) -> None:
    with pytest.raises(Refused) as refused:
        app.parts(name, {})
    assert refused.value.kind == "validation"
