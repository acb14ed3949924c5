"""Waits from `Retry-After` and rate-limit headers: parsed in every format, and never absurdly long."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx
import pytest
from support.fake_vendor import refusal, rows

from connector.errors import RateLimited, VendorUnavailable
from connector.transport.retry_after import MAX_WAIT, duration, requested_wait

if TYPE_CHECKING:
    from support.fake_vendor import Time, Wire

    from connector.runtime.connection import Connection

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
DATE = "Sun, 01 Mar 2026 12:00:00 GMT"
IN_NINE = "Sun, 01 Mar 2026 12:00:09 GMT"
A_DAY_AHEAD = "Mon, 02 Mar 2026 14:00:00 GMT"

READ = [
    ({"retry-after": "7"}, 7),
    ({"retry-after": "0"}, 0),
    ({"retry-after": "2.0"}, 2),
    ({"retry-after": "2.5"}, 2.5),
    ({"retry-after": " 7 "}, 7),
    ({"retry-after": IN_NINE, "date": DATE}, 9),
    ({"retry-after": IN_NINE}, 9),
    ({"retry-after": "Sunday, 01-Mar-26 12:00:09 GMT", "date": DATE}, 9),
    ({"retry-after": "Sun Mar  1 12:00:09 2026", "date": DATE}, 9),
    ({"retry-after": "2026-03-01t12:00:09z", "date": DATE}, 9),
    ({"retry-after": "Sun, 01 Mar 2026 11:59:00 GMT", "date": DATE}, 0),
    ({"retry-after": "-3"}, None),
    ({"retry-after": "soon"}, None),
    ({"retry-after": ""}, None),
    ({"retry-after": "9" * 400}, None),
    ({"retry-after": "9" * 5000}, None),
    ({"retry-after": "86401"}, None),
    ({"retry-after": "Fri, 31 Dec 9999 23:59:59 -0500"}, None),
    ({"retry-after": "Sun, 01 Mar 2036 12:00:00 GMT", "date": DATE}, None),
    ({"reset": str(SECONDS + 30), "date": DATE}, 30),
    ({"reset": str(SECONDS + 30)}, 30),
    ({"reset": str(SECONDS + 30), "date": A_DAY_AHEAD}, 0),
    ({"reset": str((SECONDS + 30) * 1000), "date": DATE}, 30),
    ({"reset": str((SECONDS + 30) * 1_000_000), "date": DATE}, 30),
    ({"reset": str((SECONDS + 30) * 1_000_000_000), "date": DATE}, 30),
    ({"reset": f"{SECONDS + 30}.5", "date": DATE}, 30.5),
    ({"reset": "30", "date": DATE}, 30),
    ({"reset": "2026-03-01T12:00:30Z", "date": DATE}, 30),
    ({"reset": str(SECONDS - 30), "date": DATE}, 0),
    ({"reset": "-30"}, None),
    ({"reset": "9" * 400}, None),
    ({"retry-after": "7", "reset": str(SECONDS + 30)}, 7),
    ({"retry-after": "soon", "reset": str(SECONDS + 30)}, 30),
]


@pytest.mark.parametrize(("headers", "seconds"), READ)
def test_wait_is_parsed_in_every_format(headers: dict[str, str], seconds: float | None) -> None:
    assert requested_wait(httpx.Headers(headers), "reset", NOW).seconds == seconds


def test_local_clock_is_used_if_the_date_header_is_implausible() -> None:
    headers = {"reset": str(SECONDS + 30), "date": "Sat, 28 Feb 2026 10:00:00 GMT"}
    assert requested_wait(httpx.Headers(headers), "reset", NOW).seconds == 30


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({"retry-after": "9" * 400}, "asks for a wait of more than a hundred years, which is not plausible"),
        ({"retry-after": "2592000"}, "retry-after (2592000) asks for a wait of 30 days"),
        ({"reset": "900000000"}, "is ignored"),
    ],
)
def test_implausible_wait_is_reported_in_one_sentence(headers: dict[str, str], words: str) -> None:
    doubt = requested_wait(httpx.Headers(headers), "reset", NOW).doubt
    assert words in doubt
    assert len(doubt) < 200


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (1, "1 second"),
        (58, "58 seconds"),
        (90.4, "90 seconds"),
        (150, "2.5 minutes"),
        (7200, "2 hours"),
        (float("inf"), "more than a hundred years"),
    ],
)
def test_duration_is_formatted_for_people(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
async def test_read_waits_for_retry_after(rm: Connection, wire: Wire, time: Time, status: int) -> None:
    wire.reply(refusal(status, headers={"retry-after": "7.0"}), rows())
    await rm.operations.list_returns()
    assert time.slept == [7]


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    "asked", ["-3", "0", "Sun, 01 Mar 2020 12:00:00 GMT", "9" * 400, str(SECONDS * 1000)]
)
async def test_useless_wait_is_replaced_by_the_default_backoff(
    rm: Connection, wire: Wire, time: Time, status: int, asked: str
) -> None:
    wire.reply(refusal(status, headers={"retry-after": asked}), rows())
    await rm.operations.list_returns()
    assert len(time.slept) == 1
    assert 0 < time.slept[0] <= 0.5


@pytest.mark.parametrize(("status", "kind"), [(429, RateLimited), (503, VendorUnavailable)])
async def test_error_states_how_long_to_wait(
    rm: Connection, wire: Wire, time: Time, status: int, kind: type[RateLimited | VendorUnavailable]
) -> None:
    wire.reply(refusal(status, headers={"retry-after": "40000"}))
    with pytest.raises(kind, match=r"It asks to wait 11\.1 hours\.$") as caught:
        await rm.operations.list_returns()
    assert vars(caught.value)["retry_after"] == 40_000
    assert time.slept == []
    wire.reply(refusal(status, headers={"retry-after": "9" * 400}))
    with pytest.raises(kind, match="is not plausible and is ignored") as caught:
        await rm.operations.list_returns()
    assert vars(caught.value)["retry_after"] is None
    assert max(time.slept) <= 4


@pytest.mark.parametrize(
    ("reset", "slept"),
    [
        (str((SECONDS + 30) * 1000), [30]),
        ("30", [30]),
        ("9" * 400, []),
        (str(SECONDS + int(MAX_WAIT) + 1), []),
        ("later", []),
    ],
)
async def test_reset_header_is_obeyed_in_every_unit_up_to_the_longest_wait(
    rm: Connection, wire: Wire, time: Time, reset: str, slept: list[float]
) -> None:
    first = rows()
    first.headers.update(
        {"x-ratelimit-limit": "60", "x-ratelimit-remaining": "0", "x-ratelimit-reset": reset}
    )
    wire.reply(first, rows())
    await rm.operations.list_returns()
    await rm.operations.list_returns()
    assert time.slept == slept


async def test_long_wait_is_reported_with_its_reason(
    rm: Connection, wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    wire.reply(refusal(429, "RATE_LIMITED", "Slow down", headers={"retry-after": "7"}), rows())
    with caplog.at_level(logging.INFO, "returns_connector"):
        await rm.operations.list_returns()
    (message,) = caplog.messages
    assert message == (
        "returnmate: list_returns waits 7 seconds before it is sent, because the last attempt failed "
        "(Slow down. It asks to wait 7 seconds)."
    )


async def test_short_wait_is_not_reported(
    rm: Connection, wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    wire.reply(refusal(429, headers={"retry-after": "2"}), rows())
    await rm.operations.list_returns()
    assert caplog.messages == []


async def test_pacing_and_implausible_headers_are_reported_once(
    rm: Connection, wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    used_up = {"x-ratelimit-limit": "60", "x-ratelimit-remaining": "0"}
    mad, soon = rows(), rows()
    mad.headers.update({**used_up, "x-ratelimit-reset": "9" * 400})
    soon.headers.update({**used_up, "x-ratelimit-reset": "30"})
    wire.reply(mad, mad, soon, rows())
    for _ in range(4):
        await rm.operations.list_returns()
    first, second = caplog.messages
    assert first.startswith("returnmate: Its header x-ratelimit-reset (9999")
    assert (
        second
        == "returnmate: list_returns waits 30 seconds before it is sent, because the rate limit is used up."
    )
