"""Webhooks when something is wrong: receivers that hang, full disks, deleted tenants; and moved clocks."""

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import httpx
import pytest
from support.office import URL, ControlContext, Receiver, open_office, sending, until
from support.worlds import NOON, SECOND, desk

import mock_server.bulk
from mock_server.bulk import Bulk
from mock_server.webhooks.outbox import DELAYS
from mock_server.webhooks.sender import MOST_AT_ONCE, MOST_OF_A_WEBHOOK, Sender


@pytest.fixture
def office() -> Iterator[ControlContext]:
    opened = open_office()
    yield opened
    opened.store.close()


def hanging(
    gate: asyncio.Event, got: list[str]
) -> Callable[[httpx.Request], Coroutine[None, None, httpx.Response]]:
    """Receivers of which those under `slow.example.com` answer once the gate is open."""

    async def receive(request: httpx.Request) -> httpx.Response:
        if request.url.host == "slow.example.com":
            await gate.wait()
        got.append(request.url.host)
        return httpx.Response(200)

    return receive


@pytest.mark.parametrize("webhooks", [1, MOST_AT_ONCE + 8])
def test_receivers_that_hang_delay_no_other_tenant_and_one_of_them_no_other_webhook(
    office: ControlContext, webhooks: int
) -> None:
    gate, got = asyncio.Event(), list[str]()

    async def story() -> None:
        for number in range(MOST_AT_ONCE + 8):
            office.post(webhook=f"slow{number % webhooks}", url="http://slow.example.com/")
        await asyncio.sleep(0.05)
        office.post(tenant="other")
        await until(lambda: len(got) == 1)
        if webhooks == 1:
            office.post(webhook="quick")
            await until(lambda: len(got) == 2)
        gate.set()
        await until(lambda: office.outbox.is_empty)

    sending(office, hanging(gate, got), story)  # type: ignore[arg-type]
    assert set(got[: 2 if webhooks == 1 else 1]) == {"hooks.example.com"}
    assert got.count("slow.example.com") == MOST_AT_ONCE + 8


def test_a_webhook_that_did_not_answer_in_time_gets_one_delivery_at_a_time(office: ControlContext) -> None:
    at_once: list[int] = []
    under_way = 0

    async def late(request: httpx.Request) -> httpx.Response:
        nonlocal under_way
        under_way += 1
        at_once.append(under_way)
        await asyncio.sleep(0.01)
        under_way -= 1
        raise httpx.ReadTimeout("too late", request=request)

    async def story() -> None:
        for _ in range(2 * MOST_OF_A_WEBHOOK):
            office.post()
        await until(lambda: all(one.attempts for one in office.known()))

    sending(office, late, story)  # type: ignore[arg-type]
    assert at_once == [*range(1, MOST_OF_A_WEBHOOK + 1), *[1] * MOST_OF_A_WEBHOOK]
    assert {one.outcome for one in office.known()} == {"no answer in time"}


def test_a_delivery_whose_outcome_cannot_be_stored_is_not_sent_again(
    office: ControlContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver, pauses = Receiver(), list[float]()
    settle = office.outbox.record_outcome

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 8:
            monkeypatch.setattr(office.outbox, "record_outcome", settle)
        await asyncio.sleep(0)

    async def story() -> None:
        monkeypatch.setattr(office.outbox, "record_outcome", full)
        office.post()
        await until(lambda: office.known()[0].state == "delivered")

    sending(office, receiver, story, pause)
    assert len(receiver.got) == 1
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]


def test_a_commit_that_fails_leaves_the_outcome_to_be_stored_again(office: ControlContext) -> None:
    receiver, pauses = Receiver(), list[float]()
    execute = office.store._execute

    def full(statement: str, *values: Any) -> Any:
        if statement == "COMMIT":
            raise sqlite3.OperationalError("database or disk is full")
        return execute(statement, *values)

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        office.store._execute = execute
        await asyncio.sleep(0)

    async def story() -> None:
        office.post()
        await office.store.yield_after_commit()
        office.store._execute = full
        await until(lambda: office.known()[0].state == "delivered" and office.store.pending is None)

    sending(office, receiver, story, pause)
    assert (len(receiver.got), pauses) == (1, [1])


def test_a_tenant_deleted_with_a_delivery_under_way_is_gone_without_a_complaint(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with desk() as opened:
        gate, got = asyncio.Event(), list[str]()
        world = opened.world
        opened.tenants.create("gone", seed_size=0)

        async def story() -> None:
            sender = Sender(world.outbox, world.store, httpx.MockTransport(hanging(gate, got)))
            task = asyncio.create_task(sender.run())
            with world.store.change() as change:
                told = {"event": "CREATED", "url": "http://slow.example.com/", "body": b"{}", "at": 0}
                world.outbox.enqueue(change, "gone", "shop", webhook="w1", **told)  # type: ignore[arg-type]
            await asyncio.sleep(0.05)
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
def test_advancing_plays_the_attempts_that_fall_due(statuses: list[int], state: str, attempts: int) -> None:
    receiver = Receiver(statuses)
    with desk() as opened:
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


def test_advancing_does_not_wait_for_ever_for_a_receiver_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mock_server.bulk, "PATIENCE", 0.1)
    gate, got = asyncio.Event(), list[str]()
    with desk() as opened:
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


def test_an_outbox_that_cannot_be_read_is_looked_at_again_with_growing_pauses(
    office: ControlContext, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    receiver, pauses = Receiver(), list[float]()
    next_webhook = office.store.next_webhook

    def broken(*_: object) -> None:
        raise sqlite3.DatabaseError("database disk image is malformed")

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            monkeypatch.setattr(office.store, "next_webhook", next_webhook)
        await asyncio.sleep(0)

    async def story() -> None:
        await asyncio.sleep(0.05)
        monkeypatch.setattr(office.store, "next_webhook", broken)
        office.post()
        await until(lambda: len(pauses) == 3 and office.known()[0].state == "delivered")

    sending(office, receiver, story, pause)
    assert pauses == [1, 2, 4]
    assert "could not be read from the outbox; trying again in 4 s" in caplog.text
