"""Each exhibit of the bug museum breaks its invariant, and the product keeps all of them in it."""

import re
from collections.abc import Iterator

import pytest
from support.certificate.certified import exhibit_row
from support.certificate.exhibits import LONGEST_STORY, Exhibit, exhibits
from support.certificate.invariants import INVARIANTS
from support.each import each
from support.merchant import VendorSandbox
from support.report_data import record

from connector.definition.compiler import vendors

EXHIBITS = exhibits()
FEWEST = 24


@pytest.fixture(scope="module")
def backends() -> Iterator[dict[str, VendorSandbox]]:
    found = {vendor: VendorSandbox.open(vendor) for vendor in {one.vendor for one in EXHIBITS}}
    yield found
    for backend in found.values():
        backend.close()


@pytest.mark.parametrize("exhibit", EXHIBITS, ids=lambda one: one.name)
def test_mistake_breaks_its_invariant_and_the_original_none(
    exhibit: Exhibit, backends: dict[str, VendorSandbox]
) -> None:
    broken = exhibit.replayed(backends[exhibit.vendor])
    record("museum", "Bug museum", [exhibit_row(exhibit, broken)])
    assert broken is not None, f"{exhibit.bug} Nothing notices it."
    assert broken.invariant == exhibit.caught_by
    assert exhibit.played_by_original(backends[exhibit.vendor]) is None


def test_stories_are_short_and_every_mistake_was_published() -> None:
    for exhibit in each(EXHIBITS):
        assert exhibit.story.length <= LONGEST_STORY, exhibit.name
        assert all(re.fullmatch(r"[\w.-]+/[\w.-]+#\d+", one) for one in each(exhibit.cited)), exhibit.name
        assert exhibit.bug.endswith("."), exhibit.name


def test_every_vendor_and_every_runtime_has_exhibits() -> None:
    assert len(EXHIBITS) >= FEWEST
    assert {exhibit.vendor for exhibit in EXHIBITS} == set(vendors())
    assert {exhibit.polling.runtime for exhibit in EXHIBITS} == {"python", "zapier", "make"}


def test_every_story_belongs_to_an_exhibit() -> None:
    assert sorted(EXHIBITS[0].path.parent.glob("*.json")) == sorted(exhibit.path for exhibit in EXHIBITS)


def test_every_invariant_catches_a_mistake() -> None:
    assert {exhibit.caught_by for exhibit in EXHIBITS} == set(INVARIANTS)
