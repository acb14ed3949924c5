"""Triggers and searches of all Make apps with malformed rows, ignored filters and endless lists."""

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
import pytest
from support.each import each
from support.make.all_steps import Step, offered, steps
from support.make.engine import MOST_REQUESTS, State
from support.make.expressions import transform
from support.make.offline import NOW
from support.make.requests import Json, MakeError
from support.reached import with_history

from connector.definition.compiler import vendors
from connector.definition.model import InputField, Path, Search, Trigger
from connector.definition.naming import camel
from connector.generator.make.compare import is_none_of, is_other_word, is_time, is_word
from connector.generator.make.iml import braced

TRIGGERS = list(steps("trigger"))
SEARCHES = list(steps("search"))
LONG_AGO = (NOW - timedelta(days=1)).isoformat().replace("+00:00", "Z")


def by_key(step: Step) -> Any:
    """Return the catalog entry of a module."""
    offer = offered(step.vendor)
    known = {camel(key): one for key, one in {**offer.searches, **offer.triggers}.items()}
    return known[step.name]


def with_value(target: Any, path: Path, value: Any) -> Any:
    """Return a copy of a record with another value at a path."""
    if not path:
        return value
    held = target if isinstance(target, dict) else {}
    return {**held, path[0]: with_value(held.get(path[0]), path[1:], value)}


@dataclass
class Vendor:
    """Serves these pages of a list one after the other, and then empty pages."""

    step: Step
    pages: list[list[Any]]
    date: str = "Sat, 31 Jan 2026 12:00:00 GMT"
    asked: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        offer = offered(self.step.vendor)
        one = by_key(self.step)
        operation = offer.operations[one.source.operation if isinstance(one, Trigger) else one.operation]
        rows = self.pages[len(self.asked) - 1] if len(self.asked) <= len(self.pages) else []
        body: Any = rows
        for name in reversed(operation.payload):
            body = {name: body}
        return httpx.Response(200, json=body, headers={"date": self.date})


def sample(step: Step, **changes: Any) -> Json:
    """Return a record that fires the trigger, dated yesterday, with some values replaced."""
    trigger: Trigger = by_key(step)
    record = json.loads(json.dumps({**trigger.sample, **trigger.example}, default=str))
    when = trigger.guarantees["make"].watermark
    assert when is not None
    if trigger.reached_at:
        record = with_history(record, trigger.reached_at, changes.get("when", LONG_AGO))
    elif when != trigger.source.id:
        record = with_value(record, when, changes.get("when", LONG_AGO))
    if "id" in changes:
        record = with_value(record, trigger.source.id, changes["id"])
    made: Json = record
    return made


def ids(step: Step, rows: list[Json]) -> list[Any]:
    """Return the ids of the emitted rows."""
    path = by_key(step).source.id
    return [_at(row, path) for row in rows]


def _at(row: Any, path: Path) -> Any:
    for name in path:
        row = row.get(name) if isinstance(row, dict) else None
    return row


def dated(step: Step) -> bool:
    """Check whether the trigger orders its records by a timestamp and not by a number."""
    trigger: Trigger = by_key(step)
    return trigger.guarantees["make"].watermark != trigger.source.id


def test_every_vendor_has_a_dated_trigger_and_a_filtered_search() -> None:
    assert {one.vendor for one in TRIGGERS if dated(one)} == set(vendors())
    assert {one.vendor for one in SEARCHES if compared(one)} == set(vendors())


@pytest.mark.parametrize("step", TRIGGERS, ids=lambda one: one.id)
def test_malformed_rows_hold_back_no_others(step: Step) -> None:
    odd: list[Any] = [None, "gone", [], {}, sample(step, id=None), sample(step, id="")]
    if not dated(step):
        odd += [sample(step, id="RMA-x"), sample(step, id=True), sample(step, id="1.5")]
    else:
        no_days = ("2026-13-45T00:00:00Z", "2026-01-40", "2026-02-30T10:00:00Z", "2025-02-29", "2025-11-31")
        no_times = ("2025-12-31T25:00:00Z", "2025-12-31T23:60:00Z", "2025-12-31T23:59:60Z", "2025-12-31 soon")
        times = (None, "", 1764000000, "0000-00-00 00:00:00", "soon", *no_days, *no_times)
        odd += [
            sample(step, id=str(n), when=time)
            for n, time in enumerate((*times, "0001-01-01T00:00:00+01:00"), 1)
        ]
    vendor = Vendor(step, [[sample(step, id="71"), *odd, sample(step, id="72")]])
    assert {str(one) for one in ids(step, step.run(vendor, limit=50))} == {"71", "72"}


@pytest.mark.parametrize(
    "time",
    [
        "2024-02-29T10:00:00Z",
        "2025-12-31",
        "2025-12-31T23:59:59.123+14:00",
        "2025-12-31T10:00Z",
        "2025-12-31 10:00:00",
    ],
)
def test_valid_dates_and_times_are_readable(time: str) -> None:
    assert transform(braced(is_time("item.time")), {"item": {"time": time}}) is True


@pytest.mark.parametrize("step", [one for one in TRIGGERS if dated(one)], ids=lambda one: one.id)
def test_row_dated_in_the_future_waits_and_hides_no_other(step: Step) -> None:
    state = State()
    ahead = sample(step, id="80", when=(NOW + timedelta(days=1)).isoformat())
    assert ids(step, step.run(Vendor(step, [[ahead, sample(step, id="70")]]), state, limit=9)) == ["70"]
    later = sample(step, id="71", when=(NOW - timedelta(hours=1)).isoformat())
    assert ids(step, step.run(Vendor(step, [[ahead, later]]), state, limit=9)) == ["71"]
    advanced = Vendor(step, [[ahead, later]], date="Sun, 01 Feb 2026 12:00:00 GMT")
    assert ids(step, step.run(advanced, state, limit=9)) == ["80"], "due by the vendor's clock"
    assert step.run(advanced, state, limit=9) == []


@pytest.mark.parametrize("step", TRIGGERS, ids=lambda one: one.id)
def test_states_are_compared_in_any_spelling(step: Step) -> None:
    source = by_key(step).source
    reached = getattr(source, "reached", None)
    if not reached:
        return
    spelt = [f" {reached[0].upper()} ", reached[0].replace("_", " "), "", None, "-", 3]
    rows = [with_value(sample(step, id=str(70 + n)), source.state, word) for n, word in enumerate(spelt)]
    assert ids(step, step.run(Vendor(step, [rows]), limit=9)) == ["70", "71"]


def test_words_are_normalized_before_comparing() -> None:
    def holds(expression: str, word: Any) -> bool:
        return bool(transform(braced(expression), {"item": {"status": word}}))

    for word in ("In Transit", "in_transit", "IN-TRANSIT", " intransit "):
        assert holds(is_word("item.status", ["label_sent", "In transit"]), word)
        assert not holds(is_other_word("item.status", ["in-transit"]), word)
    for nothing in ("", " ", "-", None):
        assert not holds(is_word("item.status", ["in_transit"]), nothing)
        assert not holds(is_other_word("item.status", ["in_transit"]), nothing)
        assert holds(is_none_of("item.status", ["in_transit"]), nothing)
    assert not holds(is_word("item.status", ["in_transit"]), "transit")
    assert holds(is_other_word("item.status", ["in_transit"]), "transit")
    assert holds(is_none_of("item.status", ["in_transit"]), "transit")
    assert not holds(is_none_of("item.status", ["x", "in_transit"]), " In-Transit")


# Filters


def _given(inputs: dict[str, Any]) -> dict[str, Any]:
    return inputs


def compared(step: Step) -> list[InputField]:
    search: Search = by_key(step)
    return [one for one in search.inputs if one.found_at]


@pytest.mark.parametrize("step", [one for one in SEARCHES if compared(one)], ids=lambda one: one.id)
def test_filter_ignored_by_the_vendor_is_an_error_and_not_an_empty_list(step: Step) -> None:
    for one in each(compared(step)):
        with pytest.raises(MakeError, match=f"It ignored this filter: {one.label}") as caught:
            found(step, one, ("#10017", "#1001-A"), "1001")
        assert "It returned other records" in caught.value.message
        assert found(step, one, ("#10017", " 1001 ", "#1001-A", "#1001"), "1001") == [" 1001 ", "#1001"]
        assert found(step, one, ("#10017", None, "", "#A1"), " a1\n") == [None, "", "#A1"]
        assert found(step, one, (), "1001") == []


def found(step: Step, one: InputField, values: tuple[Any, ...], wanted: str) -> list[Any]:
    """Search in rows with these values for an input; return the values of the emitted rows."""
    path = one.found_at[0]
    rows = [with_value({"n": n, **by_key(step).sample}, path, value) for n, value in enumerate(values)]
    return [_at(row, path) for row in step.run(Vendor(step, [rows]), **_given({one.key: wanted}))]


def test_matching_rows_on_later_pages_are_found() -> None:
    [step] = [one for one in SEARCHES if one.id == "returnmate-findReturn"]
    sample_ = by_key(step).sample
    pages = [
        [{**sample_, "order_number": "#7"}],
        [{**sample_, "order_number": "#9"}],
        [{**sample_, "order_number": "#7"}],
    ]
    found = step.run(Vendor(step, pages), order_number="7", limit=50)
    assert [row["order_number"] for row in found] == ["#7", "#7"]


def test_each_of_several_order_numbers_is_matched() -> None:
    [step] = [one for one in SEARCHES if one.id == "returngo-findReturn"]
    sample_ = by_key(step).sample
    rows = [{**sample_, "order_name": name} for name in ("#1001", "#1002", "#10017")]
    found = step.run(Vendor(step, [rows]), order_number="1001, #1002")
    assert [row["order_name"] for row in found] == ["#1001", "#1002"]


@pytest.mark.parametrize("step", SEARCHES, ids=lambda one: one.id)
def test_rows_that_are_no_records_are_skipped(step: Step) -> None:
    row = by_key(step).sample
    inputs = {one.key: _at(row, one.found_at[0]) for one in compared(step) if one.required}
    shown = {key: value for key, value in row.items() if "bank" not in key}
    found = step.run(Vendor(step, [[None, row, "", row]]), limit=9, **inputs)
    assert [{key: one[key] for key in one if key != "summary"} for one in found] == [shown, shown]


@pytest.mark.parametrize("step", SEARCHES, ids=lambda one: one.id)
def test_whitespace_around_an_input_is_not_sent(step: Step) -> None:
    search: Search = by_key(step)
    for one in each(search.inputs):
        if one.type != "string" or one.location == "match" or one.choices or one.known_values or one.dropdown:
            continue
        vendor = Vendor(step, [])
        assert step.run(vendor, **_given({one.key: " 1001\n"})) == []
        url = str(vendor.asked[0].url)
        assert "1001" in url
        assert "%20" not in url
        assert "%0A" not in url
        assert "+" not in url


# Lists


@pytest.mark.parametrize("step", SEARCHES, ids=lambda one: one.id)
def test_endless_list_stops_at_the_request_limit(step: Step) -> None:
    class Round(Vendor):
        def __call__(self, request: httpx.Request) -> httpx.Response:
            response = super().__call__(request)
            body = response.json()
            return httpx.Response(
                200,
                json=body | {"next_cursor": "AB"[len(self.asked) % 2]} if isinstance(body, dict) else body,
            )

    row = by_key(step).sample
    inputs = {one.key: _at(row, one.found_at[0]) for one in compared(step) if one.required}
    vendor = Round(step, [[row]] * (MOST_REQUESTS + 9))
    step.run(vendor, limit=10_000, **inputs)
    assert 1 <= len(vendor.asked) <= MOST_REQUESTS


def test_empty_page_with_a_cursor_is_not_the_last() -> None:
    [step] = [one for one in SEARCHES if one.id == "returngo-findReturn"]
    row = by_key(step).sample

    def answer(request: httpx.Request) -> httpx.Response:
        rows, after = {"": ([row], "a"), "a": ([], "b"), "b": ([row], None)}[
            request.url.params.get("cursor", "")
        ]
        return httpx.Response(200, json={"rmas": rows, "next_cursor": after})

    assert len(step.run(answer, status="Approved", limit=50)) == 2


def test_short_page_without_a_total_is_not_the_last() -> None:
    [step] = [one for one in SEARCHES if one.id == "returnmate-findReturn"]
    row = {**by_key(step).sample, "order_number": "#7"}
    vendor = Vendor(step, [[row], [row]])
    assert len(step.run(vendor, order_number="#7", limit=50)) == 2
    assert [request.url.params["page"] for request in vendor.asked] == ["1", "2", "3"]
