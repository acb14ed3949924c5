"""From a change at the vendor to a signed request at the target: once, in order, and nothing lost."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.hub import TARGET, Bench, Received, Targets, hub_at, merchant_of

from connector.definition.compiler import vendors
from connector.hub import bodies, exact_json
from connector.hub.delivering import PATIENCE, PAUSES

HOUR = 3_600


def at_a_vendor(vendor: str, folder: Path, story: Callable[[Bench], Awaitable[None]], **options: Any) -> None:
    with merchant_of(vendor) as merchant:

        async def told() -> None:
            async with hub_at(merchant, folder, **options) as bench:
                await story(bench)

        asyncio.run(told())


@pytest.mark.parametrize("vendor", vendors())
def test_a_new_return_arrives_signed_and_once_at_every_vendor(vendor: str, tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        await bench.connect()
        unified = await bench.subscribe("return_created")
        raw = await bench.subscribe("return_created", format="vendor", target=f"{TARGET}/raw")
        before = bench.merchant.ask_for_return()
        await bench.round()
        await bench.round(HOUR)
        assert bench.targets.received == []
        id_ = bench.merchant.ask_for_return()
        await bench.round(HOUR)
        await bench.round(HOUR)
        got = {one.url: one for one in bench.targets.received}
        assert sorted(got) == [TARGET, f"{TARGET}/raw"]
        assert len(bench.targets.received) == 2
        body = got[TARGET].verified(unified["secret"])
        assert (body["kind"], body["vendor"], body["connection"]) == ("return_created", vendor, "shop")
        assert body["data"]["id"] in body["event_id"]
        assert id_ in str(body["raw"])
        assert before not in str(body["raw"])
        assert got[f"{TARGET}/raw"].verified(raw["secret"])["data"] == body["raw"]

    at_a_vendor(vendor, tmp_path, story)


def test_an_event_has_the_id_that_the_trigger_gives_it_without_the_hub(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        connection = await bench.connect()
        await bench.subscribe("return_approved")
        account = await bench.hub.store.run(bench.hub.account, connection["id"])
        async with bench.hub.vendors.connect(account) as alone:
            cursor = (await alone.triggers["return_approved"].poll()).cursor
            await bench.round()
            id_ = bench.merchant.ask_for_return()
            bench.merchant.move(id_, "Approved")
            await bench.round(HOUR)
            polled = await alone.triggers["return_approved"].poll(cursor)
        assert bench.targets.events() == [event.id for event in polled.events]
        assert exact_json.loads(bench.targets.received[0].content.decode())["raw"] == polled.events[0].data

    at_a_vendor("returngo", tmp_path, story)


def test_one_reading_serves_all_triggers_and_subscriptions_of_a_list(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        connection = await bench.connect()
        for trigger in ("return_approved", "return_received", "return_status_changed"):
            await bench.subscribe(trigger)
            await bench.subscribe(trigger, connection=connection["id"])
        calls = await bench.count_calls(connection["id"])
        await bench.round()
        id_ = bench.merchant.ask_for_return()
        bench.merchant.move(id_, "Approved")
        await bench.round(HOUR)
        # Two polls, and the details of the changed return once for both events.
        assert calls.operations == ["list_rmas", "list_rmas", "get_rma"]
        assert len(bench.targets.received) == 4
        assert len(set(bench.targets.events())) == 2

    at_a_vendor("returngo", tmp_path, story)


def test_a_target_that_fails_holds_back_only_its_own_return(tmp_path: Path) -> None:
    broken: set[str] = set()

    def answer(received: Received) -> httpx.Response:
        return httpx.Response(500 if received.body["data"]["id"] in broken else 204)

    async def story(bench: Bench) -> None:
        await bench.connect()
        await bench.subscribe("return_status_changed")
        first, second = bench.merchant.ask_for_return(), bench.merchant.ask_for_return()
        await bench.round()
        broken.add(first)
        bench.merchant.move(first, "Approved")
        await bench.round(HOUR)
        bench.merchant.move(first, "Received")
        bench.merchant.move(second, "Approved")
        await bench.round(HOUR)
        statuses = [
            (one.body["data"]["id"], one.body["data"]["vendor_status"]) for one in bench.targets.received
        ]
        # The second attempt for the first return is sent before its later change, which waits.
        assert (first, "Received") not in statuses
        assert (second, "Approved") in statuses
        broken.clear()
        await bench.round(2 * HOUR)
        await bench.round()
        told = [one.body for one in bench.targets.received if one.body["data"]["id"] == first]
        assert [one["data"]["vendor_status"] for one in told[-2:]] == ["Approved", "Received"]
        assert [one["gap"] for one in told[-2:]] == [False, False]

    at_a_vendor("returngo", tmp_path, story, targets=Targets(answer=answer))


def test_a_delivery_keeps_its_id_and_is_tried_after_growing_pauses(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        await bench.connect()
        await bench.subscribe("return_created")
        await bench.round()
        bench.merchant.ask_for_return()
        await bench.round(HOUR)
        for number, pause in enumerate(PAUSES[:3], start=1):
            await bench.round(pause - 1)
            assert len(bench.targets.received) == number
            await bench.round(2)
            assert len(bench.targets.received) == number + 1
        assert len({one.headers["webhook-id"] for one in bench.targets.received}) == 1
        assert len({one.headers["webhook-timestamp"] for one in bench.targets.received}) == 4

    refusing = Targets(
        answer=lambda _received: httpx.Response(302, headers={"location": "https://a.example.com"})
    )
    at_a_vendor("swap", tmp_path, story, targets=refusing)


def test_a_delivery_that_is_given_up_leaves_a_gap_that_the_next_one_shows(tmp_path: Path) -> None:
    down = [True]

    async def story(bench: Bench) -> None:
        await bench.connect()
        await bench.subscribe("return_status_changed")
        id_ = bench.merchant.ask_for_return()
        await bench.round()
        bench.merchant.move(id_, "Approved")
        await bench.round(HOUR)
        bench.merchant.move(id_, "Received")
        for _ in range(30):
            await bench.round(HOUR)
        down.clear()
        await bench.round(HOUR)
        [given_up] = (await bench.get("/deliveries", state="given up"))["deliveries"]
        assert given_up["status"] == 503
        assert bench.targets.received[-1].body["gap"] is True
        assert bench.targets.received[-1].body["data"]["vendor_status"] == "Received"
        # An event that is found later says so too; those of other returns do not.
        other = bench.merchant.ask_for_return()
        bench.merchant.move(id_, "Validated")
        bench.merchant.move(other, "Approved")
        await bench.round(HOUR)
        found = {one.body["data"]["id"]: one.body["gap"] for one in bench.targets.received[-2:]}
        assert found == {id_: True, other: False}

    def answer(_received: Received) -> httpx.Response:
        return httpx.Response(503 if down else 200)

    assert PATIENCE.total_seconds() < 30 * HOUR
    at_a_vendor("returngo", tmp_path, story, targets=Targets(answer=answer))


@pytest.mark.parametrize(
    ("status", "state"), [(410, "ended"), (404, "active"), (400, "active"), (301, "active")]
)
def test_only_gone_ends_a_subscription(status: int, state: str, tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        await bench.connect()
        subscription = await bench.subscribe("return_created")
        await bench.round()
        bench.merchant.ask_for_return()
        await bench.round(HOUR)
        shown = await bench.get(f"/subscriptions/{subscription['id']}")
        assert shown["state"] == state
        (delivery,) = (await bench.get("/deliveries"))["deliveries"]
        assert delivery["state"] == ("given up" if state == "ended" else "waiting")
        bench.merchant.ask_for_return()
        await bench.round(HOUR)
        assert (len(bench.targets.received) == 1) is (state == "ended")

    at_a_vendor(
        "returnmate", tmp_path, story, targets=Targets(answer=lambda _received: httpx.Response(status))
    )


def test_the_pause_that_a_target_asks_for_is_kept(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        await bench.connect()
        await bench.subscribe("return_created")
        await bench.round()
        bench.merchant.ask_for_return()
        await bench.round(HOUR)
        await bench.round(1_700)
        assert len(bench.targets.received) == 1
        await bench.round(200)
        assert len(bench.targets.received) == 2

    busy = Targets(answer=lambda _received: httpx.Response(429, headers={"retry-after": "1800"}))
    at_a_vendor("returnmate", tmp_path, story, targets=busy)


def test_a_paused_subscription_loses_nothing(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        await bench.connect()
        subscription = await bench.subscribe("return_created")
        await bench.round()
        await bench.post(f"/subscriptions/{subscription['id']}/pause", 200)
        bench.merchant.ask_for_return()
        await bench.round(HOUR)
        assert bench.targets.received == []
        await bench.post(f"/subscriptions/{subscription['id']}/resume", 200)
        await bench.round()
        assert len(bench.targets.received) == 1

    at_a_vendor("exsited", tmp_path, story)


def test_a_delivery_can_be_sent_again_with_the_same_id(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        await bench.connect()
        await bench.subscribe("return_created")
        await bench.round()
        bench.merchant.ask_for_return()
        await bench.round(HOUR)
        [delivery] = (await bench.get("/deliveries"))["deliveries"]
        assert delivery["state"] == "delivered"
        await bench.post(f"/deliveries/{delivery['number']}/resend", 202)
        await bench.round()
        first, second = bench.targets.received
        assert first.headers["webhook-id"] == second.headers["webhook-id"]
        assert first.content == second.content

    at_a_vendor("returnlogic", tmp_path, story)


def test_filters_belong_to_the_subscription(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        connection = await bench.connect()
        options = {"connection": connection["id"], "filters": {"status": "Rejected"}}
        await bench.subscribe("return_status_changed", **options)
        await bench.subscribe("return_status_changed", target=f"{TARGET}/all")
        first, second = bench.merchant.ask_for_return(), bench.merchant.ask_for_return()
        await bench.round()
        bench.merchant.move(first, "Approved")
        bench.merchant.move(second, "Rejected")
        await bench.round(HOUR)
        targets = sorted((one.url, one.body["data"]["id"]) for one in bench.targets.received)
        assert targets == sorted([(TARGET, second), (f"{TARGET}/all", first), (f"{TARGET}/all", second)])

    at_a_vendor("returngo", tmp_path, story)


def test_a_record_that_the_common_model_cannot_hold_is_still_delivered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object, **_options: object) -> None:
        raise ValueError("an amount is not a number")

    async def story(bench: Bench) -> None:
        await bench.connect()
        await bench.subscribe("return_created")
        await bench.round()
        id_ = bench.merchant.ask_for_return()
        monkeypatch.setattr(bodies, "unified_event", refuse)
        await bench.round(HOUR)
        [received] = bench.targets.received
        assert received.body["data"] is None
        assert received.body["raw"]["rmaId"] == id_

    at_a_vendor("returngo", tmp_path, story)


def test_zapier_accepts_a_delivery_only_with_200(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        await bench.connect()
        for target in ("https://hooks.zapier.com/hooks/standard/1", TARGET):
            await bench.subscribe("return_created", target=target, connection="all")
        await bench.round()
        bench.merchant.ask_for_return()
        await bench.round(HOUR)
        deliveries = (await bench.get("/deliveries"))["deliveries"]
        waiting = [one["subscription"] for one in deliveries if one["state"] == "waiting"]
        [zapier, _other] = (await bench.get("/subscriptions"))["subscriptions"]
        assert (waiting, len(deliveries)) == ([zapier["id"]], 2)
        bench.targets.answer = lambda _received: httpx.Response(200)
        await bench.round(HOUR)
        assert (await bench.get("/deliveries", state="waiting"))["deliveries"] == []

    targets = Targets(answer=lambda _received: httpx.Response(202))
    at_a_vendor("swap", tmp_path, story, targets=targets)
