"""Stories: what happens, as data. They are drawn by Hypothesis, kept as JSON, and played by `Delivery`."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from support.certificate.acts import LATEST, Act
from support.certificate.crashes import CRASH_POINTS

DAY = 86_400
MOST_STEPS = 18
LAST_PAGE = 3
ERROR = 26
"""The error of a wrong clock, in hours."""


@dataclass(frozen=True)
class Poll:
    """A poll. `before` maps the number of a page to the acts before its request.

    `crash` ends the process when the point is reached for the `nth` time.
    """

    before: Mapping[int, list[Act]] = field(default_factory=dict)
    crash: str | None = None
    nth: int = 1


Step = Act | Poll


@dataclass(frozen=True)
class Story:
    """Acts before the first poll, and steps after it."""

    before: tuple[Act, ...] = ()
    steps: tuple[Step, ...] = ()

    @property
    def length(self) -> int:
        """The number of steps; acts during a poll count as steps too."""
        during = [poll.before.values() for poll in self.steps if isinstance(poll, Poll)]
        return len(self.before) + len(self.steps) + sum(len(acts) for pages in during for acts in pages)

    def as_json(self) -> dict[str, Any]:
        return {
            "before": [list(act) for act in self.before],
            "steps": [_as_json(step) for step in self.steps],
        }

    def text(self) -> str:
        """Return the story as a file with a step on each line."""
        parts = [
            f'  "{name}": ['
            + ",".join(f"\n    {json.dumps(step)}" for step in steps)
            + ("\n  ]" if steps else "]")
            for name, steps in self.as_json().items()
        ]
        return "{\n" + ",\n".join(parts) + "\n}\n"

    def save(self, path: Path) -> None:
        path.write_text(self.text(), "utf-8")


def loaded(path: Path) -> Story:
    """Read a story from its file."""
    document = json.loads(path.read_text("utf-8"))
    return Story(_acts(document["before"]), tuple(_step(step) for step in document["steps"]))


def _as_json(step: Step) -> list[Any]:
    if not isinstance(step, Poll):
        return list(step)
    said: dict[str, Any] = {}
    if step.before:
        said["before"] = {str(page): [list(act) for act in acts] for page, acts in step.before.items()}
    if step.crash:
        said |= {"crash": step.crash, "nth": step.nth}
    return ["poll", said] if said else ["poll"]


def _step(step: list[Any]) -> Step:
    name, *more = step
    if name != "poll":
        return (name, more[0])
    said = more[0] if more else {}
    before = {int(page): list(_acts(acts)) for page, acts in said.get("before", {}).items()}
    return Poll(before, said.get("crash"), said.get("nth", 1))


def _acts(acts: list[list[Any]]) -> tuple[Act, ...]:
    return tuple((name, number) for name, number in acts)


PICK = st.one_of(st.integers(0, 2), st.integers(0, 40))
FEW = st.integers(1, 5)
NUMBERS: Mapping[str, st.SearchStrategy[int]] = {
    "ask": st.one_of(st.just(0), st.integers(0, LATEST)),
    "move": PICK,
    "further": PICK,
    "work": PICK,
    "advance": st.sampled_from([1, 30, 600, 90_000, 400_000]),
    "tick": st.integers(1, 9),
    "delete": PICK,
    "future": st.sampled_from([1, ERROR]),
    "storm": st.sampled_from([1, 2, 3, 4, 90]),
    "loop": st.sampled_from([1, 2, 9, 1_000]),
    "lose": st.integers(1, 2),
    "look": st.just(0),
    "write": st.just(0),
    "revoke": st.integers(1, 2),
    "cap": st.integers(0, 1),
    "poison": PICK,
    "heal": st.just(0),
    "date": st.sampled_from([0, ERROR, -ERROR]),
    "clock": st.sampled_from([0, ERROR, -ERROR]),
    "stale": FEW,
    "redirect": FEW,
    "refuse": st.integers(1, 3),
    "restart": st.just(0),
    "rival": st.just(0),
}
"""The numbers of each act."""
USUAL = ("ask", "move", "further", "further", "work", "work", "advance", "advance")
BETWEEN_POLLS = ("restart", "look", "write")


@dataclass(frozen=True)
class Adversity:
    """What may happen in the stories of a poller.

    `troubles` are the acts besides the usual ones. `late`: returns may appear late; `crashes`: the process
    may end during a poll; `during`: the shop changes while pages are read; `pauses`: two polls may be days
    apart.
    """

    troubles: tuple[str, ...]
    late: bool = True
    crashes: bool = True
    during: bool = True
    pauses: bool = True

    def act(self, kinds: Iterable[str]) -> st.SearchStrategy[Act]:
        return st.one_of([st.tuples(st.just(kind), self._numbers(kind)) for kind in kinds])

    def _numbers(self, kind: str) -> st.SearchStrategy[int]:
        if kind == "ask" and not self.late:
            return st.just(0)
        if kind == "advance" and not self.pauses:
            return st.sampled_from([1, 30, 600])
        return NUMBERS[kind]


@st.composite
def stories(draw: st.DrawFn, adversity: Adversity) -> Story:
    """Draw a story with a few of the troubles, so that each trouble also occurs without most others."""
    act = adversity.act
    chosen = sorted(draw(st.sets(st.sampled_from(adversity.troubles), max_size=3)))
    kinds = [*USUAL, *chosen, *chosen]
    crashes = adversity.crashes and draw(st.booleans())
    during = st.lists(act(kind for kind in kinds if kind not in BETWEEN_POLLS), min_size=1, max_size=2)
    changes = st.dictionaries(st.integers(1, LAST_PAGE), during, max_size=2 * adversity.during)
    polls = st.builds(Poll, before=changes)
    if crashes:
        crash = st.sampled_from(CRASH_POINTS)
        polls |= st.builds(Poll, before=changes, crash=crash, nth=st.integers(1, 3))
    # Before the first poll, any time may pass.
    quiet = replace(adversity, pauses=True).act(kind for kind in USUAL if kind != "work")
    before = draw(st.lists(quiet, max_size=4))
    step = st.one_of(act(kinds), act(kinds), act(["ask"]), polls, polls)
    steps = [draw(step) for _ in range(draw(st.integers(4, MOST_STEPS)))]
    return Story(tuple(before), tuple(steps))


def shorter(story: Story) -> Iterator[Story]:
    """Yield the story without each of its parts: a step, an act, a crash."""
    for place, step in enumerate(story.steps):
        yield replace(story, steps=story.steps[:place] + story.steps[place + 1 :])
        for poll in simpler(step) if isinstance(step, Poll) else ():
            yield replace(story, steps=(*story.steps[:place], poll, *story.steps[place + 1 :]))
    for place in range(len(story.before)):
        yield replace(story, before=story.before[:place] + story.before[place + 1 :])


def simpler(poll: Poll) -> Iterator[Poll]:
    if poll.crash:
        yield replace(poll, crash=None, nth=1)
    for page, acts in poll.before.items():
        for place in range(len(acts)):
            left = [*acts[:place], *acts[place + 1 :]]
            others = {number: kept for number, kept in poll.before.items() if number != page}
            yield replace(poll, before={**others, page: left} if left else others)
