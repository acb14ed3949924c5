"""The delivery certificate through the hub: it keeps the promises of each trigger, and its own.

`make test` plays a few random stories for a trigger of each list, and `make certify CERTIFY=hub` 5,000 steps
for each vendor. The mistakes that have to break a promise are in `tests/museum`.
"""

import logging
import os
from collections.abc import Iterator

import pytest
from support.certificate.certified import NO_EVENT, as_row
from support.certificate.hub.acts import HUB_POINTS
from support.certificate.hub.hubs import Hubs
from support.certificate.search import Certificate
from support.certificate.stories import Poll, Step, Story
from support.merchant import VendorSandbox
from support.report_data import record

from connector.definition.compiler import integration as compiled
from connector.definition.compiler import vendors
from connector.hub.lists import polled_lists

CHOSEN = os.environ.get("CERTIFICATE_EXAMPLES", "")
EXAMPLES = int(CHOSEN or "2")
STEPS_PER_EXAMPLE = 6
SEED = 20_261_126
TRIGGERS = [
    (vendor, trigger)
    for vendor in vendors()
    for one in polled_lists(compiled(vendor)).values()
    for trigger in list(one.triggers)[: None if CHOSEN else 1]
    if CHOSEN or one.triggers[trigger].resource != "transaction"
]
"""One trigger of each list that the hub polls; all of them if `CERTIFICATE_EXAMPLES` is set.

Transactions are rare: to find one, a search takes more stories than `make test` has time for.
"""
ASK: Step = ("ask", 0)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Turn the log off: stories cause thousands of warnings."""
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture(scope="module")
def backends() -> Iterator[dict[str, VendorSandbox]]:
    found = {vendor: VendorSandbox.open(vendor) for vendor in vendors()}
    yield found
    for backend in found.values():
        backend.close()


@pytest.fixture(scope="module")
def certificate(backends: dict[str, VendorSandbox]) -> Certificate:
    return Certificate.of(backends["returnmate"], compiled("returnmate"), "new_return", Hubs())


@pytest.mark.parametrize(("vendor", "trigger"), TRIGGERS)
def test_hub_keeps_its_promises(vendor: str, trigger: str, backends: dict[str, VendorSandbox]) -> None:
    certificate = Certificate.of(backends[vendor], compiled(vendor), trigger, Hubs())
    searched = certificate.search(EXAMPLES * STEPS_PER_EXAMPLE, SEED)
    record("certificate", "Delivery certificate", [as_row(vendor, trigger, "hub", searched)])
    assert searched.broken is None, f"{searched.violation}\nseed {searched.seed}\n{searched.broken.text()}"
    assert searched.events > 0, NO_EVENT


@pytest.mark.parametrize("point", HUB_POINTS)
def test_hub_ends_at_each_named_step_and_loses_nothing(certificate: Certificate, point: str) -> None:
    steps = (ASK, Poll(crash=point), ASK, Poll())
    delivery = certificate.play(Story((), steps))
    assert delivery.crashed == [point]
    assert len(delivery.outcome.delivered) == 2
