"""Models of the fields of records and of the inputs of requests."""

from collections.abc import Set as AbstractSet
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

Path = tuple[str, ...]
Provenance = Literal["documented", "observed", "assumed"]
FieldType = Literal["string", "text", "integer", "number", "boolean", "datetime", "date", "list", "object"]
Identifier = Literal["order", "rma", "email", "tracking", "id"]
"""The kinds of identifiers; `connector.runtime.compare` compares values of each kind by its own rules."""
Comparison = Literal["identity", "word", "text"]


class FrozenModel(BaseModel):
    """The base class of all models, which are immutable and reject unknown field names."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Bounds(FrozenModel):
    """The limits that the specification sets for a value; a missing limit has the value None.

    In a list, `min_items`, `max_items` and `unique_items` limit the list, and the other limits each item.
    """

    minimum: float | None = None
    maximum: float | None = None
    exclusive_minimum: bool = False
    exclusive_maximum: bool = False
    multiple_of: float | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    min_items: int | None = None
    max_items: int | None = None
    unique_items: bool = False
    min_properties: int | None = None


class Choice(FrozenModel):
    """One of the values that a field can have, and its label, such as `label_sent` and "Label Sent"."""

    value: str
    label: str


class Variant(FrozenModel):
    """One of the alternative schemas of an object, with the names of its allowed and required members."""

    label: str
    fields: tuple[str, ...]
    required: tuple[str, ...]

    def fits(self, given: AbstractSet[str]) -> bool:
        """Return True if an object that has exactly the members `given` matches this variant."""
        return set(self.required) <= given <= set(self.fields)


class Field(FrozenModel):
    """One named value in a record or a request.

    A "list" with `children` is a list of records, such as line items; without `children`, it is a list of
    values of type `item_type`. An "object" without `children` has members that are not known in advance, such
    as counts keyed by status. A "datetime" is in ISO 8601 format with a time zone; a "date" is `YYYY-MM-DD`.

    `choices` lists all possible values. `known_values` lists only some of them, so other values are valid
    too. The label of a field inside an object includes the object's label ("Customer Email"); the label of a
    field inside a list does not include the list's label ("SKU"). With `variants`, an object (or each object
    in a list) matches exactly one of the variants; `children` then contains the members of all variants, and
    a member is required if every variant requires it. An object (or each object in a list) has at least one
    of the members in `at_least_one`, if there are any.

    The value of a `flag` is 0 or 1, or the text "true" or "false", and means yes or no. A `sensitive` field,
    such as a bank account, is left out of an app's outputs unless the user asks for it. The value of a
    `file` is the address of a file. The value of a `whole` field of type "string" is a whole number, which
    the vendor writes as text.
    """

    key: str
    label: str
    type: FieldType
    help: str = ""
    required: bool = False
    nullable: bool = False
    item_type: FieldType | None = None
    children: tuple["Field", ...] = ()
    variants: tuple[Variant, ...] = ()
    at_least_one: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    known_values: tuple[str, ...] = ()
    default: Any = None
    bounds: Bounds = Bounds()
    provenance: Provenance = "documented"
    example: Any = None
    flag: bool = False
    sensitive: bool = False
    file: bool = False
    whole: bool = False

    @property
    def shown_type(self) -> FieldType:
        """The type of a value that apps show: that of the field or of the items in a list."""
        kind = self.item_type or "string" if self.type == "list" else self.type
        return "boolean" if self.flag else "integer" if self.whole else kind


class InputField(Field):
    """An input of a trigger, action or search, and the part of the request that its value fills.

    With `location` "path" or "query", the input fills the parameter `path[0]`. With "body", `path` is the
    path in the JSON body; for the children of a list it is relative to one item. With "match", the input is
    not sent, because the API cannot filter by it. Instead, the input's value is compared with the value at
    `path` in each record. `compared` selects the comparison: "identity" and "word" are explained in
    `connector.runtime.compare`, and "text" ignores case and surrounding white space. If `path` leads through
    a list, or to one, `in_list` is the path of this list; a record matches if one of the items does.

    With "form", the input is not sent; only forms of apps have it (see `Action.form_inputs`).

    `dropdown` is a key of `Integration.dropdowns`, which suggests values; other values are accepted too.
    `dependent_dropdown` is a key of `Integration.dependent_dropdowns`, which does so in forms of apps only.
    `repeated_as` is the query parameter that accepts several values, such as `status[]`, and `separator` is
    the character that separates several values in one string; both are None if the API accepts only one
    value.

    `required_with` lists the keys of inputs that fill other members of the same optional object. If one of
    these inputs has a value, the object is sent and this input is required. `required_without` lists the keys
    of inputs that can take this one's place: if none of them has a value, this input is required.

    `identifies` is the kind of identifier that the input expects, or None for free text, dates and ranges. In
    a search, `found_at` lists the paths in a record that may contain the input's value (a path may lead
    through lists). Because vendors sometimes ignore a filter, a record is dropped if it has values at these
    paths but none of them matches. A record without values at these paths is kept.
    """

    location: Literal["path", "query", "body", "match", "form"]
    path: Path
    children: tuple["InputField", ...] = ()
    dropdown: str | None = None
    dependent_dropdown: str | None = None
    repeated_as: str | None = None
    separator: str | None = None
    required_with: tuple[str, ...] = ()
    required_without: tuple[str, ...] = ()
    identifies: Identifier | None = None
    found_at: tuple[Path, ...] = ()
    compared: Comparison = "text"
    in_list: Path | None = None
