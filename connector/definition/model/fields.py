"""Values: what a record holds and what a request takes."""

from collections.abc import Set as AbstractSet
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

Path = tuple[str, ...]
Provenance = Literal["documented", "observed", "assumed"]
FieldType = Literal["string", "text", "integer", "number", "boolean", "datetime", "date", "list", "object"]
Identifier = Literal["order", "rma", "email", "tracking", "id"]
"""What a value identifies; values of a kind are compared as `connector.runtime.compare` does."""
Comparison = Literal["identity", "word", "text"]


class Part(BaseModel):
    """Frozen, and refusing unknown names: a misspelt fact never passes silently."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Bounds(Part):
    """What the spec limits a value to; None where it says nothing."""

    minimum: float | None = None
    maximum: float | None = None
    exclusive_minimum: bool = False
    exclusive_maximum: bool = False
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    min_items: int | None = None
    max_items: int | None = None


class Choice(Part):
    """One value of a closed set, and how a person reads it: `label_sent`, "Label Sent"."""

    value: str
    label: str


class Variant(Part):
    """One of the forms that an object may have: it holds all of `required`, and nothing but `fields`."""

    label: str
    fields: tuple[str, ...]
    required: tuple[str, ...]

    def fits(self, given: AbstractSet[str]) -> bool:
        """Say whether an object with these members has this form."""
        return set(self.required) <= given <= set(self.fields)


class Field(Part):
    """One named value of a record or of a request.

    `type` "list" with `children` is a list of records (line items); without children it is a list of
    `item_type`. `type` "object" with `children` has these members; without, its members are not known
    (counts by status, say). `choices` is a closed set; `known_values` are the words seen so far of an
    open one (never validate against it). The label of an object's member stands alone ("Customer Email"),
    that of a list's column does not ("SKU"). `datetime` is ISO 8601 with zone, `date` is `YYYY-MM-DD`.
    With `variants` an object (or each object of a list) has exactly one of these forms; `children` are the
    members of all of them, and required where every form requires them.
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
    """A field that a person or a program fills in, and where its value goes.

    `location`: "path" and "query" name a parameter (`path[0]`); "body" is a path into the JSON body (of
    children of a list: relative to one item); "match" goes nowhere: it is compared with the value at `path`
    in each record read (a look-up that the API has no filter for), as `compared` says: "identity" and "word"
    as `connector.runtime.compare` does, "text" ignoring case and outer blanks.
    `dropdown` names an entry of `Integration.dropdowns` that offers values; anything may still be typed.
    `repeated_as` is the query name for several values at once (`status[]`), when the API has one;
    `separator` separates several values in one text, when the API takes them so.

    `required_with` are the keys of inputs beside it that fill other parts of the same optional object: when
    one of them is given, the object is sent, and needs this value too.

    `identifies` says what the value identifies; it is never set for free text, dates and ranges. Of a search,
    `found_at` are the paths in a row that hold the value (through lists; any of them is enough). A row that
    holds another value there is not what was asked for. A row that holds none stays.
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
