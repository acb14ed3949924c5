"""Writes type annotations: TypedDicts for records and line items, and the types of inputs."""

from __future__ import annotations

from dataclasses import dataclass, field
from keyword import iskeyword
from typing import TYPE_CHECKING

from connector.definition.naming import title

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connector.definition.model import Field, FieldType, InputField

LONGEST = 110
READ: dict[FieldType, str] = {
    "string": "str",
    "text": "str",
    "integer": "int",
    "number": "int | Decimal",
    "boolean": "bool",
    "datetime": "str",
    "date": "str",
    "list": "list[Any]",
    "object": "dict[str, Any]",
}
"""The annotation of a record's value, keyed by the type of its field."""
GIVEN: dict[FieldType, str] = {
    "string": "str",
    "text": "str",
    "integer": "int",
    "number": "float | Decimal",
    "boolean": "bool",
    "datetime": "str | datetime | date",
    "date": "str | date",
    "list": "Sequence[Any]",
    "object": "Mapping[str, Any]",
}
"""The annotation of the values that an input accepts, keyed by the type of the input."""


@dataclass
class Types:
    """Collects the source lines of one stub's TypedDicts in `lines`, without writing equal ones twice."""

    lines: list[str] = field(default_factory=list)
    _by_members: dict[tuple[tuple[str, str], ...], str] = field(default_factory=dict)
    _names: set[str] = field(default_factory=set)

    @property
    def names(self) -> list[str]:
        """The names of all TypedDicts, in the order in which they were created."""
        return list(self._by_members.values())

    def record(self, name: str, fields: Sequence[Field]) -> str:
        """Return the annotation of a record with these fields, and add its TypedDict if necessary.

        `name` is the name of a new TypedDict.
        """
        members = tuple((one.key, _member(self._read(name, one), one)) for one in fields)
        return self._typed_dict(name, members) if members else "dict[str, Any]"

    def _read(self, name: str, one: Field) -> str:
        inner = name + camel(one.key)
        if one.type == "object" and one.children:
            text = self.record(inner, one.children)
        elif one.type == "list":
            items = self.record(inner, one.children) if one.children else READ[one.item_type or "string"]
            text = f"list[{items}]"
        else:
            text = READ[one.type]
        return f"{text} | None" if one.nullable else text

    def given(self, name: str, one: Field) -> str:
        """Return the annotation of the values that an input accepts.

        The names of new TypedDicts begin with `name`.
        """
        inner = name + camel(one.key)
        if one.type == "object" and one.children:
            return self._line_item(inner, one.children)
        if one.type == "list":
            items = self._line_item(inner, one.children) if one.children else GIVEN[one.item_type or "string"]
            return f"Sequence[{items}]"
        text = literal([choice.value for choice in one.choices]) if one.choices else GIVEN[one.type]
        text = f"int | {text}" if one.whole else text
        repeated = getattr(one, "repeated_as", None)
        return f"{text} | Sequence[{text}]" if repeated else text

    def _line_item(self, name: str, fields: Sequence[Field]) -> str:
        members = tuple((one.key, _member(self.given(name, one), one)) for one in fields)
        return self._typed_dict(name, members)

    def _typed_dict(self, name: str, members: tuple[tuple[str, str], ...]) -> str:
        if members in self._by_members:
            return self._by_members[members]
        unique = name
        while unique in self._names:
            unique += "_"
        self._names.add(unique)
        self._by_members[members] = unique
        if all(is_name(key) for key, _text in members):
            self.lines += [f"class {unique}(TypedDict, total=False):"]
            self.lines += [f"    {key}: {text}" for key, text in members]
        else:
            self.lines += [f"{unique} = TypedDict(", f'    "{unique}",', "    {"]
            self.lines += [f'        "{key}": {text},' for key, text in members]
            self.lines += ["    },", "    total=False,", ")"]
        self.lines.append("")
        return unique


def keywords(
    types: Types, name: str, inputs: Sequence[Field | InputField], optional: frozenset[str] = frozenset()
) -> list[str]:
    """Return the keyword parameters of a function that accepts the inputs, required parameters first.

    Inputs whose keys are in `optional` are not required, because the connector fills them in. Inputs whose
    keys are not valid names in Python are left out. Names of new TypedDicts begin with `name`.
    """
    usable = [one for one in inputs if is_name(one.key)]
    needed = [one for one in usable if one.required and one.key not in optional]
    others = [one for one in usable if one not in needed]
    return [
        *(f"{one.key}: {types.given(name, one)}" for one in needed),
        *(f"{one.key}: {types.given(name, one)} | None = None" for one in others),
    ]


def call(indent: str, head: str, parameters: Sequence[str], end: str) -> list[str]:
    """Return a function's `def` lines: one line if it is short enough, otherwise one line per parameter.

    `head` is the text before the parameters, and `end` the text after them.
    """
    line = f"{indent}{head}({', '.join(parameters)}){end}"
    if len(line) <= LONGEST:
        return [line]
    return [
        f"{indent}{head}(",
        *(f"{indent}    {parameter}," for parameter in parameters),
        f"{indent}){end}",
    ]


def _member(text: str, one: Field) -> str:
    return f"Required[{text}]" if one.required else text


def literal(values: Sequence[str]) -> str:
    """Return the annotation of a string that is one of the values: `Literal["a", "b"]`."""
    return f"Literal[{', '.join(map(quoted, values))}]"


def quoted(text: str) -> str:
    """Format a string as a Python literal with double quotes."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def camel(key: str) -> str:
    """Convert a key to a class name: `return_created` becomes `ReturnCreated`."""
    return "".join(letter for letter in title(key) if letter.isalnum() or letter == "_")


def is_name(key: str) -> bool:
    """Return True if the key is a valid name of a parameter in Python."""
    return key.isidentifier() and not iskeyword(key) and not key.startswith("__")
