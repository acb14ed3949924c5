"""How a vendor tells of events by itself."""

from connector.definition.model import Provenance
from connector.definition.vocabulary.base import Dotted, Key, Words


class SubscribeWords(Words):
    """`url` and `event` are body fields, `id` is where the answer names the subscription."""

    operation: str
    url: Dotted
    event: Dotted
    id: Dotted


class UnsubscribeWords(Words):
    """`id` is the path parameter that takes the subscription's."""

    operation: str
    id: str


class DeliveryWords(Words):
    """Where the record is: at `at` of what `operation` tells, or of what was posted when there is none.

    `parameters` maps the operation's parameters to fields of what was posted, `status` is the field in it
    that says which state was reached.
    """

    operation: str | None = None
    parameters: dict[str, Dotted] = {}
    at: Dotted | None = None
    status: Dotted | None = None


class HookWords(Words):
    """One way of a vendor to tell of events by itself; `provenance` says how far its posts are known."""

    subscribe: SubscribeWords
    unsubscribe: UnsubscribeWords
    record: DeliveryWords
    provenance: Provenance = "documented"


class TriggerHookWords(Words):
    """`via` names an entry of `hooks`, `event` is the vendor's word for what happens."""

    via: Key
    event: str
