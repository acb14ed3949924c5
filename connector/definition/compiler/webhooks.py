"""Compiles the section `webhooks`: how the hub registers for a vendor's posts, verifies and reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector.definition.model.webhooks import Registration, Webhooks, WebhookSignature, WebhookToken
from connector.definition.paths import dotted, walk

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connector.definition.catalog import Catalog
    from connector.definition.catalog.hooks import RegistrationEntry, WebhooksEntry
    from connector.definition.model import Resource
    from connector.definition.paths import Resolver

SECTION = "webhooks"


def webhooks(catalog: Catalog, resolver: Resolver, resources: Mapping[str, Resource]) -> Webhooks | None:
    """Compile the section `webhooks` of a catalog; return None if the catalog has none.

    Problems are reported to `resolver`. Paths into the body of a post are not checked.
    """
    entry = catalog.webhooks
    if entry is None:
        return None
    for resource in entry.records:
        at = (SECTION, "records", resource)
        resolver.known(resource, resources, at, f"webhooks name resource {resource}")
    return Webhooks(
        provenance=entry.provenance,
        records={key: tuple(map(dotted, paths)) for key, paths in entry.records.items()},
        signature=_signature(entry),
        token=_token(entry),
        registration=entry.registration and _registration(entry.registration, catalog, resolver),
    )


def _signature(entry: WebhooksEntry) -> WebhookSignature | None:
    written = entry.signature
    if written is None:
        return None
    return WebhookSignature(header=written.header, encoding=written.encoding, required=written.required)


def _token(entry: WebhooksEntry) -> WebhookToken | None:
    written = entry.token
    if written is None:
        return None
    within = dotted(written.within) if written.within else None
    return WebhookToken(field=dotted(written.field), claims=written.claims, within=within)


def _registration(written: RegistrationEntry, catalog: Catalog, resolver: Resolver) -> Registration | None:
    at = (SECTION, "registration")
    if not resolver.known(written.via, catalog.hooks, (*at, "via"), f"webhooks name hook {written.via}"):
        return None
    subscribe, unsubscribe = catalog.hooks[written.via].subscribe, catalog.hooks[written.via].unsubscribe
    operation = resolver.operation(subscribe.operation, (*at, "via"), "webhooks")
    field = operation and operation.body and walk(operation.body.children, dotted(subscribe.event))
    known = [choice.value for choice in field.choices] if field else []
    for event in written.events if known else ():
        resolver.known(event, known, (*at, "events"), f"webhooks register for event {event}")
    return Registration(
        subscribe=subscribe.operation,
        url=dotted(subscribe.url),
        event=dotted(subscribe.event),
        id=dotted(subscribe.id),
        unsubscribe=unsubscribe.operation,
        parameter=unsubscribe.id,
        events=written.events,
    )
