"""Requests have two times: real time, which orders and ages them, and the time on their tenant's clock."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from support.browser import Browser, browsing, text_of
from support.each import each
from support.in_process import Command, commands

from mock_server.journal.lines import line
from mock_server.journal.moments import tenant_time

REQUESTS = "/__sandbox/tenants/demo/requests"
KEY = {"Authorization": "Bearer sandbox-demo-returnmate"}
WRONG = {"Authorization": "Bearer nobody"}
MONTH = timedelta(days=30)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A sandbox that got one request of the tenant, one of nobody, and both again 30 days later."""
    with browsing(seed_size=0) as made:
        for _ in range(2):
            for headers in (KEY, WRONG):
                made.get("/returnmate/v1/rmas", headers=headers)
            made.request(
                "POST", "/__sandbox/tenants/demo/clock/advance", json={"seconds": MONTH.total_seconds()}
            )
        yield made


@pytest.fixture
def command(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> Command:
    return commands(browser.client, monkeypatch)


def listed(browser: Browser, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = browser.get(REQUESTS, params={"without_tenant": "true", **query}).json()[
        "requests"
    ]
    return found


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_record_has_both_times_and_only_a_tenant_has_a_clock(browser: Browser) -> None:
    nobody_2, demo_2, nobody_1, demo_1 = listed(browser)
    for one in (nobody_1, nobody_2):
        assert (one["tenant"], one["at"]) == (None, None)
    for one, ahead in ((demo_1, timedelta()), (demo_2, MONTH)):
        assert abs(moment(one["at"]) - moment(one["received_at"]) - ahead) < timedelta(seconds=10)


def test_list_is_in_the_order_of_real_time(browser: Browser) -> None:
    times = [moment(one["received_at"]) for one in listed(browser, order="oldest")]
    assert len(times) == 4
    assert times == sorted(times)
    assert times[-1] - times[0] < timedelta(minutes=5)


def test_since_compares_requests_without_a_tenant_with_the_same_moment(browser: Browser) -> None:
    first = listed(browser, order="oldest")[0]
    now = moment(browser.get("/__sandbox/tenants/demo/clock").json()["now"])
    tomorrow = (now + timedelta(days=1)).isoformat()
    assert listed(browser, since=tomorrow) == []
    recent = [one["tenant"] for one in listed(browser, since=(now - timedelta(minutes=10)).isoformat())]
    assert recent == [None, None], (
        "their real time is minutes ago, and the tenant's were weeks ago on its clock"
    )
    assert len(listed(browser, since=first["at"])) == 4
    shown = browser.get("/__sandbox/requests", params={"since": first["at"]}).json()["requests"]
    assert len(shown) == 2
    assert browser.get("/__sandbox/requests", params={"since": tomorrow}).json()["requests"] == []


def test_since_of_a_frozen_clock_includes_requests_without_a_tenant(browser: Browser) -> None:
    made = browser.request(
        "POST",
        "/__sandbox/tenants",
        json={"name": "frozen", "seed_size": 0, "frozen": True, "first_moment": "2026-03-02T09:00:00Z"},
    )
    assert made.status_code == 201
    path = "/__sandbox/tenants/frozen/requests?without_tenant=true&since="
    assert len(browser.get(f"{path}2026-03-02T09:00:00Z").json()["requests"]) == 2
    assert browser.get(f"{path}2026-03-02T09:00:01Z").json()["requests"] == []


def test_command_lists_real_times_and_the_clock_where_it_differs(browser: Browser, command: Command) -> None:
    rows = command("sandbox", "requests").stdout.splitlines()
    heading, first, unknown, later, _ = map(str.strip, rows)
    assert "tenant's clock" in heading
    found = listed(browser, order="oldest")
    for row, one in each(zip((first, unknown, later), found[:3], strict=True)):
        assert one["received_at"] in row
    assert found[2]["at"] in later
    assert found[0]["at"] not in first
    alone = command("sandbox", "requests", "--limit", "1").stdout
    assert "tenant's clock" not in alone
    assert command("sandbox", "request", str(found[2]["id"])).stdout.splitlines()[1:3] == [
        f"Received at {found[2]['received_at']} in real time",
        f"At {found[2]['at']} on the tenant's clock",
    ]


def test_console_shows_ages_in_real_time(browser: Browser) -> None:
    page = browser.get("/console/demo/requests").text
    ages = re.findall(r'<td class="tight"><time [^>]+>([^<]+)</time>', page)
    assert len(ages) == 4
    for age in each(ages):
        assert re.fullmatch(r"now|\d+ (s|min) ago", age), age
    later = listed(browser)[1]
    detail = text_of(browser.get(f"/console/demo/requests/{later['id']}"))
    shown = moment(later["at"])
    assert f"Clock of demo {shown:%Y-%m-%d %H:%M:%S} UTC" in detail
    unknown = text_of(browser.get(f"/console/demo/requests/{listed(browser)[0]['id']}"))
    assert "Clock of demo" not in unknown


@pytest.mark.parametrize(
    ("at", "shown"),
    [
        (None, ""),
        ("2026-03-02T09:41:07Z", ""),
        ("2026-03-02T09:41:06Z", ""),
        ("2026-03-02T09:41:09Z", ""),
        ("2026-03-02T09:41:10Z", "2026-03-02T09:41:10Z"),
        ("2025-03-02T09:41:07Z", "2025-03-02T09:41:07Z"),
    ],
)
def test_tenants_time_is_shown_if_it_differs(at: str | None, shown: str) -> None:
    assert tenant_time({"at": at, "received_at": "2026-03-02T09:41:07.400Z"}) == shown


def test_line_of_the_log_begins_with_real_time(browser: Browser) -> None:
    later, nobody = listed(browser)[1], listed(browser)[0]
    assert line(later).startswith(f"{later['received_at']} demo 200 GET ")
    assert line(later).endswith(f"ms clock={later['at']}")
    assert "clock=" not in line(nobody)


def test_newest_request_is_shown_without_an_id(browser: Browser, command: Command) -> None:
    newest = listed(browser)[0]["id"]
    assert command("sandbox", "request").stdout.startswith(f"Request {newest} of tenant unknown")
    assert command("sandbox", "request", "--no-tenant").stdout.startswith(f"Request {newest} of")
    answer = command("sandbox", "request", "--tenant", "frozen", "--no-tenant", "--format", "json")
    assert f'"id":{newest},' in answer.stdout


def test_missing_request_says_whose_id_it_is(browser: Browser, command: Command) -> None:
    demo = listed(browser)[1]["id"]
    newest = listed(browser)[0]["id"]
    browser.request("POST", "/__sandbox/tenants", json={"name": "other", "seed_size": 0})
    answer = command("sandbox", "request", str(demo), "--tenant", "other")
    assert answer.exit_code == 4
    shared = "All tenants share one numbering; the list of requests shows the IDs."
    assert answer.stderr == f"Request {demo} is not one of other: it belongs to the tenant demo. {shared}\n"
    answer = command("sandbox", "request", "99999")
    assert answer.stderr == f"There is no request 99999 yet; the newest is {newest}. {shared}\n"
    answer = command("sandbox", "request", str(demo), "--no-tenant")
    assert (
        answer.stderr
        == f"Request {demo} is not one without a tenant: it belongs to the tenant demo. {shared}\n"
    )
