"""A row deleted during a poll moves later rows up a page; the poll reads the affected pages again."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from support.fake_vendor import BASE_URL, KEY, Time

import connector
from connector.definition.compiler import integration

if TYPE_CHECKING:
    from collections.abc import Callable

    from connector.definition.model import Integration
    from connector.runtime.connection import Connection

pytestmark = pytest.mark.anyio

SIZE = 3


def offer(vendor: str) -> Integration:
    """Return the same trigger with three rows per page, and enough pages per poll to read all rows."""
    made = integration(vendor)
    small = {"page_size": SIZE, "pages": 40}
    triggers = {
        key: one.model_copy(update={"source": one.source.model_copy(update=small)})
        for key, one in made.triggers.items()
    }
    return made.model_copy(update={"triggers": triggers})


RETURNMATE, SWAP = offer("returnmate"), offer("swap")
SWAP_ROW = dict(SWAP.resources["return"].sample)


class Shop:
    """Paged rows; `deletes` maps a page number to the row that is deleted before that page is returned."""

    def __init__(self, time: Time) -> None:
        self.time = time
        self.rows: list[dict[str, Any]] = []
        self.deletes: dict[int, int] = {}
        self.counts_more = 0
        self.requests = 0

    def add(self, count: int) -> None:
        for _ in range(count):
            self.time.now += timedelta(minutes=30)
            when = self.time.now.strftime("%Y-%m-%dT%H:%M:%SZ")
            self.rows.append({"id": f"r{len(self.rows)}", "when": when, "status": "pending"})

    def page(self, number: int, since: str, *, descending: bool) -> tuple[list[dict[str, Any]], int]:
        self.requests += 1
        gone = self.deletes.pop(number, None)
        if gone is not None:
            self.rows = [row for row in self.rows if row["id"] != f"r{gone}"]
        found = sorted(
            (row for row in self.rows if row["when"] >= since),
            key=lambda row: row["when"],
            reverse=descending,
        )
        return found[(number - 1) * SIZE : number * SIZE], len(found) + self.counts_more

    def returnmate(self, request: httpx.Request) -> httpx.Response:
        asked = request.url.params
        number = int(asked["page"])
        rows, total = self.page(number, asked.get("created_after", ""), descending=asked["order"] == "desc")
        data = [{"id": row["id"], "created_at": row["when"], "status": row["status"]} for row in rows]
        return httpx.Response(200, json={"data": data, "meta": {"total": total, "per_page": SIZE}})

    def swap(self, request: httpx.Request) -> httpx.Response:
        asked = request.url.params
        rows, total = self.page(int(asked["page"]), asked.get("last_RMA_updated_date", ""), descending=False)
        returns = [
            {**SWAP_ROW, "return_id": row["id"], "date_created": row["when"], "date_updated": row["when"]}
            for row in rows
        ]
        pages = {"total_items": total, "items_per_page": SIZE}
        return httpx.Response(200, json={"returns": returns, "pagination": pages})


def opened(made: Integration, answer: Callable[[httpx.Request], httpx.Response], time: Time) -> Connection:
    login: dict[str, Any] = {"api_key": KEY, **({"store_id": "store_123abc"} if made is SWAP else {})}
    transport = httpx.MockTransport(answer)
    return connector.open(
        made, base_url=BASE_URL, transport=transport, clock=time.clock, sleep=time.sleep, **login
    )


TOLD = [(RETURNMATE, "new_return"), (RETURNMATE, "new_shipment"), (SWAP, "new_return")]


@pytest.mark.parametrize(("made", "key"), TOLD, ids=["created, filtered", "created", "changed"])
@pytest.mark.parametrize("page", [2, 3, 4, 5])
@pytest.mark.parametrize("gone", [3, 5, 14])
async def test_new_records_moved_up_by_a_deletion_are_delivered(
    made: Integration, key: str, page: int, gone: int, time: Time
) -> None:
    shop = Shop(time)
    trigger = opened(made, shop.returnmate if made is RETURNMATE else shop.swap, time).triggers[key]
    shop.add(2)
    cursor = (await trigger.poll()).cursor
    shop.add(15)
    shop.deletes = {page: gone}
    delivered: list[str] = []
    for _ in range(9):
        polled = await trigger.poll(cursor)
        cursor = polled.cursor
        delivered += [event.id.rpartition(":")[2] for event in polled.events]
        time.now += timedelta(minutes=5)
    assert len(delivered) == len(set(delivered))
    left = {f"r{number}" for number in range(2, 17)} - {f"r{gone}"}
    assert left <= set(delivered) <= left | {f"r{gone}"}
    assert shop.deletes == {}


@pytest.mark.parametrize("page", [2, 3, 4])
async def test_first_lap_disturbed_by_a_deletion_is_repeated(page: int, time: Time) -> None:
    """Otherwise the next lap would report the skipped rows as new."""
    shop = Shop(time)
    trigger = opened(RETURNMATE, shop.returnmate, time).triggers["return_status_changed"]
    shop.add(15)
    for row in shop.rows:
        row["status"] = "approved"
    shop.deletes = {page: 1}
    cursor = (await trigger.poll()).cursor
    assert not cursor["state"]["primed"]
    for _ in range(3):
        polled = await trigger.poll(cursor)
        cursor = polled.cursor
        assert polled.events == ()
    assert cursor["state"]["primed"]


@pytest.mark.parametrize(("made", "key"), [TOLD[0], TOLD[2]], ids=["created", "changed"])
async def test_list_whose_total_is_always_too_high_is_read_six_times_and_reported(
    made: Integration, key: str, time: Time
) -> None:
    shop = Shop(time)
    trigger = opened(made, shop.returnmate if made is RETURNMATE else shop.swap, time).triggers[key]
    shop.add(2)
    cursor = (await trigger.poll()).cursor
    shop.counts_more = 1
    notes: list[int] = []
    marks: list[Any] = []
    for number in range(14):
        shop.add(1)
        polled = await trigger.poll(cursor)
        cursor = polled.cursor
        notes += [number for note in polled.notes if "returned fewer records than it counts" in note]
        marks.append(cursor["state"]["watermark"])
    assert notes == [5]
    assert marks[0] == marks[4] < marks[5]
