"""Parsing timestamps of vendors: each standard format is read, anything else is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from connector.runtime.polling.rows import micros
from connector.transport.times import parse_time

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-01T12:00:00Z",
        "2026-03-01t12:00:00z",
        "2026-03-01 12:00:00Z",
        "2026-03-01 12:00:00 UTC",
        "2026-03-01T12:00:00",
        "2026-03-01T12:00Z",
        "2026-03-01T12:00:00.0Z",
        "2026-03-01T12:00:00.000000000000Z",
        "2026-03-01T12:00:00,000Z",
        "2026-03-01T12:00:00+00:00",
        "2026-03-01T12:00:00-00:00",
        "2026-03-01T17:30:00+05:30",
        "2026-03-01T17:30:00+0530",
        "2026-03-01T17:00:00+05",
        "2026-03-01 17:30:00 +0530",
        "2026-03-01T07:00:00\u221205:00",
        "20260301T120000Z",
        " 2026-03-01T12:00:00Z\n",
        "2026-03-01T11:59:60Z",
        "Sun, 01 Mar 2026 12:00:00 GMT",
        "Sun, 1 Mar 2026 13:00:00 +0100",
    ],
)
def test_every_format_of_one_moment_is_read(text: str) -> None:
    assert parse_time(text) == NOON
    assert parse_time(text).utcoffset() == timedelta()


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2026-03-01T12:00:00.1234567Z", NOON.replace(microsecond=123456)),
        ("2026-03-01T12:00:00.5Z", NOON.replace(microsecond=500000)),
        ("2026-06-30T23:59:60Z", datetime(2026, 7, 1, tzinfo=UTC)),
        ("2016-12-31T18:59:60.25-05:00", datetime(2017, 1, 1, 0, 0, 0, 250000, tzinfo=UTC)),
        ("2026-03-01T24:00:00Z", datetime(2026, 3, 2, tzinfo=UTC)),
        ("2026-03-01", datetime(2026, 3, 1, tzinfo=UTC)),
    ],
)
def test_fractions_leap_seconds_and_dates_are_read(text: str, read: datetime) -> None:
    assert parse_time(text) == read


@pytest.mark.parametrize(
    "text",
    [
        None, 1764000000, 12.5, True, ["2026-03-01"], "", "  ", "1764000000", "now", "0000-00-00",
        "0000-00-00 00:00:00", "2026-13-45", "2026-02-29", "2026-03-01T12:60:00Z", "2026-03-01T12:00:61Z",
        "2026-03-01T24:00:01Z", "2026-03-01T12:00:00+24:00", "2026-03-01T12:00:00+05:60",
        "2026-03-01T12:00:00Z, and more", "9999-12-31T24:00:00Z", "Sun, 99 Mar 2026 12:00:00 GMT", "\ud83d",
        "0001-01-01", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+01:00", "2026-03-01T12:00:00Z" + " " * 100,
    ],
)  # fmt: skip
def test_invalid_timestamp_raises_value_error(text: object) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_time(text)


def test_time_outside_the_utc_range_keeps_its_zone_and_is_comparable() -> None:
    last = parse_time("9999-12-31T23:59:59-05:00")
    assert last == datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone(timedelta(hours=-5)))
    assert last > parse_time("9999-12-31T23:59:59Z") > NOON
    assert micros(last) - micros(parse_time("9999-12-31T23:59:59Z")) == 5 * 3_600 * 1_000_000
