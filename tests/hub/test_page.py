"""The page: only for admins, without anything from other hosts, and every button does what it says."""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from support.each import each
from support.hub import TARGET, Bench, Received, Targets, hub_at, merchant_of

from connector.hub import keys
from connector.hub.logs import LOGGER
from connector.hub.page.session import SECONDS
from connector.hub.page.words import due, plural, relative, share

PAGES = ("/", "/page/subscriptions", "/page/deliveries", "/page/log")
FORMS = ("/page/deliveries/1/resend", "/page/subscriptions/sub_0/pause", "/page/logout")
HOUR = 3_600


def at_a_hub(
    folder: Path, story: Callable[[Bench, httpx.AsyncClient], Awaitable[None]], **options: Any
) -> None:
    with merchant_of("returngo") as merchant:

        async def told() -> None:
            async with hub_at(merchant, folder, **options) as bench:
                transport = httpx.ASGITransport(bench.hub.app())
                async with httpx.AsyncClient(
                    transport=transport, base_url="http://hub.example.com"
                ) as browser:
                    await story(bench, browser)

        asyncio.run(told())


async def log_in(bench: Bench, browser: httpx.AsyncClient) -> httpx.Response:
    key = bench.api.headers["authorization"].split()[1]
    answer = await browser.post("/page/login", data={"key": key})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    return answer


async def busy(bench: Bench) -> None:
    await bench.connect("<shop>")
    await bench.subscribe("return_created")
    await bench.round()
    bench.merchant.ask_for_return()
    await bench.round(HOUR)


def test_only_admins_see_the_page(tmp_path: Path) -> None:
    async def story(bench: Bench, browser: httpx.AsyncClient) -> None:
        for path in each(PAGES):
            answer = await browser.get(path)
            assert (answer.status_code, answer.headers["location"]) == (303, "/page/login")
        for path in each(FORMS):
            answer = await browser.post(path)
            assert (answer.status_code, answer.headers["location"]) == (303, "/page/login")
        reader = await bench.hub.store.run(keys.create, "reader", [keys.READ], bench.hub.clock())
        for key in each([reader, "wrong", ""]):
            refused = await browser.post("/page/login", data={"key": key})
            assert (refused.status_code, "set-cookie" in refused.headers) == (403, False)
            assert "not a key of this hub with the scope admin" in refused.text
        cookie = (await log_in(bench, browser)).headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert (await browser.get("/")).status_code == 200
        await browser.post("/page/logout")
        assert (await browser.get("/")).status_code == 303

    at_a_hub(tmp_path, story)


def test_a_session_ends_in_time_and_with_its_key_and_cannot_be_forged(tmp_path: Path) -> None:
    async def story(bench: Bench, browser: httpx.AsyncClient) -> None:
        second = await bench.post("/keys", name="second", scopes=["admin"])
        answer = await browser.post("/page/login", data={"key": second["key"]})
        cookie = answer.headers["set-cookie"].split(";")[0].partition("=")[2]
        name = answer.headers["set-cookie"].partition("=")[0]
        ends, digest, signature = cookie.split(".")
        browser.cookies.clear()
        later = f"{int(ends) + 1}.{digest}.{signature}"
        for forged in each([later, f"{ends}.{'0' * 64}.{signature}", "x", "..", ""]):
            answer = await browser.get("/", headers={"Cookie": f"{name}={forged}"})
            assert answer.status_code == 303
        genuine = {"Cookie": f"{name}={cookie}"}
        assert (await browser.get("/", headers=genuine)).status_code == 200
        await bench.api.delete("/keys/second")
        assert (await browser.get("/", headers=genuine)).status_code == 303
        await log_in(bench, browser)
        bench.merchant.advance(SECONDS + 1)
        assert (await browser.get("/")).status_code == 303

    at_a_hub(tmp_path, story)


def test_every_page_is_empty_with_a_sentence_and_full_without_other_hosts(tmp_path: Path) -> None:
    async def story(bench: Bench, browser: httpx.AsyncClient) -> None:
        await log_in(bench, browser)
        for path, words in each(
            [
                ("/", "Nothing is connected yet."),
                ("/page/subscriptions", "No target receives events yet."),
                ("/page/deliveries", "Nothing was delivered yet."),
                ("/page/deliveries?state=waiting", "No delivery is in this state."),
                ("/page/log", "nothing went wrong since it started"),
            ]
        ):
            assert words in (await browser.get(path)).text
        await busy(bench)
        logging.getLogger(LOGGER).warning("<script>alert(1)</script>")
        for path in each(PAGES):
            answer = await browser.get(path)
            assert answer.status_code == 200
            policy = answer.headers["content-security-policy"]
            assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
            assert "unsafe" not in policy
            text = answer.text
            loaded = re.findall(r'(?:src|href|action)="([^"]*)"', text)
            assert all(one.startswith(("/", "#")) for one in loaded)
            assert not re.search(r"<script>|style=|\son\w+=", text)
            for address in [one for one in loaded if "/static/" in one]:
                asset = await browser.get(address)
                assert asset.status_code == 200
                assert "immutable" in asset.headers["cache-control"]
            assert "<shop>" not in text
        overview = (await browser.get("/")).text
        [plan] = (await bench.get("/plan"))["logins"]
        assert "&lt;shop&gt;" in overview
        assert plan["sentence"] in overview
        assert f"{plan['sent_today']} of 2,000" in overview
        assert TARGET in (await browser.get("/page/subscriptions")).text

    at_a_hub(tmp_path, story)


def test_a_delivery_is_sent_again_and_a_subscription_pauses(tmp_path: Path) -> None:
    statuses = iter([503, 200, 200])

    def answer(_received: Received) -> httpx.Response:
        return httpx.Response(next(statuses), text="closed for <today>")

    async def story(bench: Bench, browser: httpx.AsyncClient) -> None:
        await log_in(bench, browser)
        await busy(bench)
        shown = (await browser.get("/page/deliveries?state=waiting")).text
        assert "503" in shown
        assert "closed for &lt;today&gt;" in shown
        [form] = re.findall(r'action="(/page/deliveries/\d+/resend)"', shown)
        foreign = await browser.post(form, headers={"Origin": "https://evil.example.com"})
        assert foreign.status_code == 403
        sent = await browser.post(form, headers={"Origin": "http://hub.example.com"})
        assert (sent.status_code, sent.headers["location"]) == (303, "/page/deliveries")
        await bench.hub.deliverer.deliver_due()
        [delivery] = (await bench.get("/deliveries"))["deliveries"]
        assert delivery["state"] == "delivered"
        listed = (await browser.get("/page/subscriptions")).text
        [pause] = re.findall(r'action="(/page/subscriptions/[^"]+/pause)"', listed)
        assert (await browser.post(pause)).status_code == 303
        assert (await bench.get("/subscriptions"))["subscriptions"][0]["state"] == "paused"
        assert (await browser.post(pause.replace("/pause", "/resume"))).status_code == 303
        assert (await bench.get("/subscriptions"))["subscriptions"][0]["state"] == "active"
        missing = await browser.post("/page/deliveries/99/resend")
        assert "There is no delivery 99." in missing.text

    at_a_hub(tmp_path, story, targets=Targets(answer=answer))


def test_what_needs_somebody_is_on_top(tmp_path: Path) -> None:
    async def story(bench: Bench, browser: httpx.AsyncClient) -> None:
        await log_in(bench, browser)
        await bench.api.post("/alarms/test")
        text = (await browser.get("/")).text
        assert text.index("This is a test of the alarms") < text.index("<h1>Connections</h1>")

    at_a_hub(tmp_path, story)


def test_guessing_keys_is_slowed_down(tmp_path: Path) -> None:
    async def story(bench: Bench, browser: httpx.AsyncClient) -> None:
        for _ in range(120):
            last = await browser.post("/page/login", data={"key": "wrong"})
        assert "not a key of this hub" in last.text
        assert "Too many attempts" in (await browser.post("/page/login", data={"key": "wrong"})).text
        bench.merchant.advance(61)
        await log_in(bench, browser)

    at_a_hub(tmp_path, story)


def test_words_for_times_and_numbers() -> None:
    now = datetime(2026, 6, 1, 12, tzinfo=UTC)
    for moment, words in each(
        [
            ("2026-06-01T12:00:00.000Z", "now"),
            ("2026-06-01T11:58:30.000Z", "1 min ago"),
            ("2026-06-01T12:00:40.000Z", "in 40 s"),
            ("2026-05-30T12:00:00.000Z", "2 d ago"),
        ]
    ):
        assert relative(moment, now) == words
    assert due("2026-06-01T11:00:00.000Z", now) == "now"
    assert due("2026-06-01T13:00:00.000Z", now) == "in 1 h"
    assert (plural(1, "attempt"), plural(2_000, "attempt")) == ("1 attempt", "2,000 attempts")
    assert (share(1, 0), share(5, 10), share(30, 10)) == (0, 50, 100)
