"""`Disturbance`: what a fault does to an attempt to send a webhook."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Disturbance:
    """What a fault does to one attempt.

    reason: what is shown as the outcome if nothing is sent
    dropped: nothing is sent, and the delivery counts as delivered
    wait: seconds on the tenant's clock after which the attempt is made; 0 to make it now
    copies: how many times the request is sent
    forged: whether it is signed with another secret
    age: seconds by which the time of the signature is too early
    releases: IDs of waiting deliveries that become due after the attempt
    """

    reason: str = ""
    dropped: bool = False
    wait: int = 0
    copies: int = 1
    forged: bool = False
    age: int = 0
    releases: tuple[int, ...] = ()


UNDISTURBED: Final = Disturbance()
