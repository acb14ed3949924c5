"""The hub's own Make app in the emulator of Make's engine, against a hub at the vendors of the sandbox."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.each import each
from support.hub import TARGET, Bench, Received
from support.make.connections import connect
from support.make.engine import Connected, MakeApp
from support.make.requests import Json, MakeError, Wire
from support.make.shop import APPS
from support.served_hub import at_a_served_hub, free_port, without

import openapi
from connector.definition.compiler import app, integration, vendors

DEFINITION = app(openapi.HUB)
APP = MakeApp.load(APPS / "hub")
ADDRESS = DEFINITION.base_url
HOUR = 3_600
TIME = "webhook-timestamp"
MODULE, WEBHOOK = "returnCreated", "return-created"


@dataclass
class Scenario:
    """The app with one connection to a hub; each call runs in a thread, because the hub runs in this one."""

    make: Connected
    bench: Bench

    async def call(self, name: str, *given: Any, **named: Any) -> Any:
        self.make.now = self.bench.merchant.now()
        return await asyncio.to_thread(partial(getattr(self.make, name), *given, **named))

    async def deliver(self, post: Received, kept: Json, **changed: Any) -> list[Json]:
        headers = {**post.headers, **changed.pop("headers", {})}
        rows: list[Json] = await self.call("deliver", MODULE, {**post.body, **changed}, headers, kept)
        return rows


@asynccontextmanager
async def connected(bench: Bench, port: int, key: str = "") -> AsyncIterator[Scenario]:
    with httpx.Client(trust_env=False) as client:
        wire = Wire(client, {ADDRESS: f"http://127.0.0.1:{port}"})
        login = {"base_url": ADDRESS, "api_key": key or bench.api.headers["authorization"][7:]}
        opened = await asyncio.to_thread(partial(connect, APP, wire, bench.merchant.now(), **login))
        yield Scenario(opened, bench)


@pytest.mark.parametrize("vendor", vendors())
def test_app_works_at_every_vendor(vendor: str, tmp_path: Path) -> None:
    port = free_port()

    async def story(bench: Bench) -> None:
        async with connected(bench, port) as scenario:
            assert scenario.make.shown_as == ADDRESS
            connection = await bench.connect("shop")
            first, second = await scenario.call("rpc", "listConnections")
            assert first == {"value": "all", "label": "All connections"}
            assert second == {
                "value": connection["id"],
                "label": f"shop · {integration(vendor).vendor.title}",
            }
            await event_arrives_while_attached(scenario)
            await return_is_found_and_acted_on(scenario, vendor, connection["id"])
            assert scenario.make.connection["api_key"] not in str(scenario.make.wire.log)

    at_a_served_hub(vendor, tmp_path, port, story)


async def event_arrives_while_attached(scenario: Scenario) -> None:
    """Attach, let an event happen, receive it, and detach twice."""
    bench = scenario.bench
    kept = await scenario.call("attach", WEBHOOK, TARGET, connection="all")
    assert kept.keys() == {"url", "subscription", "secret"}
    assert kept["secret"] not in str(scenario.make.wire.log)
    await bench.round()
    created = bench.merchant.ask_for_return()
    await bench.round(HOUR)
    [post] = bench.targets.received
    post.verified(kept["secret"])
    [row] = await scenario.deliver(post, kept)
    assert without(row, "summary") == post.body
    assert created in str(row["data"])
    assert row["summary"]["status"]
    await scenario.call("detach", WEBHOOK, kept)
    assert (await bench.get("/subscriptions"))["subscriptions"] == []
    await scenario.call("detach", WEBHOOK, kept)
    bench.merchant.ask_for_return()
    await bench.round(HOUR)
    assert bench.targets.received == [post]


async def return_is_found_and_acted_on(scenario: Scenario, vendor: str, connection: str) -> None:
    """Search a return by its number, and approve and annotate it where the vendor can."""
    query = {"trigger": "return_created", "limit": 1}
    known = (await scenario.bench.get("/samples", **query))["samples"][0]["data"]
    [found] = await scenario.call("run", "findReturn", number=known["number"], connection="all")
    assert (found["data"]["id"], found["connection_id"]) == (known["id"], connection)
    for key, dropdown in each([("approve_return", "listApprovings"), ("add_note", "listNotings")]):
        able = {one["value"] for one in await scenario.call("rpc", dropdown)}
        inputs = {"connection": connection, "return_id": known["id"]}
        inputs |= {"text": "Checked by hand"} if key == "add_note" else {"include_assumed": True}
        act = partial(scenario.call, "run", "addNote" if key == "add_note" else "approveReturn", **inputs)
        if able:
            [made] = await act()
            assert made["return_id"] == known["id"]
        else:
            with pytest.raises(MakeError, match="has no action to"):
                await act()
        assert (able == {connection}) == (
            integration(vendor).vendor.title in DEFINITION.actions[key].description
        )


def moved(seconds: int) -> Callable[[Received], dict[str, Any]]:
    """Move the time of a post."""
    return lambda post: {"headers": {TIME: str(int(post.headers[TIME]) + seconds)}}


MISTAKES: dict[str, Callable[[Received], dict[str, Any]]] = {
    "another event": lambda _post: {"event_id": "rma_1"},
    "another connection": lambda _post: {"connection_id": "con_1"},
    "another event type": lambda _post: {"kind": "return_approved"},
    "no event": lambda _post: {"event_id": None},
    "another ID": lambda _post: {"headers": {"webhook-id": "evt_1"}},
    "no ID": lambda _post: {"headers": {"webhook-id": ""}},
    "no time": lambda _post: {"headers": {TIME: None}},
    "an old time": moved(-901),
    "a future time": moved(901),
}


def test_post_of_somebody_who_does_not_know_the_subscription_starts_nothing(tmp_path: Path) -> None:
    port = free_port()

    async def story(bench: Bench) -> None:
        async with connected(bench, port) as scenario:
            await bench.connect()
            kept = await scenario.call("attach", WEBHOOK, TARGET)
            await bench.round()
            bench.merchant.ask_for_return()
            await bench.round(HOUR)
            [post] = bench.targets.received
            for name, changes in each(MISTAKES.items()):
                assert await scenario.deliver(post, kept, **changes(post)) == [], name
            other = {**kept, "subscription": "sub_0123456789abcdef"}
            assert await scenario.deliver(post, other) == []
            sent = post.headers["webhook-id"]
            again = await scenario.deliver(post, kept, headers={"webhook-id": "evt_again"}, replay_of=sent)
            assert [one["event_id"] for one in again] == [post.body["event_id"]]
            for seconds in each((-900, 900)):
                assert len(await scenario.deliver(post, kept, **moved(seconds)(post))) == 1

    at_a_served_hub("returnmate", tmp_path, port, story)


def test_connection_with_a_wrong_key_is_refused(tmp_path: Path) -> None:
    port = free_port()

    async def story(bench: Bench) -> None:
        with pytest.raises(MakeError) as refused:
            async with connected(bench, port, "hub_wrong"):
                """The connection is tested at once."""
        assert refused.value.type == "InvalidAccessTokenError"
        assert "hub_wrong" not in str(refused.value)

    at_a_served_hub("returnmate", tmp_path, port, story)
