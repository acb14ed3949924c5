"""Clocks that are wrong, the vendor's, ours, or the one that dated a record: nothing is lost or repeated.

The ledger is the witness, as in the delivery certificate; each strategy at each vendor meets each trouble.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from support.delivery import Act, Delivery, with_small_pages
from support.merchant import Mall

from connector.definition.compiler import integration as compiled
from connector.runtime.polling import ReadResult, Strategy
from mock_server import vendors

DAY = 86_400
ERROR = timedelta(hours=26)
MONTH = timedelta(days=30)
FEW = 25


TROUBLES = [
    "our clock ahead",
    "our clock behind",
    "Date ahead once",
    "Date ahead",
    "Date behind once",
    "Date behind",
    "no Date",
    "a record a day ahead",
    "a tenant advanced by 30 days",
]


ELSEWHERE = {"return_delivered", "shipment_delivered", "refund_requested", "return_items_received"}
"""Triggers whose events take more than the story below holds; the certificate has them."""


OFFERS = {vendor: with_small_pages(compiled(vendor)) for vendor in vendors.names()}


def sources(vendor: str) -> dict[str, list[str]]:
    """One trigger for each source of a vendor, by strategy; what it asks of its source touches no clock."""
    known: list[dict[str, object]] = []
    found: dict[str, list[str]] = {}
    for key, trigger in OFFERS[vendor].triggers.items():
        source = trigger.source.model_dump(exclude={"reached"})
        if source not in known and key not in ELSEWHERE:
            known.append(source)
            found.setdefault(f"{trigger.source.strategy} {source.get('since')}", []).append(key)
    return found


def stories() -> list[tuple[str, str, str]]:
    """Each trouble for each vendor and strategy, dealt out to the sources; `make contract` tells them all."""
    every = int(os.environ.get("CERTIFICATE_EXAMPLES", "25")) > FEW
    return [
        (vendor, key, trouble)
        for vendor in vendors.names()
        for keys in sources(vendor).values()
        for number, trouble in enumerate(TROUBLES)
        for key in (keys if every else [keys[number % len(keys)]])
    ]


@pytest.fixture(scope="module")
def malls() -> Iterator[dict[str, Mall]]:
    found: dict[str, Mall] = {}
    yield found
    for mall in found.values():
        mall.close()


def begins(delivery: Delivery, trouble: str) -> None:
    """Set the clocks as they are wrong from before the first poll on."""
    if trouble == "our clock ahead":
        delivery.clock_error = ERROR
    elif trouble == "our clock behind":
        delivery.clock_error = -ERROR
    elif trouble == "Date ahead":
        delivery.road.date = lambda date: date + ERROR
    elif trouble == "Date behind":
        delivery.road.date = lambda date: date - ERROR
    elif trouble == "no Date":
        delivery.road.date = lambda _date: None


def strikes(delivery: Delivery, trouble: str) -> list[Act]:
    """Let the trouble happen that comes once, for the next poll; return what happens in the shop by it."""
    if trouble == "Date ahead once":
        delivery.road.date = lambda date: date + ERROR
    elif trouble == "Date behind once":
        delivery.road.date = lambda date: date - ERROR
    elif trouble == "a record a day ahead":
        return [("ask", -DAY)]
    elif trouble == "a tenant advanced by 30 days":
        delivery.clock_error = -MONTH
        delivery.merchant.advance(30 * DAY)
    return []


def passes(delivery: Delivery, trouble: str) -> None:
    if "once" in trouble:
        delivery.road.date = lambda date: date


WORKED: list[Act] = [("further", number) for number in range(21, 28)] + [("work", 0), ("work", 1)]


def lived(vendor: str, trigger: str, trouble: str, malls: dict[str, Mall], **faults: Any) -> None:
    """Let a shop live with a trouble; `faults` replace `strategy` by a wrong one."""
    mall = malls[vendor] = malls.get(vendor) or Mall.open(vendor)
    told: list[int] = []
    made = {"mall": mall, "offer": OFFERS[vendor], "trigger": trigger, "told": told, **faults}
    delivery = type("Troubled", (Delivery,), made)()
    try:
        live(delivery, trouble)
    except AssertionError:
        with suppress(Exception):  # a story that ends early leaves its merchant open
            delivery.merchant.close()
        raise
    assert any(told), "nothing happened that the trigger tells of"


def live(delivery: Delivery, trouble: str) -> None:
    """The story: before, with and after the trouble, and more than a day later."""
    begins(delivery, trouble)
    delivery.look_for_the_first_time([("ask", 0), ("ask", 30)])
    delivery.live([("advance", 600), ("ask", 60), ("ask", 0), *WORKED[:3]])
    delivery.poll([], None)
    delivery.live([("advance", 60), *strikes(delivery, trouble), ("ask", 0)])
    delivery.poll([], None)
    passes(delivery, trouble)
    delivery.live([("advance", 600), ("ask", 0), *WORKED])
    delivery.poll([], None)
    delivery.live([("advance", 27 * 3_600), ("ask", 0), ("ask", 0), *WORKED])
    delivery.poll([], None)
    delivery.live([("advance", 600), *WORKED, ("ask", 0)])
    delivery.teardown()


@pytest.mark.parametrize(("vendor", "trigger", "trouble"), stories())
def test_nothing_is_lost_or_repeated(vendor: str, trigger: str, trouble: str, malls: dict[str, Mall]) -> None:
    lived(vendor, trigger, trouble, malls)


def trusts_the_vendor(strategy: Strategy) -> Strategy:
    """The vendor's `Date` alone bounds the watermark."""

    def fold(about: Any, source: Any, cursor: Any, read: ReadResult, now: datetime, since: Any) -> Any:
        return strategy.fold(about, source, cursor, read, read.at or now, since)

    return replace(strategy, fold=fold)


def trusts_this_machine(strategy: Strategy) -> Strategy:
    """Our clock alone bounds the watermark."""

    def fold(about: Any, source: Any, cursor: Any, read: ReadResult, *rest: Any) -> Any:
        return strategy.fold(about, source, cursor, replace(read, at=None), *rest)

    return replace(strategy, fold=fold)


def trusts_every_record(strategy: Strategy) -> Strategy:
    """The newest record bounds the watermark, whatever its date."""

    def fold(about: Any, source: Any, cursor: Any, read: ReadResult, now: datetime, since: Any) -> Any:
        return strategy.fold(about, source, cursor, replace(read, at=None), now + 2 * MONTH, since)

    return replace(strategy, fold=fold)


@pytest.mark.parametrize(
    ("vendor", "trigger", "trouble", "fault"),
    [
        ("returngo", "new_return", "Date ahead once", trusts_the_vendor),
        ("returngo", "return_status_changed", "Date ahead", trusts_the_vendor),
        ("returngo", "new_return", "our clock ahead", trusts_this_machine),
        ("returnmate", "new_return", "a record a day ahead", trusts_every_record),
    ],
)
def test_a_watermark_that_trusts_too_much_is_caught(
    vendor: str, trigger: str, trouble: str, fault: Any, malls: dict[str, Mall]
) -> None:
    with pytest.raises(AssertionError):
        lived(vendor, trigger, trouble, malls, strategy=staticmethod(fault))
