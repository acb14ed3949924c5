"""Compiles the sections `subscriptions` and `posted`: triggers whose events are posted to a URL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector.definition import samples
from connector.definition.compiler import fields as compile_fields
from connector.definition.compiler import steps
from connector.definition.compiler.steps import row_of
from connector.definition.model import DeliveryId, PostedTrigger, Signature, Subscriptions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connector.definition.catalog import Catalog, PostedEntry
    from connector.definition.catalog.subscriptions import SubscriptionsEntry
    from connector.definition.model import Operation, Resource
    from connector.definition.paths import At, Resolver

AT: At = ("subscriptions",)
MINUTE = 60


def subscriptions(catalog: Catalog, resolver: Resolver) -> Subscriptions | None:
    """Compile the `subscriptions` section, or return None if the catalog has no such section.

    Problems are reported to `resolver`.
    """
    entry = catalog.subscriptions
    if entry is None:
        return None
    subscribe = _operation(resolver, entry.subscribe.operation, "subscribe")
    unsubscribe = _operation(resolver, entry.unsubscribe.operation, "unsubscribe")
    samples = _operation(resolver, entry.samples.operation, "samples")
    if unsubscribe:
        resolver.parameter(unsubscribe, entry.unsubscribe.id, (*AT, "unsubscribe", "id"), "unsubscribe")
    if samples:
        resolver.parameter(samples, entry.samples.event, (*AT, "samples", "event"), "samples")
    body, answer = (subscribe.body.children, row_of(subscribe)) if subscribe and subscribe.body else ((), ())
    for path in entry.subscribe.constants:
        resolver.path(body, path, (*AT, "subscribe", "constants", path), "subscribe")
    return Subscriptions(
        subscribe=entry.subscribe.operation,
        url=resolver.path(body, entry.subscribe.url, (*AT, "subscribe", "url"), "subscribe"),
        event=resolver.path(body, entry.subscribe.event, (*AT, "subscribe", "event"), "subscribe"),
        body=entry.subscribe.constants,
        id=resolver.path(answer or (), entry.subscribe.id, (*AT, "subscribe", "id"), "subscribe"),
        secret=resolver.path(answer or (), entry.subscribe.secret, (*AT, "subscribe", "secret"), "subscribe"),
        unsubscribe=entry.unsubscribe.operation,
        parameter=entry.unsubscribe.id,
        samples=entry.samples.operation,
        samples_event=entry.samples.event,
        kind=_paths((entry.samples.kind,), samples, resolver, "samples")[0],
        identity=_paths(entry.identity, samples, resolver, "identity"),
        signature=Signature(
            scheme=entry.signature.scheme, tolerance=entry.signature.tolerance_minutes * MINUTE
        ),
        delivery_id=DeliveryId(
            prefix=entry.delivery_id.prefix,
            hashed=_paths(entry.delivery_id.hashed, samples, resolver, "delivery_id"),
            digits=entry.delivery_id.digits,
        ),
    )


def _operation(resolver: Resolver, name: str, part: str) -> Operation | None:
    return resolver.operation(name, (*AT, part, "operation"), part)


def _paths(
    written: Sequence[str], samples: Operation | None, resolver: Resolver, part: str
) -> tuple[tuple[str, ...], ...]:
    """Return paths in a delivery; paths that deliveries do not have are reported."""
    row = row_of(samples) or ()
    return tuple(resolver.path(row, path, (*AT, part), part) for path in written)


def triggers(catalog: Catalog, resolver: Resolver, known: Mapping[str, Resource]) -> dict[str, PostedTrigger]:
    """Compile the `posted` section; `known` contains the compiled resources.

    A trigger with an unknown resource is reported to `resolver` and left out.
    """
    compiled: dict[str, PostedTrigger] = {}
    for key, entry in catalog.posted.items():
        at: At = ("posted", key)
        if catalog.subscriptions is None:
            resolver.report(at, f"trigger {key} is posted, so the catalog needs the section subscriptions.")
        elif resolver.known(
            entry.resource, known, (*at, "resource"), f"trigger {key} names resource {entry.resource}"
        ):
            compiled[key] = _trigger(
                key, entry, catalog, catalog.subscriptions, resolver, known[entry.resource]
            )
    return compiled


def _trigger(
    key: str,
    entry: PostedEntry,
    catalog: Catalog,
    requests: SubscriptionsEntry,
    resolver: Resolver,
    resource: Resource,
) -> PostedTrigger:
    at: At = ("posted", key)
    subject = f"trigger {key}"
    subscribe = resolver.spec.operations.get(requests.subscribe.operation)
    listing = resolver.spec.operations.get(requests.samples.operation)
    fixed = (requests.subscribe.url, requests.subscribe.event, *requests.subscribe.constants)
    steps.check_dropdowns(resolver, entry.inputs, catalog, (*at, "inputs"), subject)
    inputs = (
        compile_fields.inputs(resolver, subscribe, None, entry.inputs, (*at, "inputs"), subject, fixed)
        if subscribe
        else ()
    )
    if listing is not None:
        for field in inputs:
            resolver.parameter(listing, field.path[0], (*at, "inputs", field.key), subject)
    return PostedTrigger(
        key=key,
        label=entry.label,
        labels=entry.labels,
        description=entry.description,
        resource=entry.resource,
        inputs=inputs,
        fields=resource.fields,
        sample=resource.sample,
        example=samples.merged(
            samples.of_paths(resolver, resource.fields, entry.example, (*at, "example"), subject),
            samples.of_paths(resolver, resource.fields, {requests.samples.kind: key}, at, subject),
        ),
    )
