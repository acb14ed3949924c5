"""How a vendor tells of events by itself."""

from connector.definition.catalog.base import CatalogEntry, Dotted, Key
from connector.definition.model import Provenance


class SubscribeEntry(CatalogEntry):
    """`url` and `event` are body fields, `id` is where the answer names the subscription."""

    operation: str
    url: Dotted
    event: Dotted
    id: Dotted


class UnsubscribeEntry(CatalogEntry):
    """`id` is the path parameter that takes the subscription's."""

    operation: str
    id: str


class DeliveryEntry(CatalogEntry):
    """Where the record is: at `at` of what `operation` tells, or of what was posted when there is none.

    `parameters` maps the operation's parameters to fields of what was posted, `status` is the field in it
    that says which state was reached.
    """

    operation: str | None = None
    parameters: dict[str, Dotted] = {}
    at: Dotted | None = None
    status: Dotted | None = None


class HookEntry(CatalogEntry):
    """One way of a vendor to tell of events by itself; `provenance` says how far its posts are known."""

    subscribe: SubscribeEntry
    unsubscribe: UnsubscribeEntry
    record: DeliveryEntry
    provenance: Provenance = "documented"


class TriggerHookEntry(CatalogEntry):
    """`via` names an entry of `hooks`, `event` is the vendor's word for what happens."""

    via: Key
    event: str
