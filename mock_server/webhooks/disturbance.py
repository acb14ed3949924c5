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

    reason: the outcome to record if the attempt sends nothing
    dropped: True to send nothing and count the delivery as delivered
    wait: the seconds on the tenant's clock by which the attempt is postponed; 0 to send now
    copies: the number of times to send the request
    prepare: the function that builds the signed request; None to use the sender's own function
    releases: the IDs of waiting deliveries that become due after the attempt
    """

    reason: str = ""
    dropped: bool = False
    wait: int = 0
    copies: int = 1
    prepare: Prepare | None = None
    releases: tuple[int, ...] = ()


UNDISTURBED: Final = Disturbance()
