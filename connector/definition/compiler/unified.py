"""Checks a catalog's `unified` section: every path leads somewhere, every status word and trigger is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from connector.definition.model import ItemTable, Part, RefundTable, ShipmentTable
from connector.definition.naming import did_you_mean, folded
from connector.definition.paths import walk

if TYPE_CHECKING:
    from collections.abc import Iterable

    from connector.definition.model import Field, Path, Resource, ReturnTable, Trigger, Unified
    from connector.definition.paths import At, Resolver

Fields = tuple["Field", ...]
LISTED = (ItemTable, ShipmentTable, RefundTable)
"""Tables whose paths start at the members of what lies at their `at`."""


def check(
    said: Unified | None,
    resolver: Resolver,
    resources: Mapping[str, Resource],
    triggers: Mapping[str, Trigger],
) -> None:
    """Complain of what does not fit the description, each with its line."""
    if said is None:
        return
    for key, table in said.returns.items():
        at: At = ("unified", "returns", key)
        if resolver.known(key, resources, at, f"unified.returns names resource {key}"):
            fields = _fields(key, resources, triggers)
            if table.within:
                fields = _members(fields, table.within, resolver, at)
            _check_part(table.model_copy(update={"within": None}), fields, fields, resolver, at)
            _check_statuses(said, table, fields, resolver)
    _check_events(said, resolver, triggers)


def _check_events(said: Unified, resolver: Resolver, triggers: Mapping[str, Trigger]) -> None:
    """Every trigger has a kind, and every kind one trigger: who asks for a kind is told of all its events."""
    first: dict[str, str] = {}
    for key, kind in said.events.items():
        at: At = ("unified", "events", key)
        resolver.known(key, triggers, at, f"unified.events names trigger {key}")
        if kind != "other" and first.setdefault(kind, key) != key:
            resolver.complain(at, f"unified.events calls {key} {kind}, as it calls {first[kind]}.")
    for key in triggers:
        if key not in said.events:
            resolver.complain(("unified", "events"), f"unified.events does not say what kind {key} is.")


def _fields(key: str, resources: Mapping[str, Resource], triggers: Mapping[str, Trigger]) -> Fields:
    """Return what a resource's records hold; those of its triggers may hold details besides."""
    detailed = (one.fields for one in triggers.values() if one.resource == key and one.details)
    return next(detailed, resources[key].fields)


def _check_part(part: Part, fields: Fields, record: Fields, resolver: Resolver, at: At) -> None:
    """Check the paths of one table; `fields` are what they start at, `record` is the whole."""
    start: Path | None = getattr(part, "at", None) if isinstance(part, LISTED) else None
    if start is not None:
        fields = _members(fields, start, resolver, at)
    for name in type(part).model_fields:
        if name != "at" or start is None:
            _check_value(getattr(part, name), fields, record, resolver, (*at, name))


def _check_value(value: Any, fields: Fields, record: Fields, resolver: Resolver, at: At) -> None:
    if isinstance(value, Part):
        _check_part(value, fields, record, resolver, at)
    elif isinstance(value, Mapping):
        for key, one in value.items():
            _check_value(one, fields, record, resolver, (*at, key))
    elif isinstance(value, tuple) and all(isinstance(step, str) for step in value):
        if value:
            _check_path(value, record if at[-1] == "return_currency" else fields, resolver, at)
    elif isinstance(value, tuple):
        for index, one in enumerate(value):
            _check_value(one, fields, record, resolver, (*at, index))


def _check_path(path: Path, fields: Fields, resolver: Resolver, at: At) -> None:
    written = ".".join(path)
    resolver.path(fields, written, at, "unified")
    if at[-1] == "resolutions":
        return
    for length in range(1, len(path)):
        holder = walk(fields, path[:length])
        if holder is not None and holder.type == "list":
            resolver.complain(at, f"unified: {written} leads through the list {'.'.join(path[:length])}.")


def _members(fields: Fields, path: Path, resolver: Resolver, at: At) -> Fields:
    resolver.path(fields, ".".join(path), (*at, "at"), "unified")
    holder = walk(fields, path)
    if holder is not None and not holder.children:
        resolver.complain((*at, "at"), f"unified: {'.'.join(path)} holds no records.")
    return holder.children if holder else ()


def _check_statuses(said: Unified, table: ReturnTable, fields: Fields, resolver: Resolver) -> None:
    """Every word that the description lists is mapped, and nothing else is."""
    _check_words(fields, table.status, "statuses", said.statuses, resolver)
    _check_words(fields, table.shipping_status, "shipment_statuses", said.shipment_statuses, resolver)
    _check_words(fields, table.inspection_status, "inspection_statuses", said.inspection_statuses, resolver)
    if table.shipments and table.shipments.status:
        path = (*(table.shipments.at or ()), *table.shipments.status)
        _check_words(fields, path, "shipment_statuses", said.shipment_statuses, resolver)


def _check_words(
    fields: Fields, path: Path | None, section: str, words: Iterable[str], resolver: Resolver
) -> None:
    field = walk(fields, path) if path else None
    known = [*field.known_values, *(choice.value for choice in field.choices)] if field else []
    mapped = {folded(word) for word in words}
    for word in known:
        if folded(word) not in mapped:
            resolver.complain(("unified", section), f"unified.{section} does not say what {word} means.")
    for word in words if known else ():
        if folded(word) not in {folded(one) for one in known}:
            guess = did_you_mean(word, known) or "."
            at = ("unified", section, word)
            resolver.complain(at, f"unified.{section} names {word}, which the spec does not list{guess}")
