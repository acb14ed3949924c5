"""The delivery certificate: each trigger of each vendor keeps its promises under an adversary.

`make test` plays a few random stories for each trigger, and `make certify` 20,000 steps for each vendor. The
mistakes that have to break a promise are in `tests/museum`.
"""

import os
from collections.abc import Iterator

import pytest
from support.certificate.certified import NO_EVENT, as_row
from support.certificate.search import Certificate
from support.certificate.stories import Poll, Story
from support.merchant import VendorSandbox
from support.report_data import record

from connector.definition.compiler import integration as compiled
from connector.definition.compiler import vendors

EXAMPLES = int(os.environ.get("CERTIFICATE_EXAMPLES", "25"))
STEPS_PER_EXAMPLE = 6
SEED = 20_261_126
TRIGGERS = [(vendor, trigger) for vendor in vendors() for trigger in compiled(vendor).triggers]


@pytest.fixture(scope="module")
def backends() -> Iterator[dict[str, VendorSandbox]]:
    found = {vendor: VendorSandbox.open(vendor) for vendor in vendors()}
    yield found
    for backend in found.values():
        backend.close()


@pytest.mark.parametrize(("vendor", "trigger"), TRIGGERS)
def test_trigger_keeps_its_promises(vendor: str, trigger: str, backends: dict[str, VendorSandbox]) -> None:
    certificate = Certificate.of(backends[vendor], compiled(vendor), trigger)
    searched = certificate.search(EXAMPLES * STEPS_PER_EXAMPLE, SEED)
    record("certificate", "Delivery certificate", [as_row(vendor, trigger, "python", searched)])
    assert searched.broken is None, f"{searched.violation}\nseed {searched.seed}\n{searched.broken.text()}"
    assert searched.events > 0, NO_EVENT


ASKED = (("ask", 0),)
FOUND: list[tuple[str, str, Story]] = [
    # Details noted in a crashed poll were lost with the next commit.
    ("returnmate", "new_return", Story((), (*ASKED * 6, Poll(crash="before settle", nth=6), ("ask", 1)))),
    # The watermark skipped records that changed while a lap took several polls.
    (
        "swap",
        "return_updated",
        Story(ASKED * 3, (*ASKED * 4, Poll(), ("advance", 1), ("move", 3), ("advance", 90_000))),
    ),
    (
        "swap",
        "return_status_changed",
        Story((), (*ASKED * 3, Poll(before={2: [("advance", 90_000), ("move", 0)]}))),
    ),
    (
        "swap",
        "return_completed",
        Story((), (*ASKED * 4, Poll(before={2: [("ask", 1), ("move", 213), ("advance", 90_000)]}))),
    ),
    # A record changed twice between a poll that crashed during delivery and the next poll.
    (
        "swap",
        "quality_control_changed",
        Story(
            ASKED * 3,
            (
                *(Poll(before={1: [("ask", 335)]}), Poll(), Poll(), Poll(before={1: [("advance", 600)]})),
                *(Poll(before={1: [("ask", 0), ("ask", 0)]}), Poll()),
                *(Poll(before={2: [("ask", 0), ("work", 216)]}), Poll(crash="after hand over")),
                Poll(before={1: [("work", 28_622)]}),
            ),
        ),
    ),
    # If the last pages of a list formed a loop, each poll read the whole list again.
    ("returngo", "new_return", Story(ASKED, (("loop", 1_000), *ASKED * 6, Poll(), Poll()))),
]
"""Failures that the certificate found in the product, reduced to the necessary steps."""


@pytest.mark.parametrize(("vendor", "trigger", "story"), FOUND, ids=range(len(FOUND)))
def test_regression_found_by_the_certificate_stays_fixed(
    vendor: str, trigger: str, story: Story, backends: dict[str, VendorSandbox]
) -> None:
    delivery = Certificate.of(backends[vendor], compiled(vendor), trigger).play(story)
    assert delivery.outcome.delivered, NO_EVENT
