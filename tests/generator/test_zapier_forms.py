"""The form data of Zapier apps: how input values are converted, and how rows are compared with filters."""

from typing import Any

import pytest
from support.each import each

from connector.definition.compiler import integration, vendors
from connector.definition.model import Choice, InputField
from connector.generator.zapier.fields import form


def wire(**values: Any) -> dict[str, Any]:
    """Return the generated entry of one input in ReturnMate's form."""
    field = InputField(
        **{"key": "x", "label": "X", "type": "string", "location": "query", "path": ("x",), **values}
    )
    made: dict[str, Any] = form([field], integration("returnmate"))["wire"]["x"]
    return made


def test_identifying_input_names_the_row_field_to_compare() -> None:
    found = wire(identifies="order", found_at=(("order", "name"),), separator=",")
    assert (found["identifies"], found["foundAt"], found["separator"]) == ("order", (("order", "name"),), ",")
    assert "compareAs" not in found


def test_matched_input_names_its_comparison() -> None:
    assert wire(location="match", compared="word")["compareAs"] == "word"
    assert wire(location="match", compared="identity", identifies="rma")["identifies"] == "rma"


def test_known_words_allow_others_and_fixed_choices_do_not() -> None:
    known = wire(known_values=("approved",))
    assert (known["open"], known["catchTypos"]) == (True, True)
    assert "catchTypos" not in wire(known_values=("approved",), location="body")
    assert "open" not in wire(choices=(Choice(value="a", label="A"),))
    assert wire(choices=(Choice(value="a", label="A"),), location="match")["open"] is True


def test_required_sibling_column_has_its_form_key() -> None:
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
def test_every_identifying_search_input_is_compared_with_rows(vendor: str) -> None:
    offer = integration(vendor)
    inputs = [one for search in offer.searches.values() for one in search.inputs if one.found_at]
    assert inputs
    for one in each(inputs):
        told = form([one], offer)["wire"][one.key]
        assert (told["identifies"], told["foundAt"]) == (one.identifies, one.found_at)
