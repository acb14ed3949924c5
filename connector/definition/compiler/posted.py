"""Compiles the sections `subscriptions` and `posted`: triggers whose events are posted to a subscribed URL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector.definition import samples
from connector.definition.compiler import fields as compile_fields
from connector.definition.compiler import steps
from connector.definition.compiler.steps import row_of
from connector.definition.model import PostedTrigger, Signature, Subscriptions

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    for name in ("event", "size") if samples else ():
        resolver.parameter(samples, getattr(entry.samples, name), (*AT, "samples", name), "samples")
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
        samples_size=entry.samples.size,
        identity=_identity(entry, samples, resolver),
        signature=Signature(
            scheme=entry.signature.scheme, tolerance=entry.signature.tolerance_minutes * MINUTE
        ),
    )


def _operation(resolver: Resolver, name: str, part: str) -> Operation | None:
    return resolver.operation(name, (*AT, part, "operation"), part)


def _identity(
    entry: SubscriptionsEntry, samples: Operation | None, resolver: Resolver
) -> tuple[tuple[str, ...], ...]:
    row = row_of(samples) or ()
    return tuple(resolver.path(row, path, (*AT, "identity"), "identity") for path in entry.identity)


def triggers(
    catalog: Catalog, resolver: Resolver, known: Mapping[str, Resource]
) -> dict[str, PostedTrigger]:
    """Compile the `posted` section; `known` contains the compiled resources.

    A trigger with an unknown resource is reported to `resolver` and left out.
    """
    compiled = {}
    for key, entry in catalog.posted.items():
        at: At = ("posted", key)
        if catalog.subscriptions is None:
            resolver.report(at, f"trigger {key} is posted, so the catalog needs the section subscriptions.")
        elif resolver.known(
            entry.resource, known, (*at, "resource"), f"trigger {key} names resource {entry.resource}"
        ):
            compiled[key] = _trigger(key, entry, catalog, catalog.subscriptions, resolver, known[entry.resource])
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
    for field in inputs if listing else ():
        resolver.parameter(listing, field.path[0], (*at, "inputs", field.key), subject)
    return PostedTrigger(
        key=key,
        label=entry.label,
        description=entry.description,
        resource=entry.resource,
        event=entry.event,
        inputs=inputs,
        fields=resource.fields,
        sample=resource.sample,
        example=samples.merged(
            samples.of_paths(resolver, resource.fields, entry.example, (*at, "example"), subject),
            samples.of_paths(resolver, resource.fields, {requests.samples.kind: entry.event}, at, subject),
        ),
    )
