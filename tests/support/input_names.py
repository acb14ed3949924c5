"""What an input means, derived from the catalog and the specification, and the key that each meaning has.

A *rule* returns the key that an input must have, or None if the rule does not apply to the input.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from connector.definition.naming import title

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from connector.definition.model import InputField, Integration, Path

KEYS_OF_IDENTIFIERS = {
    "order": "order_number",
    "email": "customer_email",
    "rma": "rma_number",
    "tracking": "tracking_number",
}
NOUNS = {"RMA": "return"}
"""The nouns of vendors that name a record differently from the other vendors."""
PLATFORMS = ("shopify_", "shop_")
"""The beginnings of vendors' names that say which e-commerce platform an ID belongs to."""
COMMON_WORDS = ("status", "reason", "carrier", "note", "sku")
AFTER = ("min", "from", "since", "after", "start")
BEFORE = ("max", "to", "until", "before", "end")


def snake(name: str) -> str:
    return title(name).lower().replace(" ", "_")


@dataclass(frozen=True)
class Given:
    """One input of a step; `inside` is the list input that contains it, or None."""

    made: Integration
    kind: str
    step: str
    field: InputField
    inside: InputField | None = None

    def __str__(self) -> str:
        within = f"{self.inside.key}." if self.inside else ""
        return f"{self.made.vendor.id} {self.step}.{within}{self.field.key}"

    @property
    def fills(self) -> str:
        """The vendor's name of the field or parameter in snake case, such as `shipment_id`."""
        return snake(self.field.path[-1])

    @property
    def place(self) -> str:
        """The vendor's names of the field and of the objects and lists that contain it."""
        return ".".join(map(snake, (*(self.inside.path if self.inside else ()), *self.field.path)))


def all_inputs(made: Integration) -> Iterator[Given]:
    """Yield the inputs of all triggers, actions and searches, with the columns of their lists."""
    steps = (("triggers", made.triggers), ("actions", made.actions), ("searches", made.searches))
    for kind, found in steps:
        for key, step in found.items():
            for field in step.inputs:
                yield Given(made, kind, key, field)
                yield from (Given(made, kind, key, one, field) for one in field.children)


def by_dropdown(one: Given) -> str | None:
    """Name the ID of a record after the records that the dropdown lists."""
    dropdown = one.made.dropdowns[one.field.dropdown] if one.field.dropdown else None
    if dropdown is None or not dropdown.operation or one.field.identifies == "order":
        return None
    return f"{NOUNS.get(dropdown.noun, dropdown.noun)}_id".replace(" ", "_")


def by_identifier(one: Given) -> str | None:
    """Name a number or an address after what it identifies; the ID in a dropdown has a rule of its own."""
    return None if by_dropdown(one) else KEYS_OF_IDENTIFIERS.get(one.field.identifies or "")


def by_id(one: Given) -> str | None:
    """Name an ID as the vendor does, without the e-commerce platform."""
    if by_dropdown(one) or by_identifier(one) or not one.fills.endswith("_id"):
        return None
    return next((one.fills.removeprefix(word) for word in PLATFORMS if one.fills.startswith(word)), one.fills)


def by_common_model(one: Given) -> str | None:
    """Name a trigger's filter after the field of the common model that it compares."""
    if one.kind != "triggers" or one.made.unified is None:
        return None
    table = one.made.unified.returns.get(one.made.triggers[one.step].resource)
    if table is None:
        return None
    within = table.within or ()
    meant: dict[str, list[Path | None]] = {"status": [table.status], "return_type": [table.resolutions]}
    if table.items:
        at = table.items.at
        words = [path for reason in table.items.reasons for path in (reason.code, reason.text) if path]
        meant["reason"] = [(*at, *path) for path in words]
    meant["country"] = [address.country for address in table.addresses.values()]
    found = (
        key for key, paths in meant.items() for path in paths if path and one.field.path == (*within, *path)
    )
    return next(found, None)


def by_shared_step(one: Given) -> str | None:
    """Name the inputs of actions that all vendors share: the return, and a text stored with it."""
    if one.kind != "actions" or one.inside or one.made.unified is None:
        return None
    inputs = one.made.actions[one.step].inputs
    for table in one.made.unified.actions.values():
        keys = {table.id: "return_id", table.text: "note"} if table.action == one.step else {}
        for field in inputs:
            if field.path == one.field.path and field.key in keys:
                return keys[field.key]
    return None


def by_words(one: Given) -> str | None:
    """Name the values that most steps have, also if the vendor's name is longer (`returnReason`)."""
    if one.field.location == "match" or one.field.children:
        return None
    words = one.fills.split("_")
    if (one.field.type in {"integer", "number"} or one.field.whole) and {"quantity", "qty"} & {*words}:
        return "quantity"
    word = one.fills.removeprefix("return_").removesuffix("_name")
    return word if word in COMMON_WORDS else None


def by_line_items(one: Given) -> str | None:
    """Name a list of products `items`: its lines have quantities, or IDs of line items."""
    columns = {snake(child.path[-1]) for child in one.field.children}
    return "items" if any("quantity" in name or name.endswith("line_item_id") for name in columns) else None


def by_period(one: Given) -> str | None:
    """Name the ends of a period that a search reads `…_after` and `…_before`."""
    if one.kind != "searches" or one.field.type not in {"datetime", "date"}:
        return None
    words = one.fills.split("_")
    first, last = {*words} & {*AFTER}, {*words} & {*BEFORE}
    ends = (one.field.key.rpartition("_")[0] or "created", "after" if first else "before")
    return "_".join(ends) if first or last else None


RULES: Mapping[str, Callable[[Given], str | None]] = {
    rule.__name__: rule
    for rule in (
        by_dropdown,
        by_identifier,
        by_id,
        by_common_model,
        by_shared_step,
        by_words,
        by_line_items,
        by_period,
    )
}
