"""The model of a vendor's webhooks: how to verify a post, and which records it is about."""

from collections.abc import Mapping
from typing import Literal

from connector.definition.model.fields import FrozenModel, Path, Provenance


class WebhookSignature(FrozenModel):
    """A header that contains the HMAC-SHA256 of the body; the key is the webhook's secret."""

    header: str
    encoding: Literal["hex", "base64"]
    required: bool


class WebhookToken(FrozenModel):
    """A JSON Web Token (HS256) in the body at `field`; the key is the webhook's secret.

    `claims` must be equal to the fields of the same names in the body, or in the part at `within`.
    """

    field: Path
    claims: tuple[str, ...]
    within: Path | None


class Registration(FrozenModel):
    """How to register a webhook through the API: one request for each event in `events`.

    The body of `subscribe` contains the receiver's URL at `url` and the event at `event`; the response
    contains the ID at `id`, which `unsubscribe` sends as the parameter `parameter`.
    """

    subscribe: str
    url: Path
    event: Path
    id: Path
    unsubscribe: str
    parameter: str
    events: tuple[str, ...]


class Webhooks(FrozenModel):
    """A vendor's webhooks, as the hub receives them.

    `records` maps resources to the paths in the body at which the ID of such a record can be. A post without
    `signature` and `token` cannot be verified. `registration` is None if no operation of the API registers
    webhooks.
    """

    provenance: Provenance
    records: Mapping[str, tuple[Path, ...]]
    signature: WebhookSignature | None
    token: WebhookToken | None
    registration: Registration | None

    @property
    def verifiable(self) -> bool:
        """True if the vendor signs its posts."""
        return self.signature is not None or self.token is not None
