"""Compiles the webhooks of triggers: how to subscribe and unsubscribe, and how to read a delivery."""

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
    chosen: TriggerHookEntry, hooks: Mapping[str, HookEntry], resolver: Resolver, at: At, subject: str
) -> Hook | None:
    """Compile the webhook of a trigger, or return None if the catalog names an unknown hook or operation.

    `chosen` is the trigger's `hook` entry, and `hooks` is the catalog's `hooks` section. Problems are
    reported to `resolver`.
    """
    if not resolver.known(chosen.via, hooks, (*at, "via"), f"{subject} names hook {chosen.via}"):
        return None
    entry, there = hooks[chosen.via], ("hooks", chosen.via)
    subject = f"hook {chosen.via}"
    subscribe = resolver.operation(entry.subscribe.operation, (*there, "subscribe", "operation"), subject)
    unsubscribe = resolver.operation(
        entry.unsubscribe.operation, (*there, "unsubscribe", "operation"), subject
    )
    if subscribe is None or unsubscribe is None:
        return None
    body = subscribe.body.children if subscribe.body else ()
    url = resolver.path(body, entry.subscribe.url, (*there, "subscribe", "url"), subject)
    event = resolver.path(body, entry.subscribe.event, (*there, "subscribe", "event"), subject)
    _check_event(chosen.event, walk(body, event), resolver, (*at, "event"), subject)
    resolver.parameter(unsubscribe, entry.unsubscribe.id, (*there, "unsubscribe", "id"), subject)
    provenances = [
        entry.provenance,
        _provenance(body, url),
        _provenance(body, event),
        subscribe.provenance,
        unsubscribe.provenance,
    ]
    read = _read(entry.record, resolver, (*there, "record"), subject)
    return Hook(
        subscribe=subscribe.id,
        url=url,
        body=_nested(event, chosen.event),
        id=resolver.path(_payload(subscribe), entry.subscribe.id, (*there, "subscribe", "id"), subject),
        unsubscribe=unsubscribe.id,
        parameter=entry.unsubscribe.id,
        read=read.id if read else None,
        parameters={name: dotted(path) for name, path in entry.record.parameters.items()},
        row=dotted(entry.record.at) if entry.record.at else (),
        state=dotted(entry.record.status) if entry.record.status else None,
        provenance=least_certain([*provenances, *([read.provenance] if read else [])]),
    )


def _nested(path: Path, value: str) -> dict[str, Any]:
    name, *rest = path
    return {name: _nested(tuple(rest), value) if rest else value}


def _read(entry: DeliveryEntry, resolver: Resolver, at: At, subject: str) -> Operation | None:
    """Return the operation that reads the record of a delivery, or None if the delivery contains the record.

    Paths into the delivery are not checked, because specifications do not describe deliveries.
    """
    if entry.operation is None:
        return None
    operation = resolver.operation(entry.operation, (*at, "operation"), subject)
    if operation is not None:
        for name in entry.parameters:
            resolver.parameter(operation, name, (*at, "parameters", name), subject)
        if entry.at:
            resolver.path(_payload(operation), entry.at, (*at, "at"), subject)
    return operation


def _check_event(event: str, field: Field | None, resolver: Resolver, at: At, subject: str) -> None:
    choices = [choice.value for choice in field.choices] if field else []
    if choices:
        resolver.known(event, choices, at, f"{subject} subscribes to event {event}")


def _payload(operation: Operation) -> tuple[Field, ...]:
    payload = (
        walk(operation.response.children, operation.payload) if operation.payload else operation.response
    )
    return payload.children if payload else ()


def _provenance(fields: tuple[Field, ...], path: Path) -> Provenance:
    field = walk(fields, path)
    return field.provenance if field else "documented"
