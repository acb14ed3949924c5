"""Checks that the paths in the `unified` section exist, and that every status and trigger is mapped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from connector.definition.model import FrozenModel, ItemTable, RefundTable, ShipmentTable
from connector.definition.paths import walk
from connector.definition.spelling import did_you_mean, folded

if TYPE_CHECKING:
    from collections.abc import Iterable

    from connector.definition.model import (
        Action,
        Field,
        Path,
        Resource,
        ReturnTable,
        Search,
        Trigger,
        Unified,
    )
    from connector.definition.paths import At, Resolver

Fields = tuple["Field", ...]
LISTED = (ItemTable, ShipmentTable, RefundTable)
"""The tables whose `at` is the path of an object or a list.

Their other paths are relative to this object, or to each item of the list.
"""


def check(
    section: Unified | None,
    resolver: Resolver,
    resources: Mapping[str, Resource],
    triggers: Mapping[str, Trigger],
) -> None:
    """Report unknown names and paths, unmapped statuses and unmapped triggers in the `unified` section.

    Does nothing if the catalog has no such section.
    """
    if section is None:
        return
    for key, table in section.returns.items():
        at: At = ("unified", "returns", key)
        if resolver.known(key, resources, at, f"unified.returns names resource {key}"):
            fields = _fields(key, resources, triggers)
            if table.within:
                fields = _members(fields, table.within, resolver, at)
            _check_part(table.model_copy(update={"within": None}), fields, fields, resolver, at)
            _check_statuses(section, table, fields, resolver)
    _check_events(section, resolver, triggers)


def check_steps(
    section: Unified | None,
    resolver: Resolver,
    searches: Mapping[str, Search],
    actions: Mapping[str, Action],
) -> None:
    """Report unknown searches, actions and inputs, and searches for records that are not returns."""
    if section is None:
        return
    for by, table in section.searches.items():
        at: At = ("unified", "searches", by)
        steps = [(table.search, table.input)]
        if table.details:
            steps.append((table.details.search, table.details.input))
        for key, name in steps:
            if resolver.known(key, searches, at, f"unified.searches names search {key}"):
                inputs = [field.key for field in searches[key].inputs]
                resolver.known(name, inputs, at, f"{key}: unified.searches names input {name}")
        found = searches.get(table.details.search if table.details else table.search)
        if found is not None and found.resource not in section.returns:
            resolver.report(at, f"{found.key} finds {found.resource}, which unified.returns lacks.")
    for name, action in section.actions.items():
        at = ("unified", "actions", name)
        if resolver.known(action.action, actions, at, f"unified.actions names action {action.action}"):
            inputs = [field.key for field in actions[action.action].inputs]
            for key in filter(None, (action.id, action.text)):
                resolver.known(key, inputs, at, f"{action.action}: unified.actions names input {key}")


def _check_events(section: Unified, resolver: Resolver, triggers: Mapping[str, Trigger]) -> None:
    """Report triggers without an event type, and event types that two triggers share.

    Polling for an event type that two triggers share would deliver the same event twice.
    """
    first: dict[str, str] = {}
    for key, kind in section.events.items():
        at: At = ("unified", "events", key)
        resolver.known(key, triggers, at, f"unified.events names trigger {key}")
        if kind != "other" and first.setdefault(kind, key) != key:
            resolver.report(at, f"unified.events maps both {first[kind]} and {key} to {kind}.")
    for key in triggers:
        if key not in section.events:
            resolver.report(("unified", "events"), f"unified.events has no entry for trigger {key}.")


def _fields(key: str, resources: Mapping[str, Resource], triggers: Mapping[str, Trigger]) -> Fields:
    """Return the fields of a resource's records, including the details that a trigger adds."""
    detailed = (
        trigger.fields for trigger in triggers.values() if trigger.resource == key and trigger.details
    )
    return next(detailed, resources[key].fields)


def _check_part(part: FrozenModel, fields: Fields, record: Fields, resolver: Resolver, at: At) -> None:
    """Check a table's paths, which are relative to `fields`; `record` contains all fields of the return."""
    start: Path | None = getattr(part, "at", None) if isinstance(part, LISTED) else None
    if start is not None:
        fields = _members(fields, start, resolver, at)
    for name in type(part).model_fields:
        if name != "at" or start is None:
            _check_value(getattr(part, name), fields, record, resolver, (*at, name))


def _check_value(value: Any, fields: Fields, record: Fields, resolver: Resolver, at: At) -> None:
    if isinstance(value, FrozenModel):
        _check_part(value, fields, record, resolver, at)
    elif isinstance(value, Mapping):
        for key, member in value.items():
            _check_value(member, fields, record, resolver, (*at, key))
    elif isinstance(value, tuple) and all(isinstance(step, str) for step in value):
        if value:
            _check_path(value, record if at[-1] == "return_currency" else fields, resolver, at)
    elif isinstance(value, tuple):
        for index, member in enumerate(value):
            _check_value(member, fields, record, resolver, (*at, index))


def _check_path(path: Path, fields: Fields, resolver: Resolver, at: At) -> None:
    written = ".".join(path)
    resolver.path(fields, written, at, "unified")
    if at[-1] == "resolutions":
        return
    for length in range(1, len(path)):
        holder = walk(fields, path[:length])
        if holder is not None and holder.type == "list":
            resolver.report(at, f"unified: {written} leads through the list {'.'.join(path[:length])}.")


def _members(fields: Fields, path: Path, resolver: Resolver, at: At) -> Fields:
    resolver.path(fields, ".".join(path), (*at, "at"), "unified")
    holder = walk(fields, path)
    if holder is not None and not holder.children:
        resolver.report((*at, "at"), f"unified: {'.'.join(path)} is not a list of records or an object.")
    return holder.children if holder else ()


def _check_statuses(section: Unified, table: ReturnTable, fields: Fields, resolver: Resolver) -> None:
    """Report statuses without an entry in the `unified` section, and entries for unknown statuses."""
    inspection, shipment = section.inspection_statuses, section.shipment_statuses
    _check_mapping(fields, table.status, "statuses", section.statuses, resolver)
    _check_mapping(fields, table.shipping_status, "shipment_statuses", shipment, resolver)
    _check_mapping(fields, table.inspection_status, "inspection_statuses", inspection, resolver)
    if table.shipments and table.shipments.status:
        path = (*(table.shipments.at or ()), *table.shipments.status)
        _check_mapping(fields, path, "shipment_statuses", shipment, resolver)


def _check_mapping(
    fields: Fields, path: Path | None, name: str, statuses: Iterable[str], resolver: Resolver
) -> None:
    field = walk(fields, path) if path else None
    known = [*field.known_values, *(choice.value for choice in field.choices)] if field else []
    mapped = {folded(status) for status in statuses}
    for status in known:
        if folded(status) not in mapped:
            resolver.report(("unified", name), f"unified.{name} has no entry for {status}.")
    for status in statuses if known else ():
        if folded(status) not in {folded(word) for word in known}:
            suggestion = did_you_mean(status, known) or "."
            at = ("unified", name, status)
            resolver.report(
                at, f"unified.{name} names {status}, which the specification does not list{suggestion}"
            )
