"""Examples of records: the description's own, and what of them is particular to an event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connector.definition.model import CreatedSince
from connector.definition.naming import same_word
from connector.definition.paths import at_path, dotted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connector.definition.model import Field, Path, Source
    from connector.definition.paths import At, Resolver


def of_operation(resolver: Resolver, name: str, at: At, who: str) -> Any:
    """Return the first record of an operation's example; complains where there is none."""
    operation = resolver.operation(name, at, who)
    if operation is None:
        return None
    found = at_path(operation.example, operation.payload)
    if isinstance(found, list):
        found = found[0] if found else None
    if found is None:
        resolver.complain(at, f"{who} takes its sample from {name}, which has no example.")
    return found


def of_event(
    resolver: Resolver,
    source: Source,
    fields: Sequence[Field],
    said: Mapping[str, Any],
    at: At,
    who: str,
) -> dict[str, Any]:
    """Give what an event's example has that the record's does not: the state reached, and what is `said`.

    `fields` are those of the record; `said` maps dotted paths in it to values.
    """
    found: dict[str, Any] = {}
    if not isinstance(source, CreatedSince) and source.state and source.reached:
        _put(found, source.state, source.reached[0])
    for path, value in said.items():
        if resolver.path(fields, path, (*at, path), who):
            _put(found, dotted(path), value)
    return found


def check(resolver: Resolver, source: Source, occurred: Path | None, shown: Any, at: At, who: str) -> None:
    """Complain where an example shows something that is no such event."""
    if not isinstance(source, CreatedSince) and source.state and not source.reached:
        state = at_path(shown, source.state)
        if any(same_word(state, one) for one in source.initial):
            field = ".".join(source.state)
            resolver.complain(at, f"{who} tells of no {field} {state}; its example needs another one.")
    if occurred and at_path(shown, occurred) is None:
        resolver.complain(at, f"{who} happens at {'.'.join(occurred)}, which its example needs.")


def merged(sample: Any, changes: Mapping[str, Any]) -> Any:
    """Return a record with other values in the places that `changes` name, objects merged."""
    if not isinstance(sample, dict):
        return dict(changes)
    inside = {
        key: merged(sample.get(key), value) if isinstance(value, dict) else value
        for key, value in changes.items()
    }
    return {**sample, **inside}


def _put(record: dict[str, Any], path: Path, value: Any) -> None:
    for name in path[:-1]:
        record = record.setdefault(name, {})
    record[path[-1]] = value
