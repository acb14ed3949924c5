"""Catalog entries of the `subscriptions` section, which describes how a URL is subscribed to events."""

from typing import Annotated, Any, Literal

from pydantic import Field as PydanticField

from connector.definition.catalog.base import CatalogEntry, Dotted


class SubscribingEntry(CatalogEntry):
    """The request that subscribes a URL.

    `url` and `event` are the body fields for the receiver's URL and the event type, and `constants` are body
    fields with fixed values. `id` and `secret` are paths in the response: the subscription's ID, and the
    secret of its signatures.
    """

    operation: str
    url: Dotted
    event: Dotted
    constants: dict[str, Any] = {}
    id: Dotted
    secret: Dotted


class UnsubscribingEntry(CatalogEntry):
    """The request that unsubscribes a URL; `id` names the path parameter for the subscription's ID."""

    operation: str
    id: str


class SamplesEntry(CatalogEntry):
    """The request that lists the newest events, in the shape in which they are posted.

    `event` names the query parameter for the event type, and `kind` is the path of the event type in an
    event.
    """

    operation: str
    event: str
    kind: Dotted


class SignatureEntry(CatalogEntry):
    """How deliveries are signed, and by how many minutes their time may differ from the receiver's clock."""

    scheme: Literal["standard_webhooks"]
    tolerance_minutes: Annotated[int, PydanticField(ge=1, le=60)]


class DeliveryIdEntry(CatalogEntry):
    """How the ID of a delivery is computed; see `connector.definition.model.DeliveryId`."""

    prefix: str
    hashed: Annotated[tuple[Dotted, ...], PydanticField(min_length=1)]
    digits: Annotated[int, PydanticField(ge=16, le=64)]


class SubscriptionsEntry(CatalogEntry):
    """The `subscriptions` section; see `connector.definition.model.Subscriptions`.

    `identity` lists the paths in a delivery that together identify its event.
    """

    subscribe: SubscribingEntry
    unsubscribe: UnsubscribingEntry
    samples: SamplesEntry
    identity: Annotated[tuple[Dotted, ...], PydanticField(min_length=1)]
    signature: SignatureEntry
    delivery_id: DeliveryIdEntry
