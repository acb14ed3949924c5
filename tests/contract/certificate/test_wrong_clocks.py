"""Wrong clocks (the vendor's, the local one, or a record's date): no event is lost or repeated.

The ledger records what happened, as in the delivery certificate. Each strategy of each vendor runs each case.
"""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from support.certificate.acts import Act
from support.certificate.delivery import Delivery, with_small_pages
from support.certificate.invariants import Violation
from support.certificate.python import Python
from support.certificate.stories import Poll
from support.merchant import VendorSandbox

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
"""Triggers whose events need more steps than the cases below; the certificate covers them."""


OFFERS = {vendor: with_small_pages(compiled(vendor)) for vendor in vendors.names()}


def sources(vendor: str) -> dict[str, list[str]]:
    """Return one trigger per source of a vendor, by strategy; reached states do not matter for clocks."""
    known: list[dict[str, object]] = []
    found: dict[str, list[str]] = {}
    for key, trigger in OFFERS[vendor].triggers.items():
        source = trigger.source.model_dump(exclude={"reached"})
        if source not in known and key not in ELSEWHERE:
            known.append(source)
            found.setdefault(f"{trigger.source.strategy} {source.get('since')}", []).append(key)
    return found


def stories() -> list[tuple[str, str, str]]:
    """Return each case for each vendor and strategy, spread over sources; `make contract` runs all pairs."""
    every = int(os.environ.get("CERTIFICATE_EXAMPLES", "25")) > FEW
    return [
        (vendor, key, trouble)
        for vendor in vendors.names()
        for keys in sources(vendor).values()
        for number, trouble in enumerate(TROUBLES)
        for key in (keys if every else [keys[number % len(keys)]])
    ]


@pytest.fixture(scope="module")
def backends() -> Iterator[dict[str, VendorSandbox]]:
    found: dict[str, VendorSandbox] = {}
    yield found
    for backend in found.values():
        backend.close()


def set_clocks(delivery: Delivery, trouble: str) -> None:
    """Set the clocks that are wrong from the first poll on."""
    if trouble == "our clock ahead":
        delivery.clock_error = ERROR
    elif trouble == "our clock behind":
        delivery.clock_error = -ERROR
    elif trouble == "Date ahead":
        delivery.adversary.date = lambda date: date + ERROR
    elif trouble == "Date behind":
        delivery.adversary.date = lambda date: date - ERROR
    elif trouble == "no Date":
        delivery.adversary.date = lambda _date: None


def apply_once(delivery: Delivery, trouble: str) -> list[Act]:
    """Apply a case that happens once, before the next poll; return the acts it causes in the shop."""
    if trouble == "Date ahead once":
        delivery.adversary.date = lambda date: date + ERROR
    elif trouble == "Date behind once":
        delivery.adversary.date = lambda date: date - ERROR
    elif trouble == "a record a day ahead":
        return [("ask", -DAY)]
    elif trouble == "a tenant advanced by 30 days":
        delivery.clock_error = -MONTH
        delivery.merchant.advance(30 * DAY)
    return []


def end_once(delivery: Delivery, trouble: str) -> None:
    if "once" in trouble:
        delivery.adversary.date = lambda date: date


WORKED: list[Act] = [
    *[("further", number) for number in range(21, 28)],
    *[("work", number) for number in range(6)],
]


def run_case(
    vendor: str, trigger: str, trouble: str, backends: dict[str, VendorSandbox], polling: Python | None = None
) -> None:
    """Run the whole case on a new merchant; `polling` contains a wrong strategy."""
    backend = backends[vendor] = backends.get(vendor) or VendorSandbox.open(vendor)
    delivery = Delivery(backend, OFFERS[vendor], trigger, polling or Python())
    try:
        assert run_polls(delivery, trouble) > 0, "nothing happened that fires the trigger"
    finally:
        delivery.close()


def run_polls(delivery: Delivery, trouble: str) -> int:
    """Poll before, during and after the case, and more than a day later; return the number of events."""
    set_clocks(delivery, trouble)
    delivery.start((("ask", 0), ("ask", 30)))
    live(delivery, ("advance", 600), ("ask", 60), ("ask", 0), *WORKED[:3])
    live(delivery, ("advance", 60), *apply_once(delivery, trouble), ("ask", 0))
    end_once(delivery, trouble)
    live(delivery, ("advance", 600), ("ask", 0), *WORKED)
    live(delivery, ("advance", 27 * 3_600), ("ask", 0), ("ask", 0), *WORKED)
    for act in (("advance", 600), *WORKED, ("ask", 0)):
        delivery.do(act)
    return delivery.end()


def live(delivery: Delivery, *acts: Act) -> None:
    """Let the shop change, and poll."""
    for act in acts:
        delivery.do(act)
    delivery.do(Poll())


@pytest.mark.parametrize(("vendor", "trigger", "trouble"), stories())
def test_no_event_is_lost_or_repeated(
    vendor: str, trigger: str, trouble: str, backends: dict[str, VendorSandbox]
) -> None:
    run_case(vendor, trigger, trouble, backends)


def trusts_the_vendor(strategy: Strategy) -> Strategy:
    """Bound the watermark by the vendor's `Date` header alone."""

    def fold(about: Any, source: Any, cursor: Any, read: ReadResult, now: datetime, since: Any) -> Any:
        return strategy.fold(about, source, cursor, read, read.at or now, since)

    return replace(strategy, fold=fold)


def trusts_this_machine(strategy: Strategy) -> Strategy:
    """Bound the watermark by the local clock alone."""

    def fold(about: Any, source: Any, cursor: Any, read: ReadResult, *rest: Any) -> Any:
        return strategy.fold(about, source, cursor, replace(read, at=None), *rest)

    return replace(strategy, fold=fold)


def trusts_every_record(strategy: Strategy) -> Strategy:
    """Advance the watermark to the newest record, even if it is dated in the future."""

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
def test_watermark_without_a_safe_bound_is_caught(
    vendor: str, trigger: str, trouble: str, fault: Any, backends: dict[str, VendorSandbox]
) -> None:
    with pytest.raises(Violation):
        run_case(vendor, trigger, trouble, backends, Python(strategy=fault))
