"""The certificate's own parts: stories as files, the points of a crash, and the troubles of each runtime."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from support.certificate.acts import SHOP_ACTS
from support.certificate.adversary import WIRE_ACTS
from support.certificate.crashes import CRASH_POINTS
from support.certificate.make import Make
from support.certificate.python import Python
from support.certificate.search import Certificate
from support.certificate.stories import NUMBERS, USUAL, Adversity, Poll, Story, loaded, shorter, stories
from support.certificate.zapier import Zapier
from support.merchant import VendorSandbox

from connector.definition.compiler import integration as compiled

EVERYTHING = Adversity(tuple(kind for kind in NUMBERS if kind not in USUAL))
ASK = ("ask", 0)


@pytest.fixture(scope="module")
def certificate() -> Iterator[Certificate]:
    backend = VendorSandbox.open("returnmate")
    yield Certificate.of(backend, compiled("returnmate"), "new_return")
    backend.close()


@settings(max_examples=50, deadline=None)
@given(stories(EVERYTHING))
def test_a_story_is_the_same_after_it_was_saved(
    tmp_path_factory: pytest.TempPathFactory, story: Story
) -> None:
    path = tmp_path_factory.mktemp("story") / "story.json"
    story.save(path)
    assert loaded(path) == story
    assert all(one.length <= story.length and one != story for one in shorter(story))


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


def test_python_meets_every_trouble() -> None:
    between = {"clock", "refuse", "restart", "rival", "look", "write"}
    assert {*SHOP_ACTS, *WIRE_ACTS, *between} == set(NUMBERS)
    snapshots = compiled("exsited").triggers["new_return"]
    assert set(Python().adversity(snapshots).troubles) == set(NUMBERS) - set(USUAL)


@pytest.mark.parametrize("polling", [Zapier(), Make()], ids=["zapier", "make"])
def test_apps_meet_troubles_that_exist(polling: Zapier | Make) -> None:
    trigger = compiled("swap").triggers["new_return"]
    assert set(polling.adversity(trigger).troubles) < set(NUMBERS)
