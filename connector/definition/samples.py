"""Builds an example record for each resource, and example data for each trigger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connector.definition.model import CreatedSince
from connector.definition.paths import at_path, dotted
from connector.definition.spelling import same_word

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connector.definition.model import Field, Path, Source
    from connector.definition.paths import At, Resolver


def of_operation(resolver: Resolver, name: str, at: At, subject: str) -> Any:
    """Return the first record in the example response of the operation `name`.

    Reports a problem and returns None if the operation is unknown or has no example.
    """
    operation = resolver.operation(name, at, subject)
    if operation is None:
        return None
    record = at_path(operation.example, operation.payload)
    if isinstance(record, list):
        record = record[0] if record else None
    if record is None:
        resolver.report(at, f"{subject} takes its sample from {name}, which has no example.")
    return record


def of_event(
    resolver: Resolver,
    source: Source,
    fields: Sequence[Field],
    example: Mapping[str, Any],
    at: At,
    subject: str,
) -> dict[str, Any]:
    """Build the values of a trigger's example event that differ from the resource's sample record.

    `fields` are the fields of the record, and `example` maps dotted paths in the record to values. The
    result also contains the state that the trigger detects. Unknown paths are reported to `resolver`.
    """
    changes: dict[str, Any] = {}
    if not isinstance(source, CreatedSince) and source.state and source.reached:
        _put(changes, source.state, source.reached[0])
    return merged(changes, of_paths(resolver, fields, example, at, subject))


def of_paths(
    resolver: Resolver, fields: Sequence[Field], example: Mapping[str, Any], at: At, subject: str
) -> dict[str, Any]:
    """Build the nested object with the values of `example`, which maps dotted paths in a record to values.

    `fields` are the fields of the record. Unknown paths are reported to `resolver`.
    """
    changes: dict[str, Any] = {}
    for path, value in example.items():
        resolver.path(fields, path, (*at, path), subject)
        _put(changes, dotted(path), value)
    return changes


def check(
    resolver: Resolver, source: Source, occurred: Path | None, shown: Any, at: At, subject: str
) -> None:
    """Report a problem if the trigger would emit no event for the example record `shown`.

    A trigger emits no event for a record in one of the source's `initial` states, or for a record without a
    timestamp at `occurred`.
    """
    if not isinstance(source, CreatedSince) and source.state and not source.reached:
        state = at_path(shown, source.state)
        if any(same_word(state, initial) for initial in source.initial):
            field = ".".join(source.state)
            resolver.report(at, f"{subject} never fires for {field}={state}; use another value in `example`.")
    if occurred and at_path(shown, occurred) is None:
        resolver.report(at, f"{subject} needs a value for {'.'.join(occurred)} in `example`.")


def merged(sample: Any, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of the record `sample` with the values in `changes`.

    Nested objects are merged. If the sample has a list of objects where `changes` has an object, the object
    is merged with each of them.
    """
    if not isinstance(sample, dict):
        return dict(changes)
    return {**sample, **{key: _changed(sample.get(key), value) for key, value in changes.items()}}


def _changed(before: Any, value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return [merged(row, value) for row in before] if isinstance(before, list) else merged(before, value)


def _put(record: dict[str, Any], path: Path, value: Any) -> None:
    for name in path[:-1]:
        record = record.setdefault(name, {})
    record[path[-1]] = value
