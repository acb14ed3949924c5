"""The hub's own Zapier app in Zapier's core, against a hub at the vendors of the sandbox."""

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from support import zapier
from support.each import each
from support.hub import TARGET, Bench
from support.json_schemas import schema_errors
from support.served_hub import at_a_served_hub, free_port, raw_request, without
from support.zapier import ZapierApp, ZapierError, without_summary

import openapi
from connector.definition.compiler import app, integration, vendors
from connector.generator.zapier.lint.records import leaves, missing_primary, mistimed, mistyped, undeclared
from connector.unified.offers import search_offer

DEFINITION = app(openapi.HUB)
HOUR = 3_600
UNKNOWN = "99999999"
"""A number that no return has, in the form that every vendor takes."""


@dataclass
class Zap:
    """The app with one login, called as Zapier calls it, at the time of the hub's clock."""

    app: ZapierApp
    bench: Bench
    auth: dict[str, str]

    async def run(self, method: str, inputs: dict[str, Any] | None = None, **bundle: Any) -> Any:
        now = bundle.pop("now", self.bench.merchant.now())
        return await asyncio.to_thread(
            partial(self.app.run, method, inputs, auth=self.auth, now=now, **bundle)
        )

    async def trigger(
        self, key: str, perform: str, inputs: dict[str, Any] | None = None, **bundle: Any
    ) -> Any:
        return await self.run(f"triggers.{key}.operation.{perform}", inputs, **bundle)

    def fields(self, key: str, kind: str = "triggers") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.app.definition[kind][key]["operation"]["outputFields"]
        return found


@dataclass
class Apps:
    """The app's process, and the port on which each hub of these tests listens in turn."""

    app: ZapierApp
    port: int

    def connected(self, bench: Bench) -> Zap:
        login = {
            "base_url": f"http://127.0.0.1:{self.port}",
            "api_key": bench.api.headers["authorization"][7:],
        }
        return Zap(self.app, bench, login)


@pytest.fixture(scope="module")
def apps() -> Iterator[Apps]:
    port = free_port()
    with zapier.started(zapier.APPS / "hub", None, HUB_BASE_URL=f"http://127.0.0.1:{port}") as started:
        yield Apps(started, port)


def kinds_of(vendor: str) -> list[str]:
    """Return the triggers of the app that a vendor has."""
    table = integration(vendor).unified
    return [kind for kind in DEFINITION.posted if table and kind in table.events.values()]


def row_faults(zap: Zap, key: str, row: dict[str, Any], kind: str = "triggers") -> list[str]:
    """Return what Zapier would complain of in a row of a step."""
    fields = zap.fields(key, kind)
    primary = (missing_primary,) if kind == "triggers" else ()
    checks = (*primary, mistyped, mistimed, undeclared)
    return [f"{check.__name__}: {fault}" for check in checks for fault in check(fields, row)]


@pytest.mark.parametrize("vendor", vendors())
def test_app_works_at_every_vendor(vendor: str, apps: Apps, tmp_path: Path) -> None:
    """One hub for all parts, because a hub takes longer to start than each of them."""

    async def story(bench: Bench) -> None:
        zap = apps.connected(bench)
        connection = await bench.connect("shop")
        older = bench.merchant.ask_for_return()
        first, *others = await zap.run("triggers.connection.operation.perform")
        assert first == {"id": "all", "label": "All connections"}
        assert others == [{"id": connection["id"], "label": f"shop · {integration(vendor).vendor.title}"}]
        await triggers_have_samples(zap, vendor, connection["id"])
        await event_arrives_while_subscribed(zap, older)
        await return_is_found_and_acted_on(zap, vendor, connection["id"])

    at_a_served_hub(vendor, tmp_path, apps.port, story)


async def triggers_have_samples(zap: Zap, vendor: str, connection: str) -> None:
    """Check the samples of each trigger that the vendor has, and that the hub refuses another one."""
    chosen = {"connection": connection}
    found = 0
    for kind in each(kinds_of(vendor)):
        rows = await zap.trigger(kind, "performList", chosen)
        assert [fault for row in rows for fault in row_faults(zap, kind, row)] == []
        assert {row["kind"] for row in rows} <= {kind}
        found += len(rows)
    assert found
    missing = next(kind for kind in DEFINITION.posted if kind not in kinds_of(vendor))
    with pytest.raises(ZapierError, match="There is no trigger or event type"):
        await zap.trigger(missing, "performSubscribe", chosen, targetUrl=TARGET)


async def event_arrives_while_subscribed(zap: Zap, older: str) -> None:
    """Subscribe, let an event happen, receive it, and unsubscribe twice."""
    bench, key = zap.bench, "return_created"
    samples = await zap.trigger(key, "performList", {"connection": "all"})
    assert older in json.dumps(samples)
    kept = await zap.trigger(key, "performSubscribe", {"connection": "all"}, targetUrl=TARGET)
    [subscribed] = (await bench.get("/subscriptions"))["subscriptions"]
    assert (kept["id"], subscribed["connection"]) == (subscribed["id"], None)
    assert (subscribed["trigger"], subscribed["format"]) == (key, "unified")
    await bench.round()
    created = bench.merchant.ask_for_return()
    await bench.round(HOUR)
    [post] = bench.targets.received
    post.verified(kept["secret"])

    [row] = await zap.trigger(key, "perform", subscribeData=kept, rawRequest=raw_request(post))
    assert without_summary(row) == post.body
    assert created in json.dumps(row["data"])
    assert schema_errors(openapi.HUB, "UnifiedDelivery", post.body) == []
    assert row_faults(zap, key, row) == []
    listed, fired = ({name for name, _ in leaves(one)} for one in (samples[0], row))
    assert sorted(listed ^ fired) == []

    await zap.trigger(key, "performUnsubscribe", subscribeData=kept)
    assert (await bench.get("/subscriptions"))["subscriptions"] == []
    await zap.trigger(key, "performUnsubscribe", subscribeData=kept)
    bench.merchant.ask_for_return()
    await bench.round(HOUR)
    assert bench.targets.received == [post]


async def return_is_found_and_acted_on(zap: Zap, vendor: str, connection: str) -> None:
    """Search a return by its number, and approve and annotate it where the vendor can."""
    known = (await zap.trigger("return_created", "performList"))[0]["data"]
    find = partial(zap.run, "searches.find_return.operation.perform")
    [found] = await find({"number": known["number"], "connection": "all"})
    assert (found["data"]["id"], found["connection_id"]) == (known["id"], connection)
    assert row_faults(zap, "find_return", found, "searches") == []
    if search_offer(integration(vendor), "number").assumed:
        with pytest.raises(
            ZapierError, match="preview"
        ):  # the status 404 could also mean that the path is wrong
            await find({"number": UNKNOWN})
    else:
        assert await find({"number": UNKNOWN}) == []
    for key, dropdown in each([("approve_return", "approving"), ("add_note", "noting")]):
        able = {one["id"] for one in await zap.run(f"triggers.{dropdown}.operation.perform")}
        inputs = {"connection": connection, "return_id": known["id"]}
        inputs |= {"text": "Checked by hand"} if key == "add_note" else {"include_assumed": True}
        act = partial(zap.run, f"creates.{key}.operation.perform", inputs)
        if able:
            made = await act()
            assert made["return_id"] == known["id"]
            assert row_faults(zap, key, made, "creates") == []
        else:
            with pytest.raises(ZapierError, match="has no action to"):
                await act()
        named = integration(vendor).vendor.title in DEFINITION.actions[key].description
        assert (able == {connection}) == named


Spoil = Callable[[dict[str, Any]], dict[str, Any]]


def content(change: Callable[[str], str]) -> Spoil:
    return lambda raw: {**raw, "content": change(raw["content"])}


def header(name: str, change: Callable[[str], str]) -> Spoil:
    key = f"Http-Webhook-{name}"
    return lambda raw: {**raw, "headers": {**raw["headers"], key: change(raw["headers"][key])}}


MISTAKES: dict[str, Spoil] = {
    "another body": content(lambda text: text.replace("return_created", "return_removed")),
    "a body that was formatted again": content(lambda text: json.dumps(json.loads(text), indent=1)),
    "no body": lambda raw: without(raw, "content"),
    "no headers": lambda raw: without(raw, "headers"),
    "no signature": header("Signature", lambda _text: ""),
    "another ID": header("Id", lambda _text: "evt_1"),
    "another time": header("Timestamp", lambda text: str(int(text) + 1)),
    "a time that is no number": header("Timestamp", lambda _text: "today"),
    "a signature of another version": header("Signature", lambda text: text.replace("v1,", "v2,")),
    "a short signature": header("Signature", lambda _text: "v1,YQ=="),
}


def test_post_that_is_not_genuine_starts_nothing(apps: Apps, tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        zap = apps.connected(bench)
        await bench.connect()
        kept, other = [
            await zap.trigger("return_created", "performSubscribe", targetUrl=f"{TARGET}/{name}")
            for name in ("one", "two")
        ]
        await bench.round()
        bench.merchant.ask_for_return()
        await bench.round(HOUR)
        post, _second = sorted(bench.targets.received, key=lambda one: one.url)
        genuine, sent_at = raw_request(post), bench.merchant.now()

        async def fired(raw: dict[str, Any], seconds: int = 0, by: dict[str, str] = kept) -> int:
            now = sent_at + timedelta(seconds=seconds)
            rows = await zap.trigger("return_created", "perform", subscribeData=by, rawRequest=raw, now=now)
            return len(rows)

        assert await fired(genuine) == 1
        for name, spoil in each(MISTAKES.items()):
            assert await fired(spoil(genuine)) == 0, name
        assert await fired(genuine, by=other) == 0
        assert await fired(genuine, by={"id": kept["id"]}) == 0
        assert [await fired(genuine, seconds) for seconds in (-900, 900, -901, 901)] == [1, 1, 0, 0]
        signature = genuine["headers"]["Http-Webhook-Signature"]
        renewed = {**genuine["headers"], "Http-Webhook-Signature": f"v1,b3RoZXI= {signature}"}
        assert await fired({**genuine, "headers": renewed}) == 1
        plain = {name.removeprefix("Http-").lower(): value for name, value in genuine["headers"].items()}
        assert await fired({**genuine, "headers": plain}) == 1

    at_a_served_hub("returnmate", tmp_path, apps.port, story)


def test_login_is_tested_and_named_after_the_address(apps: Apps, tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        zap = apps.connected(bench)
        assert await zap.run("authentication.test") == {"account": zap.auth["base_url"]}
        wrong = Zap(zap.app, bench, {**zap.auth, "api_key": "hub_wrong"})
        with pytest.raises(ZapierError, match="did not accept the key of this connection"):
            await wrong.run("authentication.test")
        reader = await bench.post("/keys", name="reader", scopes=["read"])
        only_read = Zap(zap.app, bench, {**zap.auth, "api_key": reader["key"]})
        await only_read.run("authentication.test")
        with pytest.raises(ZapierError, match="has the scope read, but"):
            await only_read.trigger("return_created", "performSubscribe", targetUrl=TARGET)

    at_a_served_hub("returnmate", tmp_path, apps.port, story)
