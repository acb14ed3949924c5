"""Draws stories. Each one uses a part of what can happen only, so that rare combinations become frequent.

A story in which everything may happen seldom contains the same act twice at the same return. So each story
draws its own subset of the acts, its own size of the shop and its own share of polls (swarm testing).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Literal

from support.certificate.acts import LATEST, Act
from support.certificate.crashes import CRASH_POINTS
from support.certificate.hub.acts import HUB_NUMBERS
from support.certificate.stories import Poll, Step, Story

LONGEST = 18
SHORTEST = 3
MOST_RETURNS = 40
LAST_PAGE = 3
ERROR = 26
"""The error of a wrong clock, in hours."""
USUAL = ("ask", "move", "further", "work", "advance")
BETWEEN_POLLS = ("restart", "look", "write", "run", "gone", "spend", "hints")
Size = Literal["one return", "few returns", "a stream", "a burst", "a life"]
SIZES: tuple[Size, ...] = ("one return", "few returns", "a stream", "a burst", "a life")
LIFE = ("ask", "further", "work", "advance", "further", "work", "advance")
"""What happens to a return from its beginning to its end."""


def _pick(random: Random) -> int:
    return random.randint(0, 2) if random.random() < 0.5 else random.randint(0, 40)


def _late(random: Random) -> int:
    return 0 if random.random() < 0.5 else random.randint(0, LATEST)


def _one_of(*numbers: int) -> Callable[[Random], int]:
    return lambda random: random.choice(numbers)


NUMBERS: Mapping[str, Callable[[Random], int]] = {
    "ask": _late,
    "move": _pick,
    "further": _pick,
    "work": _pick,
    "advance": _one_of(1, 30, 600, 90_000, 400_000),
    "tick": _one_of(*range(1, 10)),
    "delete": _pick,
    "future": _one_of(1, ERROR),
    "storm": _one_of(1, 2, 3, 4, 90),
    "loop": _one_of(1, 2, 9, 1_000),
    "lose": _one_of(1, 2),
    "look": _one_of(0),
    "write": _one_of(0),
    "revoke": _one_of(1, 2),
    "cap": _one_of(0, 1, 1),
    "poison": _pick,
    "heal": _one_of(0),
    "date": _one_of(0, ERROR, -ERROR),
    "clock": _one_of(0, ERROR, -ERROR),
    "stale": _one_of(*range(1, 6)),
    "redirect": _one_of(1, 1, 2, 5),
    "refuse": _one_of(1, 2, 3),
    "restart": _one_of(0),
    "rival": _one_of(0),
}
"""The numbers of each act that pollers of every kind meet."""
ALL_NUMBERS: Mapping[str, Callable[[Random], int]] = {**NUMBERS, **HUB_NUMBERS}


@dataclass(frozen=True)
class Adversity:
    """What may happen in the stories of a poller.

    `troubles` are the acts besides the usual ones. `late`: returns may appear late; `crashes`: the process
    may end during a poll, at one of `points`; `during`: the shop changes while pages are read; `pauses`: two
    polls may be days apart; `most`: the number of returns that one poll can read.
    """

    troubles: tuple[str, ...]
    late: bool = True
    crashes: bool = True
    during: bool = True
    pauses: bool = True
    most: int = MOST_RETURNS
    points: tuple[str, ...] = CRASH_POINTS

    def act(self, kind: str, random: Random) -> Act:
        if kind == "ask" and not self.late:
            return kind, 0
        if kind == "advance" and not self.pauses:
            return kind, random.choice((1, 30, 600))
        return kind, ALL_NUMBERS[kind](random)


@dataclass(frozen=True)
class Plan:
    """What one story draws from: the acts between two polls, and how polls are disturbed."""

    adversity: Adversity
    kinds: tuple[str, ...]
    size: Size
    polls: float
    crashes: bool
    during: bool

    @classmethod
    def drawn(cls, random: Random, adversity: Adversity, likely: Sequence[str]) -> "Plan":
        """Draw a plan with up to three troubles; one of `likely` is among them in most plans."""
        troubles = random.sample(adversity.troubles, min(random.randint(0, 3), len(adversity.troubles)))
        possible = [kind for kind in likely if kind in adversity.troubles]
        if possible and random.random() < 0.7:
            troubles = [*troubles[:1], *random.sample(possible, min(random.randint(1, 3), len(possible)))]
        size = random.choice(SIZES)
        usual = [kind for kind in USUAL if random.random() < 0.7]
        asks = ["ask"] if size == "a stream" else []
        return cls(
            adversity,
            (*(kind for kind in usual if kind != "ask"), *troubles, *troubles, *asks) or ("advance",),
            size,
            polls=random.choice((0.1, 0.3, 0.6)),
            crashes=adversity.crashes and random.random() < 0.5,
            during=adversity.during and random.random() < 0.5,
        )

    def asks(self, random: Random) -> list[Act]:
        """Return what happens in any case, in this order: returns that are asked for, or the life of one."""
        count = {"one return": 1, "few returns": random.randint(2, 4), "a stream": 1}
        kinds = ("ask",) * count.get(self.size, random.randint(3, 9))
        return [self.adversity.act(kind, random) for kind in (LIFE if self.size == "a life" else kinds)]

    def step(self, random: Random) -> Step:
        return self.poll(random) if random.random() < self.polls else self.act(self.kinds, random)

    def act(self, kinds: Sequence[str], random: Random) -> Act:
        return self.adversity.act(random.choice(kinds), random)

    def poll(self, random: Random) -> Poll:
        inside = [kind for kind in (*self.kinds, "ask") if kind not in BETWEEN_POLLS]
        pages = random.sample(range(1, LAST_PAGE + 1), random.randint(0, 2) if self.during else 0)
        changes = {
            page: [self.act(inside, random) for _ in range(random.randint(1, 2))] for page in sorted(pages)
        }
        if self.crashes and random.random() < 0.5:
            return Poll(changes, random.choice(self.adversity.points), random.randint(1, 3))
        return Poll(changes)


def drawn(
    random: Random, adversity: Adversity, likely: Sequence[str] = (), *, with_past: bool = False
) -> Story:
    """Draw a story; `likely` are troubles that occur in most stories.

    Something happens before the first poll in half of the stories, and `with_past` in all of them.
    """
    plan = Plan.drawn(random, adversity, likely)
    asks = plan.asks(random)
    before: list[Act] = []
    if with_past or random.random() < 0.5:  # before the first poll, any time may pass
        quiet = replace(plan, adversity=replace(adversity, pauses=True))
        before = [
            quiet.act(("ask", "move", "further", "advance"), random) for _ in range(random.randint(1, 4))
        ]
    steps = [plan.step(random) for _ in range(random.randint(SHORTEST, LONGEST - len(asks)))]
    return _with_few(Story(tuple(before), tuple(_mixed(steps, asks, plan.size, random))), adversity.most)


def _with_few(story: Story, most: int) -> Story:
    """Leave out the returns after the first `most`."""
    left = most

    def stays(step: Step) -> bool:
        nonlocal left
        asks = not isinstance(step, Poll) and step[0] in {"ask", "future"}
        left -= asks
        return not asks or left >= 0

    def thinned(step: Step) -> Step:
        if not isinstance(step, Poll):
            return step
        kept = {page: [act for act in acts if stays(act)] for page, acts in step.before.items()}
        return replace(step, before={page: acts for page, acts in kept.items() if acts})

    before = tuple(act for act in story.before if stays(act))
    return Story(before, tuple(thinned(step) for step in story.steps if stays(step)))


def _mixed(steps: list[Step], asks: list[Act], size: Size, random: Random) -> list[Step]:
    """Put the asks at the beginning, or one by one anywhere; a burst happens at once, at any time."""
    if size == "a burst":
        place = random.randint(0, len(steps))
        return [*steps[:place], *asks, *steps[place:]]
    if random.random() < 0.5:
        return [*asks, *steps]
    places = sorted(random.sample(range(len(steps) + len(asks)), len(asks)))
    for place, ask in zip(places, asks, strict=True):
        steps.insert(place, ask)
    return steps
