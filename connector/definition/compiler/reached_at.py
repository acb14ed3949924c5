"""Compiles a trigger's `reached_at`: where a record stores the time at which it reached a status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connector.definition.model import Field, ReachedAt, Resource
from connector.definition.paths import at_path, walk

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connector.definition.catalog.sources import ReachedAtEntry
    from connector.definition.paths import At, Resolver


def compiled(
    entry: ReachedAtEntry, resolver: Resolver, fields: tuple[Field, ...], key: str
) -> tuple[ReachedAt, Field]:
    """Compile `reached_at` of the trigger `key`; return the rule and the field that the rule adds to records.

    `fields` are the fields of a record in the source's list. Problems are reported to `resolver`.
    """
    at: At = ("triggers", key, "reached_at")
    subject = f"trigger {key}"
    history = resolver.path(fields, entry.history, (*at, "history"), subject)
    holder = walk(fields, history)
    entries = holder.children if holder else ()
    for name in (entry.name, entry.time):
        resolver.path(entries, name, at, f"{subject}, {entry.history}")
    named = walk(entries, (entry.name,))
    known = [*named.known_values, *(choice.value for choice in named.choices)] if named else []
    if known and entry.value not in known:
        resolver.report((*at, "value"), f"{subject} names {entry.value}, which {entry.name} does not list.")
    if any(field.key == entry.field for field in fields):
        resolver.report((*at, "field"), f"{subject} adds {entry.field}, which records already have.")
    time = walk(entries, (entry.time,))
    field = Field(
        key=entry.field,
        label=entry.label,
        type="datetime",
        nullable=True,
        provenance=time.provenance if time else "assumed",
        example=time.example if time else None,
    )
    rule = ReachedAt(field=entry.field, history=history, name=entry.name, value=entry.value, time=entry.time)
    return rule, field


def extended(resource: Resource, rule: ReachedAt, field: Field) -> Resource:
    """Return a copy of the resource with the additional `field`, and with a value for it in the sample.

    `rule` says where the sample record stores the value.
    """
    record = resource.sample or {}
    sample = {**record, rule.field: _latest(record, rule) or field.example}
    return resource.model_copy(update={"fields": (*resource.fields, field), "sample": sample})


def _latest(record: Mapping[str, Any], rule: ReachedAt) -> str | None:
    entries = at_path(record, rule.history) or []
    times = [entry.get(rule.time) for entry in entries if entry and entry.get(rule.name) == rule.value]
    return max(filter(None, times), default=None)
