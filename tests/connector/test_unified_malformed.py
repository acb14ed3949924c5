"""Malformed records in the unified model: readable parts are mapped, and nothing raises."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.definition.compiler import integration, vendors
from connector.definition.model import Unified
from connector.runtime.polling import Event
from connector.unified import Money, unified_event, unified_return

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connector.definition.model import Integration

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
compiled = cache(integration)
PAID = Unified.model_validate(
    {
        "statuses": {},
        "returns": {
            "return": {
                "id": "id",
                "items": {"at": "items", "price": {"amount": "paid.amount", "currency": "paid.currency"}},
            }
        },
        "events": {},
    }
)


def priced(paid: dict[str, Any]) -> Money | None:
    """Return the price read from an item with this amount and currency."""
    made = compiled("returnmate").model_copy(update={"unified": PAID})
    found = unified_return(made, "return", {"items": [{"paid": paid}]})
    assert found is not None
    return found.items[0].price


def text_paths(value: Any, before: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every text in a record."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inside:
        yield from text_paths(one, (*before, key))
    if isinstance(value, str):
        yield before


def replaced(record: Any, path: tuple[Any, ...], value: Any) -> Any:
    changed = deepcopy(record)
    holder = changed
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    return changed


@pytest.mark.parametrize("nothing", [None, "", " ", "-", "_ _", True, {}, []])
def test_empty_status_becomes_none(integration: Integration, nothing: Any) -> None:
    made = unified_return(integration, "return", {"id": "rma_1", "status": nothing})
    assert made is not None
    assert made.status is None


def test_numeric_status_becomes_text(integration: Integration) -> None:
    made = unified_return(integration, "return", {"id": 7.0, "status": 3})
    assert made is not None
    assert (made.id, made.status, made.vendor_status) == ("7", "other", "3")


@pytest.mark.parametrize("nothing", [None, [], "text", 5])
def test_record_that_is_no_object_is_an_empty_return(integration: Integration, nothing: Any) -> None:
    made = unified_return(integration, "return", nothing)
    assert made is not None
    assert (made.id, made.status, made.items, made.customer, made.raw) == (None, None, (), None, {})
    event = unified_event(integration, Event("x", "new_return", None, NOON, nothing))
    assert (event.raw, event.kind) == ({}, "return_created")
    assert event.as_json()["raw"] == {}


@pytest.mark.parametrize("vendor", vendors())
def test_timestamp_at_the_edge_of_the_calendar_breaks_no_record(vendor: str) -> None:
    """Replace every text of every sample by timestamps that cannot be converted to UTC."""
    made = compiled(vendor)
    count = 0
    for trigger in made.triggers.values():
        for path in text_paths(trigger.sample):
            for edge in ("9999-12-31T23:59:59-05:00", "0001-01-01T00:00:00+01:00", "0000-00-00"):
                record = replaced(trigger.sample, path, edge)
                unified_event(made, Event("x", trigger.key, None, NOON, record)).as_json()
                count += 1
    assert count > 10


def test_flag_is_read_in_any_spelling(integration: Integration) -> None:
    for word, outbound in (
        ("Out-Bound", True),
        ("outbound ", True),
        ("return", False),
        (" ", None),
        (1, False),
    ):
        row = {"id": "s", "rma_id": "r", "direction": word}
        made = unified_return(integration, "shipment", row)
        assert made is not None
        assert made.shipments[0].outbound is outbound


@given(amount=st.one_of(st.integers(), st.floats(), st.decimals(), st.text(), st.none(), st.booleans()))
def test_money_is_exact_or_missing(amount: Any) -> None:
    price = priced({"amount": amount})
    if amount is None or (isinstance(amount, str) and not amount.strip()):
        assert price is None
        return
    assert price is not None, "a given amount is not reported as missing"
    assert price.currency is None
    if price.amount is None:
        assert price.text
    else:
        assert price.text is None
        assert isinstance(amount, str) or price.amount == Decimal(str(amount))
        assert set(price.model_dump(mode="json")["amount"]) <= set("-.0123456789")


@pytest.mark.parametrize(
    ("given", "amount"),
    [
        (0, "0"),
        ("0.00", "0.00"),
        ("-0", "0"),
        (-5, "-5"),
        ("-12.50", "-12.50"),
        ("\u221212.50", "-12.50"),
        (" 7 ", "7"),
        ("1E+3", "1000"),
        (1e21, "1000000000000000000000"),
        (Decimal("1E-7"), "0.0000001"),
        ("1,234.50", "1234.50"),
        ("1.234,50 \u20ac", "1234.50"),
        ("12,50", "12.50"),
        ("0,125", "0.125"),
        ("1,234,567", "1234567"),
        ("1\u00a0234,50", "1234.50"),
        ("1'234.50", "1234.50"),
        ("-$5", "-5"),
        ("$-5", "-5"),
        ("AUD 12.50", "12.50"),
        ("12.50 AUD", "12.50"),
    ],
)
def test_amount_is_written_in_plain_digits(given: Any, amount: str) -> None:
    price = priced({"amount": given})
    assert price is not None
    assert price.model_dump(mode="json") == {"amount": amount, "currency": None}


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("1,234", "1,234"),
        ("abc", "abc"),
        ("NaN", "NaN"),
        ("(12.50)", "(12.50)"),
        ("1_0", "1_0"),
        ("\u0663", "\u0663"),
        (float("inf"), "inf"),
        (Decimal("NaN"), "NaN"),
        (Decimal("1E+999999"), "1E+999999"),
        (True, "true"),
        ("9" * 100, "9" * 60),
    ],
)
def test_amount_that_is_no_number_is_kept_as_received(given: Any, text: str) -> None:
    price = priced({"amount": given, "currency": "EUR"})
    assert price is not None
    assert price.model_dump(mode="json") == {"amount": None, "currency": "EUR", "text": text}


@pytest.mark.parametrize("nothing", [None, "", " \n", [], {}, ["5"]])
def test_missing_amount_becomes_none(nothing: Any) -> None:
    assert priced({"amount": nothing}) is None


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=5,
)


@given(data=st.data(), name=st.sampled_from(["returnmate", "swap"]))
def test_malformed_record_raises_nothing_and_is_kept_as_raw(data: st.DataObject, name: str) -> None:
    """Replace each value by one of another type: nothing raises, and `raw` is unchanged."""
    made = compiled(name)
    sample = made.resources["return"].sample
    record = {**sample, **data.draw(st.dictionaries(st.sampled_from(sorted(sample)), json, max_size=6))}
    found = unified_return(made, "return", record)
    assert found is not None
    assert found.raw == record
