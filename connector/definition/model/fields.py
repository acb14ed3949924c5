"""Models of the fields of records and of the inputs of requests."""

from collections.abc import Set as AbstractSet
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

Path = tuple[str, ...]
Provenance = Literal["documented", "observed", "assumed"]
FieldType = Literal["string", "text", "integer", "number", "boolean", "datetime", "date", "list", "object"]
Identifier = Literal["order", "rma", "email", "tracking", "id"]
"""The kind of identifier a value is; `connector.runtime.compare` compares each kind by its own rules."""
Comparison = Literal["identity", "word", "text"]


class FrozenModel(BaseModel):
    """Base class of all models: immutable, and raises an error for unknown field names."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Bounds(FrozenModel):
    """The limits that the specification sets for a value; None for each limit that is not set."""

    minimum: float | None = None
    maximum: float | None = None
    exclusive_minimum: bool = False
    exclusive_maximum: bool = False
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    min_items: int | None = None
    max_items: int | None = None


class Choice(FrozenModel):
    """One value of a closed set and its label: `label_sent` and "Label Sent"."""

    value: str
    label: str


class Variant(FrozenModel):
    """One of the alternative forms of an object: all of `required`, and no member outside `fields`."""

    label: str
    fields: tuple[str, ...]
    required: tuple[str, ...]

    def fits(self, given: AbstractSet[str]) -> bool:
        """Return True if an object with exactly the members `given` matches this form."""
        return set(self.required) <= given <= set(self.fields)


class Field(FrozenModel):
    """One named value of a record or of a request.

    A "list" with `children` is a list of records, such as line items; without children it is a list of
    `item_type`. An "object" without `children` has members that are not known in advance, such as counts by
    status. A "datetime" is ISO 8601 with a time zone, a "date" is `YYYY-MM-DD`.

    `choices` is a closed set of values. `known_values` are examples from an open set; do not validate
    against them. The label of an object's member is complete in itself ("Customer Email"); the label of a
    list's column is read together with the list's ("SKU"). With `variants`, an object (or each object of a
    list) has exactly one of these forms; `children` then has the members of all forms, and a member is
    required if every form requires it.
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
    choices: tuple[Choice, ...] = ()
    known_values: tuple[str, ...] = ()
    default: Any = None
    bounds: Bounds = Bounds()
    provenance: Provenance = "documented"
    example: Any = None


class InputField(Field):
    """An input of a trigger, action or search, and the place in the request that its value fills.

    `location` "path" and "query" name the parameter `path[0]`. With "body", `path` leads into the JSON
    body; for the children of a list it is relative to one item. "match" is not sent: the value is compared
    with the one at `path` in each record read, because the API has no such filter. `compared` selects how:
    "identity" and "word" as in `connector.runtime.compare`, "text" ignoring case and surrounding blanks.

    `dropdown` names an entry of `Integration.dropdowns` with suggestions; other values are accepted too.
    `repeated_as` is the query parameter for several values (`status[]`), and `separator` separates several
    values in one text, if the API supports it.

    `required_with` lists the keys of inputs that fill other members of the same optional object. If one of
    them has a value, the object is sent and this input is required.

    `identifies` is the kind of identifier the value is; free text, dates and ranges have none. For a
    search, `found_at` lists the paths in a row that may contain the value (they may lead through lists; one
    match is enough). A row with a different value there is dropped, because vendors sometimes ignore a
    filter. A row without a value is kept.
    """

    location: Literal["path", "query", "body", "match"]
    path: Path
    children: tuple["InputField", ...] = ()
    dropdown: str | None = None
    repeated_as: str | None = None
    separator: str | None = None
    required_with: tuple[str, ...] = ()
    identifies: Identifier | None = None
    found_at: tuple[Path, ...] = ()
    compared: Comparison = "text"
