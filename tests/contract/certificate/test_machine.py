"""The certificate's own parts: stories as files, the points of a crash, and the troubles of each runtime."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest
from support.certificate.acts import SHOP_ACTS, Act
from support.certificate.adversary import WIRE_ACTS
from support.certificate.certified import as_row, left_out_row
from support.certificate.crashes import CRASH_POINTS
from support.certificate.drawing import ALL_NUMBERS, NUMBERS, SIZES, USUAL, Adversity, drawn
from support.certificate.hub.acts import HUB_NUMBERS, HUB_POINTS
from support.certificate.hub.hubs import LEFT_OUT, Hubs
from support.certificate.invariants import BROKEN_BY, INVARIANTS
from support.certificate.make import Make
from support.certificate.python import Python
from support.certificate.search import Certificate, Searched
from support.certificate.shrinking import plainer, shorter, shrunk
from support.certificate.stories import Poll, Step, Story, loaded
from support.certificate.tasks import certified
from support.certificate.zapier import Zapier
from support.each import each
from support.merchant import VendorSandbox

from connector.definition.compiler import integration as compiled
from connector.definition.compiler import vendors
from connector.definition.left_out import why_left_out

if TYPE_CHECKING:
    from connector.definition.model import Runtime

EVERYTHING = Adversity(
    tuple(kind for kind in ALL_NUMBERS if kind not in USUAL), points=(*CRASH_POINTS, *HUB_POINTS)
)
ASK: Act = ("ask", 0)


@pytest.fixture(scope="module")
def certificate() -> Iterator[Certificate]:
    backend = VendorSandbox.open("returnmate")
    yield Certificate.of(backend, compiled("returnmate"), "new_return")
    backend.close()


def told(seeds: int, likely: tuple[str, ...] = ()) -> list[Story]:
    return [drawn(Random(seed), EVERYTHING, likely) for seed in range(seeds)]


def acts(story: Story) -> list[Act]:
    """Return the acts of a story, between polls and during them."""
    polls = [step for step in story.steps if isinstance(step, Poll)]
    during = [act for poll in polls for acts in poll.before.values() for act in acts]
    return [*story.before, *(step for step in story.steps if not isinstance(step, Poll)), *during]


def kinds(story: Story) -> set[str]:
    """Return the kinds of a story's acts, and its crash points."""
    crashes = {step.crash or "" for step in story.steps if isinstance(step, Poll)}
    return {kind for kind, _number in acts(story)} | crashes


def test_a_story_is_the_same_after_it_was_saved(tmp_path: Path) -> None:
    for story in each(told(50)):
        story.save(tmp_path / "story.json")
        assert loaded(tmp_path / "story.json") == story
        assert all(one.length < story.length or one != story for one in shorter(story))


def test_a_seed_draws_the_same_story_again() -> None:
    assert told(20) == told(20)


def test_everything_that_can_happen_happens_in_some_story() -> None:
    happened = set().union(*(kinds(story) for story in told(400)))
    assert happened >= {*ALL_NUMBERS, *CRASH_POINTS, *HUB_POINTS}


def test_stories_differ_in_what_happens_and_in_the_size_of_the_shop() -> None:
    stories = told(200)
    assert len({frozenset(kinds(story)) for story in stories}) > 100
    asked = [sum(step[0] == "ask" for step in one.steps if not isinstance(step, Poll)) for one in stories]
    assert {1, 2, 3, 9} <= set(asked)
    assert len(SIZES) > 1


def test_no_story_has_more_returns_than_a_poll_can_read() -> None:
    few = replace(EVERYTHING, most=4)
    asked = [
        sum(kind in {"ask", "future"} for kind, _number in acts(drawn(Random(seed), few)))
        for seed in range(100)
    ]
    assert max(asked) == 4


@pytest.mark.parametrize("invariant", BROKEN_BY)
def test_troubles_that_break_an_invariant_are_in_most_of_its_stories(invariant: str) -> None:
    with_one = [story for story in told(100, BROKEN_BY[invariant]) if kinds(story) & {*BROKEN_BY[invariant]}]
    assert len(with_one) > 50


def test_every_invariant_says_which_troubles_belong_to_it() -> None:
    assert set(BROKEN_BY) == set(INVARIANTS)
    assert {one for troubles in BROKEN_BY.values() for one in troubles} <= set(ALL_NUMBERS) - set(USUAL)


def test_a_story_shrinks_to_the_steps_and_numbers_that_matter() -> None:
    """Here, two moves with a crash between them matter."""

    def breaks(story: Story) -> bool:
        seen = [step[0] if not isinstance(step, Poll) else step.crash for step in story.steps]
        return seen.count("move") > 1 and "before fold" in seen[seen.index("move") :]

    long: tuple[Step, ...] = (
        *[ASK] * 4,
        ("move", 7),
        ("advance", 600),
        Poll({2: [ASK, ("delete", 1)]}, "before fold", 2),
    )
    story = shrunk(Story((ASK, ("advance", 1)), (*long, ("storm", 3), ("move", 9), Poll())), breaks)
    assert story == Story((), (("move", 0), Poll(crash="before fold"), ("move", 0)))
    assert not any(breaks(one) for one in (*shorter(story), *plainer(story)))


@pytest.mark.parametrize("point", CRASH_POINTS)
def test_every_crash_point_is_reached(certificate: Certificate, point: str) -> None:
    delivery = certificate.play(Story((), (ASK, Poll(crash=point), ASK)))
    assert delivery.crashed == [point]
    assert len(delivery.outcome.delivered) == 2


def test_an_event_may_come_again_only_after_a_crash_between_handler_and_record(
    certificate: Certificate,
) -> None:
    for point in ("after hand over", "before settle"):
        delivery = certificate.play(Story((), (ASK, Poll(crash=point))))
        assert delivery.doubtful == {one.id for one in delivery.outcome.delivered}
    assert certificate.play(Story((), (ASK, Poll(crash="after settle")))).doubtful == set()


def test_a_search_without_an_event_is_a_failure() -> None:
    quiet, lively = Searched(stories=2, steps=12), Searched(stories=2, steps=12, events=1)
    for searched, result in ((quiet, "failed"), (lively, "held")):
        assert as_row("swap", "new_return", "make", searched).result == result
        assert certified("swap new_return, make", searched, 1).failed == (result == "failed")


def test_a_trigger_that_no_app_offers_has_a_row_with_the_reason() -> None:
    apps: tuple[Runtime, ...] = ("zapier", "make")
    left_out = [
        (vendor, trigger, runtime)
        for vendor in vendors()
        for trigger in compiled(vendor).triggers.values()
        for runtime in apps
        if runtime not in trigger.guarantees
    ]
    for vendor, trigger, runtime in each(left_out):
        row = left_out_row(vendor, trigger, runtime)
        assert row.result == "not reachable"
        assert row.detail.startswith("Not offered. ")
        assert why_left_out(trigger, runtime) in row.detail


def test_python_meets_every_trouble() -> None:
    between = {"clock", "refuse", "restart", "rival", "look", "write"}
    assert {*SHOP_ACTS, *WIRE_ACTS, *between} == set(NUMBERS)
    snapshots = compiled("exsited").triggers["new_return"]
    assert set(Python().adversity(snapshots).troubles) == set(NUMBERS) - set(USUAL)


def test_the_hub_meets_its_own_troubles_and_those_of_pollers() -> None:
    met = set(Hubs().adversity(compiled("exsited").triggers["new_return"]).troubles)
    assert met == {*HUB_NUMBERS, *NUMBERS} - {*USUAL, *LEFT_OUT}


@pytest.mark.parametrize("polling", [Zapier(), Make()], ids=["zapier", "make"])
def test_apps_meet_troubles_that_exist(polling: Zapier | Make) -> None:
    trigger = compiled("swap").triggers["new_return"]
    assert set(polling.adversity(trigger).troubles) < set(NUMBERS)
