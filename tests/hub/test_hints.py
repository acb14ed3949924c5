"""Hints: a vendor's webhook brings the poll forward, inside the budget; the poll stays the truth."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from support.each import each
from support.hub import Bench, hub_at, merchant_of
from support.vendor_posts import SECRET, message

import openapi
from connector.definition.compiler import integration, vendors
from connector.hub import polling
from connector.hub.hints import arriving, receiver
from connector.hub.hints.arriving import DEBOUNCE, GAP
from connector.hub.tables import calls, connections

PUBLIC = "https://hub.example.com"
POSTING = [name for name in vendors() if integration(name).webhooks]
SIGNING = [name for name in POSTING if not integration(name).webhooks.unsigned]  # type: ignore[union-attr]


def at_a_vendor(vendor: str, folder: Path, story: Callable[[Bench], Awaitable[None]], **options: Any) -> None:
    with merchant_of(vendor) as merchant:

        async def told() -> None:
            async with hub_at(merchant, folder, public_url=PUBLIC, **options) as bench:
                await story(bench)

        asyncio.run(told())


async def connected(bench: Bench, **hook: Any) -> tuple[str, dict[str, Any]]:
    """Connect the vendor, subscribe to new returns, poll once, and create an address."""
    connection = await bench.connect()
    await bench.subscribe("return_created")
    answer = await bench.api.put(f"/connections/{connection['id']}/hook", json=hook)
    assert answer.status_code == 200, answer.text
    await bench.round()
    bench.merchant.advance(GAP.total_seconds() + 1)
    return connection["id"], answer.json()


async def post(bench: Bench, url: str, body: bytes, **headers: str) -> httpx.Response:
    path = url.removeprefix(PUBLIC)
    return await bench.api.post(path, content=body, headers={"Authorization": "", **headers})


async def due(bench: Bench) -> float:
    """Return how many seconds remain until the next poll."""
    at = await bench.hub.store.run(polling.next_due)
    assert at
    return (at - bench.hub.clock()).total_seconds()


@pytest.mark.parametrize("vendor", POSTING)
def test_a_hint_brings_the_poll_forward_and_announces_the_change(vendor: str, tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        connection, hook = await connected(bench, secret=SECRET)
        first = bench.merchant.ask_for_return()
        headers, body = message(bench.merchant, first)
        answer = await post(bench, hook["url"], body, **headers)
        assert (answer.status_code, answer.json()) == (202, {"status": "accepted"})
        assert await due(bench) <= DEBOUNCE.total_seconds()
        await bench.round(DEBOUNCE.total_seconds() + 1)
        assert len(bench.targets.received) == 1
        # No hint announces the second return, and the poll finds it all the same.
        bench.merchant.ask_for_return()
        await bench.round(3_600)
        assert len(bench.targets.received) == 2
        shown = await bench.get(f"/connections/{connection}/hook")
        counted = [shown[name] for name in ("received", "refused", "announced", "unannounced")]
        assert counted == [1, 0, 1, 1]

    at_a_vendor(vendor, tmp_path, story)


@pytest.mark.parametrize("vendor", SIGNING)
def test_a_forged_hint_is_refused_with_the_reason(vendor: str, tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        connection, hook = await connected(bench, secret=SECRET)
        before = await due(bench)
        id_ = bench.merchant.ask_for_return()
        headers, body = message(bench.merchant, id_, secret=SECRET[::-1])
        genuine_headers, genuine = message(bench.merchant, id_)
        changed = genuine.replace(b'"id', b'"ix', 1).replace(b"return_id", b"return_ix", 1)
        forged = [(headers, body), ({}, b"{}"), ({}, b"\xff"), (genuine_headers, changed)]
        for some, content in each(forged):
            answer = await post(bench, hook["url"], content, **some)
            assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthenticated")
        shown = await bench.get(f"/connections/{connection}/hook")
        assert (shown["received"], shown["refused"]) == (0, len(forged))
        assert shown["problem"] == answer.json()["error"]["message"]
        assert await due(bench) == before

    at_a_vendor(vendor, tmp_path, story)


def test_a_token_that_has_expired_is_refused(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        _, hook = await connected(bench, secret=SECRET)
        headers, body = message(bench.merchant, bench.merchant.ask_for_return())
        bench.merchant.advance(900)
        answer = await post(bench, hook["url"], body, **headers)
        assert answer.json()["error"]["message"] == "The token in jwt is expired."

    at_a_vendor("swap", tmp_path, story)


def test_a_storm_of_hints_stays_within_its_share_of_the_budget(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        connection, hook = await connected(bench)
        account = await bench.hub.store.run(bench.hub.account, connection)
        plan = await bench.hub.plans.of(account.login)
        assert plan.hints == 200
        counted = await bench.count_calls(connection)
        used = sa.select(sa.func.sum(calls.c.count)).where(calls.c.login == f"hints {account.login}")
        for _ in range(4):
            assert (await post(bench, hook["url"], b"{}")).status_code == 202
        assert await bench.hub.store.run(lambda database: database.execute(used).scalar_one()) == 1

        def spend(database: sa.Connection) -> None:
            hinted = sa.update(calls).where(calls.c.login == f"hints {account.login}")
            database.execute(hinted.values(count=195))

        await bench.hub.store.run(spend)
        began = bench.hub.clock()
        while (bench.hub.clock() - began).total_seconds() < 300:
            for number in range(3):
                body = json.dumps({"eventName": "RMA_STATUS_UPDATED", "data": {"rmaId": f"9{number}"}})
                assert (await post(bench, hook["url"], body.encode())).status_code == 202
            await bench.round(15)
        spent = await bench.hub.store.run(lambda database: database.execute(used).scalar_one())
        assert spent == plan.hints
        assert len(counted.operations) <= 6 + 300 / plan.interval + 2
        # The polls by plan go on.
        assert await due(bench) <= plan.interval

    at_a_vendor("returngo", tmp_path, story)


def test_a_hint_that_arrives_during_a_poll_is_not_lost(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        _, hook = await connected(bench)
        hub, merchant = bench.hub, bench.merchant
        merchant.advance(3_600)
        await hub.store.run(polling.lease_due, "lease", hub.clock())
        [lease] = await hub.store.run(polling.leased, hub.encryption, hub.integrations, "lease", hub.clock())
        opened = await hub.vendors.connection(lease.account)
        read = opened.client.page
        _, body = message(bench.merchant, merchant.ask_for_return())

        async def slow(*args: Any, **options: Any) -> Any:
            page = await read(*args, **options)
            await post(bench, hook["url"], body)
            return page

        opened.client.page = slow  # type: ignore[method-assign]
        await hub.poller.poll(lease)
        opened.client.page = read  # type: ignore[method-assign]
        assert await due(bench) <= GAP.total_seconds()

    at_a_vendor("returngo", tmp_path, story)


def test_a_hint_does_not_hurry_a_list_that_fails(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        connection, hook = await connected(bench)
        wrong = {**bench.merchant.fields, "api_key": "revoked"}
        change = sa.update(connections).values(fields=bench.hub.encryption.encrypt(wrong))
        await bench.hub.store.run(lambda database: database.execute(change))
        await bench.hub.vendors.forget(connection)
        await bench.round(3_600)
        before = await due(bench)
        assert before > 3_000
        assert (await post(bench, hook["url"], b"{}")).status_code == 202
        assert await due(bench) == before

    at_a_vendor("returngo", tmp_path, story)


def test_only_the_address_is_accepted_within_its_limits(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        connection, hook = await connected(bench)
        url, wrong = hook["url"], f"{PUBLIC}/hooks/{connection}/{'x' * 43}"
        assert url.startswith(f"{PUBLIC}/hooks/{connection}/")
        assert len(url.rpartition("/")[2]) == 43
        answers = [
            await post(bench, wrong, b"{}"),
            await post(bench, f"{PUBLIC}/hooks/con_0/{url.rpartition('/')[2]}", b"{}"),
            await bench.api.get(url.removeprefix(PUBLIC)),
            await post(bench, url, b"x" * (receiver.MAX_BODY + 1)),
            await post(bench, url, b"x" * receiver.MAX_BODY),
        ]
        assert [one.status_code for one in answers] == [404, 404, 405, 413, 202]
        assert answers[2].headers["allow"] == "POST"
        for _ in range(receiver.RATE):
            last = await post(bench, url, b"{}")
        assert (last.status_code, last.headers["retry-after"]) == (429, "60")
        bench.merchant.advance(61)
        assert (await post(bench, url, b"{}")).status_code == 202

    at_a_vendor("returngo", tmp_path, story)


def test_the_limit_of_webhooks_is_shared_by_all_processes(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        connection, hook = await connected(bench)

        def others(database: sa.Connection) -> None:
            for _ in range(receiver.RATE - 1):
                assert arriving.admit(database, connection, bench.hub.clock(), receiver.RATE)

        await bench.hub.store.run(others)
        statuses = [(await post(bench, hook["url"], b"{}")).status_code for _ in range(2)]
        assert statuses == [202, 429]
        bench.merchant.advance(61)
        assert (await post(bench, hook["url"], b"{}")).status_code == 202

    at_a_vendor("returngo", tmp_path, story)


def test_the_hub_registers_its_address_where_the_api_offers_it(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        connection, hook = await connected(bench, register=True)
        events = ["RMA_CREATED", "RMA_STATUS_UPDATED", "TRANSACTION_CREATED"]
        assert hook["registered"] == events
        account = await bench.hub.store.run(bench.hub.account, connection)
        opened = await bench.hub.vendors.connection(account)
        listed = (await opened.operations.list_webhooks()).data
        assert sorted((one["url"], one["eventName"]) for one in listed) == sorted(
            (hook["url"], event) for event in events
        )
        # Asked for twice, it is registered once; deleted, it is gone at the vendor too.
        await bench.api.put(f"/connections/{connection}/hook", json={"register": True})
        assert len((await opened.operations.list_webhooks()).data) == len(listed)
        assert (await bench.api.delete(f"/connections/{connection}/hook")).status_code == 204
        assert (await opened.operations.list_webhooks()).data == []
        assert (await bench.api.get(f"/connections/{connection}/hook")).status_code == 404

    at_a_vendor("returngo", tmp_path, story)


@pytest.mark.parametrize("vendor", [name for name in vendors() if name not in POSTING])
def test_a_vendor_without_webhooks_is_refused_in_a_sentence(vendor: str, tmp_path: Path) -> None:
    assert "x-webhooks" not in openapi.read(vendor)

    async def story(bench: Bench) -> None:
        connection = await bench.connect()
        answer = await bench.api.put(f"/connections/{connection['id']}/hook", json={})
        assert answer.status_code == 400
        assert "so the hub can only poll it" in answer.json()["error"]["message"]

    at_a_vendor(vendor, tmp_path, story)


def test_secrets_and_addresses_are_encrypted(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        _, hook = await connected(bench, secret=SECRET)
        secrets.extend([SECRET, hook["url"].rpartition("/")[2]])
        assert hook["secret_stored"]
        assert SECRET not in json.dumps(hook)

    secrets: list[str] = []
    at_a_vendor("returnmate", tmp_path, story)
    stored = b"".join(file.read_bytes() for file in tmp_path.glob("hub.sqlite3*"))
    for secret in each(secrets):
        assert secret.encode() not in stored
