"""A row that no database can store, or with a time after the year 9999, does not stop the hub."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.hub import TARGET, Bench, Received, Targets, at_a_vendor

from connector.hub.moments import LATEST, micros, moment, timestamp
from connector.hub.texts import storable
from connector.transport.times import parse_time

ODD: dict[str, dict[str, Any]] = {
    "half a character in the ID": {"id": "r\ud83d"},
    "NUL in the ID": {"id": "r\0x"},
    "a time after the year 9999": {"created_at": "9999-12-31T23:59:59-05:00"},
    "half a character in the record": {"order_number": "#\ud83d", "customer": {"email": "\0@example.com"}},
}


def test_odd_rows_are_delivered_and_so_are_the_others(tmp_path: Path) -> None:
    found: list[dict[str, Any]] = []

    def answer(_request: httpx.Request) -> httpx.Response:
        meta = {"page": 1, "per_page": 100, "total": len(found), "total_pages": 1}
        body = json.dumps({"success": True, "data": found, "meta": meta})
        return httpx.Response(200, content=body.encode(), headers={"content-type": "application/json"})

    async def story(bench: Bench) -> None:
        await bench.connect()
        await bench.subscribe("new_return")
        await bench.round()
        bench.merchant.advance(600)
        now = bench.merchant.now().isoformat()
        row = {"rma_number": "R", "order_number": "#1", "status": "pending", "items": [], "created_at": now}
        odd = [{"id": f"odd{number}", **one} for number, one in enumerate(ODD.values())]
        rows = [{"id": "r1"}, *odd, {"id": "r3"}]
        found.extend({**row, "updated_at": now, **one} for one in rows)
        for _ in range(3):
            await bench.round(400)
        ids = {f"returnmate:new_return:{storable(one['id'])}" for one in rows}
        assert set(bench.targets.events()) == ids
        assert len(bench.targets.received) == len(rows)
        stored = (await bench.get("/events"))["events"]
        assert {one["id"] for one in stored} == ids
        connection = (await bench.get("/connections"))["connections"][0]
        assert [one["problem"] for one in connection["lists"]] == [None] * len(connection["lists"])

    at_a_vendor("returnmate", tmp_path, story, transport=httpx.MockTransport(answer))


def test_ids_stay_different_when_they_are_made_storable() -> None:
    ids = ["rx", "r\0x", "r\ud83dx", "r\udc00x", "é", "📦"]
    assert len({storable(one) for one in ids}) == len(ids)
    assert [storable(one) for one in ("rx", "é", "📦")] == ["rx", "é", "📦"]


def test_a_time_after_the_last_one_is_the_last_one() -> None:
    late = parse_time("9999-12-31T23:59:59-05:00")
    assert micros(late) == LATEST
    assert moment(LATEST + 1) == moment(LATEST)
    assert timestamp(micros(late)) == "9999-12-31T23:59:59.999Z"
    early = parse_time("0002-01-01T00:00:00+14:00")
    assert moment(micros(early)) == early


class Broken(httpx.AsyncByteStream):
    """A body that is cut off after its first part."""

    async def __aiter__(self) -> Any:
        yield b"beg\0in"
        raise httpx.ReadError("cut off")


@pytest.mark.parametrize("headers", [{}, {"content-encoding": "gzip"}, {"content-encoding": "zstd"}])
def test_the_status_decides_about_a_delivery_and_not_the_body(
    headers: dict[str, str], tmp_path: Path
) -> None:
    async def story(bench: Bench) -> None:
        await bench.connect()
        await bench.subscribe("return_created")
        await bench.round()
        bench.merchant.ask_for_return()
        for _ in range(3):
            await bench.round(3_600)
        [delivery] = (await bench.get("/deliveries"))["deliveries"]
        assert (delivery["state"], delivery["status"]) == ("delivered", 200)
        assert len(bench.targets.received) == 1
        assert "\0" not in delivery["answer"]

    def answer(_received: Received) -> httpx.Response:
        return httpx.Response(200, headers=headers, stream=Broken())

    at_a_vendor("returnmate", tmp_path, story, targets=Targets(answer=answer))


@pytest.mark.parametrize(("asked", "within"), [("2.0", 10), ("1800.5", 1_900)])
def test_the_pause_of_a_target_is_read_like_that_of_a_vendor(asked: str, within: int, tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        await bench.connect()
        await bench.subscribe("return_created", target=TARGET)
        await bench.round()
        bench.merchant.ask_for_return()
        await bench.round(3_600)
        assert len(bench.targets.received) == 1
        await bench.round(max(0, within - 300))
        assert len(bench.targets.received) == 1
        await bench.round(min(within, 300))
        assert len(bench.targets.received) == 2

    busy = Targets(answer=lambda _received: httpx.Response(429, headers={"retry-after": asked}))
    at_a_vendor("returnmate", tmp_path, story, targets=busy)
