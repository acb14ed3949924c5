"""A trigger's filter lets exactly the records with its value pass, in every runtime that polls the trigger.

The values are the words of the specification, or texts that Schemathesis generates
(`support/requests/filters.py`). Each is tried, some in another spelling, against rows with every value, with
null and without the field. Records that a trigger excludes (`unless`) are tried in the same way.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
from support.each import each
from support.report_data import Row, record
from support.requests.filtered import (
    Results,
    excluded_in_make,
    in_make,
    in_n8n,
    in_python,
    polls_in_make,
    shifted,
    zapier_steps,
)
from support.requests.filters import Tries, excluded_of, exclusions, filters, tries_of, values_of

from connector.definition.compiler import integration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RUNTIMES = ("python", "zapier", "make", "n8n")


@pytest.fixture(scope="module")
def polling() -> Iterator[dict[str, Callable[[str, str, Tries], Results]]]:
    with zapier_steps() as apps:
        yield {"python": in_python, "zapier": apps.polled, "make": in_make, "n8n": in_n8n}


def offered(runtime: str, vendor: str, key: str) -> bool:
    """Check whether a runtime polls a trigger."""
    trigger = integration(vendor).triggers[key]
    offers = runtime in trigger.guarantees and (not trigger.runtimes or runtime in trigger.runtimes)
    return offers and (runtime != "make" or polls_in_make(vendor, key))


FILTERED = [(runtime, *one) for runtime in RUNTIMES for one in filters() if offered(runtime, *one[:2])]
EXCLUDED = [(runtime, *one) for runtime in RUNTIMES for one in exclusions() if offered(runtime, *one)]


@pytest.mark.parametrize(("runtime", "vendor", "key", "filter_"), FILTERED)
def test_filter_lets_exactly_the_records_with_its_value_pass(
    polling: dict[str, Callable[[str, str, Tries], Results]],
    runtime: str,
    vendor: str,
    key: str,
    filter_: str,
) -> None:
    tries = shifted(partial(tries_of, vendor, key, filter_), runtime)
    found = polling[runtime](vendor, key, tries)
    pairs = list(zip(tries.cases, found, strict=True))
    record(
        "requests",
        "Requests of the connector",
        [
            Row(
                vendor,
                f"{runtime} trigger {key}",
                f"filter {case.inputs}",
                "held" if got == case.fires else "failed",
            )
            for case, got in pairs
        ],
    )
    assert [f"{case}: {sorted(got ^ case.fires)}" for case, got in each(pairs) if got != case.fires] == []
    assert len({case.fires for case in tries.cases if case.inputs}) > 1


@pytest.mark.parametrize(("runtime", "vendor", "key"), EXCLUDED)
def test_excluded_records_are_no_events(
    polling: dict[str, Callable[[str, str, Tries], Results]], runtime: str, vendor: str, key: str
) -> None:
    tries = shifted(partial(excluded_of, vendor, integration(vendor).triggers[key]), runtime)
    assert polling[runtime](vendor, key, tries) == [case.fires for case in tries.cases]
    assert len(tries.rows) > len(tries.cases[0].fires) > 0


PLAIN = {
    vendor: (key, filter_)
    for runtime, vendor, key, filter_ in FILTERED
    for field in integration(vendor).triggers[key].inputs
    if runtime == "make" and field.key == filter_ and field.in_list is None
}
"""A trigger of each vendor's app for Make, and a filter of it."""


@pytest.mark.parametrize("vendor", PLAIN)
def test_make_excludes_records_if_a_catalog_says_so(vendor: str) -> None:
    """No trigger of an app for Make excludes records at present."""
    assert not [one for runtime, *one in EXCLUDED if runtime == "make"], "this test is no longer needed"
    made, (key, filter_) = integration(vendor), PLAIN[vendor]
    path = next(one.path for one in made.triggers[key].inputs if one.key == filter_)
    unless = ((path, values_of(vendor, key, filter_)[:2]),)
    trigger = made.triggers[key].model_copy(update={"unless": unless})
    offer = made.model_copy(update={"triggers": {**made.triggers, key: trigger}})
    tries = shifted(partial(excluded_of, vendor, trigger), "make")
    assert excluded_in_make(offer, trigger, tries) == tries.cases[0].fires
    assert len(tries.rows) > len(tries.cases[0].fires) > 0


def test_every_filter_has_values_and_every_runtime_has_filters() -> None:
    assert all(len(values_of(*one)) > 1 for one in each(filters()))
    assert {runtime for runtime, *_ in FILTERED} == set(RUNTIMES)
    assert {runtime for runtime, *_ in EXCLUDED}
