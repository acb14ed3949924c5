"""`Disturbance`: how faults change one attempt to send a webhook."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from mock_server.webhooks.format import Message
from mock_server.webhooks.outbox import Delivery

Prepare = Callable[[Delivery], Message]
"""A function that builds an attempt's signed request; raises `UnsendableError` if this is impossible."""


@dataclass(frozen=True, slots=True)
class Disturbance:
    """How faults change one attempt to send a webhook; the default values change nothing.

    If `dropped` is True, nothing is sent, and the delivery counts as delivered. If `wait` is not 0, nothing
    is sent, and the attempt is postponed by `wait` seconds on the tenant's clock. In both cases, `reason` is
    the outcome to record. `copies` is the number of times to send the request. `prepare` builds the signed
    request; if it is None, the sender's own function is used. `releases` lists the IDs of waiting deliveries
    that become due after the attempt.
    """

    reason: str = ""
    dropped: bool = False
    wait: int = 0
    copies: int = 1
    prepare: Prepare | None = None
    releases: tuple[int, ...] = ()


UNDISTURBED: Final = Disturbance()
