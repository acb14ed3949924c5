"""The hub as a way to poll a trigger in stories."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

from connector.definition.model import Integration, Runtime, Trigger
from support.certificate.delivery import Delivery
from support.certificate.drawing import NUMBERS, USUAL, Adversity
from support.certificate.hub.acts import HUB_NUMBERS, HUB_POINTS
from support.certificate.hub.poller import HubPoller

LEFT_OUT = ("clock", "look", "write", "lose")
"""Troubles of other pollers: a hub's clock has to be right, and it neither searches nor writes."""


@dataclass(frozen=True)
class Hubs:
    """Opens a hub for each story, on a database of its own."""

    runtime: Runtime = "python"

    def adversity(self, trigger: Trigger) -> Adversity:
        """Return every trouble of a poller and of a hub; only versions show that a page is outdated."""
        versions = trigger.source.strategy == "snapshot"
        polled = [
            kind for kind in NUMBERS if kind not in (*USUAL, *LEFT_OUT) and (versions or kind != "stale")
        ]
        return Adversity((*polled, *HUB_NUMBERS), points=HUB_POINTS)

    @contextmanager
    def started(self, _offer: Integration) -> Iterator[Self]:
        yield self

    def offers(self, trigger: Trigger) -> bool:
        return self.runtime in trigger.guarantees

    def __call__(self, delivery: Delivery) -> "HubPoller":
        return HubPoller(delivery)
