"""Compiles how a vendor tells of events by itself: subscribing, unsubscribing, and what it posts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connector.definition.guarantees import least_certain
from connector.definition.model import Hook
from connector.definition.paths import dotted, walk

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connector.definition.catalog.hooks import DeliveryEntry, HookEntry, TriggerHookEntry
    from connector.definition.model import Field, Operation, Path, Provenance
    from connector.definition.paths import At, Resolver


def hook(
    said: TriggerHookEntry, known: Mapping[str, HookEntry], resolver: Resolver, at: At, who: str
) -> Hook | None:
    """Compile a trigger's hook; `known` are the catalog's."""
    if not resolver.known(said.via, known, (*at, "via"), f"{who} is told via hook {said.via}"):
        return None
    words, there = known[said.via], ("hooks", said.via)
    who = f"hook {said.via}"
    subscribe = resolver.operation(words.subscribe.operation, (*there, "subscribe", "operation"), who)
    unsubscribe = resolver.operation(words.unsubscribe.operation, (*there, "unsubscribe", "operation"), who)
    if subscribe is None or unsubscribe is None:
        return None
    body = subscribe.body.children if subscribe.body else ()
    url = resolver.path(body, words.subscribe.url, (*there, "subscribe", "url"), who)
    event = resolver.path(body, words.subscribe.event, (*there, "subscribe", "event"), who)
    _check_event(said.event, walk(body, event), resolver, (*at, "event"), who)
    resolver.parameter(unsubscribe, words.unsubscribe.id, (*there, "unsubscribe", "id"), who)
    known_from = [_known(body, url), _known(body, event), subscribe.provenance, unsubscribe.provenance]
    read = _read(words.record, resolver, (*there, "record"), who)
    return Hook(
        subscribe=subscribe.id,
        url=url,
        body=_nested(event, said.event),
        id=resolver.path(_payload(subscribe), words.subscribe.id, (*there, "subscribe", "id"), who),
        unsubscribe=unsubscribe.id,
        parameter=words.unsubscribe.id,
        read=read.id if read else None,
        parameters={name: dotted(path) for name, path in words.record.parameters.items()},
        row=dotted(words.record.at) if words.record.at else (),
        state=dotted(words.record.status) if words.record.status else None,
        provenance=least_certain([words.provenance, *known_from, *([read.provenance] if read else [])]),
    )


def _nested(path: Path, value: str) -> dict[str, Any]:
    name, *rest = path
    return {name: _nested(tuple(rest), value) if rest else value}


def _read(words: DeliveryEntry, resolver: Resolver, at: At, who: str) -> Operation | None:
    """Look up what reads the record that a post names; where it lies in the post no description tells."""
    if words.operation is None:
        return None
    operation = resolver.operation(words.operation, (*at, "operation"), who)
    if operation is not None:
        for name in words.parameters:
            resolver.parameter(operation, name, (*at, "parameters", name), who)
        if words.at:
            resolver.path(_payload(operation), words.at, (*at, "at"), who)
    return operation


def _check_event(event: str, field: Field | None, resolver: Resolver, at: At, who: str) -> None:
    choices = [one.value for one in field.choices] if field else []
    if choices:
        resolver.known(event, choices, at, f"{who} subscribes to event {event}")


def _payload(operation: Operation) -> tuple[Field, ...]:
    found = walk(operation.response.children, operation.payload) if operation.payload else operation.response
    return found.children if found else ()


def _known(fields: tuple[Field, ...], path: Path) -> Provenance:
    found = walk(fields, path)
    return found.provenance if found else "documented"
