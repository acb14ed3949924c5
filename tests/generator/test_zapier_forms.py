"""What a Zapier app is told of a form: how values are read, and how rows are compared again."""

from typing import Any

import pytest
from support.each import each

from connector.definition.compiler import integration, vendors
from connector.definition.model import Choice, InputField
from connector.generator.zapier.fields import form


def wire(**values: Any) -> dict[str, Any]:
    """The entry of one input in the form of ReturnMate."""
    field = InputField(
        **{"key": "x", "label": "X", "type": "string", "location": "query", "path": ("x",), **values}
    )
    made: dict[str, Any] = form([field], integration("returnmate"))["wire"]["x"]
    return made


def test_identifying_input_says_where_rows_hold_it() -> None:
    found = wire(identifies="order", found_at=(("order", "name"),), separator=",")
    assert (found["identifies"], found["foundAt"], found["separator"]) == ("order", (("order", "name"),), ",")
    assert "compared" not in found


def test_input_that_rows_are_compared_with_says_how() -> None:
    assert wire(location="match", compared="word")["compared"] == "word"
    assert wire(location="match", compared="identity", identifies="rma")["identifies"] == "rma"


def test_known_words_leave_others_open_and_a_closed_set_does_not() -> None:
    known = wire(known_values=("approved",))
    assert (known["open"], known["slips"]) == (True, True)
    assert "slips" not in wire(known_values=("approved",), location="body")
    assert "open" not in wire(choices=(Choice(value="a", label="A"),))
    assert wire(choices=(Choice(value="a", label="A"),), location="match")["open"] is True


def test_column_that_another_makes_required_is_called_as_the_form_calls_it() -> None:
    def column(key: str, **values: Any) -> InputField:
        return InputField(key=key, label=key, type="string", location="body", path=(key,), **values)

    lines = InputField(
        key="lines", label="Lines", type="list", location="body", path=("lines",),
        children=(column("name"), column("city", required_with=("name",))),
    )  # fmt: skip
    both = form([column("name", required_with=("other",)), lines], integration("returnmate"))["wire"]
    assert both["name"]["requiredWith"] == ("other",)
    assert both["lines"]["children"]["city"]["requiredWith"] == ("lines_name",)


@pytest.mark.parametrize("vendor", vendors())
def test_every_identifying_input_of_a_search_is_compared_again(vendor: str) -> None:
    offer = integration(vendor)
    inputs = [one for search in offer.searches.values() for one in search.inputs if one.found_at]
    assert inputs
    for one in each(inputs):
        told = form([one], offer)["wire"][one.key]
        assert (told["identifies"], told["foundAt"]) == (one.identifies, one.found_at)
