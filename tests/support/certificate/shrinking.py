"""Shrinks a story that breaks an invariant: leaves out what is not needed, and simplifies the numbers."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import combinations

from support.certificate.acts import Act
from support.certificate.stories import Poll, Step, Story

Breaks = Callable[[Story], bool]


def shrunk(story: Story, breaks: Breaks) -> Story:
    """Return the shortest story found that `breaks` accepts.

    Runs of steps are left out first, then each part, then two steps at once.
    """
    story = _halved(story, breaks)
    for simpler in (shorter, plainer, shorter, shorter_by_two):
        story = _as_long_as(story, breaks, simpler)
    return _as_long_as(story, breaks, shorter)


def _halved(story: Story, breaks: Breaks) -> Story:
    """Leave out runs of steps, long ones first."""
    size = len(story.steps) // 2
    while size > 1:
        place = 0
        while place < len(story.steps):
            candidate = replace(story, steps=story.steps[:place] + story.steps[place + size :])
            if breaks(candidate):
                story = candidate
            else:
                place += size
        size //= 2
    return story


def _as_long_as(story: Story, breaks: Breaks, simpler: Callable[[Story], Iterator[Story]]) -> Story:
    """Take the first simpler story that still breaks, until no simpler story breaks it."""
    while (found := next((one for one in simpler(story) if breaks(one)), None)) is not None:
        story = found
    return story


def shorter(story: Story) -> Iterator[Story]:
    """Yield the story without each of its parts: a step, an act, a crash. The last parts come first."""
    for place in reversed(range(len(story.steps))):
        step = story.steps[place]
        yield replace(story, steps=story.steps[:place] + story.steps[place + 1 :])
        for poll in calmer(step) if isinstance(step, Poll) else ():
            yield replace(story, steps=(*story.steps[:place], poll, *story.steps[place + 1 :]))
    for place in range(len(story.before)):
        yield replace(story, before=story.before[:place] + story.before[place + 1 :])


def shorter_by_two(story: Story) -> Iterator[Story]:
    """Yield the story without each pair of its steps, and with the acts of each poll before the poll."""
    for place, step in enumerate(story.steps):
        if isinstance(step, Poll) and step.before:
            acts = [act for page in sorted(step.before) for act in step.before[page]]
            poll = replace(step, before={})
            yield replace(story, steps=(*story.steps[:place], *acts, poll, *story.steps[place + 1 :]))
    for one, other in combinations(range(len(story.steps)), 2):
        left = (step for place, step in enumerate(story.steps) if place not in (one, other))
        yield replace(story, steps=tuple(left))


def calmer(poll: Poll) -> Iterator[Poll]:
    """Yield the poll without its crash, and without each of its acts."""
    if poll.crash:
        yield replace(poll, crash=None, nth=1)
    for page, acts in poll.before.items():
        for place in range(len(acts)):
            left = [*acts[:place], *acts[place + 1 :]]
            others = {number: kept for number, kept in poll.before.items() if number != page}
            yield replace(poll, before={**others, page: left} if left else others)


def plainer(story: Story) -> Iterator[Story]:
    """Yield the story with a smaller number in each of its acts."""
    for place, step in enumerate(story.steps):
        for one in _smaller(step):
            yield replace(story, steps=(*story.steps[:place], one, *story.steps[place + 1 :]))
    for place, act in enumerate(story.before):
        for smaller in _lower(act):
            yield replace(story, before=(*story.before[:place], smaller, *story.before[place + 1 :]))


def _smaller(step: Step) -> Iterator[Step]:
    if not isinstance(step, Poll):
        yield from _lower(step)
        return
    if step.nth > 1:
        yield replace(step, nth=1)
    for page, acts in step.before.items():
        for place, act in enumerate(acts):
            for smaller in _lower(act):
                changed = [*acts[:place], smaller, *acts[place + 1 :]]
                yield replace(step, before={**step.before, page: changed})


def _lower(act: Act) -> Iterator[Act]:
    kind, number = act
    if number < 0:
        yield kind, -number
    for lower in (0, 1):
        if lower < number:
            yield kind, lower
