"""The control plane's clock over HTTP: it accepts every documented time format, and its own output."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.testclient import TestClient
from support.worlds import NOON, SECOND

from mock_server.app import create_app
from mock_server.clock import instant, reached_at, timestamp
from mock_server.settings import Settings

URL = "http://127.0.0.1:4010"
CLOCK = "/__sandbox/tenants/acme/clock"


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(create_app(Settings(seed_size=0, database="sqlite://")), base_url=URL) as made:
        yield made


@pytest.fixture
def acme(client: TestClient) -> Iterator[TestClient]:
    """A tenant whose frozen clock shows noon and a fraction of a second."""
    options = {"name": "acme", "seed_size": 0, "first_moment": "2026-03-02T12:00:00Z", "frozen": True}
    assert client.post("/__sandbox/tenants", json=options).status_code == 201
    assert advance(client, seconds=0.4).status_code == 200
    yield client
    assert client.delete("/__sandbox/tenants/acme").status_code == 204


def advance(client: TestClient, **options: Any) -> Any:
    return client.post(f"{CLOCK}/advance", json=options)


@pytest.mark.parametrize(
    "written",
    [
        "2026-03-03T09:00:00Z",
        "2026-03-03t09:00:00z",
        "2026-03-03T19:00:00+10:00",
        "2026-03-02T23:00:00-10:00",
        "2026-03-03T09:00:00-00:00",
        "2026-03-03T09:00:00.000Z",
        "2026-03-03T09:00:00.9999999999Z",
        "2026-03-03t19:00:00.5+10:00",
    ],
)
def test_every_time_format_is_the_same_moment(acme: TestClient, written: str) -> None:
    answer = advance(acme, to=written)
    assert answer.status_code == 200, answer.text
    assert answer.json()["clock"]["now"] == "2026-03-03T09:00:00Z"


@pytest.mark.parametrize("written", ["2026-12-31T23:59:60Z", "2026-12-31t15:59:60.5-08:00"])
def test_leap_second_is_the_second_before(acme: TestClient, written: str) -> None:
    assert advance(acme, to=written).json()["clock"]["now"] == "2026-12-31T23:59:59Z"


def test_clock_accepts_the_time_it_shows(acme: TestClient) -> None:
    """The clock shows whole seconds, and is a fraction of a second ahead of them."""
    shown = acme.get(CLOCK).json()
    assert advance(acme, to=shown["now"]).json()["clock"]["now"] == shown["now"]
    assert acme.app.world.clocks.now("acme") == NOON + 400_000  # type: ignore[attr-defined]
    other = {"name": "other", "seed_size": 0, "first_moment": shown["now"]}
    assert acme.post("/__sandbox/tenants", json=other).json()["first_moment"] == shown["now"]
    acme.delete("/__sandbox/tenants/other")


def test_ticking_clock_accepts_the_time_it_showed(client: TestClient) -> None:
    """Real time passes between reading the clock and setting it."""
    assert client.post("/__sandbox/tenants", json={"name": "acme", "seed_size": 0}).status_code == 201
    assert advance(client, seconds=0).status_code == 200
    shown = client.get(CLOCK).json()["now"]
    one_second_ago = timestamp(instant(shown) - SECOND)
    for to in (shown, one_second_ago):
        answer = advance(client, to=to)
        assert answer.status_code == 200, answer.text
        assert answer.json()["clock"]["now"] >= shown, "the clock does not go back"
    assert advance(client, to=timestamp(instant(shown) - 60 * SECOND)).status_code == 400
    assert client.delete("/__sandbox/tenants/acme").status_code == 204


def test_concurrent_advances_run_one_after_the_other(client: TestClient) -> None:
    """Each one counts its seconds from the time that the previous one reached."""
    options = {"name": "acme", "seed_size": 30, "first_moment": "2026-03-02T12:00:00Z", "frozen": True}
    assert client.post("/__sandbox/tenants", json=options).status_code == 201
    with ThreadPoolExecutor() as pool:
        answers = list(pool.map(lambda days: advance(client, seconds=days * 86_400), [10, 1, 5]))
    assert [answer.status_code for answer in answers] == [200] * 3
    assert client.get(CLOCK).json()["now"] == "2026-03-18T12:00:00Z"
    assert client.delete("/__sandbox/tenants/acme").status_code == 204


def test_clock_without_offset_shows_no_negative_zero(client: TestClient) -> None:
    assert client.post("/__sandbox/tenants", json={"name": "acme", "seed_size": 0}).status_code == 201
    for path in ("freeze", "unfreeze"):
        assert '"ahead_seconds":-0.0,' not in client.post(f"{CLOCK}/{path}").text
    assert client.delete("/__sandbox/tenants/acme").status_code == 204


def test_shown_offset_can_be_used_to_advance(acme: TestClient) -> None:
    other = {"name": "other", "seed_size": 0}
    assert acme.post("/__sandbox/tenants", json=other).status_code == 201
    moved = acme.post("/__sandbox/tenants/other/clock/advance", json={"seconds": 86400.25}).json()
    assert moved["clock"]["ahead_seconds"] == pytest.approx(86400.25, abs=1)
    again = acme.post(
        "/__sandbox/tenants/other/clock/advance", json={"seconds": moved["clock"]["ahead_seconds"]}
    )
    assert again.json()["clock"]["ahead_seconds"] == pytest.approx(2 * moved["clock"]["ahead_seconds"], abs=1)
    acme.delete("/__sandbox/tenants/other")


@pytest.mark.parametrize("seconds", [1, 1.0, 0, -0.0, 0.5])
def test_seconds_are_accepted_in_any_number_format(acme: TestClient, seconds: float) -> None:
    assert advance(acme, seconds=seconds).status_code == 200
    now = acme.app.world.clocks.now("acme")  # type: ignore[attr-defined]
    assert now == NOON + 400_000 + int(seconds * SECOND)


@pytest.mark.parametrize(
    ("due", "shown"),
    [(NOON, "2026-03-02T12:00:00Z"), (NOON + 1, "2026-03-02T12:00:01Z"), (NOON - 1, "2026-03-02T12:00:00Z")],
)
def test_clock_set_to_a_due_time_has_reached_it(due: int, shown: str) -> None:
    assert reached_at(due) == shown
    assert timestamp(due) <= shown


@pytest.mark.parametrize(
    ("to", "says"),
    [
        ("2026-03-02T11:59:59Z", "it cannot go back to 2026-03-02T11:59:59Z"),
        ("2200-01-01T00:00:00Z", "to must be between the years 1990 and 2199"),
        ("2199-12-31T23:59:59-10:00", "to must be between the years 1990 and 2199"),
        ("9999-12-31T23:59:59-05:00", "to must be between the years 1990 and 2199"),
        ("0000-01-01T00:00:00Z", "to must be between the years 1990 and 2199"),
        ("1989-12-31T23:59:59Z", "to must be between the years 1990 and 2199"),
        ("2026-02-29T00:00:00Z", "to must be a date and time such as"),
        ("2026-03-02T12:60:00Z", "to must be a date and time such as"),
        ("2026-03-02T12:00:60Z", "to must be a date and time such as"),
        ("2026-03-02T24:00:00Z", "to must be a date and time such as"),
        ("2026-03-03", "to must be a date and time such as"),
        ("2026-03-03T12:00:00", "to must be a date and time such as"),
        ("2026-03-03 12:00:00Z", "to must be a date and time such as"),
        ("tomorrow", "to must be a date and time such as"),
        (1_772_452_800, "to must be a string"),
        (None, "to must be a string"),
    ],
)
def test_impossible_target_time_is_reported_in_one_sentence(acme: TestClient, to: Any, says: str) -> None:
    answer = advance(acme, to=to)
    assert answer.status_code == 400
    assert says in answer.json()["error"]["message"].replace("to: ", "to ")
    assert acme.app.world.clocks.now("acme") == NOON + 400_000  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("until", "says"),
    [
        ("soon", "until must be one of next"),
        (5, "until must be one of next or an object"),
        ({"return": "1"}, "until.status is required"),
        ({"return": "1", "status": "x", "within_days": 0}, "until.within_days must be at least 1"),
        ({"return": "1", "status": "x", "days": 1}, "until.days is not a known field"),
        ("next", "until: nothing is scheduled; the clock stays at 2026-03-02T12:00:00Z."),
        ({"return": "1", "status": "x"}, "has no return '1'"),
    ],
)
def test_impossible_event_is_reported_in_one_sentence(acme: TestClient, until: Any, says: str) -> None:
    answer = advance(acme, until=until)
    assert answer.status_code in {400, 404}
    assert says in answer.json()["error"]["message"]
    assert acme.app.world.clocks.now("acme") == NOON + 400_000  # type: ignore[attr-defined]


@pytest.mark.parametrize("seconds", [-1, 315_360_001, 2**63, 2**64, 1e300, "1", True, None])
def test_invalid_seconds_are_reported_in_one_sentence(acme: TestClient, seconds: Any) -> None:
    answer = advance(acme, seconds=seconds)
    assert answer.status_code == 400
    assert "seconds must be " in answer.json()["error"]["message"]


def test_last_possible_time_can_be_shown_and_set(acme: TestClient) -> None:
    last = "2199-12-31T23:59:59Z"
    assert advance(acme, to=last).json()["clock"]["now"] == last
    assert advance(acme, to=last).status_code == 200
    beyond = advance(acme, seconds=1)
    assert beyond.status_code == 400
    assert "cannot go beyond the year 2199" in beyond.json()["error"]["message"]


@pytest.mark.parametrize("field", ["first_moment", "created_at"])
def test_other_operations_accept_the_same_time_formats(acme: TestClient, field: str) -> None:
    shopper = {
        "vendor": "returnmate",
        "order_number": "#1",
        "customer_email": "ann@example.com",
        "items": [{"sku": "A", "quantity": 1, "reason": "defective"}],
    }
    path = "/__sandbox/tenants" + ("" if field == "first_moment" else "/acme/returns")
    plain = {"name": "other", "seed_size": 0} if field == "first_moment" else shopper
    for written, status in (
        ("1989-12-31T00:00:00Z", 400),
        ("2026-03-02t09:00:00.25+10:00", 201),
        ("2026-03-02 09:00", 400),
    ):
        answer = acme.post(path, json={**plain, field: written})
        assert answer.status_code == status, answer.text
    acme.delete("/__sandbox/tenants/other")
