"""Searches for a story that breaks an invariant, and shrinks it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from connector.definition.model import Integration, Trigger
from support.certificate.delivery import Delivery, Polling, with_small_pages
from support.certificate.drawing import drawn
from support.certificate.invariants import BROKEN_BY, Violation
from support.certificate.python import Python
from support.certificate.shrinking import shrunk
from support.certificate.stories import Story
from support.merchant import VendorSandbox

PATIENCE = 10


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
        on for up to ten times as long. An exception of the code under test names the story that led to it.
        """
        searched = Searched()
        likely = BROKEN_BY[wanted] if wanted else ()
        with_past = wanted == "nothing_from_before_the_start"
        adversity = self.polling.adversity(self.trigger)
        while searched.broken is None and (
            searched.steps < steps or (not searched.events and searched.steps < PATIENCE * steps)
        ):
            searched.seed = seed + searched.stories
            adversity, with_past = (
                self.polling.adversity(self.trigger),
                wanted == "nothing_from_before_the_start",
            )
            story = drawn(Random(searched.seed), adversity, likely, with_past=with_past)
            try:
                self._try(story, searched, wanted)
            except Exception as problem:
                problem.add_note(f"Seed {searched.seed}, story:\n{story.text()}")
                raise
            progress(searched)
        return searched

    def _try(self, story: Story, searched: Searched, wanted: str | None) -> None:
        """Play one story; shrink it if it breaks an invariant that counts."""
        searched.stories += 1
        searched.steps += story.length
        delivery = Delivery(self.backend, self.offer, self.key, self.polling)
        try:
            searched.events += delivery.play(story)
        except Violation as violation:
            broken = violation.invariant
            if broken == (wanted or broken):
                searched.broken = shrunk(story, lambda one: self._breaks(one, broken))
                searched.violation = self.broken_by(searched.broken) or violation

    def _breaks(self, story: Story, invariant: str) -> bool:
        violation = self.broken_by(story)
        return violation is not None and violation.invariant == invariant
