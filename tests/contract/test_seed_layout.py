"""The default seed shows every status that triggers report and actions start from, on any day.

Without such a record a trigger cannot be tried, and a test that picks its record from the seed would fail
on some days. So the seed is generated at many start times, for every vendor.
"""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from support.each import each
from support.worlds import OpenWorld, open_world

from connector.definition.compiler import integration
from connector.definition.model import Field, Integration, Trigger
from connector.runtime.polling.history import with_reached_at
from mock_server import vendors
from mock_server.seed.stages import STAGES
from mock_server.settings import Settings

SIZE = 150
DAY = 86_400
"""Seconds within which each status must be reached; no status trigger has a shorter look-back."""
SPECIAL = (
    "2026-02-28T23:59:59Z", "2028-02-29T12:00:00Z", "2026-12-31T23:30:00Z", "2027-01-01T00:00:00Z",
    "2026-04-04T16:00:00Z", "2026-10-03T16:00:00Z", "2026-10-25T01:00:00Z", "2026-03-29T01:00:00Z",
)  # fmt: skip
"""Ends of months and years, leap days, and daylight-saving changes in Sydney and London."""
LONG_RUN = 100
"""The value of CONTRACT_EXAMPLES from which the run is a long one."""
MONDAY = datetime(2026, 11, 23, tzinfo=UTC)


def layouts() -> list[tuple[datetime, int]]:
    """Return start times and sizes: special days in full size, and every third hour of a week.

    Most random returns are left out of the week, because they only add statuses. The long run generates 200
    full seeds, each at another hour.
    """
    special = [(datetime.fromisoformat(one), SIZE) for one in SPECIAL]
    if int(os.environ.get("CONTRACT_EXAMPLES", "0")) >= LONG_RUN:
        return special + [(MONDAY + timedelta(hours=25 * day), SIZE) for day in range(200)]
    return special + [(MONDAY + timedelta(hours=3 * step), 2 * len(STAGES)) for step in range(56)]


@pytest.fixture(scope="module")
def shared_world() -> Iterator[OpenWorld]:
    with open_world(seed_size=0) as opened:
        yield opened


@pytest.fixture(scope="module")
def integrations() -> dict[str, Integration]:
    return {vendor: integration(vendor) for vendor in vendors.names()}


@pytest.fixture(scope="module", params=layouts(), ids=lambda one: f"{one[0]:%a-%Y-%m-%dT%H}")
def laid_out(request: pytest.FixtureRequest, shared_world: OpenWorld) -> Iterator[tuple[OpenWorld, int]]:
    moment, size = request.param
    at = int(moment.timestamp()) * 1_000_000
    shared_world.tenants.create("acme", seed_size=size, first_moment=at, frozen=True)
    yield shared_world, at
    shared_world.tenants.delete("acme")


def test_default_size_is_the_tested_size() -> None:
    assert Settings().seed_size == SIZE


def test_every_status_was_reached_within_a_day(laid_out: tuple[OpenWorld, int]) -> None:
    opened, at = laid_out
    for vendor, served in each(opened.vendors.items()):
        since = at - DAY * 1_000_000
        rows = opened.world.store.rows("acme", vendor, "return")
        recent = {row.status for row in rows if row.updated_at >= since}
        assert recent == set(served.lifecycle.states), vendor


def test_every_trigger_finds_each_of_its_states_within_its_look_back(
    laid_out: tuple[OpenWorld, int], integrations: dict[str, Integration]
) -> None:
    opened, at = laid_out
    assert integrations
    for vendor, offered in each(integrations.items()):
        assert offered.triggers
        for trigger in each(offered.triggers.values()):
            since = at - shortest_look_back(trigger)
            shown = recent_documents(opened, vendor, since)
            assert any(fires(trigger, documents, since) for documents in shown), f"{vendor} {trigger.key}"


def shortest_look_back(trigger: Trigger) -> int:
    """Return how many µs back a runtime without memory reads for the trigger, at least."""
    zapier = trigger.guarantees.get("zapier")
    known = zapier.look_back if zapier else None
    return min(known or DAY, DAY) * 1_000_000


def recent_documents(opened: OpenWorld, vendor: str, since: int) -> list[list[Any]]:
    """Return the documents in the vendor's lists changed since `since`, one list per kind of record."""
    return [
        [
            orjson.loads(row.summary)
            for row in opened.world.store.rows("acme", vendor, kind)
            if max(row.created_at, row.updated_at) >= since
        ]
        for kind in ("return", "shipment", "transaction", "order")
    ]


def fires(trigger: Trigger, documents: list[Any], since: int) -> bool:
    """Check whether these records fire the trigger for each of its states, or by each of its timestamps."""
    source = trigger.source
    documents = [with_reached_at(one, trigger.reached_at) for one in documents]
    mark, state = getattr(source, "mark", None), getattr(source, "state", None)
    if mark:
        times = [value_at(one, mark) for one in documents]
        if not any(time and datetime.fromisoformat(time).timestamp() * 1e6 >= since for time in times):
            return False
    if not state:
        return any(value_at(one, source.id) for one in documents)
    found = {value_at(one, state) for one in documents} - {None}
    wanted = set(getattr(source, "reached", None) or words(trigger.fields, state))
    return wanted <= found if wanted else bool(found - set(getattr(source, "initial", ())))


def words(fields: tuple[Field, ...], path: tuple[str, ...]) -> tuple[str, ...]:
    (field,) = [one for one in fields if one.key == path[0]]
    if len(path) > 1:
        return words(field.children, path[1:])
    return tuple(choice.value for choice in field.choices) or field.known_values


def value_at(document: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        document = document.get(key) if isinstance(document, dict) else None
    return document
