"""Required members of optional objects are required only if the object is sent."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest

import openapi
from connector.definition.compiler import CATALOGS, join
from connector.errors import CatalogError, ValidationFailed
from connector.runtime.inputs import fill
from connector.transport.request import build

if TYPE_CHECKING:
    from connector.definition.model import InputField, Integration

TEXT = (CATALOGS / "returnlogic.yaml").read_text(encoding="utf-8")
ORDER: dict[str, Any] = {
    "external_order_id": "5001001",
    "order_number": "1001",
    "order_name": "#1001",
    "currency": "AUD",
    "taxes_included": True,
    "tags": [],
    "items": [{"external_product_id": "7001", "quantity": 1, "price": 0}],
    **dict.fromkeys(("total_price", "tax_price", "shipping_price", "fees", "refund_amount"), 0),
}
DEPOT = {
    "type": "object",
    "required": ["code", "floor"],
    "properties": {"code": {"type": "string"}, "floor": {"type": "string"}, "note": {"type": "string"}},
}
DEPOT_INPUTS = """\
      depot_code: {name: shippingAddress.depot.code, label: Depot Code}
      depot_floor: {name: shippingAddress.depot.floor, label: Depot Floor}
      depot_note: {name: shippingAddress.depot.note, label: Depot Note}
      items:
        name: orderItems
"""


def compiled(catalog: str = TEXT, *, holder: bool = False, **address: Any) -> Integration:
    """Compile ReturnLogic with a changed `address` schema of orders; `holder` makes the address required."""
    document = deepcopy(openapi.read("returnlogic"))
    schemas = document["components"]["schemas"]
    schemas["Address"]["required"] = address.pop("required", [])
    schemas["Address"]["properties"].update(address)
    if holder:
        schemas["NewOrder"]["required"].append("shippingAddress")
    return join(document, catalog, "returnlogic.yaml")


def by_key(made: Integration) -> dict[str, InputField]:
    return {one.key: one for one in made.actions["create_order"].inputs}


def run(made: Integration, **inputs: Any) -> dict[str, Any]:
    return fill("create_order", made.actions["create_order"].inputs, {**ORDER, **inputs}).values


def test_member_of_an_optional_object_is_required_beside_its_siblings_only() -> None:
    made = compiled(required=["name", "city"])
    fields = by_key(made)
    assert not fields["ship_to_name"].required
    assert "ship_to_city" in fields["ship_to_name"].required_with
    assert "ship_to_name" not in fields["ship_to_name"].required_with
    assert fields["ship_to_zip"].required_with == ()
    assert "shippingAddress" not in run(made)
    sent = run(made, ship_to_name="Kim", ship_to_city="Gumnut Flat")
    assert sent["shippingAddress"] == {"name": "Kim", "city": "Gumnut Flat"}
    with pytest.raises(ValidationFailed) as caught:
        run(made, ship_to_zip="2031", ship_to_city=" ")
    assert [str(error) for error in caught.value.fields] == [
        "ship_to_name is required when ship_to_zip is given",
        "ship_to_city is required when ship_to_zip is given",
    ]


def alternatives(schema: str, **rule: Any) -> Integration:
    """Compile ReturnLogic with a rule of required names in a schema."""
    document = deepcopy(openapi.read("returnlogic"))
    document["components"]["schemas"][schema] |= rule
    return join(document, TEXT, "returnlogic.yaml")


ONE_OF_TWO = [{"required": ["orderName"]}, {"required": ["shopifyNote"]}]


def swap_without(*names: str) -> Integration:
    """Compile Swap without these inputs of its actions, of which one in two is required."""
    lines = (CATALOGS / "swap.yaml").read_text("utf-8").splitlines(keepends=True)
    kept = "".join(
        line for line in lines if not line.startswith(tuple(f"      {name}: {{" for name in names))
    )
    for name in names:  # as a column of the action for several lines
        kept = kept.replace(f" {name},", "")
    return join(openapi.read("swap"), kept, "swap.yaml")


QUALITY = {"order_number": "#1001", "condition": "Sellable", "quantity": 1}


def test_one_of_several_members_is_required() -> None:
    made = swap_without()
    action = made.actions["update_quality_control"]
    fields = {one.key: one for one in action.inputs}
    assert fields["sku"].required_without == ("line_item_id",)
    assert not fields["line_item_id"].required_without
    with pytest.raises(ValidationFailed) as caught:
        fill(action.key, action.inputs, {**QUALITY, "sku": " "})
    assert [str(one) for one in caught.value.fields] == ["sku is required, unless line_item_id is given"]
    for given in ({"sku": "A"}, {"line_item_id": "1"}):
        assert fill(action.key, action.inputs, {**QUALITY, **given}).values.keys() > {"condition"}


def test_operation_needs_one_of_several_members() -> None:
    operation = swap_without().operations["update_quality_control"]
    values = {"store_id": "store_1", "condition": "Sellable", "return_qty": 1}
    with pytest.raises(ValidationFailed, match="sku is required, unless shopify_line_item_id is given"):
        build(operation, values)
    assert build(operation, {**values, "shopify_line_item_id": "1"}).body["shopify_line_item_id"] == "1"


def test_the_only_input_for_one_of_several_members_is_required() -> None:
    (sku,) = (
        one
        for one in swap_without("line_item_id").actions["update_quality_control"].inputs
        if one.key == "sku"
    )
    assert sku.required
    assert sku.required_without == ()


def test_one_of_several_members_of_a_line_item_is_required() -> None:
    """One rule of a schema holds for the columns of an action and for the lists of an operation."""
    rule = [{"required": ["code"]}, {"required": ["amount"]}]
    made = alternatives("OrderDiscountAttributes", anyOf=rule, required=[])
    with pytest.raises(
        ValidationFailed, match=r"discounts\[0\]\.code is required, unless discounts\[0\]\.amount"
    ):
        run(made, discounts=[{"type": "Fixed"}])
    sent = run(made, discounts=[{"amount": 10}])
    assert sent["orderDiscounts"] == [{"amount": 10}]
    with pytest.raises(
        ValidationFailed, match=r"orderDiscounts\[0\]\.code is required, unless orderDiscounts"
    ):
        build(made.operations["create_order"], {**sent, "orderDiscounts": [{}]})


def test_other_rules_of_required_names_are_refused() -> None:
    for rule in ({"oneOf": ONE_OF_TWO}, {"anyOf": [{"required": ["orderName", "currency"]}]}):
        with pytest.raises(CatalogError, match="required names are supported only in anyOf"):
            alternatives("NewOrder", **rule)


def test_member_of_a_required_object_is_required() -> None:
    fields = by_key(compiled(required=["name"], holder=True))
    assert fields["ship_to_name"].required
    assert fields["ship_to_name"].required_with == ()
    assert not fields["ship_to_zip"].required


def test_input_required_by_the_catalog_is_required() -> None:
    catalog = TEXT.replace("{name: shippingAddress.name,", "{name: shippingAddress.name, required: true,", 1)
    assert by_key(compiled(catalog, required=["name"]))["ship_to_name"].required


def test_required_member_without_an_input_is_a_catalog_error() -> None:
    for holder in (False, True):
        with pytest.raises(CatalogError, match=r"leaves out shippingAddress\.attention, which"):
            compiled(holder=holder, required=["name", "attention"], attention={"type": "string"})


def test_required_nested_object_without_an_input_is_a_catalog_error() -> None:
    with pytest.raises(CatalogError, match=r"leaves out shippingAddress\.depot, which"):
        compiled(required=["depot"], depot=DEPOT)


def test_nested_optional_object_needs_its_members_only_if_sent() -> None:
    catalog = TEXT.replace("      items:\n        name: orderItems\n", DEPOT_INPUTS, 1)
    made = compiled(catalog, required=["name"], depot=DEPOT)
    fields = by_key(made)
    assert set(fields["depot_code"].required_with) == {"depot_floor", "depot_note"}
    assert "depot_note" in fields["ship_to_name"].required_with
    assert run(made, ship_to_name="Kim")["shippingAddress"] == {"name": "Kim"}
    with pytest.raises(ValidationFailed) as caught:
        run(made, depot_note="Ring twice.")
    assert {error.field for error in caught.value.fields} == {"ship_to_name", "depot_code", "depot_floor"}
    without = catalog.replace(
        "      depot_floor: {name: shippingAddress.depot.floor, label: Depot Floor}\n", ""
    )
    with pytest.raises(CatalogError, match=r"leaves out shippingAddress\.depot\.floor, which create_order"):
        compiled(without, depot=DEPOT)


def test_line_item_needs_an_objects_members_only_if_sent() -> None:
    document = deepcopy(openapi.read("returnlogic"))
    discount = document["components"]["schemas"]["OrderDiscountAttributes"]
    discount["properties"]["origin"] = DEPOT
    columns = """\
          amount: {label: Discount Amount, help: How much less the customer pays.}
          origin_code: {name: origin.code, label: Origin Code}
          origin_floor: {name: origin.floor, label: Origin Floor}
"""
    place = "          amount: {label: Discount Amount, help: How much less the customer pays.}\n"
    made = join(document, TEXT.replace(place, columns, 1), "returnlogic.yaml")
    line = {"code": "TEN", "amount": 10}
    assert run(made, discounts=[line])["orderDiscounts"] == [line]
    with pytest.raises(
        ValidationFailed, match=r"discounts\[1\]\.origin_floor is required when discounts\[1\]"
    ):
        run(made, discounts=[line, {**line, "origin_code": "A"}])
    with pytest.raises(
        CatalogError, match=r"leaves out orderDiscounts\.origin\.floor, which the API requires"
    ):
        join(document, TEXT.replace(place, columns.split("          origin_floor", maxsplit=1)[0], 1), "x")


def test_input_cannot_fill_a_member_of_every_list_item() -> None:
    catalog = TEXT.replace(
        "      tags: {label", "      tag_codes: {name: orderDiscounts.code}\n      tags: {label"
    )
    with pytest.raises(CatalogError, match="input tag_codes leads through the list orderDiscounts"):
        compiled(catalog)
