"""Finds values for the path parameters of operations in the records that earlier requests returned."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connector.definition.naming import text_of
from connector.definition.paths import at_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from connector.definition.model import Integration, Operation
    from connector.verify.recorder import Exchange

DEEPEST = 6
OWN_KEY = "id"


@dataclass(frozen=True, slots=True)
class Record:
    """A record: a row of a list, or a single record.

    `operation` is the operation that returned it, and `values` are the values that the request was sent with.
    """

    operation: Operation
    values: Mapping[str, Any]
    row: Mapping[str, Any]


class Records:
    """Stores the records of an account that have been read so far."""

    def __init__(self, integration: Integration) -> None:
        self._integration = integration
        self._records: list[Record] = []

    def add(self, exchange: Exchange) -> int:
        """Store the records in a successful response, and return their number."""
        rows = list(rows_of(exchange.operation, exchange.body))
        self._records += [Record(exchange.operation, exchange.values, row) for row in rows]
        return len(rows)

    def candidates(self, operation: Operation, most: int) -> list[dict[str, str]]:
        """Return up to `most` sets of values for an operation's path parameters, keyed by parameter.

        The list is empty if no record contains a value for one of the parameters.
        """
        found: list[dict[str, str]] = [{}]
        for name in path_parameters(operation):
            found = [
                {**chosen, name: value}
                for chosen in found
                for value in _distinct(self._values(operation, name, chosen), most)
            ]
        return found[:most]

    def _values(self, operation: Operation, name: str, chosen: Mapping[str, str]) -> Iterator[str]:
        """Yield values for the path parameter `name`, the most reliable ones first.

        First come the values at the path that the catalog maps to the parameter, then the values of fields
        with the parameter's name, then the IDs of the records in the list whose URL path ends where the
        parameter begins. `chosen` contains the values of earlier parameters: if there are any, only records
        that contain these values are searched.
        """
        related = [record for record in self._records if not chosen or _mentions(record, chosen)]
        for trigger in self._integration.triggers.values():
            details = trigger.details
            if details and details.operation == operation.id and name in details.parameters:
                listing = trigger.source.operation
                rows = (record.row for record in related if record.operation.id == listing)
                yield from filter(None, (text_of(at_path(row, details.parameters[name])) for row in rows))
        if name != OWN_KEY:
            for record in related:
                yield from named(record.row, name)
        prefix = operation.path.partition(f"{{{name}}}")[0].rstrip("/")
        for record in related:
            if record.operation.path == prefix:
                yield from filter(None, [text_of(record.row.get(name)) or text_of(record.row.get(OWN_KEY))])


def path_parameters(operation: Operation) -> list[str]:
    """Return the names of an operation's path parameters, in the order in which the path contains them."""
    return re.findall(r"\{([^}]+)\}", operation.path)


def rows_of(operation: Operation, body: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the records in a response: the rows of its list, or the single record.

    If the catalog does not state where the list is, the first list of objects in the response is used.
    """
    data = at_path(body, operation.payload)
    if isinstance(data, dict) and not operation.payload:
        members = [
            *data.values(),
            *(inner for one in data.values() if isinstance(one, dict) for inner in one.values()),
        ]
        data = next(
            (one for one in members if isinstance(one, list) and any(isinstance(row, dict) for row in one)),
            data,
        )
    for row in data if isinstance(data, list) else [data]:
        if isinstance(row, dict):
            yield row


def _distinct(values: Iterable[str], most: int) -> list[str]:
    """Return the first `most` distinct values, and compute no further values."""
    found: dict[str, None] = {}
    for value in values:
        found[value] = None
        if len(found) == most:
            break
    return list(found)


def _mentions(record: Record, chosen: Mapping[str, str]) -> bool:
    """Return True if a record, or the request that returned it, contains all values in `chosen`."""
    known = {*map(text_of, record.values.values()), *_leaves(record.row)}
    return known.issuperset(chosen.values())


def named(value: Any, name: str, depth: int = 0) -> Iterator[str]:
    """Yield the values of all members called `name` in a JSON value, at any level up to `DEEPEST`.

    Underscores, hyphens and case are ignored, so the name `rma_id` also finds `rmaId`.
    """
    if depth > DEEPEST:
        return
    if isinstance(value, dict):
        for key, member in value.items():
            if _plain(key) == _plain(name) and text_of(member):
                yield text_of(member)
            yield from named(member, name, depth + 1)
    elif isinstance(value, list):
        for item in value:
            yield from named(item, name, depth + 1)


def _leaves(value: Any, depth: int = 0) -> Iterator[str]:
    if isinstance(value, dict | list) and depth <= DEEPEST:
        for member in value.values() if isinstance(value, dict) else value:
            yield from _leaves(member, depth + 1)
    elif text := text_of(value):
        yield text


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()
