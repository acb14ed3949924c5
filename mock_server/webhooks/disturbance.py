"""`Disturbance`: what a fault does to an attempt to send a webhook."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from mock_server.webhooks.format import Message
from mock_server.webhooks.outbox import Delivery

Prepare = Callable[[Delivery], Message]
"""Builds the signed request of an attempt; raises `UnsendableError` if the delivery cannot be sent."""


@dataclass(frozen=True, slots=True)
class Disturbance:
    """What a fault does to one attempt.

    reason: what is shown as the outcome if nothing is sent
    dropped: nothing is sent, and the delivery counts as delivered
    wait: seconds on the tenant's clock after which the attempt is made; 0 to make it now
    copies: how many times the request is sent
    prepare: builds the signed request in place of the sender's own function, or None
    releases: IDs of waiting deliveries that become due after the attempt
    """

    reason: str = ""
    dropped: bool = False
    wait: int = 0
    copies: int = 1
    prepare: Prepare | None = None
    releases: tuple[int, ...] = ()


UNDISTURBED: Final = Disturbance()
