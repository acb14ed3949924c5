"""Builds the writes that `returns verify --write` tries on one test record that the user names.

A write repeats the current values of the record (PUT, PATCH), or adds a text such as a note (POST). Writes
that create other records, move money or delete data are never tried.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connector.definition.naming import text_of
from connector.verify.records import DEEPEST, OWN_KEY, named, path_parameters

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from connector.definition.model import Field, Integration, Operation

TEXT = "Written by returns verify"
"""The text of a note or comment that is added to the test record."""
TYPES: dict[str, type | tuple[type, ...]] = {"integer": int, "boolean": bool}


class NoValue(Exception):  # noqa: N818 - becomes the reason why a write is not tried
    """Raised if the test record contains no value for a required input; the message is the input's name."""


@dataclass(frozen=True, slots=True)
class Writes:
    """The writes that a verification of one vendor can send.

    `reader` is the operation that reads the test record. It is None, and `operations` is empty, if the vendor
    has no operation that reads one record.
    """

    reader: Operation | None
    operations: tuple[Operation, ...]

    @property
    def calls(self) -> int:
        """The maximum number of requests, including the one that reads the test record."""
        return len(self.operations) + 1 if self.operations else 0


def writes(integration: Integration) -> Writes:
    """Select the operations of a vendor's actions that change nothing in a test record, or only add text."""
    gets = [
        integration.operations[search.operation]
        for search in integration.searches.values()
        if search.kind == "get"
    ]
    reader = next((operation for operation in gets if len(path_parameters(operation)) == 1), None)
    if reader is None:
        return Writes(None, ())
    actions = [action for action in integration.actions.values() if action.risk == "write"]
    operations = dict.fromkeys(action.operation for action in actions)
    return Writes(reader, tuple(filter(_is_harmless, (integration.operations[name] for name in operations))))


def values(operation: Operation, reader: Operation, record: Any, record_id: str) -> dict[str, Any]:
    """Return the values for a write to the test record, which `reader` returned as `record`.

    `record_id` is the record's ID. Raises `NoValue` if the record has no value for a required input.
    """
    own = path_parameters(reader)[0]
    ids: dict[str, str] = {}
    for name in path_parameters(operation):
        ids[name] = record_id if name == own else next(named(record, name), "")
        if not ids[name]:
            raise NoValue(name)
    fields = operation.body.children if operation.body else ()
    keys = {field.key for field in fields}
    owner = max(_owners(record, ids), key=lambda one: len(keys.intersection(one)), default={})
    sent = {field.key: value for field in fields if (value := _value(operation, field, owner)) is not None}
    for field in fields:
        if field.required and field.key not in sent:
            raise NoValue(field.key)
    return {**ids, **sent}


def _is_harmless(operation: Operation) -> bool:
    if not path_parameters(operation) or operation.body is None:
        return False
    if operation.method in ("PUT", "PATCH"):
        return True
    required = [field for field in operation.body.children if field.required]
    return operation.method == "POST" and bool(required) and all(field.type == "text" for field in required)


def _value(operation: Operation, field: Field, owner: Mapping[str, Any]) -> Any:
    """Return the value to send for a field, or None to omit it.

    This is the field's current value or, for a POST request, the text of a new note.
    """
    if operation.method == "POST":
        return TEXT if field.required else None
    value = owner.get(field.key)
    fits = isinstance(value, TYPES.get(field.type, str)) and not (
        field.type == "integer" and isinstance(value, bool)
    )
    return value if fits else None


def _owners(value: Any, ids: Mapping[str, str], depth: int = 0) -> Iterator[Mapping[str, Any]]:
    """Yield the objects inside a record that have one of the IDs in `ids`.

    An object has an ID if its member with the parameter's name, or its member `id`, contains the ID.
    """
    if depth > DEEPEST or not isinstance(value, dict | list):
        return
    for member in value.values() if isinstance(value, dict) else value:
        yield from _owners(member, ids, depth + 1)
    if isinstance(value, dict) and any(
        id_ in (text_of(value.get(name)), text_of(value.get(OWN_KEY))) for name, id_ in ids.items()
    ):
        yield value
