"""Webhook delivery under trouble: hanging receivers, full disks, deleted tenants, advanced clocks."""

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import httpx
import pytest
from support.webhook_sender import URL, Receiver, WebhookContext, open_context, run_sender, until
from support.worlds import NOON, SECOND, open_world

import mock_server.bulk
from mock_server.bulk import Bulk
from mock_server.webhooks.retry_schedule import DELAYS
from mock_server.webhooks.sender import MAX_AT_ONCE, MAX_PER_WEBHOOK, Sender


@pytest.fixture
def context() -> Iterator[WebhookContext]:
    opened = open_context()
    yield opened
    opened.store.close()


def hanging(
    gate: asyncio.Event, got: list[str], reached: asyncio.Event | None = None
) -> Callable[[httpx.Request], Coroutine[None, None, httpx.Response]]:
    """Return a receiver whose host `slow.example.com` answers once the gate is open.

    A request to it sets `reached`.
    """

    async def receive(request: httpx.Request) -> httpx.Response:
        if request.url.host == "slow.example.com":
            if reached:
                reached.set()
            await gate.wait()
        got.append(request.url.host)
        return httpx.Response(200)

    return receive


@pytest.mark.parametrize("webhooks", [1, MAX_AT_ONCE + 8])
def test_hanging_receivers_delay_no_other_tenant_or_webhook(context: WebhookContext, webhooks: int) -> None:
    gate, got = asyncio.Event(), list[str]()

    async def story() -> None:
        for number in range(MAX_AT_ONCE + 8):
            context.post(webhook=f"slow{number % webhooks}", url="http://slow.example.com/")
        await asyncio.sleep(0.05)
        context.post(tenant="other")
        await until(lambda: len(got) == 1)
        if webhooks == 1:
            context.post(webhook="quick")
            await until(lambda: len(got) == 2)
        gate.set()
        await until(lambda: context.outbox.is_empty)

    run_sender(context, hanging(gate, got), story)  # type: ignore[arg-type]
    assert set(got[: 2 if webhooks == 1 else 1]) == {"hooks.example.com"}
    assert got.count("slow.example.com") == MAX_AT_ONCE + 8


def test_webhook_after_a_timeout_gets_one_delivery_at_a_time(context: WebhookContext) -> None:
    at_once: list[int] = []
    under_way = 0
    full = asyncio.Event()

    async def late(request: httpx.Request) -> httpx.Response:
        nonlocal under_way
        under_way += 1
        at_once.append(under_way)
        if under_way == MAX_PER_WEBHOOK:
            full.set()
        await full.wait()  # none of the first deliveries ends before the last one of them begins
        await asyncio.sleep(0.01)
        under_way -= 1
        raise httpx.ReadTimeout("too late", request=request)

    async def story() -> None:
        for _ in range(2 * MAX_PER_WEBHOOK):
            context.post()
        await until(lambda: all(one.attempts for one in context.known()))

    run_sender(context, late, story)  # type: ignore[arg-type]
    assert at_once == [*range(1, MAX_PER_WEBHOOK + 1), *[1] * MAX_PER_WEBHOOK]
    assert {one.outcome for one in context.known()} == {"no answer in time"}


def test_delivery_is_not_sent_again_if_its_outcome_cannot_be_stored(
    context: WebhookContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver, pauses = Receiver(), list[float]()
    settle = context.outbox.record_outcome

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 8:
            monkeypatch.setattr(context.outbox, "record_outcome", settle)
        await asyncio.sleep(0)

    async def story() -> None:
        monkeypatch.setattr(context.outbox, "record_outcome", full)
        context.post()
        await until(lambda: context.known()[0].state == "delivered")

    run_sender(context, receiver, story, pause)
    assert len(receiver.got) == 1
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]


def test_outcome_is_stored_again_after_a_failed_commit(context: WebhookContext) -> None:
    receiver, pauses = Receiver(), list[float]()
    execute = context.store._execute

    def full(statement: str, *values: Any) -> Any:
        if statement == "COMMIT":
            raise sqlite3.OperationalError("database or disk is full")
        return execute(statement, *values)

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        context.store._execute = execute
        await asyncio.sleep(0)

    async def story() -> None:
        context.post()
        await context.store.yield_after_commit()
        context.store._execute = full
        await until(lambda: context.known()[0].state == "delivered" and context.store.pending is None)

    run_sender(context, receiver, story, pause)
    assert (len(receiver.got), pauses) == (1, [1])


def test_delivery_in_progress_of_a_deleted_tenant_is_dropped_silently(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with open_world() as opened:
        gate, reached, got = asyncio.Event(), asyncio.Event(), list[str]()
        world = opened.world
        opened.tenants.create("gone", seed_size=0)

        async def story() -> None:
            sender = Sender(world.outbox, world.store, httpx.MockTransport(hanging(gate, got, reached)))
            task = asyncio.create_task(sender.run())
            with world.store.change() as change:
                told = {"event": "CREATED", "url": "http://slow.example.com/", "body": b"{}", "at": 0}
                world.outbox.enqueue(change, "gone", "shop", webhook="w1", **told)  # type: ignore[arg-type]
            await asyncio.wait_for(reached.wait(), 60)
            opened.tenants.delete("gone")
            gate.set()
            await until(lambda: bool(got))
            await asyncio.sleep(0.05)
            assert not task.done()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        asyncio.run(story())
    assert caplog.records == []


@pytest.mark.parametrize(
    ("statuses", "state", "attempts"), [([503, 503, 200], "delivered", 3), ([503], "given_up", 8)]
)
def test_advancing_runs_the_retries_that_fall_due(statuses: list[int], state: str, attempts: int) -> None:
    receiver = Receiver(statuses)
    with open_world() as opened:
        world = opened.world
        opened.tenants.create("acme", first_moment=NOON, frozen=True, seed_size=0)

        async def story() -> None:
            world.store.commit_together(asyncio.get_running_loop())
            task = asyncio.create_task(Sender(world.outbox, world.store, httpx.MockTransport(receiver)).run())
            await asyncio.sleep(0)
            with world.store.change() as change:
                told = {"event": "CREATED", "url": URL, "body": b"{}", "at": NOON}
                world.outbox.enqueue(change, "acme", "shop", webhook="w1", **told)  # type: ignore[arg-type]
            await Bulk(world, opened.tenants, opened.vendors).advance(
                "acme", lambda _now: NOON + sum(DELAYS) * SECOND
            )
            (kept,) = world.outbox.deliveries("acme")
            assert (kept.state, kept.attempts, kept.due) == (state, attempts, None)
            assert world.clocks.now("acme") == NOON + sum(DELAYS) * SECOND
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        asyncio.run(story())
    assert len(receiver.got) == attempts


def test_advancing_waits_for_a_hanging_receiver_only_briefly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mock_server.bulk, "WEBHOOK_SECONDS", 0.1)
    gate, got = asyncio.Event(), list[str]()
    with open_world() as opened:
        world = opened.world
        opened.tenants.create("acme", first_moment=NOON, frozen=True, seed_size=0)

        async def story() -> None:
            sender = Sender(world.outbox, world.store, httpx.MockTransport(hanging(gate, got)))
            task = asyncio.create_task(sender.run())
            await asyncio.sleep(0)
            with world.store.change() as change:
                told = {"event": "CREATED", "url": "http://slow.example.com/", "body": b"{}", "at": NOON}
                world.outbox.enqueue(change, "acme", "shop", webhook="w1", **told)  # type: ignore[arg-type]
            await Bulk(world, opened.tenants, opened.vendors).advance("acme", lambda _now: NOON + SECOND)
            assert world.clocks.now("acme") == NOON + SECOND
            gate.set()
            await until(lambda: world.outbox.deliveries("acme")[0].state == "delivered")
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        asyncio.run(story())


def test_unreadable_outbox_is_retried_after_growing_pauses(
    context: WebhookContext, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    receiver, pauses = Receiver(), list[float]()
    next_webhook = context.store.next_webhook

    def broken(*_: object) -> None:
        raise sqlite3.DatabaseError("database disk image is malformed")

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            monkeypatch.setattr(context.store, "next_webhook", next_webhook)
        await asyncio.sleep(0)

    async def story() -> None:
        await asyncio.sleep(0.05)
        monkeypatch.setattr(context.store, "next_webhook", broken)
        context.post()
        await until(lambda: len(pauses) == 3 and context.known()[0].state == "delivered")

    run_sender(context, receiver, story, pause)
    assert pauses == [1, 2, 4]
    assert "could not be read from the outbox; trying again in 4 s" in caplog.text
