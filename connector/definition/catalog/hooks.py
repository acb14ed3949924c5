"""Catalog entries of the `hooks` section: how a vendor reports events by webhook."""

from connector.definition.catalog.base import CatalogEntry, Dotted, Key
from connector.definition.model import Provenance


class SubscribeEntry(CatalogEntry):
    """The request that registers a webhook.

    `url` and `event` are fields of its body; `id` is the path of the subscription's ID in the answer.
    """

    operation: str
    url: Dotted
    event: Dotted
    id: Dotted


class UnsubscribeEntry(CatalogEntry):
    """The request that removes a webhook; `id` is the path parameter for the subscription's ID."""

    operation: str
    id: str


class DeliveryEntry(CatalogEntry):
    """How to read the record of a delivery.

    `at` is the path of the record in the answer of `operation`, or in the delivery itself if there is no
    operation. `parameters` maps the operation's parameters to fields of the delivery; `status` is the field
    with the new status.
    """

    operation: str | None = None
    parameters: dict[str, Dotted] = {}
    at: Dotted | None = None
    status: Dotted | None = None


class HookEntry(CatalogEntry):
    """One kind of webhook; `provenance` says how well its deliveries are known."""

    subscribe: SubscribeEntry
    unsubscribe: UnsubscribeEntry
    record: DeliveryEntry
    provenance: Provenance = "documented"


class TriggerHookEntry(CatalogEntry):
    """The webhook of a trigger: `via` names an entry of `hooks`, `event` is the vendor's event name."""

    via: Key
    event: str
