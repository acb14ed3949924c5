"""Two days of a hub with a shop at each vendor: within the calls and the lateness that its plan states.

`make hub-days` runs thirty days with 20 connections and draws them in docs/hub.md.
"""

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from support.days.judging import Arrival, Watched, is_disturbed, most_in_a_day
from support.days.network import Trouble
from support.days.picture import picture, table
from support.days.results import Result, Wanted
from support.days.shops import opened
from support.days.simulation import simulated
from support.each import each

from connector.definition.compiler import integration, vendors
from mock_server.clock import moment

WANTED = Wanted(days=2, shops=1, subscriptions=5, shortest=3_600, returns_a_day=0.7)
HOUR = timedelta(hours=1)
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def result() -> Iterator[Result]:
    logging.disable(logging.WARNING)  # the hub logs each failed poll
    yield simulated(WANTED)
    logging.disable(logging.NOTSET)


def test_nothing_is_lost_doubled_or_late_and_no_day_is_above_the_budget(result: Result) -> None:
    assert result.problems == []
    assert result.connections == len(vendors())
    assert result.deliveries > result.changes > result.lost_webhooks > 0
    for vendor, days in each(result.days.items()):
        assert len(days) == WANTED.days
        assert sum(day.events for day in days) > 0, vendor
        for day in each(days):
            assert day.calls > 0, vendor
            assert day.late <= day.bound, vendor
            assert day.limit is None or day.calls <= day.limit, vendor


def test_troubles_delay_changes_of_their_own_vendor_only(result: Result) -> None:
    late = {vendor: max(day.late_in_trouble for day in days) for vendor, days in result.days.items()}
    assert {vendor for vendor, seconds in late.items() if seconds} <= {one.vendor for one in result.troubles}
    assert late["swap"] > WANTED.shortest + 40


def test_picture_and_table_show_every_vendor_and_day(result: Result) -> None:
    drawn, figures = picture(result), table(result)
    for vendor, days in each(result.days.items()):
        title = integration(vendor).vendor.title
        assert f">{title}</text>" in drawn
        most = max(day.calls for day in days)
        assert f"| {title} | " in figures
        assert f", {most:,} |" in figures
    assert drawn.count('fill="#2563eb"') == len(vendors()) * WANTED.days


def test_lost_doubled_and_late_deliveries_are_noticed() -> None:
    with opened(1) as shops:
        shop = next(one for one in shops if one.vendor == "returnmate")
        id_ = shop.new_return()
        made = moment(shop._now)
        shop.follow(made + HOUR)
        shop.move(id_, "approved")
        created, changed = Watched(shop, "new_return"), Watched(shop, "return_status_changed")
        place = ("target", shop.name)
        first = Arrival(*place, "new_return", f"returnmate:new_return:{id_}", id_, str(made), made)
        moved = Arrival(*place, "return_status_changed", "event", id_, "approved", made + 3 * HOUR)
        invented = replace(first, event="returnmate:new_return:other", record="other")
        assert list(created.problems("target", [first])) == []
        assert "nothing_lost" in "".join(created.problems("target", []))
        assert "nothing_twice" in "".join(created.problems("target", [first, first]))
        assert "nothing_under_a_second_id" in "".join(
            created.problems("target", [first, replace(first, event="second")])
        )
        assert "nothing_from_before_the_start" in "".join(created.problems("target", [first, invented]))
        assert created.happened(first) == made
        assert changed.happened(moved) == made + HOUR


def test_calls_of_any_24_hours_are_counted() -> None:
    day = timedelta(days=1)
    assert most_in_a_day([]) == 0
    assert most_in_a_day([NOW, NOW + HOUR, NOW + day, NOW + day + HOUR / 2]) == 3


def test_only_changes_near_a_trouble_of_their_vendor_are_excused() -> None:
    trouble = Trouble("swap", 503, NOW, NOW + 5 * HOUR)
    assert is_disturbed("swap", NOW - HOUR, NOW + HOUR, [trouble])
    assert is_disturbed("swap", NOW + 5 * HOUR, NOW + 6 * HOUR, [trouble])
    assert not is_disturbed("swap", NOW - 2 * HOUR, NOW - HOUR, [trouble])
    assert not is_disturbed("swap", NOW + 7 * HOUR, NOW + 8 * HOUR, [trouble])
    assert not is_disturbed("returngo", NOW, NOW + HOUR, [trouble])
