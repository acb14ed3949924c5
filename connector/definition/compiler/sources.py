"""Compiles polling sources and details requests, and determines the provenance of sources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connector.definition.catalog.sources import (
    ChangedSinceEntry,
    CreatedSinceEntry,
    SnapshotEntry,
    WindowScanEntry,
)
from connector.definition.guarantees import least_certain
from connector.definition.model import ChangedSince, CreatedSince, Details, Order, Snapshot, WindowScan
from connector.definition.paths import walk
from connector.definition.spelling import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connector.definition.catalog import Catalog, TriggerEntry
    from connector.definition.catalog.sources import DetailsEntry, SortEntry
    from connector.definition.model import Field, Operation, Path, Provenance, Source
    from connector.definition.paths import At, Resolver

MINUTE, HOUR, DAY = 60, 3_600, 86_400


def source(
    trigger: TriggerEntry,
    entry: CreatedSinceEntry | ChangedSinceEntry | SnapshotEntry | WindowScanEntry,
    resolver: Resolver,
    operation: Operation | None,
    fields: tuple[Field, ...],
    key: str,
) -> Source:
    """Compile the source that the trigger `key` polls, including the status that the trigger detects.

    `fields` are the fields of a record in the source's list. Problems are reported to `resolver`.
    """
    at: At = ("sources", trigger.source)
    subject = f"source {trigger.source}"
    if operation and entry.since:
        resolver.parameter(operation, entry.since, (*at, "since"), subject)
    common: dict[str, Any] = {
        "operation": entry.operation,
        "id": resolver.path(fields, entry.id, (*at, "id"), subject),
        "created": resolver.path(fields, entry.created, (*at, "created"), subject) if entry.created else None,
        "since": entry.since,
        "page_size": entry.page_size,
        "pages": entry.pages.python,
    }
    state = None
    if not isinstance(entry, CreatedSinceEntry) and entry.state is not None:
        state = resolver.path(fields, entry.state, (*at, "state"), subject)
        _check_states(resolver, fields, state, entry.initial, (*at, "initial"), subject)
    reached = (trigger.status, *trigger.or_later) if trigger.status else None
    if reached and state:
        _check_states(resolver, fields, state, reached, ("triggers", key, "status"), f"trigger {key}")
    elif reached:
        resolver.report(
            ("triggers", key, "status"), f"trigger {key} names a status, but its source has no state."
        )
    if trigger.reached_at and not isinstance(entry, ChangedSinceEntry):
        resolver.report(
            ("triggers", key, "reached_at"), f"trigger {key} has reached_at; its source is not changed_since."
        )
    if isinstance(entry, ChangedSinceEntry):
        common["order"] = entry.sort and _sorting(entry.sort, operation, resolver, at)
        mark = trigger.reached_at.field if trigger.reached_at else entry.mark
        return _changed(entry, mark, common, state, reached, resolver, fields, at)
    common["order"] = _order(entry, operation, resolver, at)
    if isinstance(entry, SnapshotEntry):
        return _snapshot(entry, common, state, reached, resolver, fields, at)
    if isinstance(entry, WindowScanEntry):
        look_back = entry.look_back_days * DAY
        return WindowScan(
            **common, state=state or (), reached=reached, initial=entry.initial, look_back=look_back
        )
    overlap, window = entry.overlap_minutes * MINUTE, entry.window_hours * HOUR
    return CreatedSince(**common, overlap=overlap, window=window)


def _changed(
    entry: ChangedSinceEntry,
    mark: str | None,
    common: Mapping[str, Any],
    state: Path | None,
    reached: tuple[str, ...] | None,
    resolver: Resolver,
    fields: tuple[Field, ...],
    at: At,
) -> ChangedSince:
    subject = f"source {at[1]}"
    if mark is None and entry.state is None and entry.changed is not None:
        resolver.report(at, f"{subject} needs a mark or a state to distinguish one change from the next.")
    return ChangedSince(
        **common,
        changed=resolver.path(fields, entry.changed, (*at, "changed"), subject) if entry.changed else None,
        since_form=entry.since_form,
        mark=resolver.path(fields, mark, (*at, "mark"), subject) if mark else None,
        state=state,
        reached=reached,
        initial=entry.initial,
        overlap=entry.overlap_minutes * MINUTE,
        look_back=entry.look_back_days * DAY,
        window=entry.window_hours * HOUR,
    )


def _snapshot(
    entry: SnapshotEntry,
    common: dict[str, Any],
    state: Path | None,
    reached: tuple[str, ...] | None,
    resolver: Resolver,
    fields: tuple[Field, ...],
    at: At,
) -> Snapshot:
    subject = f"source {at[1]}"
    if (entry.detects == "states") is (state is None):
        resolver.report(
            at, f"{subject} detects {entry.detects}; `state` is required for states, and only for them."
        )
    del common["since"]
    return Snapshot(
        **common,
        version=resolver.path(fields, entry.version, (*at, "version"), subject),
        changed=resolver.path(fields, entry.changed, (*at, "changed"), subject),
        detects=entry.detects,
        state=state,
        reached=reached,
        initial=entry.initial,
        most_records=entry.most_records,
    )


def _order(
    entry: CreatedSinceEntry | SnapshotEntry | WindowScanEntry,
    operation: Operation | None,
    resolver: Resolver,
    at: At,
) -> Order:
    subject = f"source {at[1]}"
    if entry.order is None:
        if entry.since is None:
            resolver.report(at, f"{subject} needs order or since; without them, old records hide new ones.")
        return Order(oldest_first={}, newest_first={})
    order = Order(
        oldest_first={entry.order.by: entry.order.value, entry.order.direction: entry.order.oldest_first},
        newest_first={entry.order.by: entry.order.value, entry.order.direction: entry.order.newest_first},
    )
    resolver.query(operation, order.oldest_first, (*at, "order"), subject)
    resolver.query(operation, order.newest_first, (*at, "order"), subject)
    return order


def _sorting(entry: SortEntry, operation: Operation | None, resolver: Resolver, at: At) -> Order:
    order = Order(
        oldest_first={entry.parameter: entry.oldest_first}, newest_first={entry.parameter: entry.newest_first}
    )
    resolver.query(operation, order.oldest_first, (*at, "sort"), f"source {at[1]}")
    return order


def details(
    entry: DetailsEntry, resolver: Resolver, row: tuple[Field, ...], at: At, subject: str
) -> Details | None:
    """Compile the request for the details of an event's record; return None if its operation is unknown.

    `row` contains the fields of a record in the source's list; these fields fill the request's parameters.
    """
    operation = resolver.operation(entry.operation, (*at, "operation"), subject)
    if operation is None:
        return None
    parameters = {
        name: resolver.path(row, path, (*at, "parameters", name), subject)
        for name, path in entry.parameters.items()
        if resolver.parameter(operation, name, (*at, "parameters", name), subject)
    }
    query = resolver.query(operation, entry.query, (*at, "query"), subject)
    return Details(operation=operation.id, parameters=parameters, query=query, key=entry.key)


def _check_states(
    resolver: Resolver, fields: tuple[Field, ...], path: Path, states: tuple[str, ...], at: At, subject: str
) -> None:
    field = walk(fields, path)
    known = [*field.known_values, *(choice.value for choice in field.choices)] if field else []
    for state in states:
        if known and state not in known:
            suggestion = did_you_mean(state, known) or "."
            resolver.report(
                at,
                f"{subject} names {path[-1]} {state}, which the specification does not list{suggestion}",
            )


def provenance(source: Source, operation: Operation | None, fields: tuple[Field, ...]) -> Provenance:
    """Return the least certain provenance of the parts of the specification that a source relies on.

    These parts are the operation, its filter or sort parameters, and the fields that identify events.
    """
    provenances: list[Provenance] = [operation.provenance] if operation else []
    paths = [source.id, source.created]
    paths += [source.state] if not isinstance(source, CreatedSince) else []
    paths += [source.changed, source.mark] if isinstance(source, ChangedSince) else []
    paths += [source.version] if isinstance(source, Snapshot) else []
    provenances += [field.provenance for path in paths if path and (field := walk(fields, path))]
    names = source.order.newest_first if isinstance(source, Snapshot) else [source.since]
    parameters = [operation.parameter(name) for name in names if name] if operation else []
    provenances += [parameter.field.provenance for parameter in parameters if parameter]
    return least_certain(provenances)


def end_reported(catalog: Catalog, operation: str) -> bool:
    """Return True if responses contain a total or a cursor, which shows whether another page follows.

    Also returns True if the operation's response is not divided into pages.
    """
    paging = next((entry for entry in catalog.paging.values() if operation in entry.operations), None)
    return paging is None or paging.style == "cursor" or paging.total is not None
