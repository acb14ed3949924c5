"""Events whose details cannot be fetched wait, without holding back events of other records."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest
from support.fake_vendor import BASE_URL, Time, Wire

import connector
from connector.errors import ConnectorError, UnexpectedResponse, VendorUnavailable
from connector.runtime.cursors import Cursors
from connector.runtime.runner import Runner

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from connector.runtime.connection import Connection
    from connector.runtime.polling import Event

pytestmark = pytest.mark.anyio

NONSENSE = httpx.Response(200, text="<html>Something went wrong</html>")
DOWN = httpx.Response(500)


class Shop(Wire):
    """A list of returns with their statuses; `broken` maps a record to the answer for its details."""

    def __init__(self) -> None:
        super().__init__()
        self.statuses: dict[str, str] = {}
        self.broken: dict[str, httpx.Response] = {}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        id_ = request.url.path.rpartition("/")[2]
        if id_ == "rmas":
            rows = [
                {"rmaId": key, "status": status, "order_name": "#1", "events": []}
                for key, status in self.statuses.items()
            ]
            date = {"date": "Sun, 01 Mar 2026 12:00:00 GMT"}
            return httpx.Response(200, json={"rmas": rows, "next_cursor": None}, headers=date)
        if id_ in self.broken:
            found = self.broken[id_]
            return httpx.Response(found.status_code, content=found.content)
        return httpx.Response(200, json={"rmaSummary": {"rmaId": id_}})


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def watched(shop: Shop, time: Time) -> Connection:
    return connector.open(
        "returngo",
        base_url=BASE_URL,
        api_key="sandbox-demo-returngo",
        shop_name="shop.myshopify.example",
        transport=httpx.MockTransport(shop),
        clock=time.clock,
        sleep=time.sleep,
    )


@pytest.fixture
def cursors(tmp_path: Path) -> Iterator[Cursors]:
    with Cursors(tmp_path / "c") as found:
        yield found


def runner(watched: Connection, cursors: Cursors, delivered: list[str]) -> Runner:
    async def hand_over(event: Event) -> None:
        delivered.append(event.id.removeprefix("returngo:return_status_changed:"))

    trigger = watched.triggers["return_status_changed"]
    return Runner(trigger, cursors, profile="p", handler=hand_over)


@pytest.mark.parametrize("answer", [NONSENSE, DOWN, httpx.Response(400)])
async def test_unreadable_details_hold_back_no_other_record(
    watched: Connection, shop: Shop, cursors: Cursors, answer: httpx.Response
) -> None:
    delivered: list[str] = []
    shop.statuses = dict.fromkeys("123", "Pending")
    await runner(watched, cursors, delivered).once()
    shop.statuses, shop.broken = dict.fromkeys("123", "Approved"), {"2": answer}
    ran = await runner(watched, cursors, delivered).once()
    assert (delivered, ran.handed_over, ran.all_handed_over) == (["1:Approved", "3:Approved"], 2, False)
    assert ran.problem is not None
    shop.statuses = dict.fromkeys("123", "Done")
    await runner(watched, cursors, delivered).once(limit=2)
    assert delivered[2:] == ["1:Done", "3:Done"]
    shop.broken = {}
    ran = await runner(watched, cursors, delivered).once()
    assert delivered[4:] == ["2:Approved", "2:Done"], "events of one record keep their order"
    assert (ran.all_handed_over, ran.problem) == (True, None)


async def test_unavailable_vendor_is_not_asked_for_every_record(
    watched: Connection, shop: Shop, cursors: Cursors
) -> None:
    keys = [str(number) for number in range(30)]
    shop.statuses = dict.fromkeys(keys, "Pending")
    await runner(watched, cursors, []).once()
    shop.statuses, shop.broken = dict.fromkeys(keys, "Done"), dict.fromkeys(keys, DOWN)
    shop.requests.clear()
    with pytest.raises(VendorUnavailable):
        await runner(watched, cursors, []).once()
    assert len(shop.requests) == 1 + 5 * 4


async def test_watch_reports_stuck_events_and_continues(
    watched: Connection, shop: Shop, cursors: Cursors, time: Time
) -> None:
    delivered: list[str] = []
    failed: list[ConnectorError] = []
    shop.statuses = {"1": "Pending", "2": "Pending"}
    await runner(watched, cursors, delivered).once()
    shop.statuses, shop.broken = {"1": "Approved", "2": "Approved"}, {"1": NONSENSE}

    async def sleep(seconds: float) -> None:
        await time.sleep(seconds)
        shop.broken = {}

    await runner(watched, cursors, delivered).watch(interval=10, sleep=sleep, limit=2, on_error=failed.append)
    assert delivered == ["2:Approved", "1:Approved"]
    assert [type(problem) for problem in failed] == [UnexpectedResponse]


async def test_limit_counts_events_delivered_before_a_round_failed(
    watched: Connection, shop: Shop, cursors: Cursors, time: Time
) -> None:
    delivered: list[str] = []
    keys = [str(number) for number in range(8)]
    shop.statuses = dict.fromkeys(keys, "Pending")
    await runner(watched, cursors, delivered).once()
    shop.statuses, shop.broken = dict.fromkeys(keys, "Done"), dict.fromkeys(keys[2:], DOWN)

    async def sleep(seconds: float) -> None:
        await time.sleep(seconds)
        shop.broken = {}

    await runner(watched, cursors, delivered).watch(interval=10, sleep=sleep, limit=3)
    assert delivered == ["0:Done", "1:Done", "2:Done"]
