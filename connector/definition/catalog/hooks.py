"""Catalog entries of the `hooks` section, which describes how a vendor reports events by webhook."""

from connector.definition.catalog.base import CatalogEntry, Dotted, Key
from connector.definition.model import Provenance


class SubscribeEntry(CatalogEntry):
    """The request that registers a webhook.

    `url` and `event` are the body fields for the receiver's URL and the event name; `id` is the path of the
    subscription's ID in the response.
    """

    operation: str
    url: Dotted
    event: Dotted
    id: Dotted


class UnsubscribeEntry(CatalogEntry):
    """The request that removes a webhook; `id` names the path parameter for the subscription's ID."""

    operation: str
    id: str


class DeliveryEntry(CatalogEntry):
    """How to obtain the record that a webhook delivery is about.

    With `operation`, the record is requested from the API, and `at` is its path in the response. Without
    `operation`, the delivery itself contains the record at `at`. `parameters` maps the operation's parameters
    to fields of the delivery; `status` is the field of the delivery that contains the new status.
    """

    operation: str | None = None
    parameters: dict[str, Dotted] = {}
    at: Dotted | None = None
    status: Dotted | None = None


class HookEntry(CatalogEntry):
    """One kind of webhook; `provenance` states whether deliveries are documented, observed or assumed."""

    subscribe: SubscribeEntry
    unsubscribe: UnsubscribeEntry
    record: DeliveryEntry
    provenance: Provenance = "documented"


class TriggerHookEntry(CatalogEntry):
    """A trigger's webhook: `via` is the key of an entry in `hooks`, and `event` the vendor's event name."""

    via: Key
    event: str
