"""The seed: reproducible, plausible, and consistent."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

import pytest
from support.each import each
from support.worlds import HOUR, NOON

from mock_server.seed import SeedReturn, returns

DAY = 24 * HOUR
PINNED = "6712ffe21a556622"
FOLLOWS = {
    "requested": {"approved", "rejected", "cancelled"},
    "approved": {"label_sent"},
    "label_sent": {"in_transit", "cancelled"},
    "in_transit": {"received"},
    "received": {"inspected"},
    "inspected": {"completed", "rejected"},
}


@pytest.fixture(scope="module")
def many() -> Sequence[SeedReturn]:
    return returns(7, 2_000, before=NOON)


def test_same_seed_and_moment_create_the_same_returns_everywhere() -> None:
    """The digest is guaranteed to be the same on every machine and Python version."""
    made = returns(1, 150, before=NOON, salt="shop")
    assert hashlib.sha256(repr(list(made)).encode()).hexdigest()[:16] == PINNED


def test_other_seed_moment_or_vendor_creates_other_returns() -> None:
    plain = returns(1, 20, before=NOON)
    assert plain == returns(1, 20, before=NOON)
    others = (
        returns(2, 20, before=NOON),
        returns(1, 20, before=NOON + DAY),
        returns(1, 20, before=NOON, salt="x"),
    )
    for other in each(others):
        assert other != plain


@pytest.mark.parametrize("size", [0, 1, 2, 150])
def test_seed_has_the_requested_size(size: int) -> None:
    assert [one.number for one in returns(1, size, before=NOON)] == list(range(1, size + 1))


def test_returns_are_ordered_and_at_most_ninety_days_old(many: Sequence[SeedReturn]) -> None:
    created = [one.created_at for one in many]
    assert created == sorted(created)
    assert created[0] > NOON - 92 * DAY
    assert created[-1] < NOON
    assert all(at % 1_000_000 == 0 for at in each(created))


def test_recent_weeks_have_more_returns_and_nights_fewer(many: Sequence[SeedReturn]) -> None:
    ages = Counter((NOON - one.created_at) // (30 * DAY) for one in many)
    assert ages[0] > 1.5 * ages[2]
    hours = Counter((one.created_at + 10 * HOUR) % DAY // HOUR for one in many)
    assert sum(hours[hour] for hour in range(9, 18)) > 5 * sum(hours[hour] for hour in range(6))


def test_status_changes_are_in_time_order(many: Sequence[SeedReturn]) -> None:
    for one in each(many):
        assert (one.moves[0].at, one.moves[0].state) == (one.created_at, "requested")
        for before, after in pairwise(one.moves):
            assert before.at < after.at <= NOON
            assert after.state in FOLLOWS[before.state]


def test_old_returns_are_settled_and_all_states_occur(many: Sequence[SeedReturn]) -> None:
    final = {"completed", "rejected", "cancelled"}
    old = [one for one in many if one.created_at < NOON - 45 * DAY]
    unsettled = [one for one in old if one.state not in final]
    assert all(one.shipment and one.shipment.scans[-1].status == "exception" for one in each(unsettled))
    assert len(unsettled) < 0.05 * len(old)
    assert {one.state for one in many} == {*FOLLOWS, *final}


def test_parcel_scans_match_the_status_changes(many: Sequence[SeedReturn]) -> None:
    for one in each(many):
        at = {move.state: move.at for move in one.moves}
        assert (one.shipment is not None) == ("label_sent" in at)
        if one.shipment is None:
            continue
        scans = one.shipment.scans
        assert (scans[0].status, scans[0].at) == ("label_created", at["label_sent"])
        assert all(before.at < after.at <= NOON for before, after in pairwise(scans))
        seen = {scan.status: scan.at for scan in reversed(scans)}
        assert seen.get("picked_up") == at.get("in_transit")
        if "received" in at:
            assert scans[-1].status == "delivered"
            assert scans[-1].at < at["received"]


def test_refund_equals_the_price_of_the_items(many: Sequence[SeedReturn]) -> None:
    for one in each(many):
        owed = one.state == "completed" and one.return_type != "exchange"
        assert (one.refund is not None) == owed
        if one.refund:
            assert one.refund.amount == sum((i.unit_price * i.quantity for i in one.items), Decimal(0))
            assert one.refund.at == one.moves[-1].at
            assert (one.refund.method == "store_credit") == (one.return_type == "store_credit")


def test_items_are_part_of_the_order(many: Sequence[SeedReturn]) -> None:
    for one in each(many):
        assert 1 <= len(one.items) <= 3
        assert 1 <= len(one.ordered) <= 4
        assert {item.sku: item.quantity for item in one.items}.items() <= dict(one.ordered).items()
        assert one.ordered_at < one.created_at
        for item in each(one.items):
            assert item.unit_price == item.unit_price.quantize(Decimal("0.01")) > 0
            assert item.reason != "wrong_size" or item.size


def test_order_numbers_are_unique_and_in_order(many: Sequence[SeedReturn]) -> None:
    by_order = sorted(many, key=lambda one: one.ordered_at)
    numbers = [int(one.order_number.removeprefix("#")) for one in by_order]
    assert numbers == sorted(numbers)
    assert len(set(numbers)) == len(many)


def test_customers_are_invented_and_some_return_twice() -> None:
    made = returns(1, 150, before=NOON)
    counts = Counter(one.customer.email for one in made)
    assert sum(count >= 3 for count in counts.values()) >= 3
    assert sum(count == 1 for count in counts.values()) >= 20
    for one in each(made):
        assert one.customer.orders >= counts[one.customer.email]
        assert one.customer.email.rpartition("@")[2] in {"example.com", "example.org", "example.net"}
        assert not one.customer.phone or one.customer.phone[5:11] == " 5550 "
    assert {"AUD", "NZD"} == {one.currency for one in made}
    people = {one.customer.email: one.customer for one in made}
    assert all(one.customer == people[one.customer.email] for one in each(made))


def test_tracking_numbers_are_unique(many: Sequence[SeedReturn]) -> None:
    numbers = [one.shipment.tracking_number for one in many if one.shipment]
    assert len(numbers) == len(set(numbers))


def test_notes_are_in_order_and_after_the_creation(many: Sequence[SeedReturn]) -> None:
    assert any(len(one.notes) > 1 for one in many)
    for one in each(many):
        times = [note.at for note in one.notes]
        assert times == sorted(times)
        assert all(one.created_at < at <= NOON for at in times)
