"""Catalog entries of the sections `hooks` and `webhooks`: how a vendor reports events by webhook."""

from typing import Annotated, Literal

from pydantic import Field as PydanticField

from connector.definition.catalog.base import CatalogEntry, Dotted, Key
from connector.definition.model import Provenance

AtLeastOne = Annotated[tuple[Dotted, ...], PydanticField(min_length=1)]


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


class SignatureEntry(CatalogEntry):
    """The header with the HMAC-SHA256 of a post's body, and how it is encoded.

    With `required: false`, a post without the header is accepted, because some versions do not have it.
    """

    header: str
    encoding: Literal["hex", "base64"]
    required: bool = True


class WebhookTokenEntry(CatalogEntry):
    """A field of a post's body with a JSON Web Token (HS256) that expires.

    `claims` are the claims that must be equal to the fields of the body with the same names, or of the part
    of the body at `within`, if the body has this part.
    """

    field: Dotted
    claims: tuple[str, ...] = ()
    within: Dotted | None = None


class RegistrationEntry(CatalogEntry):
    """Registers webhooks through the API for `events`; `via` is the key of an entry in `hooks`."""

    via: Key
    events: AtLeastOne


class WebhooksEntry(CatalogEntry):
    """What the hub knows of a vendor's posts; their content is never taken for the truth.

    `records` maps resources to the paths in the body where the ID of such a record can be. `signature` and
    `token` describe what can be verified; posts of a vendor without either cannot be verified.
    """

    provenance: Provenance
    records: Annotated[dict[Key, AtLeastOne], PydanticField(min_length=1)]
    signature: SignatureEntry | None = None
    token: WebhookTokenEntry | None = None
    registration: RegistrationEntry | None = None
