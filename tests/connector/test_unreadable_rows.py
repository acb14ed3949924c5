"""One unreadable row in a trigger's list: the other rows are delivered, and the row is reported."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from support.each import each
from support.fake_vendor import BASE_URL, Time
from support.reached import with_history

import connector
from connector.definition.compiler import integration, vendors
from connector.definition.paths import at_path
from connector.runtime.polling.problems import GRACE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connector.definition.model import Integration, Path, Trigger
    from connector.runtime.connection import Connection

pytestmark = pytest.mark.anyio

OFFERS = {vendor: integration(vendor) for vendor in vendors()}
GONE = object()


def put_value(row: dict[str, Any], path: Any, value: Any) -> None:
    """Set one value of a row, in place."""
    for step in path[:-1]:
        row = row[step]
    if value is GONE:
        del row[path[-1]]
    else:
        row[path[-1]] = value


@dataclass
class Shop:
    """A vendor that serves the test's rows for one trigger."""

    offer: Integration
    trigger: Trigger
    time: Time
    rows: list[Any] = field(default_factory=list)

    def row(self, number: int) -> dict[str, Any]:
        """Return a record that fires the trigger, dated a few minutes ago."""
        source: Any = self.trigger.source
        made: dict[str, Any] = deepcopy(dict(self.trigger.sample))
        when = (self.time.now - timedelta(minutes=9 - number)).strftime("%Y-%m-%dT%H:%M:%SZ")
        put_value(made, source.id, f"r{number}")
        rule = self.trigger.reached_at
        if rule:
            made = with_history(made, rule, when)
        for name in ("created", "changed", "mark"):
            path = None if rule and name == "mark" else getattr(source, name, None)
            if path:
                put_value(made, path, when)
        if getattr(source, "state", None):
            put_value(made, source.state, (source.reached or ("elsewhere",))[0])
        return made

    def answer(self, request: httpx.Request) -> httpx.Response:
        tokens = self.offer.authentication.tokens
        if request.method == "POST" and tokens:
            return httpx.Response(200, json=self.offer.operations[tokens.operation].example)
        operation = self.offer.operations[self.trigger.source.operation]
        paging = self.offer.paging[operation.paging or ""]
        rows = self.rows if request.url.params.get(paging.page_parameter, "0") in {"0", "1"} else []
        body = deepcopy(operation.example)
        if not operation.payload:
            return httpx.Response(200, json=rows)
        put_value(body, operation.payload, rows)
        if paging.total:
            put_value(body, paging.total, len(self.rows))
        if paging.next:
            put_value(body, paging.next, None)
        return httpx.Response(200, json=body)

    def open(self) -> Connection:
        asked = self.offer.authentication.fields
        fields: dict[str, Any] = {one.key: f"sandbox-demo-{one.key}" for one in asked}
        return connector.open(
            self.offer,
            base_url=BASE_URL,
            transport=httpx.MockTransport(self.answer),
            clock=self.time.clock,
            sleep=self.time.sleep,
            **fields,
        )

    def ids(self, events: Any) -> list[str]:
        return [at_path(event.data, self.trigger.source.id) for event in events]


def times(trigger: Trigger) -> list[Path]:
    """Return the paths of the timestamps that this trigger needs in each row."""
    source: Any = trigger.source
    if source.strategy == "changed_since":
        needed = [source.changed, source.mark if source.mark == source.created else None]
        return list(dict.fromkeys(path for path in needed if path))
    if source.strategy == "snapshot":
        return [source.created if source.detects == "records" else source.changed]
    return [source.created] if source.created else []


def oddities(trigger: Trigger) -> dict[str, Any]:
    """Return the possible faults of a row by name: a value that is no record, or a path and its new value."""
    source: Any = trigger.source
    found: dict[str, Any] = {"row null": None, "row text": "row", "row list": [1], "row number": 7}
    ids: tuple[Any, ...] = (None, 12.5, True, {"a": 1}, "", [])
    found |= {f"id {value}": (source.id, value) for value in ids}
    bad: tuple[Any, ...] = (
        None,
        GONE,
        "0000-00-00",
        "0001-01-01T00:00:00+01:00",
        "soon",
        1764000000,
        True,
        {},
    )
    if source.strategy == "snapshot" and source.detects != "records":
        bad = bad[2:]  # a missing change time is valid: the record never changed
    for path in times(trigger):
        found |= {f"{'.'.join(path)} {'missing' if value is GONE else value}": (path, value) for value in bad}
    state = getattr(source, "state", None)
    states: tuple[Any, ...] = (3, 1.5, True, [], {})
    if state:
        found |= {f"{'.'.join(state)} {value}": (state, value) for value in states}
    if source.strategy == "snapshot":
        found |= {f"version {value}": (source.version, value) for value in (None, "x", 1.5, True)}
    return found


TRIGGERS = [(vendor, key) for vendor, offer in OFFERS.items() for key in offer.triggers]


@pytest.mark.parametrize(("vendor", "key"), TRIGGERS)
async def test_good_rows_are_delivered_and_the_unreadable_row_is_reported_once(
    vendor: str, key: str, time: Time
) -> None:
    shop = Shop(OFFERS[vendor], OFFERS[vendor].triggers[key], time)
    bound = shop.open().triggers[key]
    begin = time.now - timedelta(days=1)
    for name, odd in each(oddities(shop.trigger).items()):
        bad: Any = shop.row(2)
        if isinstance(odd, tuple):
            put_value(bad, *odd)
        else:
            bad = odd
        shop.rows = [shop.row(1), bad, shop.row(3)]
        first = await bound.poll_list(None, since=begin)
        assert shop.ids(first.events) == ["r1", "r3"], name
        (said,) = first.notes
        place = f"{shop.offer.vendor.title}: {shop.trigger.source.operation}, page 1, row 2 cannot be read: "
        assert said.startswith(place), name
        again = await bound.poll_list(first.cursor)
        assert (again.events, again.notes, again.set_aside) == ((), (), ()), name
        shop.rows[1] = shop.row(2)
        mended = await bound.poll_list(again.cursor)
        assert (shop.ids(mended.events), mended.notes) == (["r2"], ()), name


@pytest.mark.parametrize(("vendor", "key"), TRIGGERS)
async def test_unreadable_row_that_disappears_is_set_aside(vendor: str, key: str, time: Time) -> None:
    shop = Shop(OFFERS[vendor], OFFERS[vendor].triggers[key], time)
    bound = shop.open().triggers[key]
    shop.rows = [shop.row(1), None, shop.row(3)]
    polled = await bound.poll_list(None, since=time.now - timedelta(days=1))
    (said,) = polled.notes
    shop.rows = [shop.row(1), shop.row(3)]
    polled = await bound.poll_list(polled.cursor)
    assert polled.set_aside == ()
    time.now += timedelta(microseconds=GRACE + 1)
    polled = await bound.poll_list(polled.cursor)
    (given_up,) = polled.set_aside
    assert said.startswith(given_up)
    assert "trouble" not in polled.cursor
    assert (await bound.poll_list(polled.cursor)).set_aside == ()


@pytest.mark.parametrize("status", [None, "", " ", "-"])
@pytest.mark.parametrize(
    ("vendor", "key"),
    [pair for pair in TRIGGERS if getattr(OFFERS[pair[0]].triggers[pair[1]].source, "state", None)],
)
async def test_record_without_a_state_waits_for_one_and_is_no_error(
    vendor: str, key: str, status: Any, time: Time
) -> None:
    shop = Shop(OFFERS[vendor], OFFERS[vendor].triggers[key], time)
    bound = shop.open().triggers[key]
    bad = shop.row(2)
    put_value(bad, getattr(shop.trigger.source, "state", None), status)
    shop.rows = [shop.row(1), bad, shop.row(3)]
    first = await bound.poll_list(None, since=time.now - timedelta(days=1))
    assert first.notes == ()
    assert set(shop.ids(first.events)) >= {"r1", "r3"}
    delivered = shop.ids(first.events)
    shop.rows[1] = shop.row(2)
    delivered += shop.ids((await bound.poll_list(first.cursor)).events)
    assert sorted(delivered) == ["r1", "r2", "r3"]


async def test_many_unreadable_rows_are_summarized(time: Time) -> None:
    offer: Mapping[str, Integration] = OFFERS
    shop = Shop(offer["returnmate"], offer["returnmate"].triggers["new_return"], time)
    shop.rows = [{**shop.row(1), "id": f"r{one}", "created_at": None} for one in range(60)]
    polled = await shop.open().triggers["new_return"].poll_list(None, since=time.now - timedelta(days=1))
    assert len(polled.notes) == 6
    assert polled.notes[-1] == "ReturnMate: 55 more rows cannot be read."
    assert len(polled.cursor["trouble"]["rows"]) == 60


@pytest.mark.parametrize(
    "since",
    [
        date.min,
        date.max,
        datetime.min.replace(tzinfo=UTC),
        datetime.max.replace(tzinfo=UTC),
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))),
        datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-5))),
    ],
)
async def test_since_accepts_every_date_and_time(since: date) -> None:
    for offer in OFFERS.values():
        for key, trigger in offer.triggers.items():
            shop = Shop(offer, trigger, Time())
            async with shop.open() as connection:
                first = await connection.triggers[key].poll_list(since=since)
                assert first.complete
                assert (await connection.triggers[key].poll_list(first.cursor)).complete
