"""Dropdowns whose options depend on other inputs: what the compiler reads, and what it refuses."""

from importlib.resources import files

import pytest
from support.each import each

from connector.definition import specification
from connector.definition.compiler import integration, join, vendors
from connector.errors import CatalogError

CATALOG = (files("connector") / "catalog" / "returngo.yaml").read_text("utf-8")
SECTION = "dependent_dropdowns:\n  shipment:\n"


def test_options_are_the_items_of_a_list_in_the_record() -> None:
    one = integration("returngo").dependent_dropdowns["shipment"]
    assert (one.operation, one.items, one.value) == ("get_rma", ("shipments",), ("shipmentId",))
    assert (dict(one.path_values), dict(one.query)) == ({"rmaId": "return_id"}, {})


def test_form_input_is_not_an_input_of_the_action() -> None:
    action = integration("returngo").actions["update_shipment"]
    (form,) = action.form_inputs
    assert (form.key, form.location, form.dropdown) == ("return_id", "form", "rma")
    assert form.key not in {one.key for one in action.inputs}


def test_every_dependent_dropdown_is_used() -> None:
    for vendor in each(vendors()):
        offer = integration(vendor)
        inputs = [one for step in offer.actions.values() for one in step.inputs]
        inputs += [one for step in offer.searches.values() for one in step.inputs]
        fields = [inner for one in inputs for inner in (one, *one.children)]
        assert {*offer.dependent_dropdowns} == {one.dependent_dropdown for one in each(fields)} - {None}


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        (
            "parameters: {rmaId: return_id}",
            "parameters: {rma: return_id}",
            "names parameter rma, which get_rma",
        ),
        (
            "parameters: {rmaId: return_id}",
            "parameters: {rmaId: order}",
            "depends on input order, which the form",
        ),
        ("    items: shipments\n", "    items: shipmnts\n", "did you mean shipments?"),
        ("    items: shipments\n", "    items: status\n", "names field"),
        ("    items: shipments\n", "    items: orderDetails\n", "orderDetails is not a list of records"),
        (
            "    value: shipmentId\n",
            "    value: shipment\n",
            "names field shipment, which the record does not",
        ),
        (SECTION, SECTION.replace("shipment:", "parcel:"), "names dropdown shipment"),
        (SECTION, SECTION.replace("shipment:", "rma:"), "has the name of a dropdown"),
    ],
)
def test_mistake_is_reported(old: str, new: str, complaint: str) -> None:
    assert old in CATALOG
    with pytest.raises(CatalogError) as refused:
        join(specification.read("returngo"), CATALOG.replace(old, new, 1), "connector/catalog/returngo.yaml")
    assert complaint in str(refused.value)


@pytest.mark.parametrize(
    ("key", "complaint"),
    [
        ("carrier", "form input carrier has the name of an input"),
        ("order", "no dropdown depends on form input order"),
    ],
)
def test_needless_form_input_is_reported(key: str, complaint: str) -> None:
    entry = "{label: Return, help: Choose a return., dropdown: rma}"
    text = CATALOG.replace("    form_inputs:\n", f"    form_inputs:\n      {key}: {entry}\n", 1)
    with pytest.raises(CatalogError) as refused:
        join(specification.read("returngo"), text, "connector/catalog/returngo.yaml")
    assert complaint in str(refused.value)
