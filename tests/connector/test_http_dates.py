"""Dates in headers: every format that RFC 9110 requires is parsed, and invalid dates raise nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from connector.transport.times import http_date, parse_time

WHEN = datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("Sun, 06 Nov 1994 08:49:37 GMT", WHEN),
        ("Sunday, 06-Nov-94 08:49:37 GMT", WHEN),
        ("Sun Nov  6 08:49:37 1994", WHEN),
        ("Sun, 06 Nov 1994 09:49:37 +0100", WHEN),
        ("Sun, 06 Nov 1994 08:49:37 -0000", WHEN),
        ("sun, 06 nov 1994 08:49:37 gmt", WHEN),
        ("Sat, 31 Dec 2016 23:59:60 GMT", datetime(2017, 1, 1, tzinfo=UTC)),
        ("Saturday, 31-Dec-16 23:59:60 GMT", datetime(2017, 1, 1, tzinfo=UTC)),
        ("Sat Dec 31 23:59:60 2016", datetime(2017, 1, 1, tzinfo=UTC)),
    ],
)
def test_every_http_date_format_is_parsed(text: str, when: datetime) -> None:
    assert http_date(text) == when
    assert parse_time(text) == when, "records may contain HTTP dates, too"


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("2026-11-25T10:30:00Z", datetime(2026, 11, 25, 10, 30, tzinfo=UTC)),
        ("2026-11-25t10:30:00z", datetime(2026, 11, 25, 10, 30, tzinfo=UTC)),
        ("2026-11-25 10:30:00Z", datetime(2026, 11, 25, 10, 30, tzinfo=UTC)),
        ("2026-11-25T11:30:00+01:00", datetime(2026, 11, 25, 10, 30, tzinfo=UTC)),
        ("2026-11-25T10:30:00-00:00", datetime(2026, 11, 25, 10, 30, tzinfo=UTC)),
        ("2026-11-25T10:30:00.5Z", datetime(2026, 11, 25, 10, 30, 0, 500_000, tzinfo=UTC)),
        ("2026-11-25T10:30:00.123456789Z", datetime(2026, 11, 25, 10, 30, 0, 123_456, tzinfo=UTC)),
        ("2016-12-31T23:59:60Z", datetime(2017, 1, 1, tzinfo=UTC)),
        ("2017-01-01T00:59:60+01:00", datetime(2017, 1, 1, tzinfo=UTC)),
    ],
)
def test_every_rfc_3339_format_is_parsed(text: str, when: datetime) -> None:
    assert parse_time(text) == when


ODD = [
    "",
    "soon",
    "0",
    "-1",
    "Wed, 31 Feb 2026 10:00:00 GMT",
    "Wed, 25 Nov 2026 25:00:00 GMT",
    "Wed, 25 Nov 2026 10:00:61 GMT",
    "Fri, 31 Dec 9999 23:59:59 -0500",
    "Fri, 31 Dec 9999 23:59:59 GMT",
    "Wed, 25 Nov 99999999999999999999 10:00:00 GMT",
    "Wed, 25 Nov 2026 10:00:00 +99999999999999",
    "Wed, 25 Nov 2026 10:00:00 GMT" * 1000,
    "9" * 5000,
    "9999-12-31T23:59:59-05:00",
    "0001-01-01T00:00:00+01:00",
    "0000-00-00T00:00:00Z",
    "2026-13-45T00:00:00Z",
    "2026-11-25T10:30:61Z",
    "2026-11-25T10:30:00+99:00",
]


@pytest.mark.parametrize("text", ODD)
def test_invalid_date_returns_none(text: str) -> None:
    assert http_date(text) is None
