"""Models of triggers whose events an API posts, signed, to a URL, and sends again until they arrive.

A vendor's webhooks are posted once and may be lost, so a vendor's trigger polls (`Trigger`), and its `Hook`
is only an addition. The hub keeps what it posts and sends it again. A `PostedTrigger` therefore never polls.
"""

from collections.abc import Mapping
from typing import Any, Literal

from connector.definition.model.fields import Field, FrozenModel, InputField, Path


class Signature(FrozenModel):
    """How a delivery is signed.

    With the scheme "standard_webhooks" (https://www.standardwebhooks.com), the headers `webhook-id`,
    `webhook-timestamp` and `webhook-signature` belong to each delivery. A delivery is valid if its signature
    is, and if its timestamp differs from the receiver's clock by at most `tolerance` seconds.
    """

    scheme: Literal["standard_webhooks"]
    tolerance: int


class DeliveryId(FrozenModel):
    """How the ID of a delivery, in the header `webhook-id`, is computed.

    It is `prefix` and the first `digits` hexadecimal digits of the SHA-256 of a text: the values at the paths
    `hashed` in the delivery, and the subscription's ID, joined by line feeds. Only the API and the receiver
    know the subscription's ID, so that a receiver that cannot read the body as it was signed can compare the
    IDs.
    """

    prefix: str
    hashed: tuple[Path, ...]
    digits: int


class Subscriptions(FrozenModel):
    """The requests that subscribe a URL, unsubscribe it, and read examples of what is posted to it.

    The body of the `subscribe` operation contains the constants in `body`, the receiver's URL at the path
    `url`, and the event type at the path `event`. Its response contains the subscription's ID at `id` and the
    secret of the signatures at `secret`. The `unsubscribe` operation sends the ID as the path parameter
    `parameter`; it also succeeds if there is no such subscription.

    The `samples` operation lists the newest events in the shape in which they are posted. Its query parameter
    `samples_event` takes the event type, which is also at the path `kind` in a delivery. A trigger's inputs
    are sent to both operations: they are fields of the body of `subscribe`, and query parameters of `samples`
    with the same names. `identity` lists the paths in a delivery that together identify its event; the first
    is the path of the event's ID.
    """

    subscribe: str
    url: Path
    event: Path
    body: Mapping[str, Any] = {}
    id: Path
    secret: Path
    unsubscribe: str
    parameter: str
    samples: str
    samples_event: str
    kind: Path
    identity: tuple[Path, ...]
    signature: Signature
    delivery_id: DeliveryId


class PostedTrigger(FrozenModel):
    """An event that starts a workflow, and that the API posts to each subscribed URL.

    `key` is also the event type in the requests. `labels` replaces `label` on platforms whose naming rules
    `label` does not meet; its keys are runtimes. `inputs` have the location "body"; see `Subscriptions`.
    `fields` and `sample` describe a delivery, and `example` contains the values that differ from `sample` for
    this event type.
    """

    key: str
    label: str
    labels: Mapping[str, str] = {}
    description: str
    resource: str
    inputs: tuple[InputField, ...] = ()
    fields: tuple[Field, ...]
    sample: Any
    example: Mapping[str, Any] = {}
