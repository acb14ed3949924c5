"""Searches for a story that breaks an invariant, and shrinks it."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from hypothesis import HealthCheck, Phase, find, settings
from hypothesis.errors import NoSuchExample

from connector.definition.model import Integration, Trigger
from support.certificate.delivery import Delivery, Polling, with_small_pages
from support.certificate.invariants import Violation
from support.certificate.python import Python
from support.certificate.stories import Story, shorter, stories
from support.merchant import VendorSandbox

PATIENCE = 10
ROUND = 20
"""Stories that are drawn before the progress is reported."""


@dataclass
class Searched:
    """How much was tried: stories, their steps, and the events that were delivered. `broken` is the shrunken
    story that broke `violation`, if any, and `seed` the seed that leads to it.
    """

    stories: int = 0
    steps: int = 0
    events: int = 0
    seed: int = 0
    broken: Story | None = None
    violation: Violation | None = None


@dataclass
class Certificate:
    """One trigger of one vendor in a sandbox of its own, under an adversary."""

    backend: VendorSandbox
    offer: Integration
    key: str
    polling: Polling = field(default_factory=Python)

    @classmethod
    def of(
        cls, backend: VendorSandbox, offer: Integration, key: str, polling: Polling | None = None
    ) -> "Certificate":
        return cls(backend, with_small_pages(offer), key, polling or Python())

    @property
    def trigger(self) -> Trigger:
        return self.offer.triggers[self.key]

    def play(self, story: Story) -> Delivery:
        """Play a story on a new merchant; raise `Violation` if it breaks an invariant."""
        delivery = Delivery(self.backend, self.offer, self.key, self.polling)
        delivery.play(story)
        return delivery

    def broken_by(self, story: Story) -> Violation | None:
        try:
            self.play(story)
        except Violation as violation:
            return violation
        return None

    def search(
        self,
        steps: int,
        seed: int,
        progress: Callable[[Searched], None] = lambda _searched: None,
        wanted: str | None = None,
    ) -> Searched:
        """Play random stories with this number of steps in all; stop at the first that breaks an invariant.

        `wanted` is the only invariant that counts, or None for all. If nothing was delivered, the search goes
        on for up to ten times as long.
        """
        searched = Searched(seed=seed)
        while searched.broken is None and (
            searched.steps < steps or (not searched.events and searched.steps < PATIENCE * steps)
        ):
            self._round(searched, seed + searched.stories, wanted)
            progress(searched)
        return searched

    def _round(self, searched: Searched, seed: int, wanted: str | None) -> None:
        found: dict[str, Violation] = {}

        def breaks(story: Story) -> bool:
            """Count a story; while a failure shrinks, only the same invariant counts."""
            delivery = Delivery(self.backend, self.offer, self.key, self.polling)
            try:
                searched.events += delivery.play(story)
            except Violation as violation:
                if violation.invariant in (found or {wanted or violation.invariant: violation}):
                    found[violation.invariant] = violation
                    return True
            finally:
                if not found:
                    searched.stories += 1
                    searched.steps += story.length
            return False

        try:
            searched.broken = find(
                stories(self.polling.adversity(self.trigger)),
                breaks,
                settings=settings(
                    max_examples=ROUND,
                    deadline=None,
                    database=None,
                    phases=(Phase.generate, Phase.shrink),
                    suppress_health_check=list(HealthCheck),
                ),
                random=random.Random(seed),
            )
        except NoSuchExample:
            return
        searched.seed = seed
        (searched.violation,) = found.values()
        self._trim(searched, searched.violation.invariant)

    def _trim(self, searched: Searched, invariant: str) -> None:
        """Leave out every part of the broken story without which it still breaks the invariant."""
        assert searched.broken is not None
        for story in shorter(searched.broken):
            violation = self.broken_by(story)
            if violation is not None and violation.invariant == invariant:
                searched.broken, searched.violation = story, violation
                self._trim(searched, invariant)
                return
