"""Compiles what triggers watch: how a source is read, and what its promises rest on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connector.definition.catalog import (
    ChangedSinceEntry,
    CreatedSinceEntry,
    SnapshotEntry,
    WindowScanEntry,
)
from connector.definition.guarantees import least_certain
from connector.definition.model import ChangedSince, CreatedSince, Details, Order, Snapshot, WindowScan
from connector.definition.naming import did_you_mean
from connector.definition.paths import walk

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connector.definition.catalog import DetailsEntry, SortEntry, TriggerEntry
    from connector.definition.model import Field, Operation, Path, Provenance, Source
    from connector.definition.paths import At, Resolver

MINUTE, HOUR, DAY = 60, 3_600, 86_400


def source(
    said: TriggerEntry,
    words: CreatedSinceEntry | ChangedSinceEntry | SnapshotEntry | WindowScanEntry,
    resolver: Resolver,
    operation: Operation | None,
    fields: tuple[Field, ...],
    key: str,
) -> Source:
    """Compile the source of one trigger, `key`; what a trigger asks of it (`status`) becomes a part of it."""
    at: At = ("sources", said.source)
    who = f"source {said.source}"
    if operation and words.since:
        resolver.parameter(operation, words.since, (*at, "since"), who)
    common: dict[str, Any] = {
        "operation": words.operation,
        "id": resolver.path(fields, words.id, (*at, "id"), who),
        "created": resolver.path(fields, words.created, (*at, "created"), who) if words.created else None,
        "since": words.since,
        "page_size": words.page_size,
        "pages": words.pages.python,
    }
    state = None
    if not isinstance(words, CreatedSinceEntry) and words.state is not None:
        state = resolver.path(fields, words.state, (*at, "state"), who)
        _check_words(resolver, fields, state, words.initial, (*at, "initial"), who)
    reached = (said.status, *said.or_later) if said.status else None
    if reached and state:
        _check_words(resolver, fields, state, reached, ("triggers", key, "status"), f"trigger {key}")
    elif reached:
        resolver.complain(
            ("triggers", key, "status"), f"trigger {key} names a status, but its source looks at none."
        )
    if isinstance(words, ChangedSinceEntry):
        common["order"] = words.sort and _sorting(words.sort, operation, resolver, at)
        return _changed(words, common, state, reached, resolver, fields, at)
    common["order"] = _order(words, operation, resolver, at)
    if isinstance(words, SnapshotEntry):
        return _snapshot(words, common, state, reached, resolver, fields, at)
    if isinstance(words, WindowScanEntry):
        look_back = words.look_back_days * DAY
        return WindowScan(
            **common, state=state or (), reached=reached, initial=words.initial, look_back=look_back
        )
    return CreatedSince(**common, overlap=words.overlap_minutes * MINUTE)


def _changed(
    words: ChangedSinceEntry,
    common: Mapping[str, Any],
    state: Path | None,
    reached: tuple[str, ...] | None,
    resolver: Resolver,
    fields: tuple[Field, ...],
    at: At,
) -> ChangedSince:
    who = f"source {at[1]}"
    if words.mark is None and words.state is None and words.changed is not None:
        resolver.complain(at, f"{who} needs a mark or a state: nothing else tells one change from another.")
    return ChangedSince(
        **common,
        changed=resolver.path(fields, words.changed, (*at, "changed"), who) if words.changed else None,
        since_form=words.since_form,
        mark=resolver.path(fields, words.mark, (*at, "mark"), who) if words.mark else None,
        state=state,
        reached=reached,
        initial=words.initial,
        overlap=words.overlap_minutes * MINUTE,
        look_back=words.look_back_days * DAY,
        window=words.window_hours * HOUR,
    )


def _snapshot(
    words: SnapshotEntry,
    common: dict[str, Any],
    state: Path | None,
    reached: tuple[str, ...] | None,
    resolver: Resolver,
    fields: tuple[Field, ...],
    at: At,
) -> Snapshot:
    who = f"source {at[1]}"
    if (words.tells == "states") is (state is None):
        resolver.complain(at, f"{who} tells {words.tells}; a state belongs to one that tells states, only.")
    del common["since"]
    return Snapshot(
        **common,
        version=resolver.path(fields, words.version, (*at, "version"), who),
        changed=resolver.path(fields, words.changed, (*at, "changed"), who),
        tells=words.tells,
        state=state,
        reached=reached,
        initial=words.initial,
        most_records=words.most_records,
    )


def _order(
    words: CreatedSinceEntry | SnapshotEntry | WindowScanEntry,
    operation: Operation | None,
    resolver: Resolver,
    at: At,
) -> Order:
    who = f"source {at[1]}"
    order = Order(
        oldest_first={words.order.by: words.order.value, words.order.direction: words.order.oldest_first},
        newest_first={words.order.by: words.order.value, words.order.direction: words.order.newest_first},
    )
    resolver.query(operation, order.oldest_first, (*at, "order"), who)
    resolver.query(operation, order.newest_first, (*at, "order"), who)
    return order


def _sorting(words: SortEntry, operation: Operation | None, resolver: Resolver, at: At) -> Order:
    order = Order(
        oldest_first={words.parameter: words.oldest_first}, newest_first={words.parameter: words.newest_first}
    )
    resolver.query(operation, order.oldest_first, (*at, "sort"), f"source {at[1]}")
    return order


def details(
    words: DetailsEntry, resolver: Resolver, row: tuple[Field, ...], at: At, who: str
) -> Details | None:
    """Compile the request that tells more of an event's record; `row` are the fields of the list."""
    operation = resolver.operation(words.operation, (*at, "operation"), who)
    if operation is None:
        return None
    parameters = {
        name: resolver.path(row, path, (*at, "parameters", name), who)
        for name, path in words.parameters.items()
        if resolver.parameter(operation, name, (*at, "parameters", name), who)
    }
    query = resolver.query(operation, words.query, (*at, "query"), who)
    return Details(operation=operation.id, parameters=parameters, query=query, key=words.key)


def _check_words(
    resolver: Resolver, fields: tuple[Field, ...], path: Path, words: tuple[str, ...], at: At, who: str
) -> None:
    field = walk(fields, path)
    known = [*field.known_values, *(choice.value for choice in field.choices)] if field else []
    for word in words:
        if known and word not in known:
            guess = did_you_mean(word, known) or "."
            resolver.complain(at, f"{who} names {path[-1]} {word}, which the spec does not list{guess}")


def provenance(source: Source, operation: Operation | None, fields: tuple[Field, ...]) -> Provenance:
    """Say what a promise rests on: the operation, its filter or sort, the fields that tell events apart."""
    rests: list[Provenance] = [operation.provenance] if operation else []
    paths = [source.id, source.created]
    paths += [source.state] if not isinstance(source, CreatedSince) else []
    paths += [source.changed, source.mark] if isinstance(source, ChangedSince) else []
    paths += [source.version] if isinstance(source, Snapshot) else []
    rests += [field.provenance for path in paths if path and (field := walk(fields, path))]
    asks = source.order.newest_first if isinstance(source, Snapshot) else [source.since]
    asked = [operation.parameter(name) for name in asks if name] if operation else []
    return least_certain([*rests, *(parameter.field.provenance for parameter in asked if parameter)])
